// SPDX-License-Identifier: MIT
#include "input/workers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proc/find.h"
#include "proc/procfs.h"
#include "python/remote/interpreter.h"

/* A reloader that starts a master that starts workers: three levels. */
enum { WORKERS_DEPTH = 8 };

struct workers_search {
	struct procfs fs;
	ARRAY(struct proc_stat) all;   /* processes of the machine */
	ARRAY(struct proc_stat) below; /* Python processes below a process */
};

static bool workers_visit(void *context, pid_t pid)
{
	struct workers_search *search = context;
	struct proc_stat stat;

	if (procfs_stat(&search->fs, pid, &stat) && !stat.is_kernel &&
	    stat.state != 'Z' && stat.state != 'X')
		*array_push(&search->all) = stat;
	return true;
}

static bool workers_is_python(pid_t pid)
{
	struct python_target target;
	struct err e;
	enum python_result result = python_open(&target, pid, &e);

	return result != PYTHON_NONE && result != PYTHON_GONE;
}

/* Whether it is multiprocessing's helper, which has no objects of the
 * program. */
static bool workers_is_tracker(const struct workers_search *search, pid_t pid)
{
	char command[4096];
	ssize_t len =
	    procfs_read(&search->fs, pid, "cmdline", command, sizeof(command));

	return len > 0 && (memmem(command, (size_t)len, "resource_tracker",
			       strlen("resource_tracker")) ||
			      memmem(command, (size_t)len, "semaphore_tracker",
				  strlen("semaphore_tracker")));
}

/* Adds the nearest Python processes below a process. */
static void workers_add_below(
    struct workers_search *search, pid_t pid, int depth)
{
	for (size_t i = 0; i < search->all.len && depth < WORKERS_DEPTH; i++) {
		const struct proc_stat *stat = &search->all.items[i];

		if (stat->ppid != pid)
			continue;
		if (!workers_is_python(stat->pid))
			workers_add_below(search, stat->pid, depth + 1);
		else if (!workers_is_tracker(search, stat->pid))
			*array_push(&search->below) = *stat;
	}
}

/* Whether its only thread is in wait4() or waitid(): system calls 61 and 247 on
 * x86-64. */
static bool workers_waits(const struct workers_search *search, pid_t pid)
{
	char text[256];
	struct proc_stat stat;

	if (!procfs_stat(&search->fs, pid, &stat) || stat.threads != 1 ||
	    procfs_read(&search->fs, pid, "syscall", text, sizeof(text)) <= 0)
		return false;
	return strncmp(text, "61 ", 3) == 0 || strncmp(text, "247 ", 4) == 0;
}

/* Whether one of its arguments begins with that text. */
static bool workers_has_argument(
    const struct workers_search *search, pid_t pid, const char *begin)
{
	char command[4096];
	ssize_t len =
	    procfs_read(&search->fs, pid, "cmdline", command, sizeof(command));

	for (const char *at = command; len > 0 && at < command + len;
	     at += strlen(at) + 1)
		if (strncmp(at, begin, strlen(begin)) == 0)
			return true;
	return false;
}

/* Whether it is a server's master that does more than wait. */
static bool workers_is_master(const struct workers_search *search, pid_t pid)
{
	static const struct {
		const char *name;
		/* One of them must be given; none: always. */
		const char *options[3];
	} masters[] = {
	    {"gunicorn", {NULL}},
	    {"celery", {"worker", NULL}},
	    {"uvicorn", {"--workers", "--reload", NULL}},
	};

	for (size_t i = 0; i < sizeof(masters) / sizeof(masters[0]); i++) {
		const char *const *option = masters[i].options;

		if (find_rank_of(&search->fs, pid, masters[i].name) !=
		    FIND_WHOLE)
			continue;
		if (!*option)
			return true;
		for (; *option; option++)
			if (workers_has_argument(search, pid, *option))
				return true;
	}
	return false;
}

static int workers_by_memory(const void *left, const void *right)
{
	const struct proc_stat *a = left, *b = right;

	if (a->rss_kib != b->rss_kib)
		return a->rss_kib < b->rss_kib ? 1 : -1;
	return (a->pid > b->pid) - (a->pid < b->pid);
}

/* Replaces a process by those that do its work; false if it does the work
 * itself. */
static bool workers_descend(
    struct workers_search *search, struct workers *workers, pid_t pid)
{
	if (workers_is_python(pid) && !workers_waits(search, pid) &&
	    !workers_is_master(search, pid))
		return false;
	search->below.len = 0;
	workers_add_below(search, pid, 0);
	if (search->below.len == 0)
		return false;
	qsort(search->below.items, search->below.len,
	    sizeof(search->below.items[0]), workers_by_memory);
	workers->pids.len = 0;
	for (size_t i = 0; i < search->below.len; i++)
		*array_push(&workers->pids) = search->below.items[i].pid;
	return true;
}

int workers_find(struct workers *workers, pid_t pid, struct err *e)
{
	struct workers_search search = {0};
	int depth = 0;

	*workers = (struct workers){.asked = pid};
	*array_push(&workers->pids) = pid;
	if (procfs_init(&search.fs, "/proc", e) != 0)
		return -1;
	procfs_each(&search.fs, NULL, workers_visit, &search);
	while (depth++ < WORKERS_DEPTH &&
	       workers_descend(&search, workers, workers->pids.items[0]))
		;
	procfs_finish(&search.fs);
	array_free(&search.all);
	array_free(&search.below);
	return 0;
}

void workers_explain(const struct workers *workers)
{
	int asked = (int)workers->asked, first = (int)workers->pids.items[0];

	if (first == asked)
		return;
	if (workers->pids.len == 1)
		fprintf(stderr,
		    "mprof: process %d: its descendant %d does the work and is "
		    "examined; --only examines %d itself\n",
		    asked, first, asked);
	else
		fprintf(stderr,
		    "mprof: process %d: %zu descendants do the work, and %d is "
		    "examined, which has the most memory; --children examines "
		    "all of them, --only %d itself\n",
		    asked, workers->pids.len, first, asked);
}

void workers_finish(struct workers *workers)
{
	array_free(&workers->pids);
}
