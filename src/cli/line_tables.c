// SPDX-License-Identifier: MIT
#include "cli/line_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"

/* Makes the text safe for a terminal, except for tabs, which indent it. */
static void line_tables_print_text(const char *text, size_t len)
{
	char *copy = mem_copy_n(text, len), *at = copy;
	bool more = true;

	while (more) {
		size_t part = strcspn(at, "\t");
		char *clean;

		more = at[part] != 0;
		at[part] = 0;
		clean = utf8_clean_copy(at);
		fputs(clean, stdout);
		if (more)
			putchar('\t');
		at += part + more;
		free(clean);
	}
	free(copy);
}

static void line_tables_print_size(double mib, int digits)
{
	char text[400];

	snprintf(text, sizeof(text), "%*.*f MiB", digits + 4, digits, mib);
	printf(" %12s", text);
}

/* row is NULL for a line that did not run. */
static void line_tables_print_row(const struct agent_table *table, long line,
    const struct agent_table_row *row)
{
	printf("%6ld", line);
	if (!row) {
		printf(" %12s %12s  %10s   ", "", "", "");
		return;
	}
	line_tables_print_size(row->mib, table->digits);
	line_tables_print_size(row->growth_mib, table->digits);
	printf("  %10ld   ", row->count);
}

static const struct agent_table_row *line_tables_row(
    const struct agent_table *table, size_t *at, long line)
{
	if (*at == table->rows.len || table->rows.items[*at].line != line)
		return NULL;
	return &table->rows.items[(*at)++];
}

static void line_tables_print_one(const struct agent_table *table)
{
	static const char titles[] = "Line #    Mem usage    Increment  "
				     "Occurrences   Line Contents";
	const char *text = table->text;
	long last = table->rows.items[table->rows.len - 1].line;
	char *file = utf8_clean_copy(table->file);
	size_t row = 0;

	printf("Filename: %s\n\n%s\n", file, titles);
	free(file);
	for (size_t i = 0; i < strlen(titles); i++)
		putchar('=');
	putchar('\n');
	/* The text may be incomplete or missing: lines that ran are printed
	 * anyway. */
	for (long line = table->first_line; *text || line <= last; line++) {
		size_t len = strcspn(text, "\n");

		line_tables_print_row(
		    table, line, line_tables_row(table, &row, line));
		line_tables_print_text(text, len);
		putchar('\n');
		text += len + (text[len] == '\n');
	}
	fputs("\n\n", stdout);
}

void line_tables_print(const struct agent_tables *tables)
{
	char count[UNITS_COUNT];

	for (size_t i = 0; i < tables->items.len; i++)
		line_tables_print_one(&tables->items.items[i]);
	fflush(stdout);
	if (tables->left_out)
		fprintf(stderr,
		    "mprof: --lines: %s can't be read, or %s too many\n",
		    units_count(
			count, tables->left_out, "more table", "more tables"),
		    tables->left_out == 1 ? "is" : "are");
}
