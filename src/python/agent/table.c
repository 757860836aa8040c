// SPDX-License-Identifier: MIT
#include "python/agent/table.h"

#include <stdlib.h>
#include <string.h>

#include "python/agent/shelf.h"

static bool table_on_shelf(const struct line_table *table)
{
	return table->shelf && shelf_is_used(table->shelf);
}

/* Moves the rows to the heap when the shelf has no more room. */
static struct table_row *table_rows_on_heap(
    const struct line_table *table, size_t *wanted)
{
	size_t len = table->len ? table->len : 32;
	struct table_row *rows;

	while (len < *wanted)
		len *= 2;
	rows = calloc(len, sizeof(*rows));
	if (!rows)
		return NULL;
	if (table->rows)
		memcpy(rows, table->rows, table->len * sizeof(*rows));
	if (table_on_shelf(table))
		shelf_drop(table->shelf);
	else
		free(table->rows);
	*wanted = len;
	return rows;
}

static int table_grow_rows(struct line_table *table, size_t wanted)
{
	bool may_shelve =
	    table->shelf && (!table->rows || table_on_shelf(table));
	struct table_row *rows = NULL;

	if (may_shelve)
		rows = shelf_rows(table->shelf, &wanted);
	if (!rows)
		rows = table_rows_on_heap(table, &wanted);
	if (!rows)
		return -1;
	table->rows = rows;
	table->len = wanted;
	return 0;
}

void table_prepare(struct line_table *table)
{
	if (!table->rows)
		table_grow_rows(table, 1);
}

static struct table_row *table_make_row(struct line_table *table, long line)
{
	long at = line - table->first;

	if (at < 0 || at >= TABLE_LINES_MAX)
		return NULL;
	if ((size_t)at >= table->len &&
	    table_grow_rows(table, (size_t)at + 1) != 0)
		return NULL;
	return &table->rows[at];
}

void table_note(
    struct line_table *table, long line, int64_t bytes, int64_t step)
{
	struct table_row *row = table_make_row(table, line);

	if (!row)
		return;
	row->growth += table->used ? step : bytes;
	if (!row->count || bytes > row->bytes)
		row->bytes = bytes;
	row->count++;
	table->used = true;
}

bool table_is_empty(const struct line_table *table)
{
	return !table->used;
}

void table_clear(struct line_table *table)
{
	if (!table_on_shelf(table))
		free(table->rows);
	*table =
	    (struct line_table){.first = table->first, .shelf = table->shelf};
}
