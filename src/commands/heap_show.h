/* SPDX-License-Identifier: MIT
 *
 * Printing a heap, or the difference of two.
 */
#ifndef MPROF_COMMANDS_HEAP_SHOW_H
#define MPROF_COMMANDS_HEAP_SHOW_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/heap_growth.h"
#include "profile/heap.h"

/* Columns for the name of a type. */
enum { HEAP_SHOW_NAME = 60 };

struct heap_show {
	size_t top;      /* most rows; 0: all */
	bool difference; /* figures have signs */
	bool one_line;   /* JSON on a single line */
	/* Growth since the first of several readings, with each row of the
	 * heap; NULL: not shown. */
	const struct heap_growth *growth;
	/* Marks before and after a difference, for JSON; NULL: none, or up to
	 * now. */
	const char *from, *to;
};

/* Prints "14:05:10: added in 30 s; it was stopped for 8 ms", the line above the
 * table of a difference. */
void heap_show_when(const struct heap *before, const struct heap *after)
    __attribute__((nonnull));

/* Prints the table: the first rows, and the sum. */
void heap_show_table(const struct heap *heap, const struct heap_show *show)
    __attribute__((nonnull));

/* Prints the parts of resident memory, and the next command where objects don't
 * explain it; nothing where the parts are unknown. */
void heap_show_parts(const struct heap *heap, const struct heap_show *show)
    __attribute__((nonnull));

/* Whether more memory is unexplained, or has become so, than an interpreter
 * itself takes. */
bool heap_show_is_native(const struct heap *heap, const struct heap_show *show)
    __attribute__((nonnull));

/* Prints the types that grew in every step, since the first reading. */
void heap_show_summary(const struct heap_growth *growth, size_t top)
    __attribute__((nonnull));

/* Prints one JSON document with all rows. analysis_ns below 0: not measured. */
void heap_show_json(const struct heap *heap, const struct heap_show *show,
    int64_t analysis_ns) __attribute__((nonnull));

#endif
