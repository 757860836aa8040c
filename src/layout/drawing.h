/* SPDX-License-Identifier: MIT
 *
 * A chart on paper: shapes in the order of their painting, in units of which
 * a picture of scale 1 has one a pixel; y grows downwards. Text has been
 * measured: its box is where it is, and nothing is left to decide but fonts
 * and colours.
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
	SHAPE_DOT,  /* filled circle about the box's x, y, of radius width */
	SHAPE_TEXT  /* one line; its baseline is width below the box's y */
};

struct draw_box {
	double x, y, w, h;
};

struct draw_point {
	double x, y;
	bool starts; /* a part of the path begins here */
};

struct shape {
	enum shape_kind kind;
	enum role role;
	double opacity;
	double width; /* of the stroke; a dot's radius; a text's size */
	bool dashed;
	bool bold, halo; /* text; halo: on a rim of the background */
	struct draw_box box;
	char *text;        /* valid UTF-8 without controls */
	size_t first, len; /* points of lines and areas */
	size_t clip;       /* index into clips + 1; 0: none */
};

/* Shapes of one thing, which has a title for who points at it. */
struct draw_group {
	size_t first, end; /* indices of shapes; end is behind the last */
	char *title;       /* valid UTF-8 without controls */
};

struct drawing {
	double width, height;
	char *title;      /* for the file's metadata, as is created_s: */
	double created_s; /* since the epoch: when the recording began */
	ARRAY(struct shape) shapes;
	ARRAY(struct draw_point) points;
	ARRAY(struct draw_box) clips;
	ARRAY(struct draw_group) groups; /* in order, none in another */
};

#endif
