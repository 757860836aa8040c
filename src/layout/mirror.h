/* SPDX-License-Identifier: MIT
 *
 * A chart whose time runs from right to left, as memory_profiler draws a window
 * that is given backwards.
 */
#ifndef MPROF_LAYOUT_MIRROR_H
#define MPROF_LAYOUT_MIRROR_H

#include "layout/drawing.h"

/* Exchanges left and right of the shapes and clips from those indices on. What
 * stands above the area or beside it, as the labels of the memory axis do,
 * stays. */
void layout_mirror(struct drawing *drawing, size_t first_shape,
    size_t first_clip, const struct draw_box *area);

#endif
