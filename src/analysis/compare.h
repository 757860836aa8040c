/* SPDX-License-Identifier: MIT
 *
 * One figure of two sets of recordings, side by side: how far apart they are,
 * how sure that is, and whether chance alone would do it.
 *
 * Interval: percentile bootstrap of the difference of the means (Efron 1979),
 * widened for few runs (Hesterberg, "What Teachers Should Know About the
 * Bootstrap", 2015) with Welch's degrees of freedom (1947); of a single run
 * beside several, the prediction interval.
 * p: two-sided permutation test of that difference (Fisher 1935, Pitman 1937),
 * all partitions where there are few enough, random ones beyond. Both use a
 * fixed seed: the same recordings give the same figures. Means of more than 200
 * runs are taken to be normally distributed (central limit theorem).
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
	bool spread;       /* at least two values in one set: */
	double low, high;  /* 95 % interval of the difference */
	bool repeated;     /* at least two in each set: */
	double p;          /* 1 where not repeated */
	double least_p;    /* the lowest p that so few runs can have */
};

/* Each set needs a value. One that is unknown is NAN: then the mean of its set,
 * the difference, its interval and relative are, too. */
void compare_values(const double *a, size_t a_count, const double *b,
    size_t b_count, struct comparison *out) __attribute__((nonnull));

#endif
