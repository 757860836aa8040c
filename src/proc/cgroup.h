/* SPDX-License-Identifier: MIT
 *
 * The control group that a process runs in, as the memory controller sees it:
 * version 2, or version 1 where that has the controller.
 */
#ifndef MPROF_PROC_CGROUP_H
#define MPROF_PROC_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "proc/procfs.h"

struct cgroup {
	int folder;  /* of the group; -1 where none was found */
	int current; /* what it is charged now, kept open; -1: unknown */
	bool v2;
	char *path;  /* of the folder */
	char *mount; /* where the hierarchy begins */
};

/* The group of a process. -1 with e where none has the memory controller. */
int cgroup_init(struct cgroup *cgroup, const struct procfs *fs, pid_t pid,
    struct err *e) __attribute__((nonnull(1, 2)));

/* The one that has this path in its hierarchy. */
int cgroup_init_path(struct cgroup *cgroup, const struct procfs *fs,
    const char *path, struct err *e) __attribute__((nonnull(1, 2, 3)));
void cgroup_finish(struct cgroup *cgroup) __attribute__((nonnull));

/* In KiB; -1 where it is not known (the root group of version 2). */
int64_t cgroup_current_kib(const struct cgroup *cgroup);

/* The highest that current ever was since the group was made, Linux 5.19 in
 * version 2. */
int64_t cgroup_peak_kib(const struct cgroup *cgroup);

/* The least of the limits on the group and those above it; -1: none. */
int64_t cgroup_limit_kib(const struct cgroup *cgroup);

/* The number of its processes that the OOM killer has killed. */
int64_t cgroup_oom_kills(const struct cgroup *cgroup);

/* Fills the figures of the group in figures, by resource_figure_id and in the
 * units of profile/resource.h, counts since the group was made; NAN where one
 * is not known: a limit that is not set, a file that the version of the groups
 * or the kernel doesn't have, a group that is gone. */
void cgroup_read_usage(const struct cgroup *cgroup, double *figures)
    __attribute__((nonnull));

#endif
