// SPDX-License-Identifier: MIT
#include "layout/place.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

/* A plot as a grid of cells, each of which has ink or none: curves, lines, dots
 * and filled bands. A table of sums over all cells left of and above each one
 * answers at once whether a box is empty, so that many places can be tried for
 * a label. */
struct label_ink {
	struct draw_box box;
	double cell;
	long columns, rows;
	unsigned *sums;
};

/* Lighter areas are background: labels on them can be read. */
static const double light_area = 0.25;

struct ink_grid {
	const struct drawing *drawing;
	struct draw_box box;
	double cell;
	long columns, rows;
	unsigned char *cells; /* column by column */
};

static long marks_ink_clamp(double value, long most)
{
	return value < 0 ? 0 : value >= (double)most ? most - 1 : (long)value;
}

static long marks_ink_column(const struct ink_grid *grid, double x)
{
	return marks_ink_clamp((x - grid->box.x) / grid->cell, grid->columns);
}

static long marks_ink_row(const struct ink_grid *grid, double y)
{
	return marks_ink_clamp((y - grid->box.y) / grid->cell, grid->rows);
}

static void marks_ink_box(struct ink_grid *grid, const struct draw_box *box)
{
	long last_column = marks_ink_column(grid, box->x + box->w);
	long first = marks_ink_row(grid, box->y);
	long last = marks_ink_row(grid, box->y + box->h);

	for (long x = marks_ink_column(grid, box->x); x <= last_column; x++) {
		for (long y = first; y <= last; y++)
			grid->cells[x * grid->rows + y] = 1;
	}
}

/* The y of the line from a to b at x. */
static double marks_ink_y_at(
    const struct draw_point *a, const struct draw_point *b, double x)
{
	if (a->x == b->x)
		return b->y;
	return a->y +
	       fmin(fmax((x - a->x) / (b->x - a->x), 0), 1) * (b->y - a->y);
}

static void marks_ink_line(struct ink_grid *grid, const struct draw_point *a,
    const struct draw_point *b, double half)
{
	const struct draw_point *left = a->x <= b->x ? a : b;
	const struct draw_point *right = left == a ? b : a;
	const struct draw_box *box = &grid->box;

	if (right->x < box->x || left->x > box->x + box->w)
		return;
	for (long column = marks_ink_column(grid, left->x);
	     column <= marks_ink_column(grid, right->x); column++) {
		double x0 = box->x + (double)column * grid->cell;
		double from = left->y, to = right->y;

		if (left->x < right->x) {
			from = marks_ink_y_at(left, right, x0);
			to = marks_ink_y_at(left, right, x0 + grid->cell);
		}
		if (fmax(from, to) + half < box->y ||
		    fmin(from, to) - half > box->y + box->h)
			continue;
		marks_ink_box(grid,
		    &(struct draw_box){x0 + grid->cell / 2,
			fmin(from, to) - half, 0, fabs(to - from) + 2 * half});
	}
}

/* Edges at the middles of columns: a cell is inside if the number of edges
 * above it is odd. */
static void marks_ink_toggle_edge(const struct ink_grid *grid,
    unsigned char *parity, const struct draw_point *a,
    const struct draw_point *b)
{
	const struct draw_point *left = a->x <= b->x ? a : b;
	const struct draw_point *right = left == a ? b : a;
	double first = (left->x - grid->box.x) / grid->cell - 0.5;
	double last = (right->x - grid->box.x) / grid->cell - 0.5;

	for (long column = (long)fmax(0, ceil(first));
	     column < grid->columns && (double)column < last; column++) {
		double x = grid->box.x + ((double)column + 0.5) * grid->cell;
		double y = marks_ink_y_at(left, right, x);

		parity[column * grid->rows + marks_ink_row(grid, y)] ^= 1;
	}
}

static void marks_ink_area(struct ink_grid *grid, const struct shape *shape)
{
	const struct draw_point *points =
	    grid->drawing->points.items + shape->first;
	size_t cells = (size_t)(grid->columns * grid->rows), begin = 0;
	unsigned char *parity = mem_zero(cells + 1, 1);

	for (size_t i = 1; i <= shape->len; i++) {
		bool closes = i == shape->len || points[i].starts;

		marks_ink_toggle_edge(grid, parity, &points[i - 1],
		    closes ? &points[begin] : &points[i]);
		if (closes)
			begin = i;
	}
	for (long x = 0; x < grid->columns; x++) {
		unsigned char inside = 0;

		for (long y = 0; y < grid->rows; y++) {
			inside ^= parity[x * grid->rows + y];
			grid->cells[x * grid->rows + y] |= inside;
		}
	}
	free(parity);
}

static bool marks_ink_has(const struct draw_box *box, double x, double y)
{
	return x >= box->x && x <= box->x + box->w && y >= box->y &&
	       y <= box->y + box->h;
}

static void marks_ink_shape(struct ink_grid *grid, const struct shape *shape)
{
	const struct draw_point *points =
	    grid->drawing->points.items + shape->first;
	double r = shape->width;

	if (shape->kind == SHAPE_AREA && shape->opacity >= light_area)
		marks_ink_area(grid, shape);
	if (shape->kind == SHAPE_DOT &&
	    marks_ink_has(&grid->box, shape->box.x, shape->box.y))
		marks_ink_box(grid, &(struct draw_box){shape->box.x - r,
					shape->box.y - r, 2 * r, 2 * r});
	for (size_t i = 1; shape->kind == SHAPE_LINE && i < shape->len; i++) {
		if (!points[i].starts)
			marks_ink_line(
			    grid, &points[i - 1], &points[i], 0.5 * r);
	}
}

static void marks_ink_sum(struct label_ink *ink, const struct ink_grid *grid)
{
	size_t stride = (size_t)grid->rows + 1;

	ink->sums =
	    mem_zero(((size_t)grid->columns + 1) * stride, sizeof(*ink->sums));
	for (size_t x = 1; x <= (size_t)grid->columns; x++) {
		for (size_t y = 1; y < stride; y++)
			ink->sums[x * stride + y] =
			    grid->cells[(x - 1) * (stride - 1) + y - 1] +
			    ink->sums[(x - 1) * stride + y] +
			    ink->sums[x * stride + y - 1] -
			    ink->sums[(x - 1) * stride + y - 1];
	}
}

/* The ink of all that is drawn so far; the caller finishes it. */
static void marks_ink_init(
    struct label_ink *ink, const struct place *place, const struct plot *plot)
{
	const struct drawing *drawing = place->drawing;
	struct ink_grid grid = {.drawing = drawing,
	    .box = plot->box,
	    .cell = fmax(2, place->font / 5)};

	grid.columns = (long)ceil(grid.box.w / grid.cell);
	grid.rows = (long)ceil(grid.box.h / grid.cell);
	grid.cells = mem_zero((size_t)(grid.columns * grid.rows) + 1, 1);
	for (size_t i = 0; i < drawing->shapes.len; i++) {
		const struct shape *shape = &drawing->shapes.items[i];

		if (shape->clip == plot->clip || shape->kind == SHAPE_DOT)
			marks_ink_shape(&grid, shape);
	}
	*ink = (struct label_ink){.box = grid.box,
	    .cell = grid.cell,
	    .columns = grid.columns,
	    .rows = grid.rows};
	marks_ink_sum(ink, &grid);
	free(grid.cells);
}

static void marks_ink_finish(struct label_ink *ink)
{
	free(ink->sums);
	*ink = (struct label_ink){0};
}

static bool marks_ink_is_free(
    const struct label_ink *ink, const struct draw_box *box)
{
	size_t stride = (size_t)ink->rows + 1, x0, x1, y0, y1;
	double left = box->x - ink->box.x, top = box->y - ink->box.y;

	if (top + box->h <= 0)
		return true;
	x0 = (size_t)marks_ink_clamp(left / ink->cell, ink->columns);
	x1 =
	    (size_t)marks_ink_clamp((left + box->w) / ink->cell, ink->columns) +
	    1;
	y0 = (size_t)marks_ink_clamp(top / ink->cell, ink->rows);
	y1 = (size_t)marks_ink_clamp((top + box->h) / ink->cell, ink->rows) + 1;
	return ink->sums[x1 * stride + y1] + ink->sums[x0 * stride + y0] ==
	       ink->sums[x0 * stride + y1] + ink->sums[x1 * stride + y0];
}

/* State of placing labels in a plot: everything that they must not overlap. */
struct label_placer {
	struct place *place;
	const struct plot *plot;
	struct label_ink ink;
	ARRAY(struct draw_point) leaders; /* pairs of points */
	bool is_full; /* the name of an end found no place */
};

/* A label and the point that it labels. */
struct label_at {
	struct text_run run;
	double x, y;
	double radius; /* of what is drawn at the point */
};

static bool marks_segment_meets(const struct draw_point *a,
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

static bool marks_label_is_free(
    const struct label_placer *placer, const struct draw_box *box)
{
	const struct draw_point *leaders = placer->leaders.items;

	for (size_t i = 0; i + 1 < placer->leaders.len; i += 2) {
		if (marks_segment_meets(&leaders[i], &leaders[i + 1], box))
			return false;
	}
	return place_is_free(placer->place, placer->plot, box) &&
	       marks_ink_is_free(&placer->ink, box);
}

static bool marks_put_label(
    struct label_placer *placer, const struct text_run *run)
{
	struct draw_box box = place_box(placer->place, run);

	if (!marks_label_is_free(placer, &box))
		return false;
	*array_push(&placer->place->taken) = box;
	place_text(placer->place, run);
	return true;
}

/* The point of the box nearest to x, y. */
static struct draw_point marks_label_nearest(
    const struct draw_box *box, double x, double y)
{
	return (struct draw_point){fmin(fmax(x, box->x), box->x + box->w),
	    fmin(fmax(y, box->y), box->y + box->h), false};
}

static bool marks_leader_is_free(const struct label_placer *placer,
    const struct draw_point *from, const struct draw_point *to)
{
	const struct place *place = placer->place;

	for (size_t i = 0; i < place->taken.len; i++) {
		if (marks_segment_meets(from, to, &place->taken.items[i]))
			return false;
	}
	return true;
}

/* The distance of the label from its point, slightly more where it is not
 * above; INFINITY where it doesn't fit. */
static double marks_label_cost(const struct label_placer *placer,
    const struct label_at *label, const struct draw_box *box)
{
	struct draw_point at = {label->x, label->y, false};
	struct draw_point near = marks_label_nearest(box, at.x, at.y);
	double font = placer->place->font;
	double distance = hypot(near.x - at.x, near.y - at.y);

	if (!marks_label_is_free(placer, box) || distance < label->radius ||
	    !marks_leader_is_free(placer, &near, &at))
		return INFINITY;
	return distance + (box->y > label->y ? 0.5 * font : 0) +
	       0.05 * fabs(box->x + box->w / 2 - label->x);
}

/* A box of that width at that distance and direction from the point; moved into
 * the plot where it exceeds a side. */
static struct draw_box marks_label_box(const struct label_placer *placer,
    const struct label_at *label, double w, double distance, double angle)
{
	const struct draw_box *in = &placer->plot->box;
	double h = place_line_height(label->run.size);
	double x = label->x + cos(angle) * (distance + w / 2) - w / 2;
	double y = label->y - sin(angle) * (distance + h / 2) - h / 2;

	x = fmin(fmax(x, in->x + 2), in->x + in->w - w - 2);
	return (struct draw_box){x, y, w, h};
}

enum { LABEL_DIRECTIONS = 24 };

/* Searches the nearest free place, ring by ring. */
static bool marks_search_place(const struct label_placer *placer,
    const struct label_at *label, struct draw_box *best)
{
	double font = placer->place->font, least = INFINITY;
	double most = hypot(placer->plot->box.w, placer->plot->box.h);
	double width = place_width(placer->place, &label->run);

	for (int ring = 0; ring * 0.5 * font < fmin(most, least); ring++) {
		for (int i = 0; i < LABEL_DIRECTIONS; i++) {
			double angle = 2 * M_PI * i / LABEL_DIRECTIONS;
			struct draw_box box = marks_label_box(placer, label,
			    width, label->radius + (0.4 + 0.5 * ring) * font,
			    angle);
			double cost = marks_label_cost(placer, label, &box);

			if (cost >= least)
				continue;
			least = cost;
			*best = box;
		}
	}
	return isfinite(least);
}

/* A line from a distant label to its point. */
static void marks_draw_leader(struct label_placer *placer,
    const struct label_at *label, const struct draw_box *box)
{
	struct place *place = placer->place;
	struct draw_point near = marks_label_nearest(box, label->x, label->y);
	double dx = label->x - near.x, dy = label->y - near.y;
	double distance = hypot(dx, dy), air = 2;
	double part = (distance - label->radius - air) / fmax(distance, 1);

	if (distance - label->radius < 0.9 * place->font)
		return;
	near.x += air * dx / distance;
	near.y += air * dy / distance;
	place_stroke(place, label->run.role, 0.8,
	    &(struct draw_box){near.x, near.y, part * dx, part * dy},
	    placer->plot);
	place->drawing->shapes.items[place->drawing->shapes.len - 1].opacity =
	    0.7;
	*array_push(&placer->leaders) = near;
	*array_push(&placer->leaders) =
	    (struct draw_point){label->x, label->y, false};
}

/* Puts the label at the free place nearest to its point, if there is one. */
static bool marks_put_at_point(
    struct label_placer *placer, struct label_at label)
{
	struct draw_box box = {0, 0, 0, 0};

	if (!marks_search_place(placer, &label, &box))
		return false;
	marks_draw_leader(placer, &label, &box);
	label.run.x = box.x;
	label.run.y = box.y;
	label.run.align = 0;
	*array_push(&placer->place->taken) = box;
	place_text(placer->place, &label.run);
	return true;
}

static void marks_draw_peak(
    struct place *place, const struct plot *plot, const struct scene_mark *mark)
{
	struct shape *dot = place_shape(place, SHAPE_DOT, mark->role);

	dot->width = 0.3 * place->font;
	dot->box.x = place_x(place, plot, mark->at.time_s);
	dot->box.y = place_y(plot, mark->at.mib);
}

static void marks_name_peak(
    struct label_placer *placer, const struct scene_mark *mark)
{
	const struct place *place = placer->place;

	marks_put_at_point(
	    placer, (struct label_at){.run = {.text = mark->label,
					  .size = place->font,
					  .role = ROLE_TEXT,
					  .bold = true,
					  .halo = true},
			.x = place_x(place, placer->plot, mark->at.time_s),
			.y = place_y(placer->plot, mark->at.mib),
			.radius = 0.3 * place->font});
}

/* A cross where a child's line ends. */
static void marks_draw_cross(
    struct place *place, const struct plot *plot, const struct scene_mark *mark)
{
	double x = place_x(place, plot, mark->at.time_s);
	double y = place_y(plot, mark->at.mib), r = 0.3 * place->font;

	place_stroke(place, mark->role, 1.8,
	    &(struct draw_box){x - r, y - r, 2 * r, 2 * r}, plot);
	place_stroke(place, mark->role, 1.8,
	    &(struct draw_box){x - r, y + r, 2 * r, -2 * r}, plot);
}

static void marks_draw_end(
    struct place *place, const struct plot *plot, const struct scene_mark *mark)
{
	double x = place_x(place, plot, mark->at.time_s);

	if (isfinite(mark->at.mib)) {
		marks_draw_cross(place, plot, mark);
		return;
	}
	place_stroke(place, mark->role, 1.2,
	    &(struct draw_box){x, plot->box.y, 0, plot->box.h}, plot);
}

static struct text_run place_marks_moment_run(
    const struct place *place, const struct scene_mark *mark)
{
	return (struct text_run){.text = mark->label,
	    .size = 0.9 * place->font,
	    .role = mark->role,
	    .halo = true};
}

/* Finds the first row with room for the label, left or right of the line at
 * x. */
static bool marks_name_line(
    struct label_placer *placer, struct text_run run, double x)
{
	const struct draw_box *in = &placer->plot->box;
	double row = place_line_height(run.size);

	run.y = in->y + 1;
	while (run.y + row < in->y + in->h) {
		for (int left = 0; left < 2; left++) {
			run.x = x + (left ? -4 : 4);
			run.align = left;
			if (marks_put_label(placer, &run))
				return true;
		}
		run.y += 0.5 * row;
	}
	return false;
}

/* After one that found no place, which takes a while, no other end is tried, as
 * there may be thousands. */
static void marks_name_end(
    struct label_placer *placer, const struct scene_mark *mark)
{
	struct place *place = placer->place;
	const struct draw_box *in = &placer->plot->box;
	struct text_run run = place_marks_moment_run(place, mark);
	double x = place_x(place, placer->plot, mark->at.time_s);
	char *text;

	if (placer->is_full)
		return;
	text = place_shorten(place, &run, 0.8 * in->w);
	run.text = text;
	if (isfinite(mark->at.mib))
		placer->is_full = !marks_put_at_point(
		    placer, (struct label_at){.run = run,
				.x = x,
				.y = place_y(placer->plot, mark->at.mib),
				.radius = 0.45 * place->font});
	else if (text && *text && !marks_name_line(placer, run, x))
		placer->is_full = !marks_put_at_point(
		    placer, (struct label_at){
				.run = run, .x = x, .y = in->y + in->h / 2});
	free(text);
}

struct layout_marks_moment {
	const struct scene_mark *mark;
	double x;
	struct text_run run;
};

/* A vertical line from top to the axis; later labels avoid it. */
static void marks_draw_moment_line(struct label_placer *placer,
    const struct layout_marks_moment *moment, double top)
{
	struct place *place = placer->place;
	const struct draw_box *in = &placer->plot->box;

	place_stroke(place, moment->mark->role, 1.2,
	    &(struct draw_box){moment->x, top, 0, in->y + in->h - top},
	    placer->plot);
	place->drawing->shapes.items[place->drawing->shapes.len - 1].dashed =
	    true;
	*array_push(&place->taken) =
	    (struct draw_box){moment->x - 1, top, 2, in->y + in->h - top};
}

/* Puts the label right or left of its line's upper end, unless both would
 * overlap a label. */
static bool marks_try_moment(struct label_placer *placer,
    const struct layout_marks_moment *moment, double top)
{
	struct place *place = placer->place;
	const struct draw_box *in = &placer->plot->box;
	struct draw_box line = {moment->x - 1, top, 2, in->y + in->h - top};
	struct text_run run = moment->run;

	line.x = fmax(line.x, in->x);
	line.w = fmin(line.w, in->x + in->w - line.x);
	if (!place_is_free(place, placer->plot, &line))
		return false;
	run.y = top;
	for (int left = 0; left < 2; left++) {
		run.x = moment->x + (left ? -4 : 4);
		run.align = left;
		if (!marks_put_label(placer, &run))
			continue;
		marks_draw_moment_line(placer, moment, top);
		return true;
	}
	return false;
}

/* A line without a label, half as high; only a tick where labels are in its
 * way. */
static void marks_draw_plain_moment(
    struct label_placer *placer, const struct layout_marks_moment *moment)
{
	const struct draw_box *in = &placer->plot->box;
	struct draw_box half = {
	    fmax(moment->x - 1, in->x), in->y + in->h / 2, 2, in->h / 2};

	half.w = fmin(half.w, in->x + in->w - half.x);
	if (place_is_free(placer->place, placer->plot, &half))
		marks_draw_moment_line(placer, moment, half.y);
}

/* Labels of adjacent moments are in rows, like stairs; a line begins at its
 * label, so that it crosses no other label. If no row is free, only the line is
 * drawn. */
static void marks_draw_moment(
    struct label_placer *placer, const struct scene_mark *mark)
{
	struct place *place = placer->place;
	const struct draw_box *in = &placer->plot->box;
	struct layout_marks_moment moment = {.mark = mark,
	    .x = place_x(place, placer->plot, mark->at.time_s),
	    .run = place_marks_moment_run(place, mark)};
	double row = place_line_height(moment.run.size), top = in->y + 1;
	char *text = place_shorten(place, &moment.run, 0.4 * in->w);

	moment.run.text = text;
	if (text && *text) {
		while (top < in->y + 0.7 * in->h &&
		       !marks_try_moment(placer, &moment, top))
			top += row;
	}
	if (!text || !*text || top >= in->y + 0.7 * in->h)
		marks_draw_plain_moment(placer, &moment);
	free(text);
}

/* More lines would hatch the curve: ticks at the axis show them instead, as far
 * as they can be told apart. */
enum { MOST_MOMENT_LINES = 40 };

static bool mark_in_view(
    const struct place *place, const struct scene_mark *mark)
{
	const struct axis *time = &place->scene->time;

	return mark->at.time_s >= time->low && mark->at.time_s <= time->high;
}

static size_t marks_count_moments(
    const struct place *place, const struct plot *plot)
{
	size_t count = 0;

	for (size_t i = 0; i < plot->panel->marks.len; i++) {
		const struct scene_mark *mark = &plot->panel->marks.items[i];

		count += mark->kind == SCENE_LABEL && mark_in_view(place, mark);
	}
	return count;
}

/* Draws the first tick, and each that is a few pixels after the last. */
static void marks_draw_moment_ticks(
    struct place *place, const struct plot *plot)
{
	double bottom = plot->box.y + plot->box.h, last = -INFINITY;
	double height = 0.6 * place->font;

	for (size_t i = 0; i < plot->panel->marks.len; i++) {
		const struct scene_mark *mark = &plot->panel->marks.items[i];
		double x = place_x(place, plot, mark->at.time_s);

		if (mark->kind != SCENE_LABEL || !mark_in_view(place, mark) ||
		    x < last + 3)
			continue;
		last = x;
		place_stroke(place, mark->role, 1.2,
		    &(struct draw_box){x, bottom - height, 0, height}, plot);
	}
}

/* Names every nth of the ticks, as many as fit. */
static void marks_name_moment_ticks(struct label_placer *placer, size_t count)
{
	static const size_t steps[] = {1, 2, 5};
	struct place *place = placer->place;
	const struct draw_box *in = &placer->plot->box;
	size_t room = (size_t)fmax(1, in->w / (9 * place->font));
	size_t every = 1, nth = 0;

	for (size_t i = 1, scale = 1; count / every > room; i++) {
		scale *= i % 3 == 0 ? 10 : 1;
		every = steps[i % 3] * scale;
	}
	for (size_t i = 0; i < placer->plot->panel->marks.len; i++) {
		const struct scene_mark *mark =
		    &placer->plot->panel->marks.items[i];
		struct text_run run = place_marks_moment_run(place, mark);
		char *text;

		if (mark->kind != SCENE_LABEL || !mark_in_view(place, mark) ||
		    nth++ % every != 0)
			continue;
		text = place_shorten(place, &run, 8 * place->font);
		run.text = text;
		run.x = fmax(
		    in->x, place_x(place, placer->plot, mark->at.time_s) - 1);
		run.y =
		    in->y + in->h - place->font - place_line_height(run.size);
		if (text && *text)
			marks_put_label(placer, &run);
		free(text);
	}
}

void layout_gaps(struct place *place, const struct plot *plot)
{
	double left = plot->box.x, right = left + plot->box.w;

	for (size_t i = 0; i < plot->panel->marks.len; i++) {
		const struct scene_mark *mark = &plot->panel->marks.items[i];
		double x0, x1;
		struct shape *shape;

		if (mark->kind != SCENE_GAP &&
		    (mark->kind != SCENE_PHASE ||
			mark->role == ROLE_BACKGROUND))
			continue;
		x0 = fmax(left, place_x(place, plot, mark->at.time_s));
		x1 = fmin(right, place_x(place, plot, mark->until_s));
		if (x1 - x0 < 1)
			continue;
		shape = place_shape(place, SHAPE_BOX, mark->role);
		shape->opacity = mark->kind == SCENE_PHASE ? 0.6 : 1;
		shape->box =
		    (struct draw_box){x0, plot->box.y, x1 - x0, plot->box.h};
	}
}

static void marks_label_gap(
    struct label_placer *placer, const struct scene_mark *mark)
{
	const struct place *place = placer->place;
	const struct plot *plot = placer->plot;
	double left = plot->box.x, right = left + plot->box.w;
	double x0 = fmax(left, place_x(place, plot, mark->at.time_s));
	double x1 = fmin(right, place_x(place, plot, mark->until_s));
	struct text_run run = {.text = mark->label,
	    .x = (x0 + x1) / 2,
	    .size = 0.9 * place->font,
	    .role = ROLE_TEXT_SOFT,
	    .align = 0.5};
	double row = place_line_height(run.size);

	run.y = plot->box.y + plot->box.h - 2 * row;
	if (place_width(place, &run) >= x1 - x0 - 4)
		return;
	while (run.y > plot->box.y && !marks_put_label(placer, &run))
		run.y -= 2 * row;
}

static void marks_draw_limit(
    struct place *place, const struct plot *plot, const struct scene_mark *mark)
{
	double y = place_y(plot, mark->at.mib);

	place_stroke(place, mark->role, 1.2,
	    &(struct draw_box){plot->box.x, y, plot->box.w, 0}, plot);
	place->drawing->shapes.items[place->drawing->shapes.len - 1].dashed =
	    true;
}

/* Names it above or below the line, from left to right. */
static void marks_name_limit(
    struct label_placer *placer, const struct scene_mark *mark)
{
	const struct draw_box *in = &placer->plot->box;
	struct text_run run = place_marks_moment_run(placer->place, mark);
	double y = place_y(placer->plot, mark->at.mib);
	double above = y - place_line_height(run.size) - 2;

	for (int i = 0; i < 10; i++) {
		run.align = i / 2 / 4.0;
		run.x = in->x + 4 + run.align * (in->w - 8);
		run.y = i % 2 ? y + 2 : above;
		if (marks_put_label(placer, &run))
			return;
	}
	marks_put_at_point(placer,
	    (struct label_at){.run = run, .x = in->x + in->w / 2, .y = y});
}

static bool mark_is_shown(const struct place *place, const struct plot *plot,
    const struct scene_mark *mark)
{
	const struct axis *memory = &plot->panel->memory;

	if (mark->kind == SCENE_GAP || mark->kind == SCENE_PHASE)
		return true;
	if (mark->kind != SCENE_LIMIT && !mark_in_view(place, mark))
		return false;
	return mark->kind == SCENE_LABEL || !isfinite(mark->at.mib) ||
	       (mark->at.mib >= memory->low && mark->at.mib <= memory->high);
}

/* The most important marks are placed first. */
static const struct layout_mark_kind {
	enum scene_mark_kind kind;
	void (*draw)(struct place *place, const struct plot *plot,
	    const struct scene_mark *mark);
	void (*name)(
	    struct label_placer *placer, const struct scene_mark *mark);
} mark_kinds[] = {{SCENE_PEAK, marks_draw_peak, marks_name_peak},
    {SCENE_END, marks_draw_end, marks_name_end},
    {SCENE_LIMIT, marks_draw_limit, marks_name_limit},
    {SCENE_LABEL, NULL, marks_draw_moment}, {SCENE_GAP, NULL, marks_label_gap},
    {SCENE_PHASE, NULL, marks_label_gap}};

enum { MARK_KINDS = sizeof(mark_kinds) / sizeof(mark_kinds[0]) };

/* Draws everything without text first, so that each label can avoid it. */
static void marks_draw(struct place *place, const struct plot *plot)
{
	for (size_t k = MARK_KINDS; k-- > 0;) {
		for (size_t i = 0; i < plot->panel->marks.len; i++) {
			const struct scene_mark *mark =
			    &plot->panel->marks.items[i];

			if (mark->kind == mark_kinds[k].kind &&
			    mark_kinds[k].draw &&
			    mark_is_shown(place, plot, mark))
				mark_kinds[k].draw(place, plot, mark);
		}
	}
}

/* The end of a line within the view; false where it has none. */
static bool marks_line_end(const struct label_placer *placer,
    const struct scene_line *line, struct draw_point *end)
{
	const struct axis *time = &placer->place->scene->time;
	const struct axis *memory = &placer->plot->panel->memory;
	const struct series *samples = line->samples;
	size_t i = series_find(samples, time->high + line->zero_s);
	struct sample at;

	if (i == samples->len ||
	    samples->items[i].time_s > time->high + line->zero_s) {
		if (i == 0)
			return false;
		i--;
	}
	at = samples->items[i];
	at.time_s -= line->zero_s;
	*end =
	    (struct draw_point){place_x(placer->place, placer->plot, at.time_s),
		place_y(placer->plot, at.mib), false};
	return at.time_s >= time->low && at.mib >= memory->low &&
	       at.mib <= memory->high;
}

/* Names a line at its end: after, above or below it; nowhere where none is
 * free. */
static void marks_name_line_end(
    struct label_placer *placer, const struct scene_line *line)
{
	struct place *place = placer->place;
	struct text_run run = {.text = line->name,
	    .size = 0.85 * place->font,
	    .role = line->role,
	    .halo = true};
	double row = place_line_height(run.size), air = 0.3 * place->font;
	struct draw_point end;
	char *text;

	if (!marks_line_end(placer, line, &end))
		return;
	text = place_shorten(place, &run, 16 * place->font);
	run.text = text;
	for (int i = 0; text && *text && i < 3; i++) {
		run.x = end.x + (i == 0 ? 2 * air : 0);
		run.y = i == 0   ? end.y - row / 2
			: i == 1 ? end.y - row - air
				 : end.y + air;
		run.align = i == 0 ? 0 : 1;
		if (marks_put_label(placer, &run))
			break;
	}
	free(text);
}

/* A single line needs no name; layers are named in the legend. */
static void marks_name_line_ends(struct label_placer *placer)
{
	const struct scene_panel *panel = placer->plot->panel;

	for (size_t i = 0; i < panel->lines.len && panel->lines.len > 1; i++) {
		const struct scene_line *line = &panel->lines.items[i];

		if (line->in_legend && line->name &&
		    line->kind != SCENE_STACKED && line->kind != SCENE_TREND)
			marks_name_line_end(placer, line);
	}
}

void layout_marks(struct place *place, const struct plot *plot)
{
	struct label_placer placer = {.place = place, .plot = plot};
	size_t moments = marks_count_moments(place, plot);
	bool ticks = moments > MOST_MOMENT_LINES;

	marks_draw_moment_ticks(place, plot);
	marks_draw(place, plot);
	marks_ink_init(&placer.ink, place, plot);
	for (size_t k = 0; k < MARK_KINDS; k++) {
		for (size_t i = 0; i < plot->panel->marks.len; i++) {
			const struct scene_mark *mark =
			    &plot->panel->marks.items[i];

			if (mark->kind == mark_kinds[k].kind &&
			    !(ticks && mark->kind == SCENE_LABEL) &&
			    mark_is_shown(place, plot, mark))
				mark_kinds[k].name(&placer, mark);
		}
	}
	if (ticks)
		marks_name_moment_ticks(&placer, moments);
	marks_name_line_ends(&placer);
	marks_ink_finish(&placer.ink);
	array_free(&placer.leaders);
}
