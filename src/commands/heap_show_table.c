// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"
#include "cli/table.h"
#include "commands/heap_show.h"

enum { LEAST_NAME = 12 };

static const struct heap_column {
	const char *title, *brief; /* brief: for a narrow terminal */
	size_t usual;              /* width where there is room */
} heap_columns[] = {
    {"types", "types", 0},
    {"# objects", "objects", 11},
    {"total size", "size", 12},
    /* With the growth since the first of several readings. */
    {"since first", "since", 11},
    {"total size", "size", 12},
    {"grew in", "grew", 9},
};

enum {
	HEAP_COLUMNS = 3,
	HEAP_GROWTH_COLUMNS = sizeof(heap_columns) / sizeof(heap_columns[0])
};

struct heap_table {
	const struct heap_show *show;
	size_t columns, widths[HEAP_GROWTH_COLUMNS];
	struct units_column sizes, growth;
	ARRAY(char *) cells; /* row by row */
};

static double heap_table_mib(int64_t bytes)
{
	return units_mib((double)bytes);
}

static const struct heap_growth_row *heap_table_growth(
    const struct heap_table *table, const char *name)
{
	return table->show->growth ? heap_growth_find(table->show->growth, name)
				   : NULL;
}

/* Adds a row's sizes to those that are written in one unit. */
static void heap_table_measure(
    struct heap_table *table, int64_t bytes, const struct heap_growth_row *grew)
{
	units_column_add(&table->sizes, heap_table_mib(bytes));
	if (grew)
		units_column_add(&table->growth,
		    heap_table_mib(grew->bytes - grew->first_bytes));
}

/* Takes the text. */
static void heap_table_add(struct heap_table *table, char *text)
{
	*array_push(&table->cells) = text;
}

static void heap_table_add_size(struct heap_table *table,
    const struct units_column *unit, int64_t bytes, bool is_signed)
{
	char text[UNITS_TEXT];

	heap_table_add(
	    table, mem_format("%s%s", is_signed && bytes > 0 ? "+" : "",
		       units_column_size(text, unit, heap_table_mib(bytes))));
}

/* has_count: objects, not memory alone. */
static void heap_table_add_row(struct heap_table *table,
    const struct heap_row *row, const struct heap_growth_row *grew,
    bool has_count)
{
	bool is_signed = table->show->difference;

	heap_table_add(table, mem_copy(row->name));
	heap_table_add(table,
	    has_count
		? mem_format(is_signed ? "%+" PRId64 : "%" PRId64, row->count)
		: mem_copy(""));
	heap_table_add_size(table, &table->sizes, row->bytes, is_signed);
	if (!table->show->growth)
		return;
	if (!grew) {
		for (size_t i = HEAP_COLUMNS; i < HEAP_GROWTH_COLUMNS; i++)
			heap_table_add(table, mem_copy(""));
		return;
	}
	heap_table_add(table,
	    has_count ? mem_format("%+" PRId64, grew->count - grew->first_count)
		      : mem_copy(""));
	heap_table_add_size(
	    table, &table->growth, grew->bytes - grew->first_bytes, true);
	heap_table_add(table, mem_format("%zu of %zu", heap_growth_steps(grew),
				  table->show->growth->steps));
}

/* Adds the first rows, their sum and RSS, which shows how much else there
 * is. */
static void heap_table_fill(
    struct heap_table *table, const struct heap *heap, size_t rows)
{
	const struct heap_growth *growth = table->show->growth;
	const struct heap_growth_row *rss =
	    growth && growth->has_rss ? &growth->rss : NULL;
	struct heap_row total = heap_total(heap), all = {.name = "RSS"};
	bool has_rss = heap->has_rss &&
		       !__builtin_mul_overflow(heap->rss_kib, 1024, &all.bytes);

	total.name = "total";
	for (size_t i = 0; i < rows; i++) {
		const struct heap_row *row = &heap->rows.items[i];

		heap_table_measure(
		    table, row->bytes, heap_table_growth(table, row->name));
	}
	heap_table_measure(
	    table, total.bytes, heap_table_growth(table, total.name));
	if (has_rss)
		heap_table_measure(table, all.bytes, rss);
	for (size_t i = 0; i < rows; i++) {
		const struct heap_row *row = &heap->rows.items[i];

		heap_table_add_row(
		    table, row, heap_table_growth(table, row->name), true);
	}
	heap_table_add_row(
	    table, &total, heap_table_growth(table, total.name), true);
	if (has_rss)
		heap_table_add_row(table, &all, rss, false);
}

static const char *heap_table_title(size_t column, bool brief)
{
	return brief ? heap_columns[column].brief : heap_columns[column].title;
}

/* Sets the widths of the columns, and returns their sum with the gaps. */
static size_t heap_table_widths(
    struct heap_table *table, bool usual, bool brief, size_t gap)
{
	size_t sum = gap * (table->columns - 1);

	for (size_t c = 0; c < table->columns; c++) {
		size_t width = usual ? heap_columns[c].usual : 0;
		size_t title = strlen(heap_table_title(c, brief));

		width = title > width ? title : width;
		for (size_t i = c; i < table->cells.len; i += table->columns) {
			size_t own = utf8_width(table->cells.items[i]);

			width = own > width ? own : width;
		}
		if (c == 0 && width > HEAP_SHOW_NAME)
			width = HEAP_SHOW_NAME;
		table->widths[c] = width;
		sum += width;
	}
	return sum;
}

/* Fits the table to a terminal: narrower columns first, then short titles and
 * no bars, then shorter names. Returns whether titles are short. */
static bool heap_table_fit(struct heap_table *table, size_t width)
{
	size_t used = heap_table_widths(table, true, false, strlen(" | "));

	if (width == 0 || used <= width)
		return false;
	if (heap_table_widths(table, false, false, strlen(" | ")) <= width)
		return false;
	used = heap_table_widths(table, false, true, 1);
	if (used > width)
		table->widths[0] = table->widths[0] + width > used + LEAST_NAME
				       ? table->widths[0] + width - used
				       : LEAST_NAME;
	return true;
}

static void heap_table_put(
    const struct heap_table *table, size_t column, const char *text, bool brief)
{
	size_t width = table->widths[column], size = strlen(text) + 8;
	char *fits = mem_zero(size, 1);

	utf8_shorten(fits, size, text, width);
	if (column > 0)
		fputs(brief ? " " : " | ", stdout);
	printf("%*s%s", (int)(width - utf8_width(fits)), "", fits);
	free(fits);
}

static void heap_table_print_head(const struct heap_table *table, bool brief)
{
	for (size_t c = 0; c < table->columns; c++)
		heap_table_put(table, c, heap_table_title(c, brief), brief);
	putchar('\n');
	for (size_t c = 0; c < table->columns; c++) {
		if (c > 0)
			fputs(brief ? " " : " | ", stdout);
		for (size_t i = 0; i < table->widths[c]; i++)
			putchar('=');
	}
	putchar('\n');
}

/* Rows end with their last figure. */
static void heap_table_print_rows(const struct heap_table *table, bool brief)
{
	for (size_t i = 0; i < table->cells.len; i += table->columns) {
		size_t len = table->columns;

		while (len > HEAP_COLUMNS && !*table->cells.items[i + len - 1])
			len--;
		for (size_t c = 0; c < len; c++)
			heap_table_put(
			    table, c, table->cells.items[i + c], brief);
		putchar('\n');
	}
}

void heap_show_table(const struct heap *heap, const struct heap_show *show)
{
	struct heap_table table = {.show = show,
	    .columns = show->growth ? HEAP_GROWTH_COLUMNS : HEAP_COLUMNS};
	size_t rows = heap->rows.len;
	char count[UNITS_COUNT];
	bool brief;

	if (show->top && rows > show->top)
		rows = show->top;
	heap_table_fill(&table, heap, rows);
	brief = heap_table_fit(&table, table_width(stdout));
	heap_table_print_head(&table, brief);
	heap_table_print_rows(&table, brief);
	if (rows < heap->rows.len)
		printf(
		    "(%s: --top 0)\n", units_count(count, heap->rows.len - rows,
					   "more type", "more types"));
	heap_show_parts(heap, show);
	for (size_t i = 0; i < table.cells.len; i++)
		free(table.cells.items[i]);
	array_free(&table.cells);
}
