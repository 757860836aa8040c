// SPDX-License-Identifier: MIT
#include "proc/find.h"

#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "proc/argv.h"

struct find_search {
	struct find *find;
	const struct procfs *fs;
	const char *word;
	struct argv_reader *commands;
};

/* A process that holds its mmap_lock must not keep the search waiting. */
#define FIND_PATIENCE_NS (NS_PER_S / 10)
enum { FIND_COMMAND = 4096 };

static void find_add(struct find_search *search, pid_t pid, bool exact)
{
	struct find *find = search->find;

	/* From now on only the whole name counts. */
	if (exact && !find->exact) {
		find->exact = true;
		find->pids.len = 0;
	}
	*array_push(&find->pids) = pid;
}

/* The kernel cuts names after 15 bytes; the command line has the rest. */
static bool find_visit(void *context, pid_t pid)
{
	struct find_search *search = context;
	struct proc_stat stat;
	char command[FIND_COMMAND];
	const char *name;

	if (pid == search->fs->self || !procfs_stat(search->fs, pid, &stat) ||
	    stat.state == 'Z' || stat.state == 'X' || stat.is_kernel)
		return true;
	if (strcmp(stat.name, search->word) == 0) {
		find_add(search, pid, true);
		return true;
	}
	if (argv_read(search->commands, pid, stat.started, FIND_PATIENCE_NS,
		command) <= 0)
		command[0] = 0;
	name = path_name(command);
	if (strcmp(name, search->word) == 0)
		find_add(search, pid, true);
	else if (!search->find->exact && (strstr(stat.name, search->word) ||
					     strstr(name, search->word)))
		find_add(search, pid, false);
	return true;
}

void find_by_name(struct find *find, const struct procfs *fs, const char *word)
{
	struct find_search search = {
	    find, fs, word, argv_reader_create(fs, FIND_COMMAND)};

	*find = (struct find){0};
	if (*word)
		procfs_each(fs, NULL, find_visit, &search);
	argv_reader_destroy(search.commands);
}

/* A chain of parents that is longer than this changed as it was read. */
enum { FIND_DEPTH_MAX = 1000 };

static bool find_descends(const struct procfs *fs, pid_t pid, pid_t from)
{
	struct proc_stat stat;

	for (int i = 0; i < FIND_DEPTH_MAX && pid > 0; i++) {
		if (pid == from)
			return true;
		pid = procfs_stat(fs, pid, &stat) ? stat.ppid : 0;
	}
	return false;
}

pid_t find_root(const struct find *find, const struct procfs *fs)
{
	for (size_t i = 0; i < find->pids.len; i++) {
		pid_t root = find->pids.items[i];
		size_t k = 0;

		while (k < find->pids.len &&
		       find_descends(fs, find->pids.items[k], root))
			k++;
		if (k == find->pids.len)
			return root;
	}
	return 0;
}

void find_finish(struct find *find)
{
	array_free(&find->pids);
}
