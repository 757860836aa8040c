/* SPDX-License-Identifier: MIT
 *
 * Control groups: the hierarchies that this process has mounted, those with a
 * memory controller first, with the directories below them; and the group that
 * a process runs in, as the memory controller sees it: version 2, or version 1
 * where that has the controller.
 */
#ifndef MPROF_PROC_CGROUP_H
#define MPROF_PROC_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/array.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "proc/procfs.h"

struct cgroup_mount {
	char *root;  /* part of the hierarchy that it shows */
	char *point; /* its directory */
	bool v2;
	bool memory; /* version 1: it has the memory controller */
};

struct cgroup_mounts {
	ARRAY(struct cgroup_mount) list;
};

/* -1 with e where the mounts can't be read. */
int cgroup_mounts_init(struct cgroup_mounts *mounts, const struct procfs *fs,
    struct err *e) __attribute__((nonnull(1, 2), warn_unused_result));
void cgroup_mounts_finish(struct cgroup_mounts *mounts)
    __attribute__((nonnull));

/* The directory of a group, by its path in the hierarchy; NULL where the mount
 * doesn't show it. The caller frees. */
char *cgroup_mount_directory(const struct cgroup_mount *mount, const char *path)
    __attribute__((nonnull, warn_unused_result));

/* The path in the hierarchy of a directory below the mount; NULL where it is
 * elsewhere. The caller frees. */
char *cgroup_mount_path(const struct cgroup_mount *mount, const char *directory)
    __attribute__((nonnull, warn_unused_result));

/* Finds "4:memory:/path" or "0::/path" in the text of /proc/PID/cgroup. Returns
 * the path in the mount's hierarchy, a part of text; NULL where there is
 * none. */
char *cgroup_mount_find_own(const struct cgroup_mount *mount, char *text)
    __attribute__((nonnull));

/* Calls each for a directory of a hierarchy and all below it, parents first,
 * until it returns false. Skips directories that vanish meanwhile. */
bool cgroup_each_directory(const char *directory,
    bool (*each)(void *context, const char *directory), void *context)
    __attribute__((nonnull(1, 2)));

/* Reads the pids of a group, without the groups below it, one on a line, into
 * text. False where that fails: it is gone, or a group of threads. */
bool cgroup_read_pids(const char *directory, struct strbuf *text)
    __attribute__((nonnull));

/* Whether a group or one below it has a process. */
bool cgroup_is_populated(const char *directory) __attribute__((nonnull));

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
