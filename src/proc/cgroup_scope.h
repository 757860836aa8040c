/* SPDX-License-Identifier: MIT
 *
 * A control group that is made for one program, beside or below the group that
 * this process is in, with a memory controller.
 */
#ifndef MPROF_PROC_CGROUP_SCOPE_H
#define MPROF_PROC_CGROUP_SCOPE_H

#include "proc/procfs.h"

struct cgroup_scope {
	char *folder; /* NULL: none was made */
	char *path;   /* in the hierarchy */
	char *home;   /* the folder of this process's group */
	char *opened; /* the folder for whose groups the memory controller was
		       * switched on; NULL: it was on */
	int procs;    /* its cgroup.procs: the process that writes 0 moves in */
};

/* -1 with e where it can't be made here. */
int cgroup_scope_init(struct cgroup_scope *scope, const struct procfs *fs,
    struct err *e) __attribute__((nonnull, warn_unused_result));

/* Removes it; processes that are left in it move to this process's group. -1
 * with e where it can't be removed. */
int cgroup_scope_finish(struct cgroup_scope *scope, struct err *e)
    __attribute__((nonnull, warn_unused_result));

#endif
