// SPDX-License-Identifier: MIT
#include "chart/place.h"

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

/* Where a segment enters or leaves the band of [low, high], a point is set;
 * then what is outside may be pulled to the band's edge and no slope inside
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

static double clamp(double value, const double band[2])
{
	return fmin(fmax(value, band[0]), band[1]);
}

static void bound(struct trace *trace, const double band[2], bool vertical)
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
			at->y = clamp(at->y, band);
		else
			at->x = clamp(at->x, band);
	}
	array_free(&old.points);
}

static void trace_bound(struct trace *trace, const struct plot *plot)
{
	const struct draw_box *box = &plot->box;

	bound(trace, (double[]){box->x - 64, box->x + box->w + 64}, false);
	bound(trace, (double[]){box->y - 64, box->y + box->h + 64}, true);
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

static void close_area(
    struct place *place, double from_x, double to_x, double y)
{
	place_point(place, to_x, y, false);
	place_point(place, from_x, y, false);
}

/* Between two points of one column there is no width to fill: only a column's
 * first and last point count for the area under a line. */
static bool counts_for_area(const struct trace *trace, size_t i)
{
	const struct draw_point *points = trace->points.items;
	size_t last = trace->points.len - 1;

	if (i == 0 || i == last || points[i].starts || points[i + 1].starts)
		return true;
	return points[i - 1].x != points[i].x || points[i + 1].x != points[i].x;
}

static void draw_fill(struct place *place, const struct plot *plot,
    const struct trace *trace, enum role role)
{
	double bottom = fmin(place_y(plot, 0), plot->box.y + plot->box.h);
	struct shape *shape = place_shape(place, SHAPE_AREA, role);
	double from_x = 0, to_x = 0;

	shape->opacity = 0.16;
	shape->clip = plot->clip;
	for (size_t i = 0; i < trace->points.len; i++) {
		const struct draw_point *at = &trace->points.items[i];

		if (!counts_for_area(trace, i))
			continue;
		if (at->starts && i > 0)
			close_area(place, from_x, to_x, bottom);
		if (at->starts)
			from_x = at->x;
		to_x = at->x;
		place_point(place, at->x, at->y, at->starts);
	}
	if (trace->points.len > 0)
		close_area(place, from_x, to_x, bottom);
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
	struct shape *shape = place_shape(place, SHAPE_LINE, line->role);
	double width = stroke_width(place, line->kind);

	shape->width = width;
	shape->dashed = line->kind == SCENE_TREND;
	shape->clip = plot->clip;
	if (!place->request->every_sample && !shape->dashed) {
		layout_stroke(
		    place, trace->points.items, trace->points.len, width);
		return;
	}
	for (size_t i = 0; i < trace->points.len; i++) {
		const struct draw_point *at = &trace->points.items[i];

		place_point(place, at->x, at->y, at->starts);
	}
}

struct band {
	const struct draw_point *top, *base;
	size_t len;
};

static bool is_thick(const struct band *band, size_t i)
{
	return band->top[i].y != band->base[i].y;
}

/* Where a layer has no height, as most of many processes have at most times,
 * nothing is drawn; the points beside its ends belong to it. */
static bool band_has(const struct band *band, size_t i)
{
	const struct draw_point *top = band->top;

	return is_thick(band, i) ||
	       (i > 0 && !top[i].starts && is_thick(band, i - 1)) ||
	       (i + 1 < band->len && !top[i + 1].starts &&
		   is_thick(band, i + 1));
}

static void close_band(
    struct place *place, const struct band *band, size_t from, size_t to)
{
	for (size_t k = to + 1; k-- > from;)
		place_point(place, band->base[k].x, band->base[k].y, false);
}

/* The upper edge forwards, the lower edge back, part by part. */
static void draw_band(struct place *place, const struct plot *plot,
    const struct band *band, enum role role)
{
	struct shape *shape = place_shape(place, SHAPE_AREA, role);
	bool open = false;
	size_t from = 0;

	shape->opacity = 0.85;
	shape->clip = plot->clip;
	for (size_t i = 0; i < band->len; i++) {
		const struct draw_point *at = &band->top[i];
		bool has = band_has(band, i);

		if (open && (!has || at->starts))
			close_band(place, band, from, i - 1);
		if (has) {
			if (!open || at->starts)
				from = i;
			place_point(place, at->x, at->y, from == i);
		}
		open = has;
	}
	if (open)
		close_band(place, band, from, band->len - 1);
}

/* The edges of a band keep all their samples, so that they stay beside each
 * other; who stacks has thinned them out. So far above the view that a slope
 * could not be told from a vertical, they are cut. */
static void trace_edge(struct trace *trace, const struct place *place,
    const struct plot *plot, const struct scene_line *line,
    const struct series *edge)
{
	double h = plot->box.h;
	double far[] = {plot->box.y - 64 * h, plot->box.y + 65 * h};

	*trace = (struct trace){0};
	for (size_t i = 0; i < edge->len; i++) {
		const struct sample *at = &edge->items[i];
		bool gap =
		    i == 0 || (line->gap_s > 0 &&
				  at->time_s - at[-1].time_s > line->gap_s);

		trace_push(trace,
		    place_x(place, plot, at->time_s - line->zero_s),
		    clamp(place_y(plot, at->mib), far), gap);
	}
}

static void draw_stacked(
    struct place *place, const struct plot *plot, const struct scene_line *line)
{
	struct trace top, base;
	struct band band;

	trace_edge(&top, place, plot, line, line->samples);
	trace_edge(&base, place, plot, line, line->base);
	band =
	    (struct band){top.points.items, base.points.items, top.points.len};
	if (base.points.len >= band.len)
		draw_band(place, plot, &band, line->role);
	array_free(&top.points);
	array_free(&base.points);
}

void layout_lines(struct place *place, const struct plot *plot)
{
	for (size_t i = 0; i < plot->panel->lines.len; i++) {
		const struct scene_line *line = &plot->panel->lines.items[i];
		struct trace trace;

		if (line->kind == SCENE_STACKED) {
			draw_stacked(place, plot, line);
			continue;
		}
		trace_line(&trace, place, plot, line);
		if (line->kind == SCENE_TOTAL)
			draw_fill(place, plot, &trace, line->role);
		draw_trace(place, plot, &trace, line);
		array_free(&trace.points);
	}
}
