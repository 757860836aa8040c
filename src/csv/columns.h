/* SPDX-License-Identifier: MIT
 *
 * The layout of a table, found from its first lines, and the meaning of each
 * column: by the names in its header, by the user's options, or by the tool
 * that wrote it.
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
	size_t at[COLUMNS]; /* index of the column, or COLUMN_NONE */
	double unit_mib;    /* unit of a number in the memory column */
	double time_scale;  /* seconds per unit of the time column; 0: by
			       magnitude, see cell_time() */
	bool unit_assumed;  /* the unit is not given */
	const char *metric; /* "rss", "pss", "uss", by the name; or NULL */
};

/* Finds the columns of a header. -1 with e, which names the existing ones,
 * where time or memory is missing. */
int columns_find(struct columns *columns, char **names, size_t count,
    const struct csv_options *options, struct err *e)
    __attribute__((nonnull(1, 2, 4), warn_unused_result));

/* The layout of a table, by its first lines. */
struct layout {
	char delimiter;
	bool aligned;  /* columns are separated by blanks, without quotes */
	bool psrecord; /* psrecord's, whose names contain blanks */
	size_t start;  /* start of the header's line */
	size_t end;    /* its end: at the newline, or the end of the bytes */
};

/* Finds the first line of text in a file's first bytes. False where there is
 * none. */
bool layout_find(struct layout *layout, const char *bytes, size_t len)
    __attribute__((nonnull));

/* Finds the next line of text. False where there is none; layout is
 * unchanged. */
bool layout_next(struct layout *layout, const char *bytes, size_t len)
    __attribute__((nonnull));

#endif
