/* SPDX-License-Identifier: MIT
 *
 * Mirrors a chart, so that time runs from right to left, as memory_profiler
 * draws a window that is given backwards.
 */
#ifndef MPROF_LAYOUT_MIRROR_H
#define MPROF_LAYOUT_MIRROR_H

#include "layout/drawing.h"

/* Swaps left and right of the shapes and clips from those indices on. Those
 * above or beside the area, such as the memory axis's labels, stay. */
void layout_mirror(struct drawing *drawing, size_t first_shape,
    size_t first_clip, const struct draw_box *area);

#endif
