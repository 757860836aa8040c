// SPDX-License-Identifier: MIT
#include "cli/table.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"
#include "cli/terminal.h"

enum {
	GAP = 2,
	NARROWEST = 8,    /* least width of a shortened text */
	SHORT_HEADING = 4 /* and of a heading, if its figures need no more */
};

void table_init(struct table *table, const char *align)
{
	*table = (struct table){.align = align};
}

void table_finish(struct table *table)
{
	for (size_t i = 0; i < table->cells.len; i++)
		free(table->cells.items[i]);
	array_free(&table->cells);
	array_free(&table->sizes);
}

void table_add(struct table *table, const char *text)
{
	*array_push(&table->cells) = utf8_clean_copy(text);
}

static void cli_table_add_figure(
    struct table *table, double mib, bool is_change)
{
	*array_push(&table->sizes) =
	    (struct table_size){table->cells.len, mib, is_change};
	*array_push(&table->cells) = NULL;
}

void table_add_size(struct table *table, double mib)
{
	cli_table_add_figure(table, mib, false);
}

void table_add_change(struct table *table, double mib)
{
	cli_table_add_figure(table, mib, true);
}

/* Writes the sizes of a column. */
static void cli_table_settle(struct table *table, size_t column, size_t columns)
{
	struct units_column unit = {0};

	for (size_t i = 0; i < table->sizes.len; i++) {
		const struct table_size *size = &table->sizes.items[i];

		if (size->cell % columns == column)
			units_column_add(&unit, size->mib);
	}
	for (size_t i = 0; i < table->sizes.len; i++) {
		const struct table_size *size = &table->sizes.items[i];
		char text[UNITS_TEXT];

		if (size->cell % columns == column)
			table->cells.items[size->cell] = mem_format("%s%s",
			    size->is_change && size->mib > 0 ? "+" : "",
			    units_column_size(text, &unit, size->mib));
	}
}

static void cli_table_put_blanks(FILE *out, size_t count)
{
	fprintf(out, "%*s", (int)count, "");
}

static void cli_table_put(FILE *out, const char *cell, size_t width)
{
	size_t size = strlen(cell) + 8;
	char *text = mem_zero(size, 1);

	fputs(utf8_shorten(text, size, cell, width), out);
	free(text);
}

/* The widest cell of a column, from a row on. */
static size_t cli_table_widest(
    const struct table *table, size_t column, size_t columns, size_t row)
{
	size_t most = 0;

	for (size_t i = row * columns + column; i < table->cells.len;
	     i += columns) {
		size_t width = utf8_width(table->cells.items[i]);

		most = width > most ? width : most;
	}
	return most;
}

/* The widths of all columns but the last, and the blanks between columns. One
 * of width 0 is left out. */
struct table_fit {
	size_t *widths;
	size_t columns, gap;
};

static size_t cli_table_used(const struct table_fit *fit)
{
	size_t used = 0;

	for (size_t c = 0; c + 1 < fit->columns; c++)
		used += fit->widths[c] > 0 ? fit->widths[c] + fit->gap : 0;
	return used;
}

/* Whether there are rows, and none has anything in a column. */
static bool cli_table_is_unknown(
    const struct table *table, size_t column, size_t columns)
{
	for (size_t i = columns + column; i < table->cells.len; i += columns)
		if (strcmp(table->cells.items[i], "-") != 0)
			return false;
	return table->cells.len > columns;
}

/* Takes a column from the widest text that can be shortened; false where none
 * can. */
static bool cli_table_cut(const struct table *table, struct table_fit *fit)
{
	size_t widest = fit->columns;

	for (size_t c = 0; c + 1 < fit->columns; c++) {
		if (table->align[c] == 'l' && fit->widths[c] > NARROWEST &&
		    (widest == fit->columns ||
			fit->widths[c] > fit->widths[widest]))
			widest = c;
	}
	if (widest == fit->columns)
		return false;
	fit->widths[widest]--;
	return true;
}

/* Makes room for the last column: columns without a figure yield, then there
 * are fewer blanks, shorter headings, and shorter texts; figures stay
 * complete. */
static void cli_table_fit(
    const struct table *table, struct table_fit *fit, size_t width)
{
	size_t last =
	    cli_table_widest(table, fit->columns - 1, fit->columns, 0);

	if (last > NARROWEST)
		last = NARROWEST;
	if (cli_table_used(fit) + last <= width)
		return;
	for (size_t c = 0; c + 1 < fit->columns; c++)
		if (cli_table_is_unknown(table, c, fit->columns))
			fit->widths[c] = 0;
	if (cli_table_used(fit) + last <= width)
		return;
	fit->gap = 1;
	for (size_t c = 0; c + 1 < fit->columns; c++) {
		size_t body = cli_table_widest(table, c, fit->columns, 1);

		if (cli_table_used(fit) + last <= width)
			return;
		if (fit->widths[c] > body && fit->widths[c] > SHORT_HEADING)
			fit->widths[c] =
			    body > SHORT_HEADING ? body : SHORT_HEADING;
	}
	while (cli_table_used(fit) + last > width && cli_table_cut(table, fit))
		continue;
}

static void cli_table_print_cell(const struct table *table,
    const struct table_fit *fit, const char *cell, size_t c, FILE *out)
{
	size_t width = fit->widths[c], own = utf8_width(cell);
	size_t blanks = own < width ? width - own : 0;

	if (width == 0)
		return;
	if (table->align[c] == 'r')
		cli_table_put_blanks(out, blanks);
	cli_table_put(out, cell, width);
	cli_table_put_blanks(
	    out, table->align[c] == 'r' ? fit->gap : blanks + fit->gap);
}

void table_print(struct table *table, FILE *out, size_t width)
{
	struct table_fit fit = {.columns = strlen(table->align), .gap = GAP};
	size_t used;

	assert(fit.columns > 0);
	for (size_t c = 0; c < fit.columns; c++)
		cli_table_settle(table, c, fit.columns);
	table->sizes.len = 0;
	fit.widths = mem_zero(fit.columns, sizeof(fit.widths[0]));
	for (size_t c = 0; c < fit.columns; c++)
		fit.widths[c] = cli_table_widest(table, c, fit.columns, 0);
	if (width > 0)
		cli_table_fit(table, &fit, width);
	used = cli_table_used(&fit);
	for (size_t i = 0; i < table->cells.len; i++) {
		const char *cell = table->cells.items[i];
		size_t c = i % fit.columns;

		if (c + 1 < fit.columns) {
			cli_table_print_cell(table, &fit, cell, c, out);
			continue;
		}
		if (width == 0)
			fputs(cell, out);
		else
			cli_table_put(out, cell,
			    used + NARROWEST < width ? width - used
						     : NARROWEST);
		fputc('\n', out);
	}
	free(fit.widths);
}

size_t table_width(FILE *out)
{
	struct terminal terminal;
	int fd = fileno(out);

	if (fd < 0)
		return 0;
	terminal_read(&terminal, fd);
	return terminal.is_terminal || terminal.columns_given ? terminal.columns
							      : 0;
}
