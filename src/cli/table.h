/* SPDX-License-Identifier: MIT
 *
 * Text in aligned columns, the first row the headings. Cells are made safe for
 * a terminal; where it is too narrow headings and texts are shortened, the last
 * column first, and figures stay whole.
 */
#ifndef MPROF_CLI_TABLE_H
#define MPROF_CLI_TABLE_H

#include <stdio.h>

#include "base/array.h"

struct table {
	const char *align; /* a letter a column: l or r; at least one */
	ARRAY(char *) cells;
};

/* align must live as long as the table. */
void table_init(struct table *table, const char *align)
    __attribute__((nonnull));
void table_finish(struct table *table) __attribute__((nonnull));

/* The next cell, row by row. */
void table_add(struct table *table, const char *text) __attribute__((nonnull));

/* Prints the rows in at most width columns; 0: no limit. */
void table_print(const struct table *table, FILE *out, size_t width)
    __attribute__((nonnull));

/* The width of the terminal behind out, or what COLUMNS says; 0 where there is
 * neither. */
size_t table_width(FILE *out) __attribute__((nonnull));

#endif
