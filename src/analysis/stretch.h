/* SPDX-License-Identifier: MIT
 *
 * Which samples of a recording are evidence of a trend. All take a sorted
 * series; what they return counts its samples.
 */
#ifndef MPROF_ANALYSIS_STRETCH_H
#define MPROF_ANALYSIS_STRETCH_H

#include "profile/series.h"

enum { STRETCH_LIVES = 32 };

/* How many samples there are before the program's end shows: those behind its
 * last plateau, lower than all that was seen for a while, see it on its way
 * out. ended: the end is known, and may have taken long. */
size_t stretch_end(const struct series *series, bool ended)
    __attribute__((nonnull));

/* Where lives begin, the first at 0, and at [count] where the last one ends;
 * memory falls far and near to its lowest between them. 0 where there are
 * fewer than three or more than STRETCH_LIVES. */
size_t stretch_lives(const struct series *series,
    size_t starts[STRETCH_LIVES + 1]) __attribute__((nonnull));

/* Whether that life has a start-up of its own, which a collector's tooth has
 * not: it begins well below the line that it goes on with. */
bool stretch_starts_up(const struct series *life) __attribute__((nonnull));

#endif
