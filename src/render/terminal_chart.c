// SPDX-License-Identifier: MIT
#include "render/terminal_chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/downsample.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/utf8.h"
#include "render/grid.h"

/* By index of the panel's line. */
static const char line_signs[] = "*abcdefghijklmnopqrstuvwxyz";

struct terminal_legend_entry {
	const struct scene_line *line; /* NULL: count of those that don't fit */
	char *text;
	size_t width;
	char sign;
};

struct terminal_legend {
	const struct terminal_style *style;
	struct terminal_legend_entry *entries;
	size_t len;
};

/* The character of a panel's line in ASCII, by its index. */
static char terminal_sign(size_t index)
{
	return line_signs[index % (sizeof(line_signs) - 1)];
}

struct terminal_style terminal_style_of(const struct terminal *terminal)
{
	return (struct terminal_style){.columns = terminal->columns,
	    .rows = terminal->rows,
	    .unicode = terminal->unicode,
	    .colours = !terminal->colour   ? GRID_PLAIN
		       : terminal->colours ? GRID_MANY
					   : GRID_FEW};
}

/* Whether a line is dashed: a trend, or a line that shares its colour with
 * another, so that it can be told without colour. */
static bool terminal_is_dashed(const struct scene_line *line)
{
	return line->kind == SCENE_TREND || line->dashed;
}

/* Prints the text in at most width columns. */
static void terminal_text(FILE *out, const struct terminal_style *style,
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

/* Ends a colour. */
static void terminal_plain(FILE *out, const struct terminal_style *style)
{
	if (style->colours != GRID_PLAIN)
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
		    mem_format("%s %s", name, detail),
		    line->kind == SCENE_TREND ? '-' : terminal_sign(order[i]));
	}
	free(order);
}

/* The columns used with one more entry in the row. */
static size_t terminal_legend_use(
    const struct terminal_legend_entry *entry, size_t used)
{
	return used + (used ? 2 : 0) + (entry->line ? 2 : 0) + entry->width;
}

static size_t terminal_count_rows(const struct terminal_legend *legend)
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

/* Cuts the first entry so that a short count of the others fits beside it. */
static void terminal_legend_cut(struct terminal_legend *legend, size_t others)
{
	struct terminal_legend_entry *first = &legend->entries[0];
	size_t used, columns = legend->style->columns;

	free(legend->entries[--legend->len].text);
	terminal_legend_add_entry(
	    legend, NULL, mem_format("+%zu", others), ' ');
	used = terminal_legend_use(
	    &legend->entries[1], terminal_legend_use(first, 0) - first->width);
	first->width = columns > used ? columns - used : 1;
}

/* Removes entries from the end until the rest, and their count, fit; the first
 * one stays. */
static void terminal_legend_fit(struct terminal_legend *legend, size_t rows)
{
	size_t all = legend->len, shown = all;

	while (shown > 1 && terminal_count_rows(legend) > rows) {
		for (size_t i = --shown; i < legend->len; i++)
			free(legend->entries[i].text);
		legend->len = shown;
		terminal_legend_add_entry(
		    legend, NULL, mem_format("and %zu more", all - shown), ' ');
	}
	if (shown == 1 && all > 1 && terminal_count_rows(legend) > rows)
		terminal_legend_cut(legend, all - 1);
}

static void terminal_print_entry(const struct terminal_style *style,
    const struct terminal_legend_entry *entry, FILE *out)
{
	if (entry->line) {
		if (style->colours != GRID_PLAIN)
			fputs(grid_colour(entry->line->role, style->colours),
			    out);
		if (style->unicode)
			fputs(terminal_is_dashed(entry->line) ? "\xe2\x95\x8d"
							      : "\xe2\x94\x81",
			    out);
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
		terminal_print_entry(legend->style, entry, out);
		used = longer;
	}
	if (legend->len > 0)
		putc('\n', out);
}

/* Prints names with their figures in at most that many rows; if not all fit,
 * the last entry tells how many are left. */
static void terminal_legend(const struct scene_panel *panel,
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

enum {
	MOST_LANES = 8,
	PANEL_ROWS = 3,     /* of a usage panel, with its title */
	LEAST_ROWS = 2,     /* of the plot */
	LEAST_CHART = 6,    /* rows; with fewer only facts are printed */
	LEGEND_LINES = 4,   /* at most 1/LEGEND_LINES of the rows */
	FACT_ROWS = 2,      /* rows of facts on a screen of */
	ROOMY_ROWS = 20,    /* at least this many rows, else one */
	LABEL_COLUMNS = 24, /* columns of a mark's label where more don't fit */
	NEAR = 2,           /* rows between a dot and its label */
	TREND_DASH = 0x254d /* of its legend, too */
};

struct terminal_frame {
	const struct scene *scene;
	const struct terminal_style *style;
	const struct scene_panel *memory; /* NULL: there is none */
	const struct scene_panel *lanes;
	struct grid grid; /* axes and plot */
	size_t left;      /* columns of labels and the axis */
	size_t rows;      /* rows of the plot, from row 0 of the grid */
	size_t panels;    /* number below the plot, PANEL_ROWS high */
	size_t lane_rows;
	char *facts[FACT_ROWS];
	size_t fact_rows;
};

/* The x in dots from the plot's left edge. */
static long terminal_x_of(const struct terminal_frame *f, double time_s)
{
	const struct axis *axis = &f->scene->time;
	size_t unit = f->style->unicode ? 2 : 1;
	double width = (double)((f->grid.columns - f->left) * unit - 1);
	double part = (time_s - axis->low) / (axis->high - axis->low);

	return (long)(f->left * unit) + lround(fmax(-1, fmin(2, part)) * width);
}

/* The part of the grid of an axis of values. */
struct terminal_band {
	const struct axis *axis;
	size_t top, rows;
};

static long terminal_band_y(const struct terminal_frame *f,
    const struct terminal_band *band, double value)
{
	long unit = f->style->unicode ? 4 : 1;
	double height = (double)((long)band->rows * unit - 1);
	double part =
	    (value - band->axis->low) / (band->axis->high - band->axis->low);

	return (long)band->top * unit +
	       lround((1 - fmax(-1, fmin(2, part))) * height);
}

static struct terminal_band terminal_memory_band(const struct terminal_frame *f)
{
	return (struct terminal_band){&f->memory->memory, 0, f->rows};
}

static long terminal_y_of(const struct terminal_frame *f, double mib)
{
	struct terminal_band band = terminal_memory_band(f);

	return terminal_band_y(f, &band, mib);
}

static size_t terminal_chart_column_of(
    const struct terminal_frame *f, double time_s)
{
	long x = terminal_x_of(f, time_s) / (f->style->unicode ? 2 : 1);

	return x < (long)f->left ? f->left : (size_t)x;
}

/* Draws a trend as the dashes of its legend, which stand out from dots where it
 * runs along a line or through a band. */
static void terminal_draw_trend(struct terminal_frame *f,
    const struct terminal_band *band, const struct grid_line *stroke)
{
	long wide = f->style->unicode ? 2 : 1, high = f->style->unicode ? 4 : 1;
	double length = fmax(1, (double)(stroke->x1 - stroke->x0));
	long first = stroke->x0 / wide, last = stroke->x1 / wide;

	first = first < (long)f->left ? (long)f->left : first;
	for (long column = first; column <= last; column++) {
		double x = ((double)column + 0.5) * (double)wide;
		double part = (x - (double)stroke->x0) / length;
		long row = lround((double)stroke->y0 +
				  fmax(0, fmin(1, part)) *
				      (double)(stroke->y1 - stroke->y0)) /
			   high;

		if (column % 4 < 2 && row >= (long)band->top &&
		    row < (long)(band->top + band->rows))
			grid_put(&f->grid, column, row, TREND_DASH, '-',
			    stroke->role);
	}
}

static void terminal_draw_line(struct terminal_frame *f,
    const struct terminal_band *band, const struct scene_line *line, char sign)
{
	struct downsample_view view = {
	    .from_s = f->scene->time.low + line->zero_s,
	    .to_s = f->scene->time.high + line->zero_s,
	    .columns = grid_width(&f->grid),
	    .gap_s = line->gap_s};
	struct downsample kept;
	struct grid_line stroke = {.role = line->role,
	    .sign = sign,
	    .dashed = terminal_is_dashed(line)};

	downsample_m4(&kept, line->samples, &view);
	for (size_t i = 0; i < kept.points.len; i++) {
		const struct downsample_point *p = &kept.points.items[i];

		stroke.x1 = terminal_x_of(f, p->time_s - line->zero_s);
		stroke.y1 = terminal_band_y(f, band, p->mib);
		if (i == 0 || p->starts) {
			stroke.x0 = stroke.x1;
			stroke.y0 = stroke.y1;
		}
		if (line->kind == SCENE_TREND)
			terminal_draw_trend(f, band, &stroke);
		else
			grid_line(&f->grid, &stroke);
		stroke.x0 = stroke.x1;
		stroke.y0 = stroke.y1;
	}
	downsample_finish(&kept);
}

/* The value between two samples; NAN outside of them and in a gap. */
static double terminal_value_at(
    const struct scene_line *line, const struct series *series, double time_s)
{
	size_t at = series_find(series, time_s);
	const struct sample *next = &series->items[at], *before = next - 1;
	double step_s;

	if (at == series->len)
		return NAN;
	if (at == 0)
		return next->time_s == time_s ? next->mib : NAN;
	step_s = next->time_s - before->time_s;
	if ((line->gap_s > 0 && step_s > line->gap_s) || step_s <= 0)
		return next->time_s == time_s ? next->mib : NAN;
	return before->mib +
	       (time_s - before->time_s) / step_s * (next->mib - before->mib);
}

/* Whether an area has a dot here: patterns tell adjacent layers apart without
 * colour, and let lines be seen in the area of a total. */
static bool terminal_pattern(const struct scene_line *line, size_t nth,
    const struct grid *grid, long x, long y)
{
	if (!grid->unicode)
		return line->kind != SCENE_STACKED || nth % 2 == 0 || x % 2;
	if (line->kind != SCENE_STACKED)
		return x % 4 == y % 4;
	switch (nth % 3) {
	case 0:
		return true;
	case 1:
		return (x + y) % 2 == 0;
	default:
		return x % 2 == 0 && y % 2 == 0;
	}
}

/* Fills below a line: to the axis, or to the layer below. */
static void terminal_fill(struct terminal_frame *f,
    const struct terminal_band *band, const struct scene_line *line, size_t nth)
{
	long left = (long)f->left * (f->style->unicode ? 2 : 1);
	long width = (long)grid_width(&f->grid);
	const struct axis *time = &f->scene->time;
	double floor = fmax(0, band->axis->low);

	for (long x = left; x < width; x++) {
		double time_s = time->low + (double)(x - left) /
						(double)(width - 1 - left) *
						(time->high - time->low);
		double top = terminal_value_at(
		    line, line->samples, time_s + line->zero_s);
		double base = line->base ? terminal_value_at(line, line->base,
					       time_s + line->zero_s)
					 : floor;
		long end = terminal_band_y(f, band, isnan(base) ? floor : base);

		if (isnan(top) || (line->base && top <= base))
			continue;
		for (long y = terminal_band_y(f, band, top); y <= end; y++) {
			if (terminal_pattern(line, nth, &f->grid, x, y))
				grid_shade(&f->grid, x, y, line->role);
		}
	}
}

/* Clears dots outside the plot, left by a line at the edge of a window. */
static void terminal_axis_line(
    struct terminal_frame *f, size_t top, size_t rows)
{
	for (size_t row = top; row < top + rows; row++) {
		for (size_t column = 0; column < f->left; column++)
			grid_put(&f->grid, (long)column, (long)row, ' ', ' ',
			    ROLE_FRAME);
		grid_put(&f->grid, (long)f->left - 1, (long)row, 0x2502, '|',
		    ROLE_FRAME);
	}
}

static void terminal_draw_memory_axis(
    struct terminal_frame *f, const struct axis_ticks *ticks)
{
	terminal_axis_line(f, 0, f->rows);
	for (size_t i = 0; i < ticks->len; i++) {
		const struct tick *tick = &ticks->items[i];
		long row =
		    terminal_y_of(f, tick->value) / (f->style->unicode ? 4 : 1);
		size_t len = strlen(tick->label);

		grid_text(&f->grid, f->left - 2 - len, (size_t)row, len,
		    tick->label, ROLE_TEXT);
		grid_put(
		    &f->grid, (long)f->left - 1, row, 0x2524, '+', ROLE_FRAME);
	}
}

/* As many ticks as have room for their labels. */
static struct axis_ticks terminal_time_ticks(
    const struct terminal_frame *f, size_t width)
{
	struct axis_ticks ticks;

	for (size_t most = width / 4;; most--) {
		size_t used = 0;

		axis_ticks(&f->scene->time, most, &ticks);
		for (size_t i = 0; i < ticks.len; i++) {
			size_t len = strlen(ticks.items[i].label) + 2;

			used = len > used ? len : used;
		}
		if (used * ticks.len + strlen(ticks.unit) <= width || most <= 2)
			return ticks;
		ticks_finish(&ticks);
	}
}

static void terminal_draw_time_axis(struct terminal_frame *f, size_t row)
{
	size_t width = f->grid.columns - f->left;
	struct axis_ticks ticks = terminal_time_ticks(f, width);
	size_t unit;

	unit = strlen(ticks.unit) + 1;
	grid_put(
	    &f->grid, (long)f->left - 1, (long)row, 0x2514, '+', ROLE_FRAME);
	for (size_t i = f->left; i < f->grid.columns; i++)
		grid_put(&f->grid, (long)i, (long)row, 0x2500, '-', ROLE_FRAME);
	if (unit < width / 2)
		grid_text(&f->grid, f->grid.columns - unit + 1, row + 1, unit,
		    ticks.unit, ROLE_TEXT_SOFT);
	for (size_t i = 0; i < ticks.len; i++) {
		const char *label = ticks.items[i].label;
		size_t at = terminal_chart_column_of(f, ticks.items[i].value);
		size_t len = strlen(label);
		size_t start = at > len / 2 ? at - len / 2 : 0;

		if (start + len + unit > f->grid.columns + 1 &&
		    len + unit < width)
			start = f->grid.columns + 1 - unit - len;
		grid_put(
		    &f->grid, (long)at, (long)row, 0x252c, '+', ROLE_FRAME);
		if (grid_is_free(
			&f->grid, start ? start - 1 : 0, row + 1, len + 1))
			grid_text(
			    &f->grid, start, row + 1, len, label, ROLE_TEXT);
	}
	ticks_finish(&ticks);
}

/* Whether a label has these columns for itself: a word beside it would be
 * read as a part of it. */
static bool terminal_chart_has_room(
    const struct terminal_frame *f, size_t column, size_t row, size_t width)
{
	return column >= f->left && column + width <= f->grid.columns &&
	       grid_is_free(&f->grid, column, row, width) &&
	       !grid_is_word(&f->grid, column + width, row) &&
	       (column == f->left || !grid_is_word(&f->grid, column - 1, row));
}

/* Puts a label right of a column, or left where it doesn't fit. */
static bool terminal_chart_put_label(struct terminal_frame *f,
    const struct scene_mark *mark, const char *text, size_t column, long row)
{
	size_t width = utf8_width(text);
	size_t sides[] = {column + 1, column > width ? column - width : 0};

	if (row < 0 || row >= (long)f->rows)
		return false;
	for (size_t i = 0; i < 2; i++) {
		if (terminal_chart_has_room(f, sides[i], (size_t)row, width)) {
			grid_text(&f->grid, sides[i], (size_t)row, width, text,
			    mark->role);
			return true;
		}
	}
	return false;
}

/* Puts a label near its point, at most that many rows away, shortened if
 * needed; one that doesn't fit is left out, as farther away it would seem to
 * belong to another point. */
static void terminal_chart_draw_label(struct terminal_frame *f,
    const struct scene_mark *mark, size_t column, size_t row, size_t within)
{
	size_t half = (f->grid.columns - f->left) / 2;
	size_t widths[] = {
	    half > LABEL_COLUMNS ? half : LABEL_COLUMNS, LABEL_COLUMNS};
	char text[128];

	for (size_t k = 0; k < 2 && mark->label && *mark->label; k++) {
		utf8_shorten(text, sizeof(text), mark->label, widths[k]);
		for (long i = 0; i <= (long)within; i++) {
			if (terminal_chart_put_label(
				f, mark, text, column, (long)row - i) ||
			    terminal_chart_put_label(
				f, mark, text, column, (long)row + i))
				return;
		}
	}
}

static void terminal_chart_draw_limit(
    struct terminal_frame *f, const struct scene_mark *mark)
{
	long row = terminal_y_of(f, mark->at.mib) / (f->style->unicode ? 4 : 1);

	if (mark->at.mib > f->memory->memory.high || row < 0 ||
	    row >= (long)f->rows)
		return;
	for (size_t at = f->left; at < f->grid.columns; at++) {
		if (grid_is_free(&f->grid, at, (size_t)row, 1))
			grid_put(
			    &f->grid, (long)at, row, 0x2504, '-', mark->role);
	}
	terminal_chart_draw_label(
	    f, mark, f->left, row > 0 ? (size_t)row - 1 : 1, NEAR);
}

/* Marks a gap, as missing lines alone would not show that nothing was
 * measured. */
static void terminal_chart_draw_gap(
    struct terminal_frame *f, const struct scene_mark *mark)
{
	size_t from = terminal_chart_column_of(f, mark->at.time_s);
	size_t to = terminal_chart_column_of(f, mark->until_s);

	if (mark->until_s < f->scene->time.low ||
	    mark->at.time_s > f->scene->time.high)
		return;
	for (size_t row = 0; row < f->rows; row++) {
		for (size_t at = from + 1; at < to; at++) {
			if (grid_is_free(&f->grid, at, row, 1))
				grid_put(&f->grid, (long)at, (long)row, 0x2591,
				    '/', mark->role);
		}
	}
}

static void terminal_chart_draw_mark(
    struct terminal_frame *f, const struct scene_mark *mark)
{
	const struct axis *time = &f->scene->time;
	size_t column = terminal_chart_column_of(f, mark->at.time_s), row = 0;
	size_t within = f->rows; /* its line covers all rows */

	if (mark->kind == SCENE_LIMIT) {
		terminal_chart_draw_limit(f, mark);
		return;
	}
	if (mark->kind == SCENE_GAP || mark->kind == SCENE_PHASE ||
	    mark->at.time_s < time->low || mark->at.time_s > time->high)
		return;
	if (mark->kind == SCENE_PEAK) {
		long y = terminal_y_of(f, mark->at.mib) /
			 (f->style->unicode ? 4 : 1);

		row = y < 0 ? 0 : (size_t)y;
		within = f->rows > 2 * NEAR ? NEAR : 1;
		grid_put(
		    &f->grid, (long)column, (long)row, 0x25cf, '@', mark->role);
	} else {
		for (size_t i = 0; i < f->rows; i++) {
			if (grid_is_free(&f->grid, column, i, 1))
				grid_put(&f->grid, (long)column, (long)i,
				    0x250a, ':', mark->role);
		}
	}
	terminal_chart_draw_label(f, mark, column, row, within);
}

/* If not all lanes get a row, the last row tells how many are missing. */
static size_t terminal_chart_shown_lanes(struct terminal_frame *f, size_t top)
{
	size_t shown = f->lane_rows;
	char text[64];

	if (shown >= f->lanes->lanes || shown == 0)
		return shown;
	shown--;
	snprintf(text, sizeof(text), "and %zu more", f->lanes->lanes - shown);
	grid_text(&f->grid, f->left, top + shown, f->grid.columns - f->left,
	    text, ROLE_TEXT_SOFT);
	return shown;
}

static void terminal_draw_lanes(struct terminal_frame *f, size_t top)
{
	size_t shown = terminal_chart_shown_lanes(f, top);

	for (size_t i = 0; i < f->lanes->spans.len; i++) {
		const struct scene_span *span = &f->lanes->spans.items[i];
		size_t from = terminal_chart_column_of(f, span->from.time_s);
		size_t to = terminal_chart_column_of(f, span->to.time_s);
		size_t row = top + span->lane;

		if (span->lane >= shown ||
		    span->to.time_s < f->scene->time.low ||
		    span->from.time_s > f->scene->time.high)
			continue;
		for (size_t at = from; at <= to && at < f->grid.columns; at++)
			grid_put(&f->grid, (long)at, (long)row,
			    at == from ? 0x257a : 0x2501,
			    at == from ? '[' : '=', span->role);
		if (to > from + 2)
			grid_text(&f->grid, from + 1, row, to - from - 1,
			    span->name, span->role);
	}
}

/* Draws areas first, then lines, with the first one on top. */
static void terminal_lines(struct terminal_frame *f,
    const struct scene_panel *panel, const struct terminal_band *band)
{
	for (size_t i = 0; i < panel->lines.len; i++) {
		const struct scene_line *line = &panel->lines.items[i];

		if (line->kind == SCENE_TOTAL || line->kind == SCENE_STACKED)
			terminal_fill(f, band, line, i);
	}
	for (size_t i = panel->lines.len; i-- > 0;)
		terminal_draw_line(
		    f, band, &panel->lines.items[i], terminal_sign(i));
}

/* The nth usage panel. */
static const struct scene_panel *terminal_panel(
    const struct scene *scene, size_t nth)
{
	for (size_t i = 0; i < scene->panels.len; i++) {
		if (scene->panels.items[i].kind == PANEL_USAGE && nth-- == 0)
			return &scene->panels.items[i];
	}
	return NULL;
}

/* "mean 23, highest 98", with sign and name where there are several lines. */
static char *terminal_panel_figures(const struct scene_panel *panel, size_t nth,
    const struct terminal_style *style)
{
	const struct scene_line *line = &panel->lines.items[nth];
	struct strbuf text = {0};

	if (panel->lines.len > 1 && !style->unicode)
		strbuf_add_format(&text, "%c ", terminal_sign(nth));
	if (panel->lines.len > 1)
		strbuf_add_format(&text, "%s ", line->name);
	strbuf_add_format(&text, "%s", line->detail ? line->detail : "");
	return strbuf_take(&text);
}

/* "CPU (%): mean 23, highest 98"; an ellipsis replaces figures that don't
 * fit. */
static char *terminal_panel_title(const struct scene_panel *panel,
    const struct terminal_style *style, size_t width)
{
	const char *between = style->unicode ? " \xc2\xb7 " : ", ";
	size_t used = utf8_width(panel->title) + 2;
	struct strbuf text = {0};

	strbuf_add_format(&text, "%s", panel->title);
	for (size_t i = 0; i < panel->lines.len; i++) {
		char *figures = terminal_panel_figures(panel, i, style);
		bool last = i + 1 == panel->lines.len;

		used += utf8_width(figures) + (i ? utf8_width(between) : 0);
		strbuf_add_format(&text, "%s%s", i ? between : ": ",
		    used + (last ? 0 : 4) <= width ? figures : "\xe2\x80\xa6");
		free(figures);
		if (used + (last ? 0 : 4) > width)
			break;
	}
	return strbuf_take(&text);
}

/* Draws the title above the lines, and the highest value beside the axis. */
static void terminal_draw_panel(
    struct terminal_frame *f, const struct scene_panel *panel, size_t top)
{
	struct terminal_band band = {&panel->memory, top + 1, PANEL_ROWS - 1};
	size_t width = f->grid.columns - f->left;
	char *title = terminal_panel_title(panel, f->style, width);
	char high[UNITS_TEXT];

	terminal_lines(f, panel, &band);
	terminal_axis_line(f, top, PANEL_ROWS);
	units_number(high, panel->memory.high / 1.12);
	if (strlen(high) + 1 < f->left)
		grid_text(&f->grid, f->left - 2 - strlen(high), top + 1,
		    strlen(high), high, ROLE_TEXT);
	for (size_t column = f->left; column < f->grid.columns; column++)
		grid_put(
		    &f->grid, (long)column, (long)top, ' ', ' ', ROLE_TEXT);
	grid_text(&f->grid, f->left, top, width, title, ROLE_TEXT);
	free(title);
}

/* Draws as many as terminal_share_rows() allotted. */
static void terminal_draw_panels(struct terminal_frame *f)
{
	for (size_t i = 0; i < f->panels; i++)
		terminal_draw_panel(
		    f, terminal_panel(f->scene, i), f->rows + i * PANEL_ROWS);
}

static void terminal_draw_memory(
    struct terminal_frame *f, const struct axis_ticks *ticks)
{
	const struct scene_panel *panel = f->memory;
	struct terminal_band band = terminal_memory_band(f);

	terminal_lines(f, panel, &band);
	terminal_draw_memory_axis(f, ticks);
	for (size_t i = 0; i < panel->marks.len; i++)
		terminal_chart_draw_mark(f, &panel->marks.items[i]);
	for (size_t i = 0; i < panel->marks.len; i++) {
		if (panel->marks.items[i].kind == SCENE_GAP)
			terminal_chart_draw_gap(f, &panel->marks.items[i]);
	}
}

static const struct scene_fact *find_fact(
    const struct scene *scene, const char *label)
{
	for (size_t i = 0; i < scene->facts.len; i++) {
		if (strcmp(scene->facts.items[i].label, label) == 0)
			return &scene->facts.items[i];
	}
	return NULL;
}

/* Whether it is an unwanted end, which comes before all other facts. */
static bool terminal_is_alarm(const struct scene_fact *ended)
{
	return strstr(ended->value, "killed") != NULL;
}

/* Fills the rows with the first note, where there is more than one row, and
 * with as many facts as fit; the first fact of a row is included even if it is
 * too long. The caller frees rows[]. */
static size_t terminal_fill_facts(const struct scene *scene,
    const struct terminal_style *style, char *rows[FACT_ROWS], size_t most)
{
	static const char *const wanted[] = {"Ended", "End", "Metric", "Peak",
	    "Shared", "Window", "Ended", "Limit", "Duration", "Set", "Apart"};
	const char *between = style->unicode ? " \xc2\xb7 " : ", ";
	struct strbuf row = {0};
	size_t count = 0;

	if (scene->notes.len > 0 && most > 1)
		rows[count++] = mem_copy(scene->notes.items[0]);
	for (size_t w = 0; w < sizeof(wanted) / sizeof(wanted[0]); w++) {
		const struct scene_fact *fact = find_fact(scene, wanted[w]);
		size_t before = row.len;

		if (!fact || (strcmp(wanted[w], "Ended") == 0 &&
				 terminal_is_alarm(fact) != (w == 0)))
			continue;
		strbuf_separate(&row, between);
		strbuf_add_format(&row, "%s: %s", fact->label, fact->value);
		if (before == 0 || utf8_width(row.text) <= style->columns)
			continue;
		strbuf_cut(&row, before);
		if (count + 1 >= most)
			continue;
		rows[count++] = strbuf_take(&row);
		strbuf_add_format(&row, "%s: %s", fact->label, fact->value);
	}
	if (row.len > 0)
		rows[count++] = strbuf_take(&row);
	return count;
}

static void terminal_chart_print_facts(
    const struct terminal_frame *f, FILE *out)
{
	for (size_t i = 0; i < f->fact_rows; i++) {
		terminal_text(out, f->style, f->facts[i], f->style->columns);
		putc('\n', out);
		free(f->facts[i]);
	}
}

static void terminal_find_panels(struct terminal_frame *f)
{
	for (size_t i = 0; i < f->scene->panels.len; i++) {
		const struct scene_panel *panel = &f->scene->panels.items[i];

		if (panel->kind == PANEL_LANES && !f->lanes)
			f->lanes = panel;
		if (panel->kind == PANEL_MEMORY && !f->memory)
			f->memory = panel;
	}
}

/* Allots rows: title, legend, facts, time axis and lanes get theirs, the plot
 * gets the rest. */
static size_t terminal_share_rows(struct terminal_frame *f)
{
	size_t rows = f->style->rows, fixed;
	size_t legend = rows > LEAST_CHART ? rows / 4 : 0;

	if (legend > LEGEND_LINES)
		legend = LEGEND_LINES;
	if (f->memory && legend > f->memory->lines.len)
		legend = f->memory->lines.len;
	f->fact_rows = terminal_fill_facts(
	    f->scene, f->style, f->facts, rows >= ROOMY_ROWS ? FACT_ROWS : 1);
	fixed = 3 + f->fact_rows + legend;
	f->rows = rows > fixed + LEAST_ROWS ? rows - fixed : LEAST_ROWS;
	while (terminal_panel(f->scene, f->panels) &&
	       (f->panels + 1) * PANEL_ROWS <= f->rows / 2)
		f->panels++;
	f->rows -= f->panels * PANEL_ROWS;
	if (f->lanes) {
		f->lane_rows =
		    f->lanes->lanes < MOST_LANES ? f->lanes->lanes : MOST_LANES;
		if (f->lane_rows > f->rows / 2)
			f->lane_rows = f->rows / 2;
		f->rows -= f->lane_rows;
	}
	return legend;
}

static void terminal_chart_draw(struct terminal_frame *f)
{
	struct axis_ticks ticks = {0};
	size_t widest = 4, axis;

	if (f->memory)
		axis_ticks(&f->memory->memory, (f->rows + 1) / 2, &ticks);
	for (size_t i = 0; i < ticks.len; i++) {
		if (strlen(ticks.items[i].label) > widest)
			widest = strlen(ticks.items[i].label);
	}
	f->left = widest + 2;
	axis = f->rows + f->panels * PANEL_ROWS;
	grid_init(&f->grid, f->style->columns, axis + 2 + f->lane_rows,
	    f->style->unicode);
	if (f->memory)
		terminal_draw_memory(f, &ticks);
	terminal_draw_panels(f);
	grid_text(&f->grid, 0, axis, f->left - 2, ticks.unit, ROLE_TEXT_SOFT);
	terminal_draw_time_axis(f, axis);
	if (f->lanes)
		terminal_draw_lanes(f, axis + 2);
	ticks_finish(&ticks);
}

/* The row to name among the heat map rows in a line of the terminal, preferably
 * an outlier. */
static const struct scene_heat_row *terminal_heat_name(
    const struct scene_heat *heat, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		if (heat->rows.items[i]->odd)
			return heat->rows.items[i];
	}
	return heat->rows.items[from];
}

static float terminal_heat_cell(const struct scene_heat *heat,
    const size_t rows[2], const size_t columns[2])
{
	float mib = -1;

	for (size_t i = rows[0]; i < rows[1]; i++) {
		for (size_t k = columns[0]; k < columns[1]; k++)
			mib = fmaxf(mib, heat->rows.items[i]->cells[k]);
	}
	return mib;
}

/* Draws digits, tenths of the highest, where the terminal has no shades. */
static void terminal_heat_line(const struct terminal_frame *f, size_t line,
    size_t lines, size_t names, FILE *out)
{
	static const char *const shades[] = {" ", "\xc2\xb7", "\xe2\x96\x91",
	    "\xe2\x96\x92", "\xe2\x96\x93", "\xe2\x96\x88"};
	const struct scene_heat *heat = &f->scene->panels.items[0].heat;
	size_t width = f->style->columns - names - 1;
	size_t rows[] = {
	    line * heat->rows.len / lines, (line + 1) * heat->rows.len / lines};
	const char *name = terminal_heat_name(heat, rows[0], rows[1])->name;
	size_t used = utf8_width(name) < names ? utf8_width(name) : names;

	terminal_text(out, f->style, name, names);
	fprintf(out, "%*s", (int)(names - used + 1), "");
	for (size_t i = 0; i < width; i++) {
		size_t columns[] = {
		    i * HEAT_COLUMNS / width, (i + 1) * HEAT_COLUMNS / width};
		float mib;

		if (columns[1] == columns[0])
			columns[1]++;
		mib = terminal_heat_cell(heat, rows, columns);
		if (mib < 0)
			putc(' ', out);
		else if (f->style->unicode)
			fputs(
			    shades[1 + (int)fmin(4, 5 * mib / heat->high_mib)],
			    out);
		else
			putc(
			    '0' + (int)fmin(9, 10 * mib / heat->high_mib), out);
	}
	putc('\n', out);
}

static void terminal_heat_axis(
    const struct terminal_frame *f, size_t names, FILE *out)
{
	const struct scene_panel *panel = &f->scene->panels.items[0];
	char from[UNITS_TEXT], to[UNITS_TEXT], high[UNITS_TEXT];
	int room = (int)(f->style->columns - names - 1);

	units_duration(from, f->scene->time.low);
	units_duration(to, f->scene->time.high);
	fprintf(out, "%*s%s%*s\n", (int)names + 1, "", from,
	    room - (int)strlen(from), to);
	fprintf(out, "darkest: %s, rows: %zu\n",
	    units_size(high, panel->heat.high_mib), panel->heat.rows.len);
}

/* Prints lines of text, as the grid has too few characters for shades. */
static void terminal_heat(struct terminal_frame *f, FILE *out)
{
	const struct scene_heat *heat = &f->scene->panels.items[0].heat;
	size_t names = 8, lines = f->style->rows;

	f->fact_rows = terminal_fill_facts(f->scene, f->style, f->facts,
	    f->style->rows >= ROOMY_ROWS ? FACT_ROWS : 1);
	lines -= f->fact_rows + 3;
	if (lines > heat->rows.len)
		lines = heat->rows.len;
	for (size_t i = 0; i < heat->rows.len; i++) {
		size_t width = utf8_width(heat->rows.items[i]->name);

		names = width > names ? width : names;
	}
	if (names > f->style->columns / 3)
		names = f->style->columns / 3;
	for (size_t line = 0; line < lines; line++)
		terminal_heat_line(f, line, lines, names, out);
	terminal_heat_axis(f, names, out);
	terminal_chart_print_facts(f, out);
}

static void terminal_title(
    const struct scene *scene, const struct terminal_style *style, FILE *out)
{
	if (style->colours != GRID_PLAIN)
		fputs("\033[1m", out);
	terminal_text(
	    out, style, scene->title ? scene->title : "", style->columns);
	terminal_plain(out, style);
	putc('\n', out);
}

/* "Peak: 59.8 MiB after 19.9 s", without the time where it doesn't fit. */
static char *terminal_short_fact(const struct scene_fact *fact, size_t columns)
{
	const char *after = strstr(fact->value, " after ");
	char *text = mem_format("%s: %s", fact->label, fact->value);

	if (after && utf8_width(text) > columns)
		text[strlen(text) - strlen(after)] = 0;
	return text;
}

/* Prints a fact in each row, in order, on a terminal too small for a chart. */
static void terminal_small(
    const struct scene *scene, const struct terminal_style *style, FILE *out)
{
	static const char *const wanted[] = {
	    "Ended", "Peak", "Duration", "Limit", "Metric", "Set"};
	size_t used = 1;

	terminal_title(scene, style, out);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const struct scene_fact *fact = find_fact(scene, wanted[i]);
		char *text;

		if (!fact || used >= style->rows)
			continue;
		text = terminal_short_fact(fact, style->columns);
		terminal_text(out, style, text, style->columns);
		putc('\n', out);
		free(text);
		used++;
	}
}

void terminal_chart(
    const struct scene *scene, const struct terminal_style *style, FILE *out)
{
	struct terminal_frame f = {.scene = scene, .style = style};
	size_t legend;

	if (style->rows < LEAST_CHART) {
		terminal_small(scene, style, out);
		return;
	}
	if (scene->panels.items[0].kind == PANEL_HEAT) {
		terminal_title(scene, style, out);
		terminal_heat(&f, out);
		return;
	}
	terminal_find_panels(&f);
	legend = terminal_share_rows(&f);
	terminal_chart_draw(&f);
	terminal_title(scene, style, out);
	for (size_t row = 0; row < f.grid.rows; row++) {
		grid_print_row(&f.grid, row, style->colours, out);
		putc('\n', out);
	}
	if (f.memory)
		terminal_legend(f.memory, style, legend, out);
	terminal_chart_print_facts(&f, out);
	grid_finish(&f.grid);
}
