/* SPDX-License-Identifier: MIT
 *
 * The rows of a table, one after the other, into a run of a profile.
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
	char metric[CELL_SIZE]; /* what the first row measured */
	size_t taken;           /* samples */
	bool joined;            /* a header came again behind the last row */
	double last_s, last_elapsed_s;
	double last_clock_s; /* of the row before, to see midnight pass */
	int units;           /* 1: cells name their unit, -1: they don't */
};

enum row_result {
	ROW_TAKEN, /* or left out: nothing was measured, or another thing */
	ROW_TEXT,  /* its time is none: no row at all */
	ROW_BAD,   /* its memory is no amount of memory */
};

/* Takes the row that stands in cells; cells that are missing are empty. With
 * e where it isn't taken. */
enum row_result rows_take(struct rows *rows, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* A header came again: where time goes back behind it, a run begins. */
void rows_joined(struct rows *rows) __attribute__((nonnull));

/* The next row is another run's. */
void rows_next_run(struct rows *rows) __attribute__((nonnull));

/* After the last row: sums up processes, sorts. */
void rows_finish(struct rows *rows) __attribute__((nonnull));

#endif
