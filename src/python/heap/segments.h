/* SPDX-License-Identifier: MIT
 *
 * The objects that the collector of a build without the GIL knows: it keeps no
 * lists of them, but finds them among all blocks of the heaps of mimalloc. Each
 * thread has heaps of its own, whose pages lie in segments; those of a thread
 * that has ended are left in theirs. So the segments are searched for, and
 * believed only where each heap has as many pages in them as it says.
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
