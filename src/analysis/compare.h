/* SPDX-License-Identifier: MIT
 *
 * One figure of two sets of recordings, side by side: how far apart they are,
 * how sure that is, and whether chance alone would do it.
 *
 * Interval: percentile bootstrap of the difference of the means (Efron 1979).
 * p: two-sided permutation test of that difference (Fisher 1935, Pitman 1937),
 * all partitions where there are few enough, random ones beyond. Both use a
 * fixed seed: the same recordings give the same figures.
 */
#ifndef MPROF_ANALYSIS_COMPARE_H
#define MPROF_ANALYSIS_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

struct comparison {
	size_t a_count, b_count;
	double a, b;       /* means */
	double difference; /* b - a */
	double relative;   /* difference / a; 0 where a is 0 */
	bool repeated;     /* at least two on each side: what follows counts */
	double low, high;  /* 95 % interval of the difference */
	double p;          /* 1 where not repeated */
};

/* Both sides hold at least one finite value. */
void compare_values(const double *a, size_t a_count, const double *b,
    size_t b_count, struct comparison *out) __attribute__((nonnull));

#endif
