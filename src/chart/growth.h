/* SPDX-License-Identifier: MIT
 *
 * A flame graph of growth: every stack that memory grew under, its frames as
 * lanes from the outermost at the bottom, as wide as what grew.
 */
#ifndef MPROF_CHART_GROWTH_H
#define MPROF_CHART_GROWTH_H

#include "analysis/lines.h"
#include "base/err.h"
#include "scene/scene.h"

/* Fills scene, which the caller finishes in any case; -1 with e where nothing
 * grew. What was given back has no place in it and is left to a note. */
int chart_growth(struct scene *scene, const struct stack_growths *growths,
    const char *title, struct err *e)
    __attribute__((nonnull, warn_unused_result));

#endif
