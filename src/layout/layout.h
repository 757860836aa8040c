/* SPDX-License-Identifier: MIT
 *
 * Places a scene on paper. No text overlaps another or is cut off at an edge:
 * text without enough room is shortened, and a label inside the chart that
 * still doesn't fit is left out.
 */
#ifndef MPROF_LAYOUT_LAYOUT_H
#define MPROF_LAYOUT_LAYOUT_H

#include "layout/drawing.h"
#include "scene/scene.h"

/* Measures the width of a text in the font that will draw it. */
struct text_measure {
	double (*width)(void *fonts, const char *text, double size, bool bold);
	void *fonts;
};

enum { LAYOUT_LEAST_WIDTH = 160, LAYOUT_LEAST_HEIGHT = 100 };
enum { LAYOUT_USUAL_WIDTH = 1260, LAYOUT_USUAL_HEIGHT = 540 };

struct layout_request {
	double width, height; /* at least the minimum */
	double density;       /* pixel columns per unit: the picture's scale */
	size_t most_columns;  /* for a line, in files that grow with them */
	bool every_sample;    /* all samples instead of M4, for its test */
	struct text_measure measure;
};

/* The height of a picture of the usual width with enough room for its panels:
 * calls of many threads or levels make it higher, few rows of a heat map
 * lower. */
double layout_usual_height(const struct scene *scene) __attribute__((nonnull));

/* Fills drawing, which the caller finishes. */
void layout_scene(struct drawing *drawing, const struct scene *scene,
    const struct layout_request *request);
void drawing_finish(struct drawing *drawing);

/* A selection of the times that all layers of a stack share. A picture or page
 * that can't hold all times leaves out the same ones in every layer, so that
 * layers add up to the total at each remaining time. */
struct stack_times {
	size_t *items; /* indices of samples */
	bool *starts;  /* for each: a gap precedes it */
	size_t len;
};

/* Selects among the times of top, which need that many points for all layers,
 * as many as need at most `most`: the one with the highest stack in each group
 * of times, so that every peak is kept, and the first and last one beside each
 * gap. */
struct stack_times stack_times_choose(
    const struct scene_line *top, size_t points, size_t most);
void stack_times_finish(struct stack_times *times);

#endif
