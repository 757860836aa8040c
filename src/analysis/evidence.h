/* SPDX-License-Identifier: MIT
 *
 * Which samples of a recording are evidence of a trend: the lives of a program
 * without their ends, the stretch between a start and a rest, and the floors
 * of rounds.
 */
#ifndef MPROF_ANALYSIS_EVIDENCE_H
#define MPROF_ANALYSIS_EVIDENCE_H

#include "analysis/envelope.h"
#include "analysis/fit.h"

enum { EVIDENCE_LIVES = 32, EVIDENCE_FALLS = 12 };

/* Returns how many samples come before the program's end: those after its last
 * plateau, lower than all for a while, show it on its way out. ended: the end
 * is known, and may have taken long. */
size_t evidence_end(const struct series *series, bool ended)
    __attribute__((nonnull));

/* Finds a program's lives: starts[] gets the first sample of each, then the end
 * of the last. Between lives memory falls far and near to its lowest. Returns
 * how many; 0 for fewer than three or more than EVIDENCE_LIVES. */
size_t evidence_lives(const struct series *series,
    size_t starts[EVIDENCE_LIVES + 1]) __attribute__((nonnull));

/* Finds the stretches between falls that are about as large as the largest, be
 * they near the lowest or not; starts[] as above. A program that is started
 * again shows no more than this where its start-up is over within a sample.
 * Returns how many; 0 for one, or more than EVIDENCE_FALLS. */
size_t evidence_falls(const struct series *series,
    size_t starts[EVIDENCE_LIVES + 1]) __attribute__((nonnull));

/* Whether a life has a start-up, as a collector's cycle has not: it begins well
 * below the line on which it goes on. */
bool evidence_starts_up(const struct series *life) __attribute__((nonnull));

/* A recording in at most three straight pieces: a start, the stretch that may
 * be judged, and what follows it. The best partition is the one with the least
 * squared residuals, weighed by Schwarz's criterion (BIC, 1978), as in a
 * search for two change points (Bai and Perron, Econometrica 66, 1998). */
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

/* Ups and downs that come round are days, office hours or long even teeth.
 * Autocorrelation finds the length of a round as a share of the span; 0 where
 * nothing comes round, or less than twice and a half. */
double cycle_find(const struct envelope *envelope) __attribute__((nonnull));

/* The floors (the mean of the lowest quarter) of the whole rounds, counted
 * from the end; x and y as in envelope_blocks(), at most `most`. */
size_t cycle_floors(const struct envelope *envelope, double length, size_t most,
    double *x, double *y) __attribute__((nonnull));

#endif
