/* SPDX-License-Identifier: MIT
 *
 * The lists of a garbage collector: rings of objects that begin and end at a
 * head. They are recognised by their structure, not by a compiled-in offset
 * alone: in Debian's 3.13.5 they are four bytes before those of python.org's
 * build, and none of its own tables tells that.
 */
#ifndef MPROF_PYTHON_HEAP_COLLECTOR_H
#define MPROF_PYTHON_HEAP_COLLECTOR_H

#include "python/remote/snapshot.h"

#define COLLECTOR_RINGS 4   /* three generations, and the permanent one */
#define COLLECTOR_HEADER 16 /* bytes in front of each object */

struct collector {
	uint64_t heads[COLLECTOR_RINGS];
};

/* Finds the rings of the collector whose state is at that address, in an
 * interpreter or (3.8) in the runtime; false where they are not consistent. */
bool collector_find(struct collector *collector,
    const struct python_target *target, struct snapshot *snapshot,
    uint64_t state) __attribute__((nonnull, warn_unused_result));

/* Calls visit for each object of a ring. False where the ring does not end at
 * its head. */
bool collector_each(struct snapshot *snapshot, uint64_t head,
    void (*visit)(void *context, uint64_t object), void *context)
    __attribute__((nonnull(1, 3), warn_unused_result));

#endif
