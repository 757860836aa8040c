/* SPDX-License-Identifier: MIT
 *
 * The line table of one function. A line's memory is the highest at its ends.
 * Its increment is the sum of its steps: the change of memory in each
 * execution. (memory_profiler compares a line with the highest memory of the
 * line before it: once that is higher than memory ever is again, each
 * iteration of a loop subtracts the difference.) The first executed line has
 * no line before it: its increment is the memory at entry, so that the
 * increments add up to the memory at the function's end.
 */
#ifndef MPROF_PYTHON_AGENT_TABLE_H
#define MPROF_PYTHON_AGENT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_LINES_MAX (1 << 20)

struct shelf;

struct table_row {
	int64_t bytes;  /* highest memory */
	int64_t growth; /* bytes */
	long count;     /* 0: it never ran */
};

struct line_table {
	long first;             /* line number of rows[0] */
	struct table_row *rows; /* grown as lines come */
	size_t len;
	bool used;           /* a line was recorded */
	struct shelf *shelf; /* holds the rows; NULL: they are on the heap */
};

/* Allocates now the room that the first lines need. */
void table_prepare(struct line_table *table);

/* Adds one execution of line: memory at its end, and its change. A line before
 * the first, or one for which there is no memory, is left out. */
void table_note(
    struct line_table *table, long line, int64_t bytes, int64_t step);

bool table_is_empty(const struct line_table *table);

/* Empties it, and frees the rows. */
void table_clear(struct line_table *table);

#endif
