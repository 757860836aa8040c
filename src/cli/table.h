/* SPDX-License-Identifier: MIT
 *
 * Text in aligned columns, the first row the headings. Cells are made safe for
 * a terminal. If it is too narrow, columns that have only "-" are left out,
 * then headings and texts are shortened, the last column first; figures stay
 * whole.
 */
#ifndef MPROF_CLI_TABLE_H
#define MPROF_CLI_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/array.h"

/* A cell that is written when all sizes of its column are known. */
struct table_size {
	size_t cell;
	double mib;
	bool is_change; /* has a sign */
};

struct table {
	const char *align; /* a letter for each column: l or r; at least one */
	ARRAY(char *) cells;
	ARRAY(struct table_size) sizes;
};

/* align must live as long as the table. */
void table_init(struct table *table, const char *align)
    __attribute__((nonnull));
void table_finish(struct table *table) __attribute__((nonnull));

/* Adds the next cell, row by row. */
void table_add(struct table *table, const char *text) __attribute__((nonnull));

/* The same for a size in MiB, written in one unit for the whole column. */
void table_add_size(struct table *table, double mib) __attribute__((nonnull));

/* The same for a change: "+3.00 MiB". */
void table_add_change(struct table *table, double mib) __attribute__((nonnull));

/* Prints the rows in at most width columns; 0: no limit. */
void table_print(struct table *table, FILE *out, size_t width)
    __attribute__((nonnull));

/* The width of the terminal behind out, or COLUMNS; 0 where neither is
 * known. */
size_t table_width(FILE *out) __attribute__((nonnull));

#endif
