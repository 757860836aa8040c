/* SPDX-License-Identifier: MIT
 *
 * Allocators that programs use beside malloc(): those of virtual machines, of
 * Go, and jemalloc and others under names of their own. Their allocations are
 * not seen.
 */
#ifndef MPROF_ALLOCATION_HEAPS_H
#define MPROF_ALLOCATION_HEAPS_H

#include <stdbool.h>

/* Whether the program, or a library loaded with it, has such an allocator;
 * next_malloc is not one. */
bool heaps_are_there(const void *next_malloc);

/* Whether the program or library with code at that address has one, for which
 * it maps memory. */
bool heaps_have(const void *address);

/* Whether an object file of that path is one. */
bool heaps_is_module(const char *path);

#endif
