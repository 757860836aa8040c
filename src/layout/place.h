/* SPDX-License-Identifier: MIT
 *
 * Shared by the parts of the layout: where panels are, which boxes labels have
 * taken, and how a shape is added to the drawing.
 */
#ifndef MPROF_LAYOUT_PLACE_H
#define MPROF_LAYOUT_PLACE_H

#include "layout/layout.h"

struct place {
	struct drawing *drawing;
	const struct scene *scene;
	const struct layout_request *request;
	double font;                  /* the usual size of text */
	double margin;                /* distance between things and the edge */
	ARRAY(struct draw_box) taken; /* boxes of labels inside panels */
};

/* A panel of the scene with its position. */
struct plot {
	const struct scene_panel *panel;
	struct draw_box box;
	size_t clip; /* as shape.clip */
	double lane_height;
	size_t most_lanes; /* lanes of a group that are shown, from the
			      outermost */
};

/* A line of text in one style. */
struct text_run {
	const char *text;
	double x, y; /* left end (or as align says) and top */
	double size;
	enum role role;
	double align; /* 0 left, 0.5 middle, 1 right */
	bool bold, halo;
};

double place_x(const struct place *place, const struct plot *plot, double s);
double place_y(const struct plot *plot, double mib);

double place_width(const struct place *place, const struct text_run *run);
double place_line_height(double size);

/* The box of a text. */
struct draw_box place_box(
    const struct place *place, const struct text_run *run);

void place_text(struct place *place, const struct text_run *run);

/* The text, with an ellipsis in the middle where it is wider than width; the
 * caller frees. NULL where not even a few letters fit. */
char *place_shorten(
    const struct place *place, const struct text_run *run, double width);

/* Whether box is inside the plot, or just above it, without overlapping other
 * labels. */
bool place_is_free(const struct place *place, const struct plot *plot,
    const struct draw_box *box);

/* Adds an opaque shape; points added after it belong to it. */
struct shape *place_shape(
    struct place *place, enum shape_kind kind, enum role role);

/* Groups the shapes from first on; the drawing owns title from now on.
 * place_group_line() makes the title from a line's name and figure. */
void place_group(struct place *place, size_t first, char *title);
void place_group_line(
    struct place *place, size_t first, const struct scene_line *line);

void place_point(struct place *place, double x, double y, bool starts);
void place_stroke(struct place *place, enum role role, double width,
    const struct draw_box *from_to, const struct plot *plot);

/* A line with more samples than can be told apart: points are the lowest and
 * the highest of each column, means their means. */
struct dense_line {
	const struct draw_point *points, *means;
	size_t len, mean_count;
	double width;
	enum role role;
	bool filled; /* from the means down to the bottom */
	double bottom;
};

void layout_dense(struct place *place, const struct plot *plot,
    const struct dense_line *line);
void layout_lines(struct place *place, const struct plot *plot);

/* Draws the layers of the plot, of which top is the topmost. */
void layout_stack(
    struct place *place, const struct plot *plot, const struct scene_line *top);
void layout_gaps(struct place *place, const struct plot *plot);
void layout_marks(struct place *place, const struct plot *plot);
void layout_brackets(struct place *place, const struct plot *plot);
void layout_lanes(struct place *place, const struct plot *plot);

/* The number of rows for the lanes, at most `most` in each group, and for the
 * names of the groups. */
size_t layout_lane_rows(const struct scene_panel *panel, size_t most);

/* The left end of a heat map's rows, after their names. */
double layout_heat_left(
    const struct place *place, const struct scene_heat *heat);
void layout_heat(struct place *place, const struct plot *plot);

/* Draws the legend above bottom, at most height high; returns the height
 * used. */
double layout_legend(struct place *place, double bottom, double height);

#endif
