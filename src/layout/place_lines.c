// SPDX-License-Identifier: MIT
//
// Most of the time of a dense chart goes into strokes over strokes: within a
// column up and down again, and from each column to the next through ink that
// is there already. Both are left out; the picture stays the same.
#include "layout/place.h"

#include <math.h>

#include "analysis/downsample.h"

/* A line on paper: the same ink as joining all its points, with as few strokes
 * as possible. */
struct stroke {
	const struct draw_point *points;
	size_t len;
	double width;
	enum role role;
	size_t clip; /* as shape.clip */
	bool dashed;
	/* Fills dense parts: quick to paint, but longer in a file. */
	bool bands;
};

/* The points of a line at one x. y grows downwards, so low is the upper end. */
struct stroke_column {
	double x, first, low, high, last;
	bool starts;
	bool joins;   /* a line leads to the next column */
	bool covered; /* that line runs over the ink of both columns */
};

struct stroke_columns {
	ARRAY(struct stroke_column) list;
};

/* Reads the column at *i, which then points after it. */
static struct stroke_column line_next_column(
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

static bool line_is_inside(
    const struct stroke_column *column, double y, double rim)
{
	return y >= column->low + rim && y <= column->high - rim;
}

/* Whether the line from one column to the next runs only over their ink. */
static bool line_is_covered(
    const struct stroke_column *a, const struct stroke_column *b, double width)
{
	double rim = 0.5 * width;

	return b->x - a->x <= 0.75 * width && line_is_inside(a, a->last, rim) &&
	       line_is_inside(a, b->first, rim) &&
	       line_is_inside(b, a->last, rim) &&
	       line_is_inside(b, b->first, rim);
}

static void line_move_on(struct place *place, double x, double *y, double to)
{
	if (*y == to)
		return;
	place_point(place, x, to, false);
	*y = to;
}

/* Draws from the pen's position to both ends of the column, the nearer one
 * first. */
static void line_ink_column(struct place *place,
    const struct stroke_column *column, bool joined, bool joins)
{
	double x = column->x, y = column->first, near = y;
	bool up;

	if (!joined && joins)
		near = column->low + column->high - column->last;
	up = near - column->low < column->high - near;
	if (!joined)
		y = up ? column->low : column->high;
	place_point(place, x, y, !joined);
	line_move_on(place, x, &y, up ? column->low : column->high);
	line_move_on(place, x, &y, up ? column->high : column->low);
	if (joins)
		line_move_on(place, x, &y, column->last);
}

static struct stroke_columns line_read_columns(
    const struct draw_point *points, size_t len, double width)
{
	struct stroke_columns columns = {{0}};
	size_t i = 0;

	while (i < len)
		*array_push(&columns.list) = line_next_column(points, len, &i);
	for (size_t k = 1; k < columns.list.len; k++) {
		struct stroke_column *a = &columns.list.items[k - 1],
				     *b = a + 1;

		a->covered = !b->starts && line_is_covered(a, b, width);
		a->joins = !b->starts && !a->covered;
	}
	return columns;
}

/* Fills the ink of the columns from first to last, except a rim at the top and
 * bottom; each column reaches half-way to its neighbours. */
static void line_fill_run(struct place *place,
    const struct stroke_columns *columns, size_t first, size_t last, double rim)
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

/* Fills the band where up and down strokes are close together. */
static void line_fill_bands(
    struct place *place, const struct stroke_columns *columns, double rim)
{
	const struct stroke_column *items = columns->list.items;

	for (size_t i = 0; i < columns->list.len; i++) {
		size_t first = i;

		while (items[i].covered)
			i++;
		if (i > first)
			line_fill_run(place, columns, first, i, rim);
	}
}

/* Draws the ends of a line that exceed the filled band, and as much inside it,
 * so that no seam shows. */
static void line_ink_ends(
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

static void layout_stroke(struct place *place, const struct stroke *stroke)
{
	struct stroke_columns columns =
	    line_read_columns(stroke->points, stroke->len, stroke->width);
	bool joined = false, covered = false;
	struct shape *shape;

	if (stroke->bands) {
		shape = place_shape(place, SHAPE_AREA, stroke->role);
		shape->clip = stroke->clip;
		line_fill_bands(place, &columns, 0.5 * stroke->width);
	}
	shape = place_shape(place, SHAPE_LINE, stroke->role);
	shape->width = stroke->width;
	shape->dashed = stroke->dashed;
	shape->clip = stroke->clip;
	for (size_t i = 0; i < columns.list.len; i++) {
		const struct stroke_column *column = &columns.list.items[i];

		if (stroke->bands && covered && column->covered)
			line_ink_ends(place, column, 0.5 * stroke->width);
		else
			line_ink_column(place, column, joined, column->joins);
		joined = column->joins;
		covered = column->covered;
	}
	array_free(&columns.list);
}

/* The edge of an area under a line, as drawn so far. */
struct edge {
	struct place *place;
	double x, y;
	double placed_x; /* x of the last point that was added */
	double from_x;
};

static void line_edge_step(struct edge *edge, double y)
{
	if (y == edge->y)
		return;
	if (edge->placed_x != edge->x)
		place_point(edge->place, edge->x, edge->y, false);
	place_point(edge->place, edge->x, y, false);
	edge->placed_x = edge->x;
	edge->y = y;
}

static void line_edge_close(struct edge *edge, double bottom)
{
	if (edge->placed_x != edge->x)
		place_point(edge->place, edge->x, edge->y, false);
	place_point(edge->place, edge->x, bottom, false);
	place_point(edge->place, edge->from_x, bottom, false);
}

/* Moves to the next column, in a straight line where the ink of both covers
 * it. */
static void line_edge_move(
    struct edge *edge, const struct stroke_column *from, double rim)
{
	const struct stroke_column *to = from + 1;

	if (from->covered) {
		double low = fmax(from->low, to->low) + rim;
		double high = fmin(from->high, to->high) - rim;

		line_edge_step(edge, fmin(fmax(edge->y, low), high));
		edge->x = to->x;
		return;
	}
	line_edge_step(edge, from->last);
	if (edge->placed_x != edge->x)
		place_point(edge->place, edge->x, edge->y, false);
	edge->x = edge->placed_x = to->x;
	edge->y = to->first;
	place_point(edge->place, edge->x, edge->y, false);
}

/* Fills the area below the line with a light colour; the line's ink hides the
 * area's edge. */
static void layout_area(
    struct place *place, const struct stroke *stroke, double bottom)
{
	struct stroke_columns columns =
	    line_read_columns(stroke->points, stroke->len, stroke->width);
	struct shape *shape = place_shape(place, SHAPE_AREA, stroke->role);
	struct edge edge = {.place = place};

	shape->opacity = 0.16;
	shape->clip = stroke->clip;
	for (size_t i = 0; i < columns.list.len; i++) {
		const struct stroke_column *column = &columns.list.items[i];

		if (i == 0 || column->starts) {
			edge.x = edge.from_x = edge.placed_x = column->x;
			edge.y = column->first;
			place_point(place, edge.x, edge.y, true);
		}
		if (column->joins || column->covered) {
			line_edge_move(&edge, column, 0.5 * stroke->width);
			continue;
		}
		line_edge_step(&edge, column->last);
		line_edge_close(&edge, bottom);
	}
	array_free(&columns.list);
}

/* Points of one line on paper, before they become a shape. */
struct trace {
	const struct scene_line *line;
	struct downsample_view view;
	double width; /* width of its strokes */
	long mean_columns;
	ARRAY(struct draw_point) points;
	ARRAY(struct draw_point) means; /* of a band; empty for a line */
};

/* The number of samples in view. */
static size_t line_samples_in(
    const struct series *samples, const struct downsample_view *view)
{
	return series_find(samples, view->to_s) -
	       series_find(samples, view->from_s);
}

static size_t line_columns_of(
    const struct place *place, const struct plot *plot)
{
	double columns = round(plot->box.w * place->request->density);
	size_t most = place->request->most_columns;

	if (columns < 1)
		return 1;
	if (most > 0 && columns > (double)most)
		return most;
	return (size_t)columns;
}

/* Adds a point where a segment enters or leaves the band [low, high], so that
 * points outside can be moved to its edge without changing a slope inside.
 * Cairo's coordinates end at eight million pixels. */
static void line_push_crossings(struct trace *trace,
    const struct draw_point *from, const struct draw_point *to,
    const double band[2], bool vertical)
{
	double a = vertical ? from->y : from->x, b = vertical ? to->y : to->x;
	double edges[2] = {band[a > b], band[a <= b]};

	for (int i = 0; i < 2; i++) {
		double share = (edges[i] - a) / (b - a);

		if (share > 0 && share < 1) {
			*array_push(&trace->points) = (struct draw_point){
			    from->x + share * (to->x - from->x),
			    from->y + share * (to->y - from->y), false};
		}
	}
}

static double layout_lines_clamp(double value, const double band[2])
{
	return fmin(fmax(value, band[0]), band[1]);
}

static void layout_lines_bound(
    struct trace *trace, const double band[2], bool vertical)
{
	struct trace old = *trace;
	bool inside = true;

	for (size_t i = 0; i < old.points.len; i++) {
		const struct draw_point *at = &old.points.items[i];
		double value = vertical ? at->y : at->x;

		inside = inside && value >= band[0] && value <= band[1];
	}
	if (inside)
		return;
	trace->points.items = NULL;
	trace->points.len = trace->points.cap = 0;
	for (size_t i = 0; i < old.points.len; i++) {
		struct draw_point at = old.points.items[i];

		if (!at.starts)
			line_push_crossings(trace, &old.points.items[i - 1],
			    &at, band, vertical);
		*array_push(&trace->points) = at;
	}
	for (size_t i = 0; i < trace->points.len; i++) {
		struct draw_point *at = &trace->points.items[i];

		if (vertical)
			at->y = layout_lines_clamp(at->y, band);
		else
			at->x = layout_lines_clamp(at->x, band);
	}
	array_free(&old.points);
}

static void line_trace_bound(struct trace *trace, const struct plot *plot)
{
	const struct draw_box *box = &plot->box;

	layout_lines_bound(
	    trace, (double[]){box->x - 64, box->x + box->w + 64}, false);
	layout_lines_bound(
	    trace, (double[]){box->y - 64, box->y + box->h + 64}, true);
}

static double line_stroke_width(
    const struct place *place, enum scene_line_kind kind)
{
	static const double widths[] = {
	    [SCENE_TOTAL] = 2,
	    [SCENE_RUN] = 1.6,
	    [SCENE_PROCESS] = 1.2,
	    [SCENE_STACKED] = 0.6,
	    [SCENE_TREND] = 1.5,
	};

	return widths[kind] * fmax(1, place->font / 12);
}

/* Places samples in the middle of their columns, so that what is drawn between
 * a column's lowest and highest covers the others; otherwise at their exact
 * places. */
static void line_trace_add_points(struct trace *trace,
    const struct place *place, const struct plot *plot,
    const struct downsample *kept, bool centred)
{
	long columns = (long)trace->view.columns;
	double column = plot->box.w / (double)columns;

	for (size_t i = 0; i < kept->points.len; i++) {
		const struct downsample_point *at = &kept->points.items[i];
		bool inside = at->column >= 0 && at->column < columns;
		double x =
		    inside && centred
			? plot->box.x + ((double)at->column + 0.5) * column
			: place_x(
			      place, plot, at->time_s - trace->line->zero_s);

		/* an eighth of a pixel is exact enough */
		*array_push(&trace->points) =
		    (struct draw_point){round(x * 8) / 8,
			round(place_y(plot, at->mib) * 8) / 8, at->starts};
	}
}

/* Whether the strokes would cover nearly all of their area, most of it more
 * than once: a block in which no line can be seen. */
static bool line_trace_is_block(const struct trace *trace)
{
	double ink = 0, area = 0, reach = 4 * trace->width;
	double end = -INFINITY, low = 0, high = 0;

	for (size_t i = 0; i < trace->points.len; i++) {
		const struct draw_point *at = &trace->points.items[i];
		double from = at->starts ? at->y : at[-1].y;

		if (at->starts || at->x >= end) {
			end = at->x + reach;
			low = high = from;
			area += reach * trace->width;
		}
		area += reach *
			(fmax(high, at->y) - fmin(low, at->y) - (high - low));
		low = fmin(low, at->y);
		high = fmax(high, at->y);
		ink += trace->width * fabs(at->y - from);
	}
	return ink > 1.5 * area;
}

/* A mean over each sample would be as restless as the samples. */
enum { MEAN_COLUMNS = 3, DENSE_SAMPLES = 16 };

static void line_trace_add_mean(struct trace *trace, const struct plot *plot,
    double column, double mib, bool starts)
{
	const struct draw_box *box = &plot->box;
	double y = place_y(plot, mib);

	y = fmin(fmax(y, box->y - 64), box->y + box->h + 64);
	*array_push(&trace->means) = (struct draw_point){
	    box->x + column * box->w / (double)trace->view.columns,
	    round(y * 8) / 8, starts};
}

/* The mean of some columns is placed in their middle; the first and the last
 * one of a part also at the band's end. */
static void line_trace_means(
    struct trace *trace, const struct plot *plot, const struct downsample *kept)
{
	const struct downsample_mean *means = kept->means.items;
	size_t len = kept->means.len, behind;

	for (size_t first = 0; first < len; first = behind) {
		double sum = 0, from = (double)means[first].column + 0.5, to;
		size_t samples = 0;

		for (behind = first;
		     behind < len &&
		     (behind == first || !means[behind].starts) &&
		     means[behind].column / trace->mean_columns ==
			 means[first].column / trace->mean_columns;
		     behind++) {
			sum +=
			    means[behind].mib * (double)means[behind].samples;
			samples += means[behind].samples;
		}
		sum /= (double)samples;
		to = (double)means[behind - 1].column + 0.5;
		if (means[first].starts)
			line_trace_add_mean(trace, plot, from, sum, true);
		line_trace_add_mean(trace, plot, (from + to) / 2, sum, false);
		if (behind == len || means[behind].starts)
			line_trace_add_mean(trace, plot, to, sum, false);
	}
}

/* No point may lie between a band's columns: those outside the plot are moved
 * to its edge. */
static void line_trace_clamp(struct trace *trace, const struct plot *plot)
{
	const struct draw_box *box = &plot->box;
	double across[2] = {box->x - 64, box->x + box->w + 64};
	double down[2] = {box->y - 64, box->y + box->h + 64};

	for (size_t i = 0; i < trace->points.len; i++) {
		struct draw_point *at = &trace->points.items[i];

		at->x = layout_lines_clamp(at->x, across);
		at->y = layout_lines_clamp(at->y, down);
	}
}

static void line_trace_read(struct trace *trace, const struct place *place,
    const struct plot *plot, bool centred, struct downsample *kept)
{
	array_free(&trace->points);
	downsample_m4(kept, trace->line->samples, &trace->view);
	line_trace_add_points(trace, place, plot, kept, centred);
}

/* The share of the plot's width that has samples. */
static double line_trace_share(
    const struct trace *trace, const struct plot *plot)
{
	double width = 0;

	for (size_t i = 1; i < trace->points.len; i++) {
		if (!trace->points.items[i].starts)
			width += trace->points.items[i].x -
				 trace->points.items[i - 1].x;
	}
	return width > 0 ? fmin(1, width / plot->box.w) : 1;
}

/* Columns of a restless line's band are as wide as a stroke, with enough
 * samples for an edge. */
static void line_trace_widen(
    struct trace *trace, const struct plot *plot, size_t samples)
{
	double edges = (double)samples / DENSE_SAMPLES;
	double most = fmin(
	    edges / line_trace_share(trace, plot), plot->box.w / trace->width);

	if (most < (double)trace->view.columns)
		trace->view.columns = most > 1 ? (size_t)most : 1;
	trace->mean_columns = MEAN_COLUMNS;
}

/* With more than two samples a column on average, M4 selects; with fewer, all
 * are drawn at their exact places. With more than three, and if strokes would
 * be a block, the line is a band with its mean. */
static void line_trace(struct trace *trace, const struct place *place,
    const struct plot *plot, const struct scene_line *line)
{
	size_t columns = line_columns_of(place, plot), samples;
	bool every = place->request->every_sample, block, centred;
	struct downsample kept;

	*trace = (struct trace){.line = line,
	    .view = {.from_s = line->zero_s + place->scene->time.low,
		.to_s = line->zero_s + place->scene->time.high,
		.columns = columns,
		.gap_s = line->gap_s},
	    .width = line_stroke_width(place, line->kind),
	    .mean_columns = 1};
	samples = line_samples_in(line->samples, &trace->view);
	centred = samples > 2 * columns;
	trace->view.every = !centred;
	line_trace_read(trace, place, plot, centred, &kept);
	block = line_trace_is_block(trace);
	if (block)
		line_trace_widen(trace, plot, samples);
	if (block || (every && centred)) {
		downsample_finish(&kept);
		trace->view.every = every;
		line_trace_read(trace, place, plot, true, &kept);
	}
	if (block || samples > 3 * columns) {
		line_trace_clamp(trace, plot);
		line_trace_means(trace, plot, &kept);
	} else {
		line_trace_bound(trace, plot);
	}
	downsample_finish(&kept);
}

static void line_draw_trace(struct place *place, const struct plot *plot,
    const struct trace *trace, const struct scene_line *line)
{
	struct stroke stroke = {.points = trace->points.items,
	    .len = trace->points.len,
	    .width = line_stroke_width(place, line->kind),
	    .role = line->role,
	    .clip = plot->clip,
	    .dashed = line->dashed || line->kind == SCENE_TREND,
	    .bands = !line->dashed && place->request->most_columns == 0};
	struct shape *shape;

	/* an area that doesn't start at zero would show no amount */
	bool filled = line->kind == SCENE_TOTAL && plot->panel->memory.low <= 0;
	double bottom = fmin(place_y(plot, 0), plot->box.y + plot->box.h);

	if (trace->means.len > 0) {
		layout_dense(place, plot,
		    &(struct dense_line){trace->points.items,
			trace->means.items, trace->points.len, trace->means.len,
			stroke.width, line->role, filled, bottom});
		return;
	}
	if (filled)
		layout_area(place, &stroke, bottom);
	if (!place->request->every_sample && line->kind != SCENE_TREND) {
		layout_stroke(place, &stroke);
		return;
	}
	shape = place_shape(place, SHAPE_LINE, line->role);
	shape->width = stroke.width;
	shape->dashed = stroke.dashed;
	shape->clip = plot->clip;
	for (size_t i = 0; i < trace->points.len; i++) {
		const struct draw_point *at = &trace->points.items[i];

		place_point(place, at->x, at->y, at->starts);
	}
}

/* A sample with a gap on both sides has no line: it is drawn as a dot. */
static void layout_lines_draw_lone(struct place *place, const struct plot *plot,
    const struct trace *trace, const struct scene_line *line)
{
	const struct draw_point *points = trace->points.items;
	double radius = fmax(1.5, 0.9 * line_stroke_width(place, line->kind));
	double before = -INFINITY;

	for (size_t i = 0; i < trace->points.len; i++) {
		const struct draw_point *at = &points[i];
		struct shape *shape;

		if (!at->starts ||
		    (i + 1 < trace->points.len && !points[i + 1].starts) ||
		    at->x < plot->box.x || at->x > plot->box.x + plot->box.w ||
		    at->y < plot->box.y || at->x < before + radius)
			continue;
		shape = place_shape(place, SHAPE_DOT, line->role);
		shape->width = radius;
		shape->box.x = before = at->x;
		shape->box.y = at->y;
	}
}

void place_group_line(
    struct place *place, size_t first, const struct scene_line *line)
{
	place_group(place, first,
	    mem_format("%s%s%s", line->name ? line->name : "",
		line->detail ? ", " : "", line->detail ? line->detail : ""));
}

static void layout_line(
    struct place *place, const struct plot *plot, const struct scene_line *line)
{
	size_t first = place->drawing->shapes.len;
	struct trace trace;

	line_trace(&trace, place, plot, line);
	line_draw_trace(place, plot, &trace, line);
	layout_lines_draw_lone(place, plot, &trace, line);
	place_group_line(place, first, line);
	array_free(&trace.points);
	array_free(&trace.means);
}

/* Draws the lines that are the sum of others, or those that aren't. */
static void layout_lines_draw(
    struct place *place, const struct plot *plot, bool sums)
{
	for (size_t i = 0; i < plot->panel->lines.len; i++) {
		const struct scene_line *line = &plot->panel->lines.items[i];
		bool sum =
		    line->kind == SCENE_PROCESS && line->role == ROLE_OTHER;

		if (line->kind != SCENE_STACKED && sum == sums)
			layout_line(place, plot, line);
	}
}

/* The sum of others is nearly the total of a crowd: it is drawn below all
 * lines. */
void layout_lines(struct place *place, const struct plot *plot)
{
	const struct scene_line *top =
	    scene_top_layer(plot->panel->lines.items, plot->panel->lines.len);

	if (top)
		layout_stack(place, plot, top);
	layout_lines_draw(place, plot, true);
	layout_lines_draw(place, plot, false);
}
