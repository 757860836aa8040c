/* SPDX-License-Identifier: MIT
 *
 * Finds control groups by names that people use: a path, a systemd unit, a
 * container of docker, podman, containerd or Kubernetes. It searches the
 * mounted hierarchies and asks no daemon. A container's names are in its
 * runtime's state files, if these may be read.
 */
#ifndef MPROF_PROC_CGROUP_FIND_H
#define MPROF_PROC_CGROUP_FIND_H

#include <stdbool.h>

#include "base/array.h"
#include "proc/procfs.h"

struct cgroup_found {
	char *path;      /* in its hierarchy */
	char *directory; /* directory in the hierarchy that has its processes */
	bool populated;  /* it has processes */
	char *id;        /* id of a container; NULL */
	char *names;     /* its names, separated by blanks; NULL: unknown */
};

struct cgroup_find {
	const struct procfs *fs;
	const char *state; /* prefix of the runtimes' files: "" */
	ARRAY(struct cgroup_found) list;
	size_t unnamed; /* number of containers with unknown names */
};

/* Find all groups that a word matches, only those with processes if there are
 * such. The caller finishes in any case. -1 with e where nothing can be
 * searched. */
int cgroup_find_path(struct cgroup_find *find, const char *path, struct err *e)
    __attribute__((nonnull));
int cgroup_find_unit(struct cgroup_find *find, const char *name, struct err *e)
    __attribute__((nonnull));

/* A complete name is preferred to the beginning of an id. */
int cgroup_find_container(struct cgroup_find *find, const char *word,
    struct err *e) __attribute__((nonnull));
void cgroup_find_finish(struct cgroup_find *find) __attribute__((nonnull));

#endif
