/* SPDX-License-Identifier: MIT
 *
 * Finds the running processes that match a name.
 */
#ifndef MPROF_PROC_FIND_H
#define MPROF_PROC_FIND_H

#include "base/array.h"
#include "proc/procfs.h"

/* How well a word matches a process. */
enum find_rank {
	FIND_NONE,
	FIND_PART,     /* it is part of its name */
	FIND_ARGUMENT, /* it is an argument of a Python program */
	FIND_WHOLE /* it is the name of the process, program, script or module,
		      or the beginning of its title or command line */
};

struct find {
	ARRAY(pid_t) pids;
	enum find_rank rank; /* the same for all of them */
};

/* Finds the processes that the word matches best. A Python program is known by
 * its script, with or without directory and .py, or its module. Never this
 * process, a zombie or a kernel thread; an empty word matches nothing. The
 * caller finishes. */
void find_by_name(struct find *find, const struct procfs *fs, const char *word)
    __attribute__((nonnull));

/* Rates the match of the word with that process. */
enum find_rank find_rank_of(const struct procfs *fs, pid_t pid,
    const char *word) __attribute__((nonnull));

/* Keeps the processes that descend from none of the others, and have not
 * ended. */
void find_keep_roots(struct find *find, const struct procfs *fs)
    __attribute__((nonnull));
void find_finish(struct find *find) __attribute__((nonnull));

#endif
