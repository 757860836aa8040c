/* SPDX-License-Identifier: MIT
 *
 * The content of an array of NumPy 1 or 2 beyond its header. Fields of an
 * array are part of NumPy's ABI; those of its description differ between 1 and
 * 2.
 */
#ifndef MPROF_PYTHON_HEAP_OBJECT_NUMPY_H
#define MPROF_PYTHON_HEAP_OBJECT_NUMPY_H

#include "python/remote/snapshot.h"

/* Offsets in PyArrayObject with an object header of 16 bytes. */
enum {
	NUMPY_BASE = 48,
	NUMPY_DESCRIPTION = 56,
	NUMPY_HANDLER = 88,
	NUMPY_SCALAR_DESCRIPTION = 32 /* of numpy.void */
};

struct numpy_array {
	uint64_t dimensions; /* number of dimensions */
	uint64_t data;       /* address of its own items; 0: it has none */
	uint64_t bytes;      /* size of these items */
	bool objects;        /* each item is a reference */
};

/* Reads the array at address. Items that are not in the copy are not its own,
 * but those of a view or a mapped file. */
struct numpy_array numpy_array_read(struct snapshot *snapshot,
    const struct python_offsets *offsets, uint64_t address)
    __attribute__((nonnull));

/* Size of an item by its description; 0 where that is not consistent. */
uint64_t numpy_item_size(struct snapshot *snapshot,
    const struct python_offsets *offsets, uint64_t description)
    __attribute__((nonnull));

#endif
