/* SPDX-License-Identifier: MIT
 *
 * The heap of a live Python program, counted.
 */
#ifndef MPROF_COMMANDS_HEAP_READ_H
#define MPROF_COMMANDS_HEAP_READ_H

#include <sys/types.h>

#include "profile/heap.h"
#include "base/err.h"
#include "base/progress.h"
#include "python/remote/interpreter.h"

/* Stops the process while it is copied, and counts the objects of the copy.
 * heap is zeroed; the caller finishes it in any case. e is set unless the
 * result is PYTHON_OK. Progress is reported to progress, if not NULL;
 * *analysis_ns is how long counting took. */
enum python_result heap_read(struct heap *heap, pid_t pid,
    const struct progress *progress, int64_t *analysis_ns, struct err *e)
    __attribute__((nonnull(1, 4, 5), warn_unused_result));

/* The processes whose objects are counted as one heap. */
struct heap_processes {
	const pid_t *pids;
	size_t len;
	pid_t asked; /* the process that was named; a sum belongs to it */
	bool sum;    /* count all processes that do its work */
};

/* The same for all of them. A process that has ended meanwhile is left out,
 * unless all have. */
enum python_result heap_read_all(struct heap *heap,
    const struct heap_processes *processes, const struct progress *progress,
    int64_t *analysis_ns, struct err *e)
    __attribute__((nonnull(1, 2, 4, 5), warn_unused_result));

#endif
