/* SPDX-License-Identifier: MIT
 *
 * The heap of a live Python program, counted.
 */
#ifndef MPROF_COMMANDS_HEAP_TAKE_H
#define MPROF_COMMANDS_HEAP_TAKE_H

#include <sys/types.h>

#include "profile/heap.h"
#include "base/err.h"
#include "base/progress.h"
#include "python/remote/interpreter.h"

/* Stops the process for the moment of a copy, and counts what is in that.
 * heap is zeroed, and to be finished in any case; e says what is wrong where
 * the result is not PYTHON_OK. progress, or NULL, hears how far it is;
 * *analysis_ns is how long the counting took. */
enum python_result heap_take(struct heap *heap, pid_t pid,
    const struct progress *progress, int64_t *analysis_ns, struct err *e)
    __attribute__((nonnull(1, 4, 5), warn_unused_result));

/* The processes whose objects are counted as one heap. */
struct heap_processes {
	const pid_t *pids;
	size_t len;
	pid_t asked; /* the heap of several is its */
	bool sum;    /* of all that do the work of asked */
};

/* The same of them all. One that has ended meanwhile is left out, unless all
 * have. */
enum python_result heap_take_all(struct heap *heap,
    const struct heap_processes *processes, const struct progress *progress,
    int64_t *analysis_ns, struct err *e)
    __attribute__((nonnull(1, 2, 4, 5), warn_unused_result));

#endif
