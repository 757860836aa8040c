/* SPDX-License-Identifier: MIT
 *
 * One scan of the objects of a live Python program: it is opened and copied,
 * and objects are found in the copy. If a temporary state prevents that (it is
 * about to execute another program, its lists are incomplete), everything is
 * tried again for a few seconds.
 */
#ifndef MPROF_PYTHON_HEAP_SCAN_H
#define MPROF_PYTHON_HEAP_SCAN_H

#include "python/remote/identity.h"
#include "python/heap/objects.h"

struct scan {
	struct identity identity; /* of the process at the start */
	struct python_target target;
	struct snapshot snapshot;
	struct objects objects;
	int64_t analysis_ns; /* how long the search for objects took */
};

/* Fills scan, which must not move; progress may be NULL. scan_finish() only
 * after PYTHON_OK; e otherwise. */
enum python_result scan_process(struct scan *scan, pid_t pid,
    const struct progress *progress, struct err *e)
    __attribute__((nonnull(1, 4), warn_unused_result));
void scan_finish(struct scan *scan) __attribute__((nonnull));

/* Whether the reads of the process since scan_process(), beside the copy, can
 * be trusted: -1 with e where one failed, or the process has executed another
 * program. */
int scan_check(struct scan *scan, struct err *e) __attribute__((nonnull));

#endif
