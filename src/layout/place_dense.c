// SPDX-License-Identifier: MIT
//
// With many samples a pixel column a line up and down in each is a solid block.
// A light band from the lowest to the highest tells the range, a line the mean,
// and strokes the spikes, which would be lost in the band.
#include "layout/place.h"

#include <math.h>

/* The samples of one pixel column; y grows downwards, so top <= bottom. */
struct dense_column {
	double x, top, bottom;
	bool starts;
};

struct dense_columns {
	ARRAY(struct dense_column) list;
};

static struct dense_columns dense_read(const struct dense_line *line)
{
	struct dense_columns columns = {{0}};

	for (size_t i = 0; i < line->len; i++) {
		const struct draw_point *at = &line->points[i];
		struct dense_column *last =
		    columns.list.len > 0
			? &columns.list.items[columns.list.len - 1]
			: NULL;

		if (last && last->x == at->x && !at->starts) {
			last->top = fmin(last->top, at->y);
			last->bottom = fmax(last->bottom, at->y);
			continue;
		}
		*array_push(&columns.list) = (struct dense_column){
		    at->x, at->y, at->y, last == NULL || at->starts};
	}
	return columns;
}

/* Draws the columns from first to last: along the upper edge forwards and the
 * lower edge back; a single column is one unit wide. */
static void dense_draw_part(struct place *place,
    const struct dense_columns *columns, size_t first, size_t behind)
{
	const struct dense_column *items = columns->list.items;
	double half = behind - first == 1 ? 0.5 : 0;

	for (size_t i = first; i < behind; i++) {
		place_point(place, items[i].x - half, items[i].top, i == first);
		if (half > 0)
			place_point(
			    place, items[i].x + half, items[i].top, false);
	}
	for (size_t i = behind; i-- > first;) {
		if (half > 0)
			place_point(
			    place, items[i].x + half, items[i].bottom, false);
		place_point(place, items[i].x - half, items[i].bottom, false);
	}
}

static void dense_draw_band(
    struct place *place, const struct dense_columns *columns)
{
	size_t len = columns->list.len, first = 0;

	for (size_t i = 1; i <= len; i++) {
		if (i < len && !columns->list.items[i].starts)
			continue;
		dense_draw_part(place, columns, first, i);
		first = i;
	}
}

enum { SPIKE_NEAR = 2, SPIKE_FAR = 6 };

/* The highest upper end, or the lowest lower end, of nearby columns on one side
 * of column i. */
static double dense_level(
    const struct dense_columns *columns, size_t i, bool before, bool down)
{
	double level = down ? -INFINITY : INFINITY;

	for (size_t k = SPIKE_NEAR; k <= SPIKE_FAR; k++) {
		const struct dense_column *at;

		if (before ? i < k : i + k >= columns->list.len)
			break;
		at = &columns->list.items[before ? i - k : i + k];
		level = down ? fmax(level, at->bottom) : fmin(level, at->top);
	}
	return level;
}

/* Draws the part of the column that exceeds those on both sides by more than
 * noise. */
static void dense_draw_spike(struct place *place,
    const struct dense_columns *columns, size_t i, bool down)
{
	const struct dense_column *at = &columns->list.items[i];
	double left = dense_level(columns, i, true, down);
	double right = dense_level(columns, i, false, down);
	double level = down ? fmax(left, right) : fmin(left, right);
	double out = down ? at->bottom - level : level - at->top;
	double rest = at->bottom - at->top - out;

	if (!isfinite(left) || !isfinite(right) || out < 4 || out < rest / 2)
		return;
	place_point(place, at->x, level, true);
	place_point(place, at->x, down ? at->bottom : at->top, false);
}

/* Fills from the means down to the bottom, as for any total. */
static void dense_fill(struct place *place, const struct dense_line *line)
{
	const struct draw_point *means = line->means;

	for (size_t i = 0; i < line->mean_count; i++) {
		bool ends = i + 1 == line->mean_count || means[i + 1].starts;

		if (means[i].starts)
			place_point(place, means[i].x, line->bottom, true);
		place_point(place, means[i].x, means[i].y, false);
		if (ends)
			place_point(place, means[i].x, line->bottom, false);
	}
}

static struct shape *dense_shape(struct place *place, const struct plot *plot,
    const struct dense_line *line, enum shape_kind kind)
{
	struct shape *shape = place_shape(place, kind, line->role);

	shape->clip = plot->clip;
	shape->width = kind == SHAPE_LINE ? line->width : 0;
	return shape;
}

void layout_dense(
    struct place *place, const struct plot *plot, const struct dense_line *line)
{
	struct dense_columns columns = dense_read(line);

	if (line->filled) {
		dense_shape(place, plot, line, SHAPE_AREA)->opacity = 0.16;
		dense_fill(place, line);
	}
	dense_shape(place, plot, line, SHAPE_AREA)->opacity = 0.32;
	dense_draw_band(place, &columns);
	dense_shape(place, plot, line, SHAPE_LINE)->width = 1;
	for (size_t i = 0; i < 2 * columns.list.len; i++)
		dense_draw_spike(place, &columns, i / 2, i % 2);
	dense_shape(place, plot, line, SHAPE_LINE);
	for (size_t i = 0; i < line->mean_count; i++)
		place_point(place, line->means[i].x, line->means[i].y,
		    line->means[i].starts);
	array_free(&columns.list);
}
