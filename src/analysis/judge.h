/* SPDX-License-Identifier: MIT
 *
 * Judges whether one stretch of a recording leaks, from its lower envelope
 * (analysis/envelope.h), so that a collector's sawtooth is no leak: after the
 * warm-up, by a robust slope and a test for a monotone trend
 * (analysis/robust.h), against shapes of growth that is no leak
 * (analysis/fit.h). analysis/evidence.h selects the stretch.
 */
#ifndef MPROF_ANALYSIS_JUDGE_H
#define MPROF_ANALYSIS_JUDGE_H

#include "analysis/envelope.h"
#include "analysis/leak.h"

enum { JUDGE_FEWEST = 24 }; /* least number of samples */

/* Noise below which levels are equal: pages, and one part in 10^5. */
double judge_least_noise(const double *y, size_t count);

/* Fills the verdict and the slope; the envelope covers the stretch. */
void judge_envelope(const struct envelope *envelope, struct leak *out)
    __attribute__((nonnull));

/* The same by the floors of equal cycles alone, at most FIT_MAX: leaking,
 * undecided or steady. */
void judge_floors(const struct envelope *envelope, const double *x,
    const double *y, size_t count, struct leak *out) __attribute__((nonnull));

#endif
