/* SPDX-License-Identifier: MIT
 *
 * Root directories of processes in other mount namespaces, such as a
 * container's, kept open beyond the end of the process: a file of it can be
 * read as long as the recording lasts. Its mounts stay as they are until then.
 */
#ifndef MPROF_PROC_ROOTS_H
#define MPROF_PROC_ROOTS_H

#include <sys/types.h>

#include "base/array.h"
#include "proc/namespace.h"

/* A mount namespace and a root in it. */
struct root_kept {
	struct namespace_files files;
	int mounts_fd, root_fd; /* -1: it has our mounts */
	char *path;             /* by which this process reaches the root */
};

struct root_process {
	pid_t pid, inner; /* inner: its pid in its own namespace */
	size_t kept;      /* index + 1; 0: its root can't be opened */
};

/* Zeroed it is empty. */
struct roots {
	ARRAY(struct root_kept) kept;
	ARRAY(struct root_process) processes;
};

/* Keeps the root of the process that a path /proc/PID/root/... begins with, if
 * the process runs and there is room. Other paths are ignored. */
void roots_note(struct roots *roots, const char *path) __attribute__((nonnull));

/* The path by which this process reaches what such a path named; NULL where its
 * root was not kept. The caller frees. */
char *roots_reach(const struct roots *roots, const char *path)
    __attribute__((nonnull));

/* The same for the perf map of a process; NULL where its root was not kept. */
char *roots_perf_map(const struct roots *roots, pid_t pid)
    __attribute__((nonnull));

void roots_finish(struct roots *roots) __attribute__((nonnull));

#endif
