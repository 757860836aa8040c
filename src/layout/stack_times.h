/* SPDX-License-Identifier: MIT
 *
 * The layers of a stack share their times. Whoever can't take all of them, a
 * picture or a page, leaves out the same ones in every layer, so that layers
 * add up to the whole at each time that is left.
 */
#ifndef MPROF_LAYOUT_STACK_TIMES_H
#define MPROF_LAYOUT_STACK_TIMES_H

#include "scene/scene.h"

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
