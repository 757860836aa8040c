/* SPDX-License-Identifier: MIT
 *
 * Writes a drawing as SVG with real text: it can be searched, copied and read
 * by a machine, and keeps its position in any font. Things have a title, which
 * a browser shows under the pointer.
 */
#ifndef MPROF_RENDER_SVG_H
#define MPROF_RENDER_SVG_H

#include <stdio.h>

#include "base/err.h"
#include "layout/drawing.h"
#include "render/palette.h"

/* -1 with e where writing to out fails. */
int svg_write(const struct drawing *drawing, const struct palette *palette,
    FILE *out, struct err *e) __attribute__((nonnull, warn_unused_result));

#endif
