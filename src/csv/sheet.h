/* SPDX-License-Identifier: MIT
 *
 * The bytes of a table, from its header on, become rows: the part that knows
 * libcsv. What stands between the rows is no error: headers that come again,
 * text of the programs that wrote to the same file. It is passed over, and
 * counted in the profile's skipped lines where it is no known thing.
 */
#ifndef MPROF_CSV_SHEET_H
#define MPROF_CSV_SHEET_H

#include <csv.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"
#include "csv/layout.h"
#include "csv/rows.h"

struct sheet {
	const char *path;
	const struct csv_options *options;
	struct layout layout;
	struct csv_parser parser;
	ARRAY(char) row;     /* the row's cells, each with a NUL behind */
	ARRAY(char *) names; /* of the header's columns */
	bool header;         /* it was read */
	bool foreign;        /* the last header was another table's */
	size_t field, line;  /* where we are */
	size_t unseen;       /* bytes since the last field ended */
	struct rows rows;
	struct err text_error; /* of the first row that holds no time */
	bool failed;
	struct err *e;
};

/* Begins behind layout.start; path, options, layout, line, e and the rows'
 * profile are the caller's to set. -1 with e; sheet_finish() in any case. */
int sheet_begin(struct sheet *sheet) __attribute__((nonnull));

/* Takes the next bytes, in which NULs become blanks. -1 with e, which names
 * the line, where a cell is not what its column must hold. */
int sheet_feed(struct sheet *sheet, char *bytes, size_t len)
    __attribute__((nonnull));

/* After the last bytes. -1 with e as above, or where nothing but text is
 * there. */
int sheet_end(struct sheet *sheet) __attribute__((nonnull));
void sheet_finish(struct sheet *sheet) __attribute__((nonnull));

#endif
