// SPDX-License-Identifier: MIT
#include "render/terminal_legend.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "render/grid.h"

/* In the order of the panel's lines. */
static const char line_signs[] = "*abcdefghijklmnopqrstuvwxyz";

struct terminal_legend_entry {
	const struct scene_line *line; /* NULL: how many have no place */
	char *text;
	size_t width;
	char sign;
};

struct terminal_legend {
	const struct terminal_style *style;
	struct terminal_legend_entry *entries;
	size_t len;
};

char terminal_sign(size_t index)
{
	return line_signs[index % (sizeof(line_signs) - 1)];
}

void terminal_text(FILE *out, const struct terminal_style *style,
    const char *text, size_t width)
{
	char *shown = mem_zero(strlen(text) + 8, 1);
	const char *at = utf8_shorten(shown, strlen(text) + 8, text, width);

	if (style->unicode)
		fputs(at, out);
	while (!style->unicode && *at)
		putc(utf8_ascii(utf8_next(&at)), out);
	free(shown);
}

static void put_colour(
    FILE *out, const struct terminal_style *style, enum role role)
{
	if (style->colour)
		fputs(grid_colour(role), out);
}

void terminal_plain(FILE *out, const struct terminal_style *style)
{
	if (style->colour)
		fputs("\033[0m", out);
}

static void terminal_legend_add_entry(struct terminal_legend *legend,
    const struct scene_line *line, char *text, char sign)
{
	size_t width = utf8_width(text), most = legend->style->columns - 3;

	legend->entries[legend->len++] = (struct terminal_legend_entry){
	    line, text, width < most ? width : most, sign};
}

static void terminal_legend_collect(
    struct terminal_legend *legend, const struct scene_panel *panel)
{
	size_t *order = mem_zero(panel->lines.len + 1, sizeof(order[0]));
	size_t count = scene_legend(panel, order);

	for (size_t i = 0; i < count; i++) {
		const struct scene_line *line = &panel->lines.items[order[i]];
		const char *name = line->name ? line->name : "";
		const char *detail = line->detail ? line->detail : "";

		terminal_legend_add_entry(legend, line,
		    mem_format("%s %s", name, detail), terminal_sign(order[i]));
	}
	free(order);
}

/* The columns that are used with one more entry in the row. */
static size_t terminal_legend_use(
    const struct terminal_legend_entry *entry, size_t used)
{
	return used + (used ? 2 : 0) + (entry->line ? 2 : 0) + entry->width;
}

static size_t count_rows(const struct terminal_legend *legend)
{
	size_t rows = 0, used = 0;

	for (size_t i = 0; i < legend->len; i++) {
		size_t longer = terminal_legend_use(&legend->entries[i], used);

		if (used == 0 || longer > legend->style->columns) {
			rows++;
			longer = terminal_legend_use(&legend->entries[i], 0);
		}
		used = longer;
	}
	return rows;
}

/* Takes entries away from the end until the rest, and how many they are, have
 * room. */
static void terminal_legend_fit(struct terminal_legend *legend, size_t rows)
{
	size_t all = legend->len, shown = all;

	while (shown > 0 && count_rows(legend) > rows) {
		for (size_t i = --shown; i < legend->len; i++)
			free(legend->entries[i].text);
		legend->len = shown;
		terminal_legend_add_entry(
		    legend, NULL, mem_format("and %zu more", all - shown), ' ');
	}
}

static void print_entry(const struct terminal_style *style,
    const struct terminal_legend_entry *entry, FILE *out)
{
	if (entry->line) {
		put_colour(out, style, entry->line->role);
		if (style->unicode)
			fputs("\xe2\x94\x81", out);
		else
			putc(entry->sign, out);
		terminal_plain(out, style);
		putc(' ', out);
	}
	terminal_text(out, style, entry->text, entry->width);
}

static void terminal_legend_print(
    const struct terminal_legend *legend, FILE *out)
{
	size_t used = 0;

	for (size_t i = 0; i < legend->len; i++) {
		const struct terminal_legend_entry *entry = &legend->entries[i];
		size_t longer = terminal_legend_use(entry, used);

		if (used > 0 && longer > legend->style->columns) {
			putc('\n', out);
			longer = terminal_legend_use(entry, 0);
		} else if (used > 0) {
			fputs("  ", out);
		}
		print_entry(legend->style, entry, out);
		used = longer;
	}
	if (legend->len > 0)
		putc('\n', out);
}

void terminal_legend(const struct scene_panel *panel,
    const struct terminal_style *style, size_t rows, FILE *out)
{
	struct terminal_legend legend = {.style = style,
	    .entries = mem_zero(
		panel->lines.len + 1, sizeof(struct terminal_legend_entry))};

	terminal_legend_collect(&legend, panel);
	terminal_legend_fit(&legend, rows);
	if (rows > 0)
		terminal_legend_print(&legend, out);
	for (size_t i = 0; i < legend.len; i++)
		free(legend.entries[i].text);
	free(legend.entries);
}
