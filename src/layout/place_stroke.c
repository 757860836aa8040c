// SPDX-License-Identifier: MIT
//
// Most of the time of a dense chart goes into strokes over strokes: within a
// column up and down again, and from each column to the next through what both
// have inked. Neither is needed for the picture.
#include <math.h>

#include "layout/place.h"

/* The points of a line that stand at one x. y grows downwards, so that low is
 * the upper end. */
struct stroke_column {
	double x, first, low, high, last;
	bool starts;
	bool joins;   /* a line leads to the next one */
	bool covered; /* it would run over the ink of both */
};

struct stroke_columns {
	ARRAY(struct stroke_column) list;
};

/* Reads the column at *i, which moves behind it. */
static struct stroke_column next_column(
    const struct draw_point *points, size_t len, size_t *i)
{
	const struct draw_point *at = &points[*i];
	struct stroke_column column = {.x = at->x,
	    .first = at->y,
	    .low = at->y,
	    .high = at->y,
	    .last = at->y,
	    .starts = at->starts};

	while (++*i < len && points[*i].x == column.x && !points[*i].starts) {
		column.low = fmin(column.low, points[*i].y);
		column.high = fmax(column.high, points[*i].y);
		column.last = points[*i].y;
	}
	return column;
}

static bool is_inside(const struct stroke_column *column, double y, double rim)
{
	return y >= column->low + rim && y <= column->high - rim;
}

/* Whether the line from one column to the next runs over their ink alone. */
static bool is_covered(
    const struct stroke_column *a, const struct stroke_column *b, double width)
{
	double rim = 0.5 * width;

	return b->x - a->x <= 0.75 * width && is_inside(a, a->last, rim) &&
	       is_inside(a, b->first, rim) && is_inside(b, a->last, rim) &&
	       is_inside(b, b->first, rim);
}

static void move_on(struct place *place, double x, double *y, double to)
{
	if (*y == to)
		return;
	place_point(place, x, to, false);
	*y = to;
}

/* From where the pen is to both ends of the column, the nearer one first. */
static void ink_column(struct place *place, const struct stroke_column *column,
    bool joined, bool joins)
{
	double x = column->x, y = column->first, near = y;
	bool up;

	if (!joined && joins)
		near = column->low + column->high - column->last;
	up = near - column->low < column->high - near;
	if (!joined)
		y = up ? column->low : column->high;
	place_point(place, x, y, !joined);
	move_on(place, x, &y, up ? column->low : column->high);
	move_on(place, x, &y, up ? column->high : column->low);
	if (joins)
		move_on(place, x, &y, column->last);
}

static struct stroke_columns read_columns(
    const struct draw_point *points, size_t len, double width)
{
	struct stroke_columns columns = {{0}};
	size_t i = 0;

	while (i < len)
		*array_push(&columns.list) = next_column(points, len, &i);
	for (size_t k = 1; k < columns.list.len; k++) {
		struct stroke_column *a = &columns.list.items[k - 1],
				     *b = a + 1;

		a->covered = !b->starts && is_covered(a, b, width);
		a->joins = !b->starts && !a->covered;
	}
	return columns;
}

/* Fills the ink of the columns from first to last, except for a rim at the top
 * and at the bottom; each column reaches half the way to its neighbours. */
static void fill_run(struct place *place, const struct stroke_columns *columns,
    size_t first, size_t last, double rim)
{
	for (size_t side = 0; side < 2; side++) {
		for (size_t k = 0; k <= last - first; k++) {
			size_t i = side ? last - k : first + k;
			const struct stroke_column *at =
			    &columns->list.items[i];
			double y = side ? at->high - rim : at->low + rim;
			double left =
			    i > first ? (at[-1].x + at->x) / 2 : at->x;
			double right = i < last ? (at->x + at[1].x) / 2 : at->x;

			place_point(
			    place, side ? right : left, y, side == 0 && k == 0);
			place_point(place, side ? left : right, y, false);
		}
	}
}

/* Fills the band that lines up and down make where they stand close together.
 */
static void fill_bands(
    struct place *place, const struct stroke_columns *columns, double rim)
{
	const struct stroke_column *items = columns->list.items;

	for (size_t i = 0; i < columns->list.len; i++) {
		size_t first = i;

		while (items[i].covered)
			i++;
		if (i > first)
			fill_run(place, columns, first, i, rim);
	}
}

/* Draws the ends of a line that stick out of the filled band, and as much again
 * inside it, so that no seam shows. */
static void ink_ends(
    struct place *place, const struct stroke_column *column, double rim)
{
	const struct stroke_column *before = column - 1, *behind = column + 1;
	double low = fmax(before->low, behind->low) + 2 * rim;
	double high = fmin(before->high, behind->high) - 2 * rim;

	if (column->low < low) {
		place_point(place, column->x, column->low, true);
		place_point(place, column->x, low, false);
	}
	if (column->high > high) {
		place_point(place, column->x, column->high, true);
		place_point(place, column->x, high, false);
	}
}

void layout_stroke(struct place *place, const struct stroke *stroke)
{
	struct stroke_columns columns =
	    read_columns(stroke->points, stroke->len, stroke->width);
	bool joined = false, covered = false;
	struct shape *shape;

	if (stroke->bands) {
		shape = place_shape(place, SHAPE_AREA, stroke->role);
		shape->clip = stroke->clip;
		fill_bands(place, &columns, 0.5 * stroke->width);
	}
	shape = place_shape(place, SHAPE_LINE, stroke->role);
	shape->width = stroke->width;
	shape->clip = stroke->clip;
	for (size_t i = 0; i < columns.list.len; i++) {
		const struct stroke_column *column = &columns.list.items[i];

		if (stroke->bands && covered && column->covered)
			ink_ends(place, column, 0.5 * stroke->width);
		else
			ink_column(place, column, joined, column->joins);
		joined = column->joins;
		covered = column->covered;
	}
	array_free(&columns.list);
}

/* The edge of an area under a line, as far as it was drawn. */
struct edge {
	struct place *place;
	double x, y;
	double placed_x; /* of the last point that was placed */
	double from_x;
};

static void edge_start(struct edge *edge, const struct stroke_column *column)
{
	edge->x = edge->from_x = edge->placed_x = column->x;
	edge->y = column->first;
	place_point(edge->place, edge->x, edge->y, true);
}

static void edge_step(struct edge *edge, double y)
{
	if (y == edge->y)
		return;
	if (edge->placed_x != edge->x)
		place_point(edge->place, edge->x, edge->y, false);
	place_point(edge->place, edge->x, y, false);
	edge->placed_x = edge->x;
	edge->y = y;
}

static void edge_close(struct edge *edge, double bottom)
{
	if (edge->placed_x != edge->x)
		place_point(edge->place, edge->x, edge->y, false);
	place_point(edge->place, edge->x, bottom, false);
	place_point(edge->place, edge->from_x, bottom, false);
}

/* To the next column: straight behind the ink of both where it covers that. */
static void edge_move(
    struct edge *edge, const struct stroke_column *from, double rim)
{
	const struct stroke_column *to = from + 1;

	if (from->covered) {
		double low = fmax(from->low, to->low) + rim;
		double high = fmin(from->high, to->high) - rim;

		edge_step(edge, fmin(fmax(edge->y, low), high));
		edge->x = to->x;
		return;
	}
	edge_step(edge, from->last);
	if (edge->placed_x != edge->x)
		place_point(edge->place, edge->x, edge->y, false);
	edge->x = edge->placed_x = to->x;
	edge->y = to->first;
	place_point(edge->place, edge->x, edge->y, false);
}

void layout_area(
    struct place *place, const struct stroke *stroke, double bottom)
{
	struct stroke_columns columns =
	    read_columns(stroke->points, stroke->len, stroke->width);
	struct shape *shape = place_shape(place, SHAPE_AREA, stroke->role);
	struct edge edge = {.place = place};

	shape->opacity = 0.16;
	shape->clip = stroke->clip;
	for (size_t i = 0; i < columns.list.len; i++) {
		const struct stroke_column *column = &columns.list.items[i];

		if (i == 0 || column->starts)
			edge_start(&edge, column);
		if (column->joins || column->covered) {
			edge_move(&edge, column, 0.5 * stroke->width);
			continue;
		}
		edge_step(&edge, column->last);
		edge_close(&edge, bottom);
	}
	array_free(&columns.list);
}
