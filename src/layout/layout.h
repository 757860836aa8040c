/* SPDX-License-Identifier: MIT
 *
 * A scene finds its places on paper. No text lies over another and none is
 * cut off by an edge: what has no room is shortened, and a label inside the
 * chart that still has none is left out.
 */
#ifndef MPROF_LAYOUT_LAYOUT_H
#define MPROF_LAYOUT_LAYOUT_H

#include "layout/drawing.h"
#include "scene/scene.h"

/* How wide a text is in the fonts that will draw it. */
struct text_measure {
	double (*width)(void *fonts, const char *text, double size, bool bold);
	void *fonts;
};

enum { LAYOUT_LEAST_WIDTH = 160, LAYOUT_LEAST_HEIGHT = 100 };

struct layout_request {
	double width, height; /* not under the least ones */
	double density;       /* pixel columns a unit: the picture's scale */
	size_t most_columns;  /* of a line, in files that grow with them */
	bool every_sample;    /* in place of M4; for the test of M4 */
	struct text_measure measure;
};

/* Fills drawing, which the caller finishes. */
void layout_scene(struct drawing *drawing, const struct scene *scene,
    const struct layout_request *request);

#endif
