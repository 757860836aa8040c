/* SPDX-License-Identifier: MIT
 *
 * The running processes that a name means.
 */
#ifndef MPROF_PROC_FIND_H
#define MPROF_PROC_FIND_H

#include "base/array.h"
#include "proc/procfs.h"

struct find {
	ARRAY(pid_t) pids;
	bool exact; /* the word is their whole name */
};

/* Those whose name, or program's file name, is the word; where there is none,
 * those in whose name it occurs. Never this process, a zombie or a thread of
 * the kernel; an empty word is in no name. The caller finishes. */
void find_by_name(struct find *find, const struct procfs *fs, const char *word)
    __attribute__((nonnull));

/* The process from which all the others descend; 0 where there is none. */
pid_t find_root(const struct find *find, const struct procfs *fs)
    __attribute__((nonnull));
void find_finish(struct find *find) __attribute__((nonnull));

#endif
