// SPDX-License-Identifier: MIT
//
// The layers of a stack share their times, and the edges between them: of the
// times that a file of lines can't hold all, each layer leaves out the same.
#include "layout/place.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "layout/layout.h"

struct stack_times stack_times_choose(
    const struct scene_line *top, size_t points, size_t most)
{
	const struct sample *at = top->samples->items;
	size_t len = top->samples->len, column = len;
	size_t columns = points > most ? len * most / points + 1 : len;
	struct stack_times times = {mem_zero(len + 1, sizeof(times.items[0])),
	    mem_zero(len + 1, sizeof(times.starts[0])), 0};
	bool ends = true;

	for (size_t i = 0; i < len; i++) {
		size_t here = i * columns / len;
		bool starts = ends;

		ends = i + 1 == len ||
		       (top->gap_s > 0 &&
			   at[i + 1].time_s - at[i].time_s > top->gap_s);
		if (starts || ends || here != column) {
			times.items[times.len] = i;
			times.starts[times.len++] = starts;
		} else if (at[i].mib > at[times.items[times.len - 1]].mib) {
			times.items[times.len - 1] = i;
		}
		column = starts || ends ? len : here;
	}
	return times;
}

void stack_times_finish(struct stack_times *times)
{
	free(times->items);
	free(times->starts);
	*times = (struct stack_times){0};
}

/* About fourteen bytes each in an SVG, which so stays below 300 KB. */
enum { MOST_POINTS = 12000 };

/* Fractions of a pixel: precise enough to see, and short in a file. */
enum { PARTS = 8, PARTS_IN_FILES = 2 };

struct band {
	const struct draw_point *top, *base;
	size_t len;
};

static bool stack_is_thick(const struct band *band, size_t i)
{
	return band->top[i].y != band->base[i].y;
}

/* Whether a layer has a height at or beside a point; most of many processes
 * have none at most times. */
static bool stack_band_has(const struct band *band, size_t i)
{
	const struct draw_point *top = band->top;

	return stack_is_thick(band, i) ||
	       (i > 0 && !top[i].starts && stack_is_thick(band, i - 1)) ||
	       (i + 1 < band->len && !top[i + 1].starts &&
		   stack_is_thick(band, i + 1));
}

/* A time with a gap on both sides is drawn as a sliver. */
static void layout_stack_draw_lone(
    struct place *place, const struct band *band, size_t i)
{
	const struct draw_point *top = &band->top[i], *base = &band->base[i];

	place_point(place, top->x - 1, top->y, true);
	place_point(place, top->x + 1, top->y, false);
	place_point(place, top->x + 1, base->y, false);
	place_point(place, top->x - 1, base->y, false);
}

static bool stack_is_lone(const struct band *band, size_t i)
{
	return band->top[i].starts &&
	       (i + 1 == band->len || band->top[i + 1].starts);
}

static void stack_close_band(
    struct place *place, const struct band *band, size_t from, size_t to)
{
	for (size_t k = to + 1; k-- > from;)
		place_point(place, band->base[k].x, band->base[k].y, false);
}

/* Draws along the upper edge forwards and the lower edge back, part by part. */
static void stack_draw_band(struct place *place, const struct plot *plot,
    const struct band *band, const struct scene_line *line)
{
	struct shape *shape = place_shape(place, SHAPE_AREA, line->role);
	bool open = false;
	size_t from = 0;

	shape->opacity = line->light ? 0.25 : 0.85;
	shape->clip = plot->clip;
	for (size_t i = 0; i < band->len; i++) {
		const struct draw_point *at = &band->top[i];
		bool has = stack_band_has(band, i);

		if (open && (!has || at->starts))
			stack_close_band(place, band, from, i - 1);
		if (has && stack_is_lone(band, i)) {
			layout_stack_draw_lone(place, band, i);
			has = false;
		} else if (has) {
			if (!open || at->starts)
				from = i;
			place_point(place, at->x, at->y, from == i);
		}
		open = has;
	}
	if (open)
		stack_close_band(place, band, from, band->len - 1);
}

/* The number of points of all layers if every time is drawn. */
static size_t stack_count_points(const struct plot *plot)
{
	size_t count = 0;

	for (size_t i = 0; i < plot->panel->lines.len; i++) {
		const struct scene_line *line = &plot->panel->lines.items[i];

		if (!scene_is_layer(line))
			continue;
		for (size_t k = 0; k < line->samples->len; k++)
			count += line->samples->items[k].mib !=
					 line->base->items[k].mib
				     ? 2
				     : 0;
	}
	return count;
}

/* The upper edge of a layer, cut so far above the view that a slope looks
 * vertical there. */
static struct draw_point *stack_trace_edge(const struct place *place,
    const struct plot *plot, const struct stack_times *picks,
    const struct series *edge, double zero_s)
{
	struct draw_point *points = mem_zero(picks->len + 1, sizeof(points[0]));
	double h = plot->box.h;
	double parts =
	    place->request->most_columns > 0 ? PARTS_IN_FILES : PARTS;

	for (size_t i = 0; i < picks->len; i++) {
		const struct sample *at = &edge->items[picks->items[i]];
		double y = fmax(place_y(plot, at->mib), plot->box.y - 64 * h);
		double x = place_x(place, plot, at->time_s - zero_s);

		y = fmin(y, plot->box.y + 65 * h);
		points[i] = (struct draw_point){round(x * parts) / parts,
		    round(y * parts) / parts, picks->starts[i]};
	}
	return points;
}

void layout_stack(
    struct place *place, const struct plot *plot, const struct scene_line *top)
{
	bool to_file = place->request->most_columns > 0;
	struct stack_times picks = stack_times_choose(
	    top, stack_count_points(plot), to_file ? MOST_POINTS : SIZE_MAX);

	for (size_t i = 0; i < plot->panel->lines.len; i++) {
		const struct scene_line *line = &plot->panel->lines.items[i];
		struct draw_point *edges[2];
		struct band band;
		size_t first;

		if (!scene_is_layer(line))
			continue;
		edges[0] = stack_trace_edge(
		    place, plot, &picks, line->samples, line->zero_s);
		edges[1] = stack_trace_edge(
		    place, plot, &picks, line->base, line->zero_s);
		band = (struct band){edges[0], edges[1], picks.len};
		first = place->drawing->shapes.len;
		stack_draw_band(place, plot, &band, line);
		place_group_line(place, first, line);
		free(edges[0]);
		free(edges[1]);
	}
	stack_times_finish(&picks);
}
