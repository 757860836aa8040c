/* SPDX-License-Identifier: MIT
 *
 * The objects that the collector of a build without the GIL tracks. It has no
 * lists of them, but finds them among all blocks of mimalloc's heaps. Each
 * thread has its own heaps, whose pages are in segments; pages of a thread
 * that has ended stay in theirs. So segments are searched for, and trusted
 * only if each heap has as many pages in them as it claims.
 */
#ifndef MPROF_PYTHON_HEAP_SEGMENTS_H
#define MPROF_PYTHON_HEAP_SEGMENTS_H

#include "python/remote/snapshot.h"

/* Calls visit for each object that the collector tracks. False, without any
 * call, where the segments are not consistent, as while one is being changed,
 * or belong to a mimalloc that no row describes. */
bool segments_each(const struct python_target *target,
    struct snapshot *snapshot, void (*visit)(void *context, uint64_t object),
    void *context) __attribute__((nonnull(1, 2, 3), warn_unused_result));

#endif
