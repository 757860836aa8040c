// SPDX-License-Identifier: MIT
#include "layout/place.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/units.h"

enum { MOST_BRACKETS = 1000 };

/* The last bracket drawn: calls of a function in a loop open or close at the
 * same pixels. */
struct bracket {
	double x, y;
	bool opens;
};

static void span_draw_bracket(struct place *place, const struct plot *plot,
    const struct bracket *bracket, enum role role)
{
	double half = 0.9 * place->font, arm = 0.5 * place->font;
	struct shape *shape = place_shape(place, SHAPE_LINE, role);
	double x = bracket->x, y = bracket->y;
	double end = bracket->opens ? x + arm : x - arm;

	shape->width = 2.2 * fmax(1, place->font / 12);
	shape->clip = plot->clip;
	place_point(place, end, y - half, true);
	place_point(place, x, y - half, false);
	place_point(place, x, y + half, false);
	place_point(place, end, y + half, false);
}

static bool span_same_place(const struct bracket *a, const struct bracket *b)
{
	return a->opens == b->opens && fabs(a->x - b->x) < 1 &&
	       fabs(a->y - b->y) < 1;
}

static bool span_bracket_in_view(
    const struct plot *plot, const struct bracket *bracket)
{
	return bracket->x >= plot->box.x &&
	       bracket->x <= plot->box.x + plot->box.w &&
	       bracket->y >= plot->box.y &&
	       bracket->y <= plot->box.y + plot->box.h;
}

void layout_brackets(struct place *place, const struct plot *plot)
{
	struct bracket last[ROLE_COUNT][2] = {{{0}}};
	size_t drawn = 0;

	for (size_t i = 0; i < 2 * plot->panel->spans.len; i++) {
		const struct scene_span *span =
		    &plot->panel->spans.items[i / 2];
		const struct sample *at = i % 2 ? &span->to : &span->from;
		struct bracket bracket = {place_x(place, plot, at->time_s),
		    place_y(plot, at->mib), i % 2 == 0};
		struct bracket *before = &last[span->role][i % 2];

		if (!span_bracket_in_view(plot, &bracket) ||
		    span_same_place(before, &bracket))
			continue;
		if (drawn++ == MOST_BRACKETS)
			break;
		*before = bracket;
		span_draw_bracket(place, plot, &bracket, span->role);
	}
}

static bool layout_spans_is_named(const struct scene_group *group)
{
	return group->name != NULL;
}

static size_t layout_spans_shown_lanes(
    const struct scene_group *group, size_t most)
{
	return group->lanes < most ? group->lanes : most;
}

size_t layout_lane_rows(const struct scene_panel *panel, size_t most)
{
	size_t rows = 0;

	for (size_t i = 0; i < panel->groups.len; i++) {
		const struct scene_group *group = &panel->groups.items[i];

		rows += layout_spans_is_named(group) +
			layout_spans_shown_lanes(group, most);
	}
	return rows;
}

/* The row of each lane, SIZE_MAX for a lane that is too deep. The caller
 * frees. */
static size_t *span_number_rows(const struct plot *plot)
{
	size_t *rows = mem_zero(plot->panel->lanes + 1, sizeof(rows[0]));
	size_t row = 0;

	for (size_t i = 0; i < plot->panel->groups.len; i++) {
		const struct scene_group *group = &plot->panel->groups.items[i];
		size_t shown =
		    layout_spans_shown_lanes(group, plot->most_lanes);

		row += layout_spans_is_named(group);
		for (size_t k = 0; k < group->lanes; k++)
			rows[group->first_lane + k] =
			    k < shown ? row + k : SIZE_MAX;
		row += shown;
	}
	return rows;
}

static double span_row_y(const struct plot *plot, size_t row)
{
	return plot->box.y + (double)row * plot->lane_height;
}

/* The memory of a flame graph's frame, at the right end of its bar if name
 * leaves room. */
static void span_put_figure(struct place *place, const struct scene_span *span,
    const struct draw_box *box, struct text_run name)
{
	double end = name.x + place_width(place, &name);
	char text[UNITS_TEXT];

	name.text = units_size(text, span->from.mib);
	name.x = box->x + box->w - 4;
	name.align = 1;
	if (name.x - place_width(place, &name) > end + name.size)
		place_text(place, &name);
}

static void span_put_name(struct place *place, const struct scene_span *span,
    const struct draw_box *box)
{
	struct text_run run = {.text = span->name,
	    .x = box->x + 4,
	    .size = fmin(0.9 * place->font, box->h / 1.35 - 1),
	    .role = ROLE_TEXT};
	char *name;

	/* a few letters of a long name tell nothing */
	if (run.size < 7.5 ||
	    box->w - 8 < fmin(5 * run.size, place_width(place, &run)))
		return;
	name = place_shorten(place, &run, box->w - 8);
	if (!name)
		return;
	run.text = name;
	run.y = box->y + (box->h - place_line_height(run.size)) / 2;
	place_text(place, &run);
	if (place->scene->time.kind == AXIS_MEMORY)
		span_put_figure(place, span, box, run);
	free(name);
}

/* The visible part of the span, with a minimum width. */
static struct draw_box span_box(const struct place *place,
    const struct plot *plot, const struct scene_span *span, size_t row)
{
	double left = plot->box.x, right = left + plot->box.w;
	double x0 = fmax(left, place_x(place, plot, span->from.time_s));
	double x1 = fmin(right, place_x(place, plot, span->to.time_s));

	return (struct draw_box){x0, span_row_y(plot, row),
	    fmax(1, x1 - x0 - 0.5), plot->lane_height - 1};
}

static bool span_in_view(
    const struct place *place, const struct scene_span *span)
{
	const struct axis *time = &place->scene->time;

	return span->to.time_s >= time->low && span->from.time_s <= time->high;
}

static void span_name_group(struct place *place, const struct plot *plot,
    const struct scene_group *group, size_t row)
{
	struct text_run run = {.text = group->name,
	    .x = plot->box.x + 2,
	    .size = fmin(0.9 * place->font, plot->lane_height / 1.35),
	    .role = ROLE_TEXT_SOFT};
	char *name;

	if (run.size < 7)
		return;
	run.y = span_row_y(plot, row);
	name = place_shorten(place, &run, plot->box.w - 4);
	run.text = name;
	if (name)
		place_text(place, &run);
	free(name);
}

static void span_name_groups(struct place *place, const struct plot *plot)
{
	size_t row = 0;

	for (size_t i = 0; i < plot->panel->groups.len; i++) {
		const struct scene_group *group = &plot->panel->groups.items[i];

		if (layout_spans_is_named(group))
			span_name_group(place, plot, group, row++);
		row += layout_spans_shown_lanes(group, plot->most_lanes);
	}
}

/* A light bar, on which a name can be read, with an edge in the full colour
 * where the call begins. */
static void span_draw_bar(
    struct place *place, enum role role, const struct draw_box *box)
{
	struct shape *shape = place_shape(place, SHAPE_BOX, role);

	shape->box = *box;
	shape->opacity = box->w > 6 ? 0.45 : 0.8;
	if (box->w <= 2)
		return;
	shape = place_shape(place, SHAPE_BOX, role);
	shape->box = (struct draw_box){box->x, box->y, 2, box->h};
}

/* Calls of one function in one lane that are too short to be told apart: a
 * million of them are one band, drawn when the next call is not adjacent. */
struct sliver {
	enum role role;
	struct draw_box box; /* no width: none */
};

static void span_draw_sliver(struct place *place, struct sliver *sliver)
{
	struct shape *shape;

	if (sliver->box.w <= 0)
		return;
	shape = place_shape(place, SHAPE_BOX, sliver->role);
	shape->box = sliver->box;
	shape->opacity = 0.8;
	sliver->box.w = 0;
}

/* Adds a call of at most a pixel; it is hidden if it is on the last one's
 * pixel. */
static void span_add_sliver(struct place *place, struct sliver *sliver,
    enum role role, const struct draw_box *box)
{
	double end = sliver->box.x + sliver->box.w;

	if (sliver->box.w > 0 && box->x + 1 <= end + 0.5)
		return;
	if (sliver->box.w > 0 && sliver->role == role && box->x <= end + 0.5) {
		sliver->box.w = box->x + box->w - sliver->box.x;
		return;
	}
	span_draw_sliver(place, sliver);
	*sliver = (struct sliver){role, *box};
}

/* "app.views.page, 3.00 s from 1.00 s, 12.0 MiB to 18.0 MiB"; frames of a flame
 * graph have their figures in their names. */
static char *span_title(
    const struct place *place, const struct scene_span *span)
{
	char length[UNITS_TEXT], from[UNITS_TEXT], before[UNITS_TEXT],
	    after[UNITS_TEXT];

	if (place->scene->time.kind == AXIS_MEMORY)
		return mem_copy(span->full_name);
	return mem_format("%s, %s from %s, %s to %s", span->full_name,
	    units_duration(length, span->to.time_s - span->from.time_s),
	    units_duration(from, span->from.time_s),
	    units_size(before, span->from.mib),
	    units_size(after, span->to.mib));
}

void layout_lanes(struct place *place, const struct plot *plot)
{
	struct sliver *slivers =
	    mem_zero(plot->panel->lanes + 1, sizeof(slivers[0]));
	size_t *rows = span_number_rows(plot);

	for (size_t i = 0; i < plot->panel->spans.len; i++) {
		const struct scene_span *span = &plot->panel->spans.items[i];
		size_t row = rows[span->lane];
		struct draw_box box = span_box(place, plot, span, row);
		size_t first;

		if (row == SIZE_MAX || !span_in_view(place, span))
			continue;
		if (box.w <= 1) {
			span_add_sliver(
			    place, &slivers[span->lane], span->role, &box);
			continue;
		}
		span_draw_sliver(place, &slivers[span->lane]);
		first = place->drawing->shapes.len;
		span_draw_bar(place, span->role, &box);
		span_put_name(place, span, &box);
		place_group(place, first, span_title(place, span));
	}
	for (size_t i = 0; i < plot->panel->lanes; i++)
		span_draw_sliver(place, &slivers[i]);
	free(slivers);
	free(rows);
	span_name_groups(place, plot);
}
