// SPDX-License-Identifier: MIT
#include "layout/place.h"

#include <math.h>

#include "analysis/downsample.h"

/* Points of one line on paper, before they are a shape. */
struct trace {
	ARRAY(struct draw_point) points;
};

/* With more than two samples a column on average, every sample stands in the
 * middle of its column: what is drawn between the column's lowest and highest
 * then covers whatever else would be drawn there. With fewer all are drawn, at
 * their true places. */
static bool is_dense(
    const struct series *samples, const struct downsample_view *view)
{
	return series_find(samples, view->to_s) -
		   series_find(samples, view->from_s) >
	       2 * view->columns;
}

static double dense_x(const struct plot *plot, long column, size_t columns)
{
	return plot->box.x +
	       ((double)column + 0.5) * plot->box.w / (double)columns;
}

static size_t columns_of(const struct place *place, const struct plot *plot)
{
	double columns = round(plot->box.w * place->request->density);
	size_t most = place->request->most_columns;

	if (columns < 1)
		return 1;
	if (most > 0 && columns > (double)most)
		return most;
	return (size_t)columns;
}

static void trace_push(struct trace *trace, double x, double y, bool starts)
{
	/* an eighth of a pixel is more than an eye or a file needs */
	*array_push(&trace->points) =
	    (struct draw_point){round(x * 8) / 8, round(y * 8) / 8, starts};
}

/* Adds a point where a segment enters or leaves the band of [low, high]. Points
 * outside can then be moved to the edge of the band, and no slope inside
 * changes. Cairo's coordinates end at eight million pixels. */
static void push_crossings(struct trace *trace, const struct draw_point *from,
    const struct draw_point *to, const double band[2], bool vertical)
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
	*trace = (struct trace){0};
	for (size_t i = 0; i < old.points.len; i++) {
		struct draw_point at = old.points.items[i];

		if (!at.starts)
			push_crossings(trace, &old.points.items[i - 1], &at,
			    band, vertical);
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

static void trace_bound(struct trace *trace, const struct plot *plot)
{
	const struct draw_box *box = &plot->box;

	layout_lines_bound(
	    trace, (double[]){box->x - 64, box->x + box->w + 64}, false);
	layout_lines_bound(
	    trace, (double[]){box->y - 64, box->y + box->h + 64}, true);
}

static void trace_line(struct trace *trace, const struct place *place,
    const struct plot *plot, const struct scene_line *line)
{
	size_t columns = columns_of(place, plot);
	struct downsample_view view = {
	    .from_s = line->zero_s + place->scene->time.low,
	    .to_s = line->zero_s + place->scene->time.high,
	    .columns = columns,
	    .gap_s = line->gap_s};
	bool dense = is_dense(line->samples, &view);
	struct downsample kept;

	*trace = (struct trace){0};
	view.every = !dense || place->request->every_sample;
	downsample_m4(&kept, line->samples, &view);
	for (size_t i = 0; i < kept.points.len; i++) {
		struct downsample_point *at = &kept.points.items[i];
		bool inside = at->column >= 0 && at->column < (long)columns;
		double x = inside && dense ? dense_x(plot, at->column, columns)
					   : place_x(place, plot,
						 at->time_s - line->zero_s);

		trace_push(trace, x, place_y(plot, at->mib), at->starts);
	}
	downsample_finish(&kept);
	trace_bound(trace, plot);
}

static double stroke_width(const struct place *place, enum scene_line_kind kind)
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

static void draw_trace(struct place *place, const struct plot *plot,
    const struct trace *trace, const struct scene_line *line)
{
	struct stroke stroke = {.points = trace->points.items,
	    .len = trace->points.len,
	    .width = stroke_width(place, line->kind),
	    .role = line->role,
	    .clip = plot->clip,
	    .bands = place->request->most_columns == 0};
	struct shape *shape;

	if (line->kind == SCENE_TOTAL)
		layout_area(place, &stroke,
		    fmin(place_y(plot, 0), plot->box.y + plot->box.h));
	if (!place->request->every_sample && line->kind != SCENE_TREND) {
		layout_stroke(place, &stroke);
		return;
	}
	shape = place_shape(place, SHAPE_LINE, line->role);
	shape->width = stroke.width;
	shape->dashed = line->kind == SCENE_TREND;
	shape->clip = plot->clip;
	for (size_t i = 0; i < trace->points.len; i++) {
		const struct draw_point *at = &trace->points.items[i];

		place_point(place, at->x, at->y, at->starts);
	}
}

/* A sample with a gap on both sides has no line: a dot shows it. */
static void layout_lines_draw_lone(struct place *place, const struct plot *plot,
    const struct trace *trace, const struct scene_line *line)
{
	const struct draw_point *points = trace->points.items;
	double radius = fmax(1.5, 0.9 * stroke_width(place, line->kind));
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

void layout_lines(struct place *place, const struct plot *plot)
{
	layout_stack(place, plot);
	for (size_t i = 0; i < plot->panel->lines.len; i++) {
		const struct scene_line *line = &plot->panel->lines.items[i];
		struct trace trace;

		if (line->kind == SCENE_STACKED)
			continue;
		trace_line(&trace, place, plot, line);
		draw_trace(place, plot, &trace, line);
		layout_lines_draw_lone(place, plot, &trace, line);
		array_free(&trace.points);
	}
}
