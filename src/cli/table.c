// SPDX-License-Identifier: MIT
#include "cli/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"

enum { GAP = 2, NARROWEST_LAST = 8 };

void table_init(struct table *table, const char *align)
{
	*table = (struct table){.align = align};
}

void table_finish(struct table *table)
{
	for (size_t i = 0; i < table->cells.len; i++)
		free(table->cells.items[i]);
	array_free(&table->cells);
}

void table_add(struct table *table, const char *text)
{
	*array_push(&table->cells) = utf8_clean_copy(text);
}

static void cli_table_put_blanks(FILE *out, size_t count)
{
	fprintf(out, "%*s", (int)count, "");
}

static void print_last(FILE *out, const char *cell, size_t room)
{
	size_t size = strlen(cell) + 8;
	char *text;

	if (room == 0) {
		fputs(cell, out);
		return;
	}
	text = mem_zero(size, 1);
	fputs(utf8_shorten(text, size, cell, room), out);
	free(text);
}

static size_t cli_table_widest(
    const struct table *table, size_t column, size_t columns)
{
	size_t most = 0;

	for (size_t i = column; i < table->cells.len; i += columns) {
		size_t width = utf8_width(table->cells.items[i]);

		most = width > most ? width : most;
	}
	return most;
}

/* Columns that are left for the last cell; 0 where it needs no shortening. */
static size_t room_of_last(const size_t *widths, size_t columns, size_t width)
{
	size_t used = 0;

	if (width == 0)
		return 0;
	for (size_t c = 0; c + 1 < columns; c++)
		used += widths[c] + GAP;
	return used + NARROWEST_LAST < width ? width - used : NARROWEST_LAST;
}

void table_print(const struct table *table, FILE *out, size_t width)
{
	size_t columns = strlen(table->align);
	size_t *widths = mem_zero(columns, sizeof(widths[0]));
	size_t room;

	assert(columns > 0);
	for (size_t c = 0; c < columns; c++)
		widths[c] = cli_table_widest(table, c, columns);
	room = room_of_last(widths, columns, width);
	for (size_t i = 0; i < table->cells.len; i++) {
		const char *cell = table->cells.items[i];
		size_t c = i % columns, blanks = widths[c] - utf8_width(cell);

		if (c + 1 == columns) {
			print_last(out, cell, room);
			fputc('\n', out);
			continue;
		}
		if (table->align[c] == 'r')
			cli_table_put_blanks(out, blanks);
		fputs(cell, out);
		cli_table_put_blanks(
		    out, table->align[c] == 'r' ? GAP : blanks + GAP);
	}
	free(widths);
}

size_t table_width(FILE *out)
{
	struct winsize size;
	int fd = fileno(out);

	if (fd < 0 || !isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) != 0)
		return 0;
	return size.ws_col;
}
