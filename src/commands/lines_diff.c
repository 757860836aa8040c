// SPDX-License-Identifier: MIT
#include "commands/lines_diff.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"
#include "cli/table.h"
#include "commands/lines_source.h"

/* A place that holds memory in one recording or in both. */
struct lines_change {
	/* A row of either recording, which names the place. */
	const struct held_row *row;
	double mib[2], variance;
};

struct lines_changes {
	ARRAY(struct lines_change) items;
};

static int diff_order_by_place(const void *x, const void *y)
{
	const struct held_row *a = ((const struct lines_change *)x)->row;
	const struct held_row *b = ((const struct lines_change *)y)->row;
	int order = strcmp(a->file, b->file);

	if (order == 0)
		order = strcmp(a->function, b->function);
	if (order == 0)
		order = strcmp(a->below, b->below);
	return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

static double diff_mib(const struct lines_change *change)
{
	return change->mib[1] - change->mib[0];
}

static int diff_order_by_size(const void *x, const void *y)
{
	double a = fabs(diff_mib(x)), b = fabs(diff_mib(y));

	if (a != b)
		return a < b ? 1 : -1;
	return diff_order_by_place(x, y);
}

/* Joins the rows of both recordings by place, sorted by the largest change. */
static void diff_init(
    struct lines_changes *changes, const struct held_rows rows[2])
{
	size_t len = 0;

	*changes = (struct lines_changes){0};
	for (size_t side = 0; side < 2; side++) {
		for (size_t i = 0; i < rows[side].items.len; i++) {
			struct lines_change *change =
			    array_push(&changes->items);

			*change = (struct lines_change){
			    .row = &rows[side].items.items[i]};
			change->mib[side] = change->row->mib;
			change->variance = change->row->variance;
		}
	}
	if (changes->items.len == 0)
		return;
	qsort(changes->items.items, changes->items.len,
	    sizeof(changes->items.items[0]), diff_order_by_place);
	for (size_t i = 0; i < changes->items.len; i++) {
		struct lines_change *change = &changes->items.items[i];
		struct lines_change *last = &changes->items.items[len];

		if (len == 0 || diff_order_by_place(last - 1, change) != 0) {
			*last = *change;
			len++;
			continue;
		}
		last[-1].mib[0] += change->mib[0];
		last[-1].mib[1] += change->mib[1];
		last[-1].variance += change->variance;
	}
	changes->items.len = len;
	qsort(changes->items.items, len, sizeof(changes->items.items[0]),
	    diff_order_by_size);
}

/* The sizes of each column, with the widths of what is printed. */
struct changes_layout {
	struct units_column change, sides[2];
	size_t width_change, width_side;
	size_t terminal; /* its columns; 0: none */
};

/* A change with its sign and its error. */
static char *diff_text(char text[static LINES_SIZE + 1],
    const struct units_column *unit, double mib, double variance)
{
	char size[LINES_SIZE];

	snprintf(text, LINES_SIZE + 1, "%s%s", mib > 0 ? "+" : "",
	    lines_held_size(size, unit, mib, variance));
	return text;
}

static size_t diff_widest(size_t width, const char *text)
{
	size_t own = utf8_width(text);

	return own > width ? own : width;
}

static void diff_lay_out(
    struct changes_layout *layout, const struct lines_change *items, size_t len)
{
	*layout = (struct changes_layout){.width_change = 10,
	    .width_side = 8,
	    .terminal = table_width(stdout)};
	for (size_t i = 0; i < len; i++) {
		units_column_add(&layout->change, diff_mib(&items[i]));
		for (size_t side = 0; side < 2; side++)
			units_column_add(
			    &layout->sides[side], items[i].mib[side]);
	}
	for (size_t i = 0; i < len; i++) {
		char text[LINES_SIZE + 1], size[UNITS_TEXT];

		layout->width_change = diff_widest(layout->width_change,
		    diff_text(text, &layout->change, diff_mib(&items[i]),
			items[i].variance));
		for (size_t side = 0; side < 2; side++)
			layout->width_side = diff_widest(layout->width_side,
			    units_column_size(size, &layout->sides[side],
				items[i].mib[side]));
	}
}

static size_t diff_put(const char *text, size_t width)
{
	printf("%*s%s  ", (int)(width - utf8_width(text)), "", text);
	return width + 2;
}

static void diff_print_row(const struct lines_change *change,
    const struct changes_layout *layout, struct sources *sources)
{
	const struct held_row *row = change->row;
	char text[LINES_SIZE + 1], size[UNITS_TEXT];
	char *name = lines_held_name(row);
	const char *source =
	    row->line ? sources_line(sources, row->file, row->line) : NULL;
	size_t used = diff_put(diff_text(text, &layout->change,
				   diff_mib(change), change->variance),
	    layout->width_change);

	for (size_t side = 0; side < 2; side++)
		used += diff_put(units_column_size(size, &layout->sides[side],
				     change->mib[side]),
		    layout->width_side);
	lines_print_place(&(struct lines_place){name, row->line, source, ""},
	    used, layout->terminal);
	free(name);
}

static void diff_print_head(const struct held held[2])
{
	double change = held[1].mib - held[0].mib;
	char text[LINES_SIZE + 1], size[UNITS_TEXT];
	struct units_column unit = {0};

	units_column_add(&unit, change);
	printf("Held: %s", units_size(size, held[0].mib));
	printf(" before, %s after, ", units_size(size, held[1].mib));
	printf("a change of %s\n", diff_text(text, &unit, change,
				       held[0].variance + held[1].variance));
}

static void diff_print(const struct lines_changes *changes,
    const struct held held[2], const struct lines_held_wish *wish)
{
	size_t most = wish->top ? (size_t)wish->top : SIZE_MAX, len = 0;
	const struct lines_change *items = changes->items.items;
	struct changes_layout layout;
	struct sources sources = {0};

	while (len < changes->items.len && len < most &&
	       diff_mib(&items[len]) != 0)
		len++;
	diff_print_head(held);
	diff_lay_out(&layout, items, len);
	diff_put("Change", layout.width_change);
	diff_put("Before", layout.width_side);
	diff_put("After", layout.width_side);
	puts("Place");
	for (size_t i = 0; i < len; i++)
		diff_print_row(&items[i], &layout, &sources);
	if (len == most && len < changes->items.len)
		printf("(%zu more: --top 0)\n", changes->items.len - len);
	sources_finish(&sources);
}

static void diff_write(const struct lines_changes *changes,
    const struct held held[2], const char *const paths[2])
{
	struct json json;

	json_init(&json, stdout);
	json_open_document(&json, LINES_SCHEMA);
	json_member_text(&json, "before", paths[0]);
	json_member_text(&json, "after", paths[1]);
	json_member_rounded(&json, "before_mib", held[0].mib, 6);
	json_member_rounded(&json, "after_mib", held[1].mib, 6);
	json_member_rounded(&json, "error_mib",
	    held_error(held[0].variance + held[1].variance), 6);
	json_member_open(&json, "rows", '[');
	for (size_t i = 0; i < changes->items.len; i++) {
		const struct lines_change *change = &changes->items.items[i];

		json_open(&json, '{');
		json_member_rounded(&json, "change_mib", diff_mib(change), 6);
		json_member_rounded(
		    &json, "error_mib", held_error(change->variance), 6);
		json_member_rounded(&json, "before_mib", change->mib[0], 6);
		json_member_rounded(&json, "after_mib", change->mib[1], 6);
		lines_held_write_place(&json, change->row);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_close(&json, '}');
}

void lines_diff_show(const struct held held[2],
    const struct lines_held_wish *wish, const char *const paths[2])
{
	struct lines_changes changes;
	struct held_rows rows[2];

	for (size_t side = 0; side < 2; side++)
		held_rows_init(&rows[side], &held[side], NULL, &wish->rows);
	diff_init(&changes, rows);
	if (paths)
		diff_write(&changes, held, paths);
	else
		diff_print(&changes, held, wish);
	array_free(&changes.items);
	for (size_t side = 0; side < 2; side++)
		held_rows_finish(&rows[side]);
}
