/* SPDX-License-Identifier: MIT
 *
 * The samples of a recording that are evidence of a trend: lives of a program
 * without their ends, the stretch between a start and a rest, and the floors
 * of cycles.
 */
#ifndef MPROF_ANALYSIS_EVIDENCE_H
#define MPROF_ANALYSIS_EVIDENCE_H

#include "analysis/envelope.h"
#include "analysis/fit.h"
#include "analysis/trend.h"

enum { EVIDENCE_LIVES = 32, EVIDENCE_FALLS = 12 };

/* Returns how many samples come before the program's end: samples after its
 * last plateau that stay lower than all for a while belong to the end. ended:
 * the end is known, and may have taken long. */
size_t evidence_end(const struct series *series, bool ended)
    __attribute__((nonnull));

/* Finds a program's lives: starts[] gets the first sample of each, then the end
 * of the last. Between lives memory falls far, close to its lowest. Returns
 * their number; 0 for fewer than three or more than EVIDENCE_LIVES. */
size_t evidence_lives(const struct series *series,
    size_t starts[EVIDENCE_LIVES + 1]) __attribute__((nonnull));

/* Finds the stretches between falls of about the size of the largest, whether
 * close to the lowest or not; starts[] as above. A restarted program shows only
 * these where its start-up is over within a sample. Returns their number; 0 for
 * one, or more than EVIDENCE_FALLS. */
size_t evidence_falls(const struct series *series,
    size_t starts[EVIDENCE_LIVES + 1]) __attribute__((nonnull));

/* The largest of those falls. */
double evidence_fall(const struct series *series, const size_t *starts,
    size_t count) __attribute__((nonnull));

/* Whether memory never rises as fast in a life, but for its start, as it fell:
 * that of days and batches comes as it goes. */
bool evidence_rises_slowly(const struct series *life, double fall)
    __attribute__((nonnull));

/* Whether a life has a start-up, unlike a collector's cycle: it begins well
 * below the line on which it continues. */
bool evidence_starts_up(const struct series *life) __attribute__((nonnull));

/* A recording in at most three straight pieces: a start, the stretch to be
 * judged, and what follows it. The best partition has the least squared
 * residuals, weighed by Schwarz's criterion (BIC, 1978), as in a search for two
 * change points (Bai and Perron, Econometrica 66, 1998). */
struct piece {
	size_t from, end;       /* points [from, end) */
	struct trend_line line; /* zeros if empty */
};

struct pieces {
	struct piece before, middle, after; /* before and after may be empty */
	double bic;
};

/* Takes at least 8 points in order of x; noise as in fit.h. starts: there may
 * be a piece before the middle. */
void pieces_find(const struct fit_points *p, double noise, bool starts,
    struct pieces *out) __attribute__((nonnull));

/* Whether the piece before the middle is a start: it rises to the middle's
 * level, faster than the middle continues. */
bool pieces_start(const struct pieces *pieces, const struct fit_points *p,
    double noise) __attribute__((nonnull));

/* Whether the piece after the middle is flat, near the level reached. */
bool pieces_rest(const struct pieces *pieces, const struct fit_points *p)
    __attribute__((nonnull));

/* The least slope of a lasting leak that would have shown in the quietest part
 * of the points, a sixth of them or more: the slope that was found there plus
 * six times its error. INFINITY where memory is highest at the end: it may have
 * leaked in jumps. */
double pieces_quietest(const struct fit_points *p, double noise)
    __attribute__((nonnull));

/* Periodic ups and downs are days, office hours or long even teeth.
 * Autocorrelation finds the period as a share of the span; 0 where there is
 * none, or fewer than two and a half periods. */
double cycle_find(const struct envelope *envelope) __attribute__((nonnull));

/* The floors (the mean of the lowest quarter) of whole periods, counted from
 * the end; x and y as in envelope_blocks(), at most `most`. */
size_t cycle_floors(const struct envelope *envelope, double length, size_t most,
    double *x, double *y) __attribute__((nonnull));

#endif
