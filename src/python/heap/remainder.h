/* SPDX-License-Identifier: MIT
 *
 * The resident memory of a process that no Python object explains: mapped
 * files, and free memory that its allocators keep.
 */
#ifndef MPROF_PYTHON_HEAP_REMAINDER_H
#define MPROF_PYTHON_HEAP_REMAINDER_H

#include "python/heap/objects.h"

struct remainder {
	bool is_known;     /* false where the kernel does not tell */
	int64_t files_kib; /* resident pages of mapped files */
	/* Free chunks in the heaps of glibc's malloc, and Python's pools
	 * without the objects in them. Pages that were never written, or were
	 * given back, don't count. */
	int64_t free_kib;
};

/* Reads mappings and status of the process, and the copy. Other allocators
 * count as having nothing free. */
struct remainder remainder_find(struct objects *objects, pid_t pid)
    __attribute__((nonnull));

#endif
