// SPDX-License-Identifier: MIT
//
// A plot as a grid of cells, each of which has ink or none: curves, lines, dots
// and filled bands. A table of sums over all cells left of and above each one
// answers at once whether a box is empty, so that many places can be tried for
// a label.
#include "layout/place.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

/* Lighter areas are background: labels on them can be read. */
static const double light_area = 0.25;

struct ink_grid {
	const struct drawing *drawing;
	struct draw_box box;
	double cell;
	long columns, rows;
	unsigned char *cells; /* column by column */
};

static long ink_clamp(double value, long most)
{
	return value < 0 ? 0 : value >= (double)most ? most - 1 : (long)value;
}

static long ink_column(const struct ink_grid *grid, double x)
{
	return ink_clamp((x - grid->box.x) / grid->cell, grid->columns);
}

static long ink_row(const struct ink_grid *grid, double y)
{
	return ink_clamp((y - grid->box.y) / grid->cell, grid->rows);
}

static void ink_mark(struct ink_grid *grid, const struct draw_box *box)
{
	long last_column = ink_column(grid, box->x + box->w);
	long first = ink_row(grid, box->y);
	long last = ink_row(grid, box->y + box->h);

	for (long x = ink_column(grid, box->x); x <= last_column; x++) {
		for (long y = first; y <= last; y++)
			grid->cells[x * grid->rows + y] = 1;
	}
}

/* The y of the line from a to b at x. */
static double ink_y_at(
    const struct draw_point *a, const struct draw_point *b, double x)
{
	if (a->x == b->x)
		return b->y;
	return a->y +
	       fmin(fmax((x - a->x) / (b->x - a->x), 0), 1) * (b->y - a->y);
}

static void ink_mark_line(struct ink_grid *grid, const struct draw_point *a,
    const struct draw_point *b, double half)
{
	const struct draw_point *left = a->x <= b->x ? a : b;
	const struct draw_point *right = left == a ? b : a;
	const struct draw_box *box = &grid->box;

	if (right->x < box->x || left->x > box->x + box->w)
		return;
	for (long column = ink_column(grid, left->x);
	     column <= ink_column(grid, right->x); column++) {
		double x0 = box->x + (double)column * grid->cell;
		double from = left->y, to = right->y;

		if (left->x < right->x) {
			from = ink_y_at(left, right, x0);
			to = ink_y_at(left, right, x0 + grid->cell);
		}
		if (fmax(from, to) + half < box->y ||
		    fmin(from, to) - half > box->y + box->h)
			continue;
		ink_mark(grid,
		    &(struct draw_box){x0 + grid->cell / 2,
			fmin(from, to) - half, 0, fabs(to - from) + 2 * half});
	}
}

/* Edges at the middles of columns: a cell is inside if the number of edges
 * above it is odd. */
static void ink_toggle_edge(const struct ink_grid *grid, unsigned char *parity,
    const struct draw_point *a, const struct draw_point *b)
{
	const struct draw_point *left = a->x <= b->x ? a : b;
	const struct draw_point *right = left == a ? b : a;
	double first = (left->x - grid->box.x) / grid->cell - 0.5;
	double last = (right->x - grid->box.x) / grid->cell - 0.5;

	for (long column = (long)fmax(0, ceil(first));
	     column < grid->columns && (double)column < last; column++) {
		double x = grid->box.x + ((double)column + 0.5) * grid->cell;
		double y = ink_y_at(left, right, x);

		parity[column * grid->rows + ink_row(grid, y)] ^= 1;
	}
}

static void ink_mark_area(struct ink_grid *grid, const struct shape *shape)
{
	const struct draw_point *points =
	    grid->drawing->points.items + shape->first;
	size_t cells = (size_t)(grid->columns * grid->rows), begin = 0;
	unsigned char *parity = mem_zero(cells + 1, 1);

	for (size_t i = 1; i <= shape->len; i++) {
		bool closes = i == shape->len || points[i].starts;

		ink_toggle_edge(grid, parity, &points[i - 1],
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

static bool ink_has(const struct draw_box *box, double x, double y)
{
	return x >= box->x && x <= box->x + box->w && y >= box->y &&
	       y <= box->y + box->h;
}

static void ink_mark_shape(struct ink_grid *grid, const struct shape *shape)
{
	const struct draw_point *points =
	    grid->drawing->points.items + shape->first;
	double r = shape->width;

	if (shape->kind == SHAPE_AREA && shape->opacity >= light_area)
		ink_mark_area(grid, shape);
	if (shape->kind == SHAPE_DOT &&
	    ink_has(&grid->box, shape->box.x, shape->box.y))
		ink_mark(grid, &(struct draw_box){shape->box.x - r,
				   shape->box.y - r, 2 * r, 2 * r});
	for (size_t i = 1; shape->kind == SHAPE_LINE && i < shape->len; i++) {
		if (!points[i].starts)
			ink_mark_line(
			    grid, &points[i - 1], &points[i], 0.5 * r);
	}
}

static void ink_sum(struct place_ink *ink, const struct ink_grid *grid)
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

void place_ink_init(
    struct place_ink *ink, const struct place *place, const struct plot *plot)
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
			ink_mark_shape(&grid, shape);
	}
	*ink = (struct place_ink){.box = grid.box,
	    .cell = grid.cell,
	    .columns = grid.columns,
	    .rows = grid.rows};
	ink_sum(ink, &grid);
	free(grid.cells);
}

void place_ink_finish(struct place_ink *ink)
{
	free(ink->sums);
	*ink = (struct place_ink){0};
}

bool place_ink_is_free(const struct place_ink *ink, const struct draw_box *box)
{
	size_t stride = (size_t)ink->rows + 1, x0, x1, y0, y1;
	double left = box->x - ink->box.x, top = box->y - ink->box.y;

	if (top + box->h <= 0)
		return true;
	x0 = (size_t)ink_clamp(left / ink->cell, ink->columns);
	x1 = (size_t)ink_clamp((left + box->w) / ink->cell, ink->columns) + 1;
	y0 = (size_t)ink_clamp(top / ink->cell, ink->rows);
	y1 = (size_t)ink_clamp((top + box->h) / ink->cell, ink->rows) + 1;
	return ink->sums[x1 * stride + y1] + ink->sums[x0 * stride + y0] ==
	       ink->sums[x0 * stride + y1] + ink->sums[x1 * stride + y0];
}
