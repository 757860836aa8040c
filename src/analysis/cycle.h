/* SPDX-License-Identifier: MIT
 *
 * Ups and downs that come round: days, office hours, long even teeth. Found by
 * autocorrelation; then each round's floor is a figure to compare with the
 * other rounds'.
 */
#ifndef MPROF_ANALYSIS_CYCLE_H
#define MPROF_ANALYSIS_CYCLE_H

#include "analysis/envelope.h"

/* The length of a round as a share of the span; 0 where nothing comes round,
 * or less than twice and a half. */
double cycle_find(const struct envelope *envelope) __attribute__((nonnull));

/* The floors (the mean of the lowest quarter) of the whole rounds, counted
 * from the end; x and y as in envelope_blocks(), at most `most`. */
size_t cycle_floors(const struct envelope *envelope, double length, size_t most,
    double *x, double *y) __attribute__((nonnull));

#endif
