// SPDX-License-Identifier: MIT
#include "proc/find.h"

#include <string.h>

struct search {
	struct find *find;
	const struct procfs *fs;
	const char *word;
	bool exact; /* only the whole name counts, from now on */
};

static void take(struct search *search, pid_t pid, bool exact)
{
	if (exact && !search->exact) {
		search->exact = true;
		search->find->pids.len = 0;
	}
	*array_push(&search->find->pids) = pid;
}

/* The kernel cuts names after 15 bytes; the command line has the rest. */
static bool look(void *context, pid_t pid)
{
	struct search *search = context;
	struct proc_stat stat;
	char command[4096], *slash;
	const char *base = "";

	if (pid == search->fs->self || !procfs_stat(search->fs, pid, &stat) ||
	    stat.state == 'Z' || stat.state == 'X' || stat.is_kernel)
		return true;
	if (procfs_read(search->fs, pid, "cmdline", command, sizeof(command)) >
	    0) {
		slash = strrchr(command, '/');
		base = slash ? slash + 1 : command;
	}
	if (strcmp(stat.name, search->word) == 0 ||
	    strcmp(base, search->word) == 0)
		take(search, pid, true);
	else if (!search->exact && (strstr(stat.name, search->word) ||
				       strstr(base, search->word)))
		take(search, pid, false);
	return true;
}

void find_by_name(struct find *find, const struct procfs *fs, const char *word)
{
	struct search search = {find, fs, word, false};

	*find = (struct find){0};
	procfs_each(fs, look, &search);
}

void find_finish(struct find *find)
{
	array_free(&find->pids);
}
