/* SPDX-License-Identifier: MIT
 *
 * The hierarchies of control groups that this process has mounted, those with a
 * memory controller first, and the directories below them.
 */
#ifndef MPROF_PROC_CGROUP_MOUNTS_H
#define MPROF_PROC_CGROUP_MOUNTS_H

#include <stdbool.h>

#include "base/array.h"
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

#endif
