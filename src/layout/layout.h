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

/* The width of a text in the fonts that will draw it. */
struct text_measure {
	double (*width)(void *fonts, const char *text, double size, bool bold);
	void *fonts;
};

enum { LAYOUT_LEAST_WIDTH = 160, LAYOUT_LEAST_HEIGHT = 100 };
enum { LAYOUT_USUAL_WIDTH = 1260, LAYOUT_USUAL_HEIGHT = 540 };

struct layout_request {
	double width, height; /* not under the least ones */
	double density;       /* pixel columns a unit: the picture's scale */
	size_t most_columns;  /* of a line, in files that grow with them */
	bool every_sample;    /* in place of M4; for the test of M4 */
	struct text_measure measure;
};

/* The height of a picture of the usual width whose panels have the room that
 * they take: calls of many threads, or of many levels, make it higher. */
double layout_usual_height(const struct scene *scene) __attribute__((nonnull));

/* Fills drawing, which the caller finishes. */
void layout_scene(struct drawing *drawing, const struct scene *scene,
    const struct layout_request *request);
void drawing_finish(struct drawing *drawing);

/* Some of the times of a stack's layers, which all layers have in common. A
 * picture or a page that can't hold all times leaves out the same ones in every
 * layer, so that layers add up to the whole at each time that is left. */
struct stack_times {
	size_t *items; /* indices of the layers' samples */
	bool *starts;  /* beside them: whether a gap is before it */
	size_t len;
};

/* Whether the line is a layer. */
bool stack_is_layer(const struct scene_line *line);

/* The layer on top of the others; NULL where none of the lines is one. */
const struct scene_line *stack_top(const struct scene_line *lines, size_t len);

/* Chooses among the times of top, which take so many points for all layers,
 * those that take at most so many: the one with the highest stack of each group
 * of times, so that every peak stays; the first and last one beside each gap.
 */
struct stack_times stack_times_choose(
    const struct scene_line *top, size_t points, size_t most);
void stack_times_finish(struct stack_times *times);

#endif
