/* SPDX-License-Identifier: MIT
 *
 * The line table of one function. A line's memory is what was seen as it
 * ended, at the most; its increment is the sum, over the times it ran, of
 * that memory less the most that the line before it had shown (so that a loop
 * that allocates and frees comes out as memory_profiler shows it). Where that
 * is the line itself, a loop on one line, it is held against its last time:
 * against the most, what another thread frees would count at each round. The
 * first line to run has nothing before it: its increment is the memory at
 * entry.
 */
#ifndef MPROF_PYTHON_AGENT_TABLE_H
#define MPROF_PYTHON_AGENT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_LINES_MAX (1 << 20)

struct table_row {
	int64_t pages;  /* the most */
	int64_t growth; /* pages */
	long count;     /* 0: it never ran */
};

struct table {
	long first;             /* the line of rows[0] */
	struct table_row *rows; /* grown as lines come */
	size_t len;
	long previous; /* the line that ended last; 0: none yet */
	int64_t last;  /* memory then */
};

/* One more time that line ran; memory stood at pages as it ended. A line
 * before the first, and one that there is no memory for, is left out. */
void table_note(struct table *table, long line, int64_t pages);

bool table_is_empty(const struct table *table);

/* Empty again; what it held is freed. */
void table_clear(struct table *table);

#endif
