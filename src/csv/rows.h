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
	double last_elapsed_s;
	double last_clock_s; /* of the row before, to see midnight pass */
	int units;           /* 1: cells name their unit, -1: they don't */
};

/* Takes the row that stands in cells; cells that are missing are empty. -1
 * with e where one of them is not what its column holds. */
int rows_take(struct rows *rows, struct err *e)
    __attribute__((nonnull(1), warn_unused_result));

/* After the last row: sums up processes, sorts. */
void rows_finish(struct rows *rows) __attribute__((nonnull));

#endif
