// SPDX-License-Identifier: MIT
//
// Rows that are lower than a line of text share the names beside them: those
// of odd rows come first. Rows that are lower than a pixel share it, with the
// highest of them, and so do columns that are narrower. Boxes end at whole
// pixels: between two that share one the background would show as a line.
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/units.h"
#include "layout/place.h"

enum {
	LEVELS = 24,
	HEAT_MARK = 5 /* height of a mark, visible among thousands of rows */
};

struct heat_place {
	struct place *place;
	const struct plot *plot;
	const struct scene_heat *heat;
	size_t bands;   /* drawn rows, each for one or several rows */
	size_t columns; /* drawn columns, likewise */
};

static size_t heat_band_of(const struct heat_place *at, size_t row)
{
	return row * at->bands / at->heat->rows.len;
}

static double heat_y(const struct heat_place *at, size_t band)
{
	const struct draw_box *box = &at->plot->box;

	return round(box->y + box->h * (double)band / (double)at->bands);
}

static double heat_x(const struct heat_place *at, size_t column)
{
	const struct draw_box *box = &at->plot->box;

	return round(box->x + box->w * (double)column / (double)at->columns);
}

/* The level of the highest cell in the drawn column: 1 to LEVELS; 0: nothing
 * was measured. */
static int heat_level(
    const struct heat_place *at, const float *cells, size_t column)
{
	size_t cell = column * HEAT_COLUMNS / at->columns;
	size_t end = ((column + 1) * HEAT_COLUMNS - 1) / at->columns;
	float mib = cells[cell];
	double share;

	while (++cell <= end)
		mib = fmaxf(mib, cells[cell]);
	share = mib / at->heat->high_mib;
	if (mib < 0)
		return 0;
	return 1 + (int)fmin(LEVELS - 1, floor(share * LEVELS));
}

static double heat_opacity(int level)
{
	return 0.05 + 0.95 * (level - 1) / (LEVELS - 1);
}

static void heat_put_box(const struct heat_place *at, enum role role,
    double opacity, struct draw_box box)
{
	struct shape *shape = place_shape(at->place, SHAPE_BOX, role);

	shape->opacity = opacity;
	shape->box = box;
	shape->clip = at->plot->clip;
}

/* Adjacent cells of one level are one box. */
static void heat_put_band(
    const struct heat_place *at, size_t band, const float *cells)
{
	double y = heat_y(at, band), height = heat_y(at, band + 1) - y;

	/* a line in the background's colour separates rows where there is
	 * room */
	height -= at->plot->box.h > 6 * (double)at->bands ? 1 : 0;
	for (size_t from = 0, to; from < at->columns; from = to) {
		int level = heat_level(at, cells, from);
		double x = heat_x(at, from);

		to = from + 1;
		while (to < at->columns && heat_level(at, cells, to) == level)
			to++;
		if (level > 0)
			heat_put_box(at, ROLE_TOTAL, heat_opacity(level),
			    (struct draw_box){
				x, y, heat_x(at, to) - x, height});
	}
}

static double heat_end_x(const struct heat_place *at, size_t ended_column)
{
	return at->plot->box.x +
	       at->plot->box.w * (double)ended_column / HEAT_COLUMNS;
}

static void heat_put_end(
    const struct heat_place *at, size_t band, size_t ended_column)
{
	double y = heat_y(at, band), height = heat_y(at, band + 1) - y;
	double x = heat_end_x(at, ended_column);
	double shown = fmax(HEAT_MARK, height - (height > 6));

	/* in lower rows the mark overlaps others */
	if (height < HEAT_MARK)
		y += (height - shown) / 2;
	heat_put_box(at, ROLE_ALARM, 1, (struct draw_box){x, y, 3, shown});
}

static void heat_put_rows(const struct heat_place *at)
{
	const struct scene_heat *heat = at->heat;

	for (size_t row = 0, next; row < heat->rows.len; row = next) {
		size_t band = heat_band_of(at, row);
		float cells[HEAT_COLUMNS];

		for (size_t k = 0; k < HEAT_COLUMNS; k++)
			cells[k] = -1;
		for (next = row;
		     next < heat->rows.len && heat_band_of(at, next) == band;
		     next++) {
			const struct scene_heat_row *one =
			    heat->rows.items[next];

			for (size_t k = 0; k < HEAT_COLUMNS; k++)
				cells[k] = fmaxf(cells[k], one->cells[k]);
		}
		heat_put_band(at, band, cells);
	}
}

static void heat_put_ends(const struct heat_place *at)
{
	for (size_t row = 0; row < at->heat->rows.len; row++) {
		size_t column = at->heat->rows.items[row]->ended_column;

		if (column < HEAT_COLUMNS)
			heat_put_end(at, heat_band_of(at, row), column);
	}
}

/* Names that fit, at the left; taken: pixels that are occupied. */
static void heat_put_names(
    const struct heat_place *at, bool odd, bool *taken, double left)
{
	double size = 0.85 * at->place->font;
	double height = place_line_height(size);
	long most = (long)at->place->drawing->height;

	for (size_t i = 0; i < at->heat->rows.len; i++) {
		const struct scene_heat_row *row = at->heat->rows.items[i];
		size_t band = heat_band_of(at, i);
		double middle = (heat_y(at, band) + heat_y(at, band + 1)) / 2;
		long first = (long)(middle - height / 2);
		long last = (long)(middle + height / 2);
		struct text_run run = {.text = row->name,
		    .x = left - 0.4 * at->place->font,
		    .y = middle - height / 2,
		    .size = size,
		    .role = odd ? ROLE_TEXT : ROLE_TEXT_SOFT,
		    .align = 1,
		    .bold = odd};
		char *cut;

		if (row->odd != odd || first < 0 || last >= most ||
		    taken[first] || taken[last])
			continue;
		cut = place_shorten(at->place, &run, run.x - at->place->margin);
		run.text = cut;
		if (cut)
			place_text(at->place, &run);
		for (long k = first; k <= last; k++)
			taken[k] = true;
		free(cut);
	}
}

/* The colour scale with both figures, above the right end of the rows; nothing
 * where they are too narrow. */
static void heat_put_scale(const struct heat_place *at)
{
	const struct draw_box *box = &at->plot->box;
	double size = 0.85 * at->place->font, height = place_line_height(size);
	double width = fmin(180, box->w / 3), y = box->y - height - 2, left;
	char text[UNITS_TEXT];
	struct text_run run = {.text = units_size(text, at->heat->high_mib),
	    .x = box->x + box->w,
	    .y = y,
	    .size = size,
	    .role = ROLE_TEXT_SOFT,
	    .align = 1};
	double right = box->x + box->w - place_width(at->place, &run) - 6;

	if (right - width - 6 - size < box->x)
		return;
	place_text(at->place, &run);
	left = round(right - width);
	for (int level = 1; level <= LEVELS; level++) {
		struct shape *shape =
		    place_shape(at->place, SHAPE_BOX, ROLE_TOTAL);
		double end = round(right - width + width * level / LEVELS);

		shape->opacity = heat_opacity(level);
		shape->box = (struct draw_box){
		    left, round(y + 2), end - left, round(height - 4)};
		left = end;
	}
	run.text = "0";
	run.x = right - width - 6;
	place_text(at->place, &run);
}

/* Words over cells of any colour stand on a plate. */
static void heat_put_plate(
    const struct heat_place *at, const struct text_run *run)
{
	struct draw_box plate = place_box(at->place, run);

	if (plate.x <= at->plot->box.x)
		return;
	plate.x -= 2;
	plate.w += 4;
	heat_put_box(at, ROLE_BACKGROUND, 0.9, plate);
	place_text(at->place, run);
}

/* How rows ended, after their marks or, without room, before them; nothing
 * where a row is lower than text. */
static void heat_put_endings(const struct heat_place *at)
{
	const struct draw_box *box = &at->plot->box;
	double size = 0.85 * at->place->font;
	double height = place_line_height(size);

	for (size_t i = 0; i < at->heat->rows.len; i++) {
		const struct scene_heat_row *row = at->heat->rows.items[i];
		double y = heat_y(at, i), middle = (y + heat_y(at, i + 1)) / 2;
		double x = heat_end_x(at, row->ended_column);
		struct text_run run = {.text = row->ended,
		    .x = x + 8,
		    .y = middle - height / 2,
		    .size = size,
		    .role = ROLE_ALARM};

		if (!row->ended || middle - y < 0.4 * height)
			continue;
		if (run.x + place_width(at->place, &run) > box->x + box->w) {
			run.x = x - 5;
			run.align = 1;
		}
		heat_put_plate(at, &run);
	}
}

double layout_heat_left(
    const struct place *place, const struct scene_heat *heat)
{
	double widest = 0, most = 0.25 * place->drawing->width;

	for (size_t i = 0; i < heat->rows.len && widest < most; i++) {
		const struct scene_heat_row *row = heat->rows.items[i];
		struct text_run run = {.text = row->name,
		    .size = 0.85 * place->font,
		    .bold = row->odd};

		widest = fmax(widest, place_width(place, &run));
	}
	return floor(place->margin + fmin(widest, most) + 8);
}

void layout_heat(struct place *place, const struct plot *plot)
{
	const struct scene_heat *heat = &plot->panel->heat;
	struct heat_place at = {.place = place, .plot = plot, .heat = heat};
	size_t pixels = (size_t)fmax(1, plot->box.h);
	bool *taken =
	    mem_zero((size_t)place->drawing->height + 2, sizeof(taken[0]));

	at.columns = (size_t)fmin(HEAT_COLUMNS, fmax(1, plot->box.w));
	at.bands = heat->rows.len < pixels ? heat->rows.len : pixels;
	heat_put_rows(&at);
	heat_put_ends(&at);
	heat_put_names(&at, true, taken, plot->box.x);
	heat_put_names(&at, false, taken, plot->box.x);
	if (at.bands == heat->rows.len)
		heat_put_endings(&at);
	heat_put_scale(&at);
	free(taken);
}
