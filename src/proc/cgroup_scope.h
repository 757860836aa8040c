/* SPDX-License-Identifier: MIT
 *
 * A control group created for one program, beside or below this process's
 * group, with a memory controller.
 */
#ifndef MPROF_PROC_CGROUP_SCOPE_H
#define MPROF_PROC_CGROUP_SCOPE_H

#include "proc/procfs.h"

struct cgroup_scope {
	char *directory; /* NULL: not created */
	char *path;      /* in the hierarchy */
	char *home;      /* directory of this process's group */
	char *opened;    /* directory in which the memory controller was enabled
			    for its groups; NULL: it already was */
	int procs; /* descriptor of its cgroup.procs: a process that writes 0
		      moves into it */
};

/* -1 with e where it can't be created here. */
int cgroup_scope_init(struct cgroup_scope *scope, const struct procfs *fs,
    struct err *e) __attribute__((nonnull, warn_unused_result));

/* Removes it; processes left in it move to this process's group. -1 with e
 * where it can't be removed. */
int cgroup_scope_finish(struct cgroup_scope *scope, struct err *e)
    __attribute__((nonnull, warn_unused_result));

#endif
