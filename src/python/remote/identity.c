// SPDX-License-Identifier: MIT
#include "python/remote/identity.h"

#include <errno.h>
#include <unistd.h>

#include "proc/procfs.h"

struct identity_search {
	const struct procfs *fs;
	pid_t living;
};

static bool identity_search(void *context, pid_t thread)
{
	struct identity_search *search = context;
	struct proc_stat stat;

	if (procfs_stat(search->fs, thread, &stat) && !stat.is_ending)
		search->living = thread;
	return !search->living;
}

pid_t identity_living(pid_t pid)
{
	struct identity_search search = {.living = 0};
	struct proc_stat stat;
	struct procfs fs;

	if (procfs_init(&fs, "/proc", NULL) < 0)
		return pid;
	search.fs = &fs;
	if (procfs_stat(&fs, pid, &stat) && stat.is_ending && stat.threads > 1)
		procfs_each_thread(&fs, pid, identity_search, &search);
	procfs_finish(&fs);
	return search.living ? search.living : pid;
}

/* An open pagemap belongs to the memory at its opening; it has nothing to read
 * once that memory is gone. */
void identity_read(struct identity *identity, pid_t pid, pid_t thread)
{
	struct proc_stat stat;

	*identity = (struct identity){.pid = pid};
	if (procfs_stat_once(pid, &stat) == 0)
		identity->started = stat.started;
	identity->memory = procfs_open_once(thread, "pagemap");
}

void identity_finish(struct identity *identity)
{
	if (identity->memory >= 0)
		close(identity->memory);
	identity->memory = -1;
}

static bool identity_has_memory(const struct identity *identity)
{
	uint64_t entry;

	return identity->memory < 0 ||
	       pread(identity->memory, &entry, sizeof(entry), 0) != 0;
}

enum python_result identity_explain(
    const struct identity *identity, enum python_result result, struct err *e)
{
	bool has_memory = identity_has_memory(identity);
	struct proc_stat stat = {.started = identity->started};
	int error = procfs_stat_once(identity->pid, &stat);

	if (error && error != ESRCH)
		return result;
	if (error || stat.started != identity->started ||
	    (stat.is_ending && (stat.threads <= 1 || !has_memory))) {
		err_set(e, "process %d: ended while it was read",
		    (int)identity->pid);
		return PYTHON_GONE;
	}
	if (has_memory && result != PYTHON_GONE)
		return result;
	err_set(e, "process %d: %s", (int)identity->pid,
	    has_memory ? "changed while it was read; try again"
		       : "replaced its program while it was read");
	return PYTHON_EARLY;
}
