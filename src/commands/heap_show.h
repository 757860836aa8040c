/* SPDX-License-Identifier: MIT
 *
 * A heap, or the difference of two, on stdout.
 */
#ifndef MPROF_COMMANDS_HEAP_SHOW_H
#define MPROF_COMMANDS_HEAP_SHOW_H

#include <stdbool.h>
#include <stddef.h>

#include "profile/heap.h"

struct heap_show {
	size_t top;      /* rows at most; 0: all */
	bool difference; /* figures have signs */
};

/* The table: the first rows, and their sum. */
void heap_show_table(const struct heap *heap, const struct heap_show *show)
    __attribute__((nonnull));

/* One JSON document with all rows. analysis_ns below 0: not measured. */
void heap_show_json(const struct heap *heap, const struct heap_show *show,
    int64_t analysis_ns) __attribute__((nonnull));

#endif
