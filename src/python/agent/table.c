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

static struct table_row *make_row(struct table *table, long line)
{
	struct table_row *row = row_of(table, line);
	size_t len = table->len ? table->len : 32;

	if (row)
		return row;
	if (line < table->first || line - table->first >= TABLE_LINES_MAX)
		return NULL;
	while (len <= (size_t)(line - table->first))
		len *= 2;
	row = realloc(table->rows, len * sizeof(*row));
	if (!row)
		return NULL;
	memset(row + table->len, 0, (len - table->len) * sizeof(*row));
	table->rows = row;
	table->len = len;
	return row_of(table, line);
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
