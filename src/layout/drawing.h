/* SPDX-License-Identifier: MIT
 *
 * A chart on paper: shapes in painting order, in units that are pixels at
 * scale 1; y grows downwards. Text was measured and its boxes are final; only
 * fonts and colours are still open.
 */
#ifndef MPROF_LAYOUT_DRAWING_H
#define MPROF_LAYOUT_DRAWING_H

#include <stdbool.h>

#include "base/array.h"
#include "scene/role.h"

enum shape_kind {
	SHAPE_BOX,  /* filled */
	SHAPE_LINE, /* stroked, round joins and caps */
	SHAPE_AREA, /* filled; each part is closed */
	SHAPE_DOT,  /* filled circle at the box's x, y; its radius is width */
	SHAPE_TEXT  /* one line; the baseline is width below the box's y */
};

struct draw_box {
	double x, y, w, h;
};

struct draw_point {
	double x, y;
	bool starts; /* a new part of the path begins here */
};

struct shape {
	enum shape_kind kind;
	enum role role;
	double opacity;
	double width; /* width of the stroke; radius of a dot; size of text */
	bool dashed;
	/* Set for text; halo: outlined in the background's colour. */
	bool bold, halo;
	struct draw_box box;
	char *text;        /* valid UTF-8 without controls */
	size_t first, len; /* points of lines and areas */
	size_t clip;       /* index in clips + 1; 0: none */
};

/* Shapes of one thing, which has a title to show when it is pointed at. */
struct draw_group {
	size_t first, end; /* range of shapes; end is exclusive */
	char *title;       /* valid UTF-8 without controls */
};

struct drawing {
	double width, height;
	char *title;      /* metadata of the file, with created_s: */
	double created_s; /* since the epoch: start of the recording */
	ARRAY(struct shape) shapes;
	ARRAY(struct draw_point) points;
	ARRAY(struct draw_box) clips;
	ARRAY(struct draw_group) groups; /* in order, not nested */
};

#endif
