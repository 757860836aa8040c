/* SPDX-License-Identifier: MIT
 *
 * The objects of the interpreters in a snapshot: found from the collector's
 * lists, the modules and the running frames, by following references; so str,
 * int, bytes and values kept in instances are found, which the collector
 * doesn't track. Nothing in the snapshot is trusted: things that are no
 * objects by all that can be seen are skipped, every length is checked against
 * the copy, and every pass has a budget.
 */
#ifndef MPROF_PYTHON_HEAP_OBJECTS_H
#define MPROF_PYTHON_HEAP_OBJECTS_H

#include "python/heap/object_reference.h"
#include "python/heap/object_size.h"
#include "python/heap/object_type.h"

#define OBJECTS_NONE INDEX_NONE

enum objects_trouble {
	OBJECTS_FINE,
	OBJECTS_NO_RINGS,  /* the collector's lists were not found */
	OBJECTS_OPEN_RING, /* a list does not return to its head */
	OBJECTS_NO_HEAPS   /* without the GIL: the threads' heaps were not
			      found */
};

struct objects {
	struct object_types types; /* with counts and sizes */
	ARRAY(uint64_t) found;     /* addresses, each once */
	struct index places;       /* indices in found, by address */
	struct object_budget budget;
	size_t strays; /* objects that the collector tracks, but that are no
			  objects */
	enum objects_trouble trouble;
};

/* Finds all objects; target and snapshot must live as long as objects. -1 with
 * e where there are none or they have no end, or where the layout is of no
 * known version. objects_finish() in any case. */
int objects_find(struct objects *objects, const struct python_target *target,
    struct snapshot *snapshot, struct err *e)
    __attribute__((nonnull, warn_unused_result));
void objects_finish(struct objects *objects) __attribute__((nonnull));

/* The index in found of the object at address, or OBJECTS_NONE. */
size_t objects_index(const struct objects *objects, uint64_t address)
    __attribute__((nonnull));

#endif
