/* SPDX-License-Identifier: MIT
 *
 * The line table of one function. A line's memory is the most that was seen as
 * it ended. Its increment is the sum of its steps: what memory changed by
 * while it ran, each time that it ran. (memory_profiler holds a line against
 * the most that the line before it ever showed: once that is more than memory
 * is ever again, a loop subtracts the difference at every round.) The first
 * line that ever ran has nothing before it: its increment is the memory at
 * entry, so that the increments add up to what the function left.
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
