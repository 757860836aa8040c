/* SPDX-License-Identifier: MIT
 *
 * Adds the rows of a table, one after the other, to a run of a profile.
 */
#ifndef MPROF_CSV_ROWS_H
#define MPROF_CSV_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "csv/columns.h"
#include "profile/profile.h"

enum { CELL_SIZE = 256 };

struct rows {
	struct profile *profile;
	struct run *run;
	struct columns columns;
	bool comma; /* a comma may be a decimal point */
	char cells[COLUMNS][CELL_SIZE];
	char metric[CELL_SIZE]; /* measure in the first row */
	size_t taken;           /* number of samples */
	bool joined;            /* a header was repeated after the last row */
	double last_s, last_elapsed_s;
	double last_clock_s; /* clock time of the previous row, to detect
				midnight */
	int units;           /* 1: cells have units, -1: they don't */
};

enum row_result {
	ROW_ADDED, /* taken, or skipped: not measured, or something else */
	ROW_TEXT,  /* it has no time: it is no row */
	ROW_BAD,   /* its memory is no amount of memory */
};

/* Takes the row in cells; missing cells are empty. With e unless it is
 * taken. */
enum row_result rows_add(struct rows *rows, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* A header was repeated: if time decreases after it, a new run begins. */
void rows_joined(struct rows *rows) __attribute__((nonnull));

/* The next row belongs to another run. */
void rows_next_run(struct rows *rows) __attribute__((nonnull));

/* Called after the last row: sums over processes, sorts. */
void rows_finish(struct rows *rows) __attribute__((nonnull));

#endif
