/* SPDX-License-Identifier: MIT
 *
 * The lower envelope of a series: what stays when a collector has run. A
 * series of any length becomes at most ENVELOPE_BINS minima of equal spans of
 * time, and those become the minima of a number of blocks.
 * Left out are the dips of one sample, where they are deep and seldom.
 */
#ifndef MPROF_ANALYSIS_ENVELOPE_H
#define MPROF_ANALYSIS_ENVELOPE_H

#include "profile/series.h"

enum { ENVELOPE_BINS = 960 };

struct envelope {
	double first_s, span_s;
	double floors[ENVELOPE_BINS]; /* MiB; NAN where there is no sample */
};

/* series must be sorted, with at least one sample. */
void envelope_init(struct envelope *envelope, const struct series *series)
    __attribute__((nonnull));

/* The median difference between adjacent samples, of at most 1,024 pairs;
 * series must have a sample. */
double envelope_step(const struct series *series) __attribute__((nonnull));

/* The minima of `blocks` equal parts of the time: y in MiB, x the middle of
 * each part as a share (0 to 1) of the span. Parts without a sample are left
 * out; returns the number of points. */
size_t envelope_blocks(const struct envelope *envelope, size_t blocks,
    double *x, double *y) __attribute__((nonnull));

/* The bottoms of teeth at least `share` of the whole range high, as x and y
 * like envelope_blocks(). Returns 0 if there are more than `most`. */
size_t envelope_valleys(const struct envelope *envelope, double share,
    size_t most, double *x, double *y) __attribute__((nonnull));

#endif
