// SPDX-License-Identifier: MIT
#include "commands/refs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"
#include "cli/table.h"
#include "cli/terminal.h"

enum {
	COLUMNS = 80, /* where no terminal tells its own */
	COUNT_COLUMNS = 9,
	RETAINED_COLUMNS = 10,
	FIGURES_COLUMNS = COUNT_COLUMNS + RETAINED_COLUMNS + 11
};

static char *refs_row_word(
    const struct refs *refs, const struct chain_link *link)
{
	char *title = link->parent == CHAIN_NONE
			  ? utf8_clean_copy(refs_short(
				referrers_type(&refs->referrers, link->type)))
			  : refs_title(refs, link);
	char *word =
	    mem_format("%s%s", title, link->repeated ? " \xe2\x80\xa6" : "");

	free(title);
	return word;
}

/* "Lesson", "list", "dict", "module": as many links as depth allows, ending
 * with the root. */
void refs_row_init(
    struct refs_row *row, const struct refs *refs, const struct chain *chain)
{
	const struct chain_link *links = refs->chains.links.items;
	uint32_t at = chain->link;

	*row =
	    (struct refs_row){.path = refs_path(refs, at), .figures = *chain};
	for (uint32_t i = 0; at != CHAIN_NONE; at = links[at].parent, i++) {
		if (i < refs->depth || links[at].parent == CHAIN_NONE)
			*array_push(&row->words) =
			    refs_row_word(refs, &links[at]);
		else if (i == refs->depth)
			*array_push(&row->words) = mem_copy("\xe2\x80\xa6");
	}
}

void refs_row_finish(struct refs_row *row)
{
	for (size_t i = 0; i < row->words.len; i++)
		free(row->words.items[i]);
	array_free(&row->words);
	free(row->path);
}

void refs_row_print_heading(void)
{
	printf("\n%*s  share  %*s  held by\n", COUNT_COLUMNS, "# objects",
	    RETAINED_COLUMNS, "retained");
}

/* Prints "Lesson <- list <- dict <- module". A word that doesn't fit goes on
 * the next line. */
static void refs_row_print_words(const struct refs_row *row)
{
	const char *arrow = " \xe2\x86\x90 ";
	size_t column = FIGURES_COLUMNS, columns = table_width(stdout);
	struct terminal terminal;

	columns = columns > 0 ? columns : COLUMNS;
	terminal_read(&terminal, STDOUT_FILENO);
	if (terminal.is_terminal && !terminal.unicode)
		arrow = " <- ";
	for (size_t i = 0; i < row->words.len; i++) {
		const char *before = i ? arrow : "";
		size_t width =
		    utf8_width(before) + utf8_width(row->words.items[i]);

		if (i && column + width > columns) {
			printf("\n%*s", FIGURES_COLUMNS + 2, "");
			column = FIGURES_COLUMNS + 2;
		}
		printf("%s%s", before, row->words.items[i]);
		column += width;
	}
	putchar('\n');
}

void refs_row_print_note(const char *format, ...)
{
	va_list args;

	printf("%*s(", FIGURES_COLUMNS, "");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	puts(")");
}

void refs_row_measure(struct units_column *retained, uint64_t bytes)
{
	units_column_add(retained, units_mib((double)bytes));
}

void refs_row_print(const struct refs_row *row, size_t objects,
    const struct units_column *retained)
{
	char size[UNITS_TEXT], share[UNITS_TEXT] = "<1%";
	double percent = 100.0 * (double)row->figures.objects / (double)objects;

	if (percent == 0 || percent > 0.5)
		snprintf(share, sizeof(share), "%.0f%%", percent);
	printf("%*zu  %5s  %*s  ", COUNT_COLUMNS, row->figures.objects, share,
	    RETAINED_COLUMNS,
	    units_column_size(
		size, retained, units_mib((double)row->figures.retained)));
	refs_row_print_words(row);
	printf("%*s%s\n", FIGURES_COLUMNS, "", row->path);
	if (row->figures.shared)
		refs_row_print_note(
		    "%zu of them in other chains too", row->figures.shared);
	if (row->figures.is_cache)
		refs_row_print_note("a cache of the interpreter or a library");
}
