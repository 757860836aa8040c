/* SPDX-License-Identifier: MIT
 *
 * Which samples of a recording are evidence of a trend. All take a sorted
 * series; what they return counts its samples.
 */
#ifndef MPROF_ANALYSIS_STRETCH_H
#define MPROF_ANALYSIS_STRETCH_H

#include "profile/series.h"

enum { STRETCH_LIVES = 32 };

/* Returns how many samples come before the program's end: those after its last
 * plateau, lower than all for a while, show it on its way out. ended: the end
 * is known, and may have taken long. */
size_t stretch_end(const struct series *series, bool ended)
    __attribute__((nonnull));

/* Finds a program's lives: starts[] gets the first sample of each, then the end
 * of the last. Between lives memory falls far and near to its lowest. Returns
 * how many; 0 for fewer than three or more than STRETCH_LIVES. */
size_t stretch_lives(const struct series *series,
    size_t starts[STRETCH_LIVES + 1]) __attribute__((nonnull));

/* Whether a life has a start-up, as a collector's cycle has not: it begins well
 * below the line on which it goes on. */
bool stretch_starts_up(const struct series *life) __attribute__((nonnull));

#endif
