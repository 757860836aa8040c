/* SPDX-License-Identifier: MIT
 *
 * A recording in at most three straight pieces: a start, the stretch that may
 * be judged, and what follows it. The best partition is the one with the least
 * squared residuals, weighed by Schwarz's criterion (BIC, 1978), as in a
 * search for two change points (Bai and Perron, Econometrica 66, 1998).
 */
#ifndef MPROF_ANALYSIS_PIECES_H
#define MPROF_ANALYSIS_PIECES_H

#include <stdbool.h>

#include "analysis/fit.h"

struct piece {
	size_t from, end; /* points [from, end) */
	double a, slope;  /* y = a + slope * x */
	double residue;
};

struct pieces {
	struct piece before, middle, after; /* before and after may be empty */
	double bic;
};

/* Takes points in order of x, at least 8; noise as for the shapes of fit.h.
 * starts: there may be a piece before the middle. */
void pieces_find(const struct fit_points *p, double noise, bool starts,
    struct pieces *out) __attribute__((nonnull));

/* Whether what stands before the middle is a start: it rises to the middle's
 * level, faster than the middle goes on. */
bool pieces_start(const struct pieces *pieces, const struct fit_points *p,
    double noise) __attribute__((nonnull));

/* Whether what follows the middle stands still, near the level reached. */
bool pieces_rest(const struct pieces *pieces, const struct fit_points *p)
    __attribute__((nonnull));

/* The slope of a lasting leak that would have shown in the quietest part of
 * the points, a sixth of them or more: it would be steeper than what is seen
 * there and six times its error. INFINITY where memory stands higher at the
 * end than ever before: then it may have leaked in jumps. */
double pieces_quietest(const struct fit_points *p, double noise)
    __attribute__((nonnull));

#endif
