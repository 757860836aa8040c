/* SPDX-License-Identifier: MIT
 *
 * The layout of a table, found from its first lines, and the meaning of each
 * column: by the names in its header, by the user's options, or because the
 * tool that wrote it is recognised.
 */
#ifndef MPROF_CSV_COLUMNS_H
#define MPROF_CSV_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "csv/import.h"

enum column {
	COLUMN_TIME,
	COLUMN_MEMORY,
	COLUMN_ELAPSED,
	COLUMN_PID,
	COLUMN_NAME,
	COLUMN_METRIC,
	COLUMN_START,
	COLUMNS
};

#define COLUMN_NONE ((size_t)-1)

struct columns {
	size_t at[COLUMNS]; /* the column's place, or COLUMN_NONE */
	double unit_mib;    /* of a number in the memory column */
	double time_scale;  /* seconds in a number of the time column; 0: by
			     * its size, see cell_time() */
	bool unit_assumed;  /* nothing said the unit */
	const char *metric; /* "rss", "pss", "uss": what the name says; or
			     * NULL */
};

/* Finds the columns of a header. -1 with e, which names what is there, where
 * the time or the memory can't be found. */
int columns_find(struct columns *columns, char **names, size_t count,
    const struct csv_options *options, struct err *e)
    __attribute__((nonnull(1, 2, 4), warn_unused_result));

/* The layout of a table, by its first lines. */
struct layout {
	char delimiter;
	bool aligned;  /* columns by blanks, nothing quoted */
	bool psrecord; /* its header has blanks within the names */
	size_t start;  /* where the header's line begins */
	size_t end;    /* where it ends, at its newline or with the bytes */
};

/* The first line of text in a file's first bytes. False where no line of text
 * is there. */
bool layout_find(struct layout *layout, const char *bytes, size_t len)
    __attribute__((nonnull));

/* The next line of text behind that one. False where there is none; layout
 * stays. */
bool layout_next(struct layout *layout, const char *bytes, size_t len)
    __attribute__((nonnull));

#endif
