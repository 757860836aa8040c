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
	int directory; /* directory of the group; -1: none was found */
	int current;   /* descriptor of its current charge; -1: unknown */
	bool v2;
	char *path;  /* of the directory */
	char *mount; /* root of the hierarchy */
};

/* The group of a process. -1 with e where no memory controller manages it. */
int cgroup_init(struct cgroup *cgroup, const struct procfs *fs, pid_t pid,
    struct err *e) __attribute__((nonnull(1, 2)));

/* The group with that path in its hierarchy. */
int cgroup_init_path(struct cgroup *cgroup, const struct procfs *fs,
    const char *path, struct err *e) __attribute__((nonnull(1, 2, 3)));
void cgroup_finish(struct cgroup *cgroup) __attribute__((nonnull));

/* In KiB; -1 where unknown (the root group of version 2). */
int64_t cgroup_current_kib(const struct cgroup *cgroup);

/* The highest charge since the group was created; in version 2 since Linux
 * 5.19. */
int64_t cgroup_peak_kib(const struct cgroup *cgroup);

/* The lowest limit on the group and its parents; -1: none. */
int64_t cgroup_limit_kib(const struct cgroup *cgroup);

/* The number of its processes killed by the OOM killer. */
int64_t cgroup_oom_kills(const struct cgroup *cgroup);

/* Fills the figures of the group by resource_figure_id, in the units of
 * profile/resource.h, counts since the group was created; NAN where unknown: no
 * limit is set, the version or the kernel lacks the file, or the group is
 * gone. */
void cgroup_read_usage(const struct cgroup *cgroup, double *figures)
    __attribute__((nonnull));

#endif
