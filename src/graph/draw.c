// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "graph/graph.h"
#include "layout/place.h"

#define TITLE_SIZE 15
#define BOX_SIZE 13
#define SMALL_SIZE 11
#define MARGIN 16
#define PADDING_X 10
#define PADDING_Y 6
#define BOX_WIDTH_MAX 280
#define LABEL_WIDTH_MAX 180
#define LEAST_WIDTH 480
#define CURVE_STEPS 12
#define HEAD_WIDTH 7
#define KEY_SIZE 10

/* Text is measured and placed as in charts. */
struct graph_sheet {
	struct place place;
	struct layout_request request;
};

static void graph_init_sheet(struct graph_sheet *sheet, struct drawing *drawing,
    const struct text_measure *measure)
{
	*sheet = (struct graph_sheet){.request = {.measure = *measure}};
	sheet->place = (struct place){.drawing = drawing,
	    .request = &sheet->request,
	    .font = BOX_SIZE,
	    .margin = MARGIN};
}

/* Shortens the text where it is wider than most; returns its width. */
static double graph_draw_fit(
    const struct place *place, char **text, struct text_run run, double most)
{
	char *cut;

	run.text = *text;
	cut = place_shorten(place, &run, most);
	free(*text);
	*text = cut ? cut : mem_copy("");
	run.text = *text;
	return **text ? ceil(place_width(place, &run)) : 0;
}

static void graph_measure_box(const struct place *place, struct graph_box *box)
{
	double width = graph_draw_fit(place, &box->title,
	    (struct text_run){.size = BOX_SIZE, .bold = true}, BOX_WIDTH_MAX);
	double height = place_line_height(BOX_SIZE);

	if (box->detail) {
		width = fmax(width,
		    graph_draw_fit(place, &box->detail,
			(struct text_run){.size = SMALL_SIZE}, BOX_WIDTH_MAX));
		height += place_line_height(SMALL_SIZE);
	}
	box->place = (struct draw_box){
	    .w = width + 2 * PADDING_X, .h = height + 2 * PADDING_Y};
}

void graph_measure(struct graph *graph, const struct text_measure *measure)
{
	struct graph_sheet sheet;

	graph_init_sheet(&sheet, NULL, measure);
	for (size_t i = 0; i < graph->boxes.len; i++)
		graph_measure_box(&sheet.place, &graph->boxes.items[i]);
	for (size_t i = 0; i < graph->arrows.len; i++) {
		struct graph_arrow *arrow = &graph->arrows.items[i];

		if (arrow->label)
			arrow->label_place = (struct draw_box){
			    .w = graph_draw_fit(&sheet.place, &arrow->label,
				(struct text_run){.size = SMALL_SIZE},
				LABEL_WIDTH_MAX),
			    .h = place_line_height(SMALL_SIZE)};
	}
}

static double graph_draw_bezier(
    double a, double b, double c, double d, double t)
{
	double s = 1 - t;

	return s * s * s * a + 3 * s * s * t * b + 3 * s * t * t * c +
	       t * t * t * d;
}

static void draw_curve(struct place *place, const struct graph *graph,
    const struct graph_arrow *arrow, double top)
{
	const struct draw_point *p = graph->points.items + arrow->first;
	struct shape *shape = place_shape(place, SHAPE_LINE, ROLE_FRAME);

	shape->width = 1.2;
	place_point(place, p[0].x + MARGIN, p[0].y + top, true);
	for (size_t i = 0; i + 3 < arrow->len; i += 3) {
		for (int step = 1; step <= CURVE_STEPS; step++) {
			double t = (double)step / CURVE_STEPS;

			place_point(place,
			    graph_draw_bezier(
				p[i].x, p[i + 1].x, p[i + 2].x, p[i + 3].x, t) +
				MARGIN,
			    graph_draw_bezier(
				p[i].y, p[i + 1].y, p[i + 2].y, p[i + 3].y, t) +
				top,
			    false);
		}
	}
}

/* A triangle from the end of the curve to the tip. */
static void draw_head(struct place *place, const struct draw_point *foot,
    const struct draw_point *tip, double top)
{
	double x = tip->x - foot->x, y = tip->y - foot->y;
	double len = hypot(x, y);

	if (len <= 0)
		return;
	x *= HEAD_WIDTH / 2.0 / len;
	y *= HEAD_WIDTH / 2.0 / len;
	place_shape(place, SHAPE_AREA, ROLE_FRAME);
	place_point(place, tip->x + MARGIN, tip->y + top, true);
	place_point(place, foot->x - y + MARGIN, foot->y + x + top, false);
	place_point(place, foot->x + y + MARGIN, foot->y - x + top, false);
}

static void graph_draw_arrow(struct place *place, const struct graph *graph,
    const struct graph_arrow *arrow, double top)
{
	if (arrow->len < 4)
		return;
	draw_curve(place, graph, arrow, top);
	draw_head(place, &graph->points.items[arrow->first + arrow->len - 1],
	    &arrow->tip, top);
}

static void draw_frame(
    struct place *place, const struct draw_box *box, enum role role)
{
	struct shape *shape = place_shape(place, SHAPE_BOX, ROLE_BACKGROUND);

	shape->box = *box;
	shape = place_shape(place, SHAPE_BOX, role);
	shape->box = *box;
	shape->opacity = 0.12;
	shape = place_shape(place, SHAPE_LINE, role);
	shape->width = 1.4;
	place_point(place, box->x, box->y, true);
	place_point(place, box->x + box->w, box->y, false);
	place_point(place, box->x + box->w, box->y + box->h, false);
	place_point(place, box->x, box->y + box->h, false);
	place_point(place, box->x, box->y, false);
}

static void draw_box(
    struct place *place, const struct graph_box *box, double top)
{
	struct draw_box at = box->place;

	at.x += MARGIN;
	at.y += top;
	draw_frame(place, &at, box->role);
	place_text(place, &(struct text_run){.text = box->title,
			      .x = at.x + at.w / 2,
			      .y = at.y + PADDING_Y,
			      .size = BOX_SIZE,
			      .role = ROLE_TEXT,
			      .align = 0.5,
			      .bold = true});
	if (box->detail)
		place_text(place,
		    &(struct text_run){.text = box->detail,
			.x = at.x + at.w / 2,
			.y = at.y + PADDING_Y + place_line_height(BOX_SIZE),
			.size = SMALL_SIZE,
			.role = ROLE_TEXT_SOFT,
			.align = 0.5});
}

static void graph_draw_label(
    struct place *place, const struct graph_arrow *arrow, double top)
{
	if (!arrow->label || !*arrow->label || arrow->len < 4)
		return;
	place_text(place, &(struct text_run){.text = arrow->label,
			      .x = arrow->label_place.x + MARGIN,
			      .y = arrow->label_place.y + top,
			      .size = SMALL_SIZE,
			      .role = ROLE_TEXT,
			      .halo = true});
}

/* A line of the legend: a small box in the colour, and its meaning. */
static double graph_draw_key(
    struct place *place, const struct graph_key *key, double y)
{
	const struct draw_box box = {
	    .x = MARGIN, .y = y + 2, .w = KEY_SIZE, .h = KEY_SIZE};

	draw_frame(place, &box, key->role);
	place_text(place, &(struct text_run){.text = key->text,
			      .x = MARGIN + KEY_SIZE + PADDING_Y,
			      .y = y,
			      .size = SMALL_SIZE,
			      .role = ROLE_TEXT_SOFT});
	return y + place_line_height(SMALL_SIZE);
}

/* One line of text, shortened; returns the y below it. */
static double draw_row(
    struct place *place, const char *text, double y, struct text_run run)
{
	char *copy = mem_copy(text);

	graph_draw_fit(place, &copy, run, place->drawing->width - 2 * MARGIN);
	run.text = copy;
	run.x = MARGIN;
	run.y = y;
	if (*copy)
		place_text(place, &run);
	free(copy);
	return y + place_line_height(run.size);
}

void graph_draw(struct drawing *drawing, const struct graph *graph,
    const struct text_measure *measure)
{
	struct graph_sheet sheet;
	struct place *place = &sheet.place;
	double top = MARGIN + place_line_height(TITLE_SIZE) + MARGIN;
	double y = top + graph->height + MARGIN;

	*drawing = (struct drawing){.title = mem_copy(graph->title),
	    .width = ceil(fmax(LEAST_WIDTH, graph->width + 2 * MARGIN))};
	graph_init_sheet(&sheet, drawing, measure);
	draw_row(place, graph->title, MARGIN,
	    (struct text_run){
		.size = TITLE_SIZE, .bold = true, .role = ROLE_TEXT});
	for (size_t i = 0; i < graph->arrows.len; i++)
		graph_draw_arrow(place, graph, &graph->arrows.items[i], top);
	for (size_t i = 0; i < graph->boxes.len; i++)
		draw_box(place, &graph->boxes.items[i], top);
	for (size_t i = 0; i < graph->arrows.len; i++)
		graph_draw_label(place, &graph->arrows.items[i], top);
	for (size_t i = 0; i < graph->legend.len; i++)
		y = graph_draw_key(place, &graph->legend.items[i], y);
	for (size_t i = 0; i < graph->notes.len; i++)
		y = draw_row(place, graph->notes.items[i], y,
		    (struct text_run){
			.size = SMALL_SIZE, .role = ROLE_TEXT_SOFT});
	drawing->height = ceil(y + MARGIN);
}
