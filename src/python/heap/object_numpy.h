/* SPDX-License-Identifier: MIT
 *
 * What an array of NumPy 1 or 2 has beyond its header. The fields of an array
 * are part of NumPy's ABI; those of its description moved from 1 to 2.
 */
#ifndef MPROF_PYTHON_HEAP_OBJECT_NUMPY_H
#define MPROF_PYTHON_HEAP_OBJECT_NUMPY_H

#include "python/remote/snapshot.h"

/* Offsets in PyArrayObject, where an object has a header of 16 bytes. */
enum {
	NUMPY_BASE = 48,
	NUMPY_DESCRIPTION = 56,
	NUMPY_HANDLER = 88,
	NUMPY_SCALAR_DESCRIPTION = 32 /* of numpy.void */
};

struct numpy_array {
	uint64_t dimensions; /* how many */
	uint64_t data;       /* where its own items are; 0: it has none */
	uint64_t bytes;      /* of them */
	bool objects;        /* each item is a reference */
};

/* Reads the array at address. Data that is not in the copy is not its own: that
 * of a view, or of a mapped file. */
struct numpy_array numpy_array_read(struct snapshot *snapshot,
    const struct python_offsets *offsets, uint64_t address)
    __attribute__((nonnull));

/* Bytes of one item by its description; 0 where that makes no sense. */
uint64_t numpy_item_size(struct snapshot *snapshot,
    const struct python_offsets *offsets, uint64_t description)
    __attribute__((nonnull));

#endif
