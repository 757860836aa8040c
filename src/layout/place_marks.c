// SPDX-License-Identifier: MIT
#include "layout/place.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

struct candidate {
	double x, y;  /* of the label's anchor */
	double align; /* as in struct placed_words */
};

static bool segment_meets(const struct draw_point *a,
    const struct draw_point *b, const struct draw_box *box)
{
	double dx = b->x - a->x, dy = b->y - a->y;
	int sides = 0;

	if (fmax(a->x, b->x) < box->x || fmin(a->x, b->x) > box->x + box->w ||
	    fmax(a->y, b->y) < box->y || fmin(a->y, b->y) > box->y + box->h)
		return false;
	for (int corner = 0; corner < 4; corner++) {
		double x = box->x + (corner % 2 ? box->w : 0);
		double y = box->y + (corner / 2 ? box->h : 0);

		sides |= dx * (y - a->y) >= dy * (x - a->x) ? 1 : 2;
	}
	return sides == 3;
}

/* Whether a line of the plot runs through the box. */
static bool is_inked(const struct place *place, const struct plot *plot,
    const struct draw_box *box)
{
	const struct drawing *drawing = place->drawing;

	for (size_t i = 0; i < drawing->shapes.len; i++) {
		const struct shape *shape = &drawing->shapes.items[i];
		const struct draw_point *points =
		    drawing->points.items + shape->first;

		if (shape->kind != SHAPE_LINE || shape->clip != plot->clip)
			continue;
		for (size_t k = 1; k < shape->len; k++) {
			if (!points[k].starts &&
			    segment_meets(&points[k - 1], &points[k], box))
				return true;
		}
	}
	return false;
}

/* Puts the label at the first candidate where it has room: if there is one, on
 * no line. */
static bool try_label(struct place *place, const struct plot *plot,
    struct placed_words words, const struct candidate *candidates, size_t count)
{
	for (size_t i = 0; i < 2 * count; i++) {
		const struct candidate *at = &candidates[i % count];
		struct draw_box box;

		words.x = at->x;
		words.y = at->y;
		words.align = at->align;
		box = place_box(place, &words);
		if (i < count && is_inked(place, plot, &box))
			continue;
		if (!place_take(place, plot, &box))
			continue;
		place_text(place, &words);
		return true;
	}
	return false;
}

static bool time_in_view(const struct place *place, double time_s)
{
	return time_s >= place->scene->time.low &&
	       time_s <= place->scene->time.high;
}

/* Beside a point: above it, then at its sides, then below. */
static bool label_point(struct place *place, const struct plot *plot,
    const struct scene_mark *mark, const struct placed_words *words)
{
	double x = place_x(place, plot, mark->at.time_s);
	double y = place_y(plot, mark->at.mib), gap = 0.5 * place->font;
	double h = place_line_height(words->size);
	double half = place_width(place, words) / 2;
	double left = plot->box.x + 2 + half;
	double right = plot->box.x + plot->box.w - 2 - half;
	double near = fmin(fmax(x, left), right); /* within the plot */
	struct candidate candidates[] = {{near, y - h - gap, 0.5},
	    {near, y - h - gap / 2, 0.5}, {x + gap, y - h - gap / 2, 0},
	    {x - gap, y - h - gap / 2, 1}, {x + 2 * gap, y - h / 2, 0},
	    {x - 2 * gap, y - h / 2, 1}, {near, y + gap, 0.5},
	    {x + gap, y + gap, 0}, {x - gap, y + gap, 1},
	    {x + gap, plot->box.y + 1, 0}, {x - gap, plot->box.y + 1, 1}};

	return try_label(place, plot, *words, candidates,
	    sizeof(candidates) / sizeof(candidates[0]));
}

static void draw_peak(
    struct place *place, const struct plot *plot, const struct scene_mark *mark)
{
	struct placed_words words = {.text = mark->label,
	    .size = place->font,
	    .role = ROLE_TEXT,
	    .bold = true,
	    .halo = true};
	struct shape *dot;

	dot = place_shape(place, SHAPE_DOT, mark->role);
	dot->width = 0.3 * place->font;
	dot->box.x = place_x(place, plot, mark->at.time_s);
	dot->box.y = place_y(plot, mark->at.mib);
	label_point(place, plot, mark, &words);
}

/* A cross where a child's line ends. */
static void draw_cross(
    struct place *place, const struct plot *plot, const struct scene_mark *mark)
{
	double x = place_x(place, plot, mark->at.time_s);
	double y = place_y(plot, mark->at.mib), r = 0.3 * place->font;
	struct placed_words words = {.text = mark->label,
	    .size = 0.9 * place->font,
	    .role = mark->role,
	    .halo = true};

	place_stroke(place, mark->role, 1.8,
	    &(struct draw_box){x - r, y - r, 2 * r, 2 * r}, plot);
	place_stroke(place, mark->role, 1.8,
	    &(struct draw_box){x - r, y + r, 2 * r, -2 * r}, plot);
	label_point(place, plot, mark, &words);
}

enum { MOMENT_ROWS = 6 };

struct layout_marks_moment {
	const struct scene_mark *mark;
	double x;
	struct placed_words words;
};

static void draw_moment_line(struct place *place, const struct plot *plot,
    const struct layout_marks_moment *moment, double top)
{
	double bottom = plot->box.y + plot->box.h;
	struct shape *shape;

	place_stroke(place, moment->mark->role, 1.2,
	    &(struct draw_box){moment->x, top, 0, bottom - top}, plot);
	shape = &place->drawing->shapes.items[place->drawing->shapes.len - 1];
	shape->dashed = moment->mark->kind == SCENE_LABEL;
}

/* The label at the right or the left of its line's upper end, where neither
 * would lie over a label that is there. */
static bool try_moment(struct place *place, const struct plot *plot,
    const struct layout_marks_moment *moment, double top)
{
	double bottom = plot->box.y + plot->box.h;
	struct draw_box line = {moment->x - 1, top, 2, bottom - top};
	struct placed_words words = moment->words;

	line.x = fmax(line.x, plot->box.x);
	line.w = fmin(line.w, plot->box.x + plot->box.w - line.x);
	if (!place_is_free(place, plot, &line))
		return false;
	words.y = top;
	for (int left = 0; left < 2; left++) {
		struct draw_box box;

		words.x = moment->x + (left ? -4 : 4);
		words.align = left;
		box = place_box(place, &words);
		if (!place_take(place, plot, &box))
			continue;
		*array_push(&place->taken) = line;
		draw_moment_line(place, plot, moment, top);
		place_text(place, &words);
		return true;
	}
	return false;
}

/* Moments that are close to each other have their labels in rows, like a
 * flight of stairs; a line begins at its label, so that none crosses another's.
 * If no row is free, the line alone is drawn, below all rows. */
static void draw_moment(
    struct place *place, const struct plot *plot, const struct scene_mark *mark)
{
	bool end = mark->kind == SCENE_END;
	struct layout_marks_moment moment = {.mark = mark,
	    .x = place_x(place, plot, mark->at.time_s),
	    .words = {.text = mark->label,
		.size = 0.9 * place->font,
		.role = mark->role,
		.halo = true}};
	double row = place_line_height(moment.words.size);
	char *text = place_shorten(
	    place, &moment.words, (end ? 0.8 : 0.4) * plot->box.w);
	int i = MOMENT_ROWS;

	moment.words.text = text;
	if (text && *text) {
		for (i = 0; i < MOMENT_ROWS; i++) {
			if (try_moment(place, plot, &moment,
				plot->box.y + 1 + i * row))
				break;
		}
	}
	if (i == MOMENT_ROWS)
		draw_moment_line(place, plot, &moment,
		    plot->box.y + fmin(i * row, 0.6 * plot->box.h));
	free(text);
}

void layout_gaps(struct place *place, const struct plot *plot)
{
	double left = plot->box.x, right = left + plot->box.w;

	for (size_t i = 0; i < plot->panel->marks.len; i++) {
		const struct scene_mark *mark = &plot->panel->marks.items[i];
		double x0, x1;
		struct shape *shape;

		if (mark->kind != SCENE_GAP)
			continue;
		x0 = fmax(left, place_x(place, plot, mark->at.time_s));
		x1 = fmin(right, place_x(place, plot, mark->until_s));
		if (x1 - x0 < 1)
			continue;
		shape = place_shape(place, SHAPE_BOX, ROLE_GAP);
		shape->box =
		    (struct draw_box){x0, plot->box.y, x1 - x0, plot->box.h};
	}
}

static void label_gap(
    struct place *place, const struct plot *plot, const struct scene_mark *mark)
{
	double left = plot->box.x, right = left + plot->box.w;
	double x0 = fmax(left, place_x(place, plot, mark->at.time_s));
	double x1 = fmin(right, place_x(place, plot, mark->until_s));
	struct placed_words words = {.text = mark->label,
	    .size = 0.9 * place->font,
	    .role = ROLE_TEXT_SOFT};
	double row = place_line_height(words.size), x = (x0 + x1) / 2;
	double bottom = plot->box.y + plot->box.h;
	struct candidate candidates[] = {
	    {x, bottom - 2 * row, 0.5}, {x, bottom - 4 * row, 0.5}};

	if (place_width(place, &words) < x1 - x0 - 4)
		try_label(place, plot, words, candidates, 2);
}

/* The label above the line, or below it, at the end where there is room. */
static void layout_marks_draw_limit(
    struct place *place, const struct plot *plot, const struct scene_mark *mark)
{
	double left = plot->box.x, right = left + plot->box.w;
	double y = place_y(plot, mark->at.mib);
	struct placed_words words = {.text = mark->label,
	    .size = 0.9 * place->font,
	    .role = mark->role,
	    .halo = true};
	double above = y - place_line_height(words.size) - 1, below = y + 2;
	struct candidate candidates[] = {{left + 4, above, 0},
	    {right - 4, above, 1}, {left + 4, below, 0}, {right - 4, below, 1},
	    {(left + right) / 2, above, 0.5}};

	place_stroke(place, mark->role, 1.2,
	    &(struct draw_box){left, y, plot->box.w, 0}, plot);
	place->drawing->shapes.items[place->drawing->shapes.len - 1].dashed =
	    true;
	try_label(place, plot, words, candidates,
	    sizeof(candidates) / sizeof(candidates[0]));
	place->level = (struct draw_box){left, y, plot->box.w, 0};
}

static void layout_marks_draw_mark(
    struct place *place, const struct plot *plot, const struct scene_mark *mark)
{
	if (mark->kind == SCENE_GAP) {
		label_gap(place, plot, mark);
		return;
	}
	if (mark->kind != SCENE_LIMIT && !time_in_view(place, mark->at.time_s))
		return;
	if (mark->kind == SCENE_LABEL ||
	    (mark->kind == SCENE_END && !isfinite(mark->at.mib))) {
		draw_moment(place, plot, mark);
		return;
	}
	if (mark->at.mib < plot->panel->memory.low ||
	    mark->at.mib > plot->panel->memory.high)
		return;
	if (mark->kind == SCENE_PEAK)
		draw_peak(place, plot, mark);
	else if (mark->kind == SCENE_LIMIT)
		layout_marks_draw_limit(place, plot, mark);
	else
		draw_cross(place, plot, mark);
}

/* The most important marks take their places first. */
void layout_marks(struct place *place, const struct plot *plot)
{
	static const enum scene_mark_kind order[] = {
	    SCENE_LIMIT, SCENE_PEAK, SCENE_END, SCENE_LABEL, SCENE_GAP};

	place->level = (struct draw_box){0};
	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++) {
		for (size_t i = 0; i < plot->panel->marks.len; i++) {
			const struct scene_mark *mark =
			    &plot->panel->marks.items[i];

			if (mark->kind == order[k])
				layout_marks_draw_mark(place, plot, mark);
		}
	}
}
