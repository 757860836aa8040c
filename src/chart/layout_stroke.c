// SPDX-License-Identifier: MIT
//
// Most of the time of a dense chart goes into strokes over strokes: within a
// column up and down again, and from each column to the next through what both
// have inked. Neither is needed for the picture.
#include <math.h>

#include "chart/place.h"

/* The points of a line that stand at one x. y grows downwards, so that low is
 * the upper end. */
struct column {
	double x, first, low, high, last;
	bool starts;
};

/* Reads the column at *i, which moves behind it. */
static struct column next_column(
    const struct draw_point *points, size_t len, size_t *i)
{
	const struct draw_point *at = &points[*i];
	struct column column = {at->x, at->y, at->y, at->y, at->y, at->starts};

	while (++*i < len && points[*i].x == column.x && !points[*i].starts) {
		column.low = fmin(column.low, points[*i].y);
		column.high = fmax(column.high, points[*i].y);
		column.last = points[*i].y;
	}
	return column;
}

static bool is_inside(const struct column *column, double y, double rim)
{
	return y >= column->low + rim && y <= column->high - rim;
}

/* Whether the line from one column to the next runs over their ink alone. */
static bool is_covered(
    const struct column *a, const struct column *b, double width)
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
static void ink_column(
    struct place *place, const struct column *column, bool joined, bool joins)
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

void layout_stroke(struct place *place, const struct draw_point *points,
    size_t len, double width)
{
	struct column column;
	bool joined = false;
	size_t i = 0;

	if (len == 0)
		return;
	column = next_column(points, len, &i);
	for (;;) {
		bool more = i < len, joins = false;
		struct column next;

		if (more) {
			next = next_column(points, len, &i);
			joins =
			    !next.starts && !is_covered(&column, &next, width);
		}
		ink_column(place, &column, joined, joins);
		if (!more)
			return;
		joined = joins;
		column = next;
	}
}
