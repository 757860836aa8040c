// SPDX-License-Identifier: MIT
#include "python/agent/table.h"

#include <stdlib.h>
#include <string.h>

static struct table_row *row_of(const struct table *table, long line)
{
	if (line < table->first || (size_t)(line - table->first) >= table->len)
		return NULL;
	return &table->rows[line - table->first];
}

static int grow_rows(struct table *table, size_t wanted)
{
	size_t len = table->len ? table->len : 32;
	struct table_row *rows;

	while (len < wanted)
		len *= 2;
	rows = calloc(len, sizeof(*rows));
	if (!rows)
		return -1;
	if (table->rows)
		memcpy(rows, table->rows, table->len * sizeof(*rows));
	free(table->rows);
	table->rows = rows;
	table->len = len;
	return 0;
}

static struct table_row *make_row(struct table *table, long line)
{
	long at = line - table->first;

	if (at < 0 || at >= TABLE_LINES_MAX)
		return NULL;
	if ((size_t)at >= table->len && grow_rows(table, (size_t)at + 1) != 0)
		return NULL;
	return &table->rows[at];
}

static int64_t pages_before(const struct table *table, long line)
{
	const struct table_row *before = row_of(table, table->previous);

	if (table->previous == line)
		return table->last;
	return before ? before->pages : 0;
}

void table_note(struct table *table, long line, int64_t pages)
{
	struct table_row *row = make_row(table, line);

	if (!row)
		return;
	row->growth += pages - pages_before(table, line);
	if (!row->count || pages > row->pages)
		row->pages = pages;
	row->count++;
	table->previous = line;
	table->last = pages;
}

bool table_is_empty(const struct table *table)
{
	return table->previous == 0;
}

void table_clear(struct table *table)
{
	free(table->rows);
	*table = (struct table){.first = table->first};
}
