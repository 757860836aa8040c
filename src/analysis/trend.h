/* SPDX-License-Identifier: MIT
 *
 * Straight lines that fit best, by least squares: through the samples of a
 * series, and through any stretch of a sequence of points. Lines that few
 * outliers don't move are robust.h's, other shapes fit.h's.
 */
#ifndef MPROF_ANALYSIS_TREND_H
#define MPROF_ANALYSIS_TREND_H

#include "analysis/leak.h"
#include "profile/series.h"

struct trend {
	double mib_per_s;
	double from_s, to_s;     /* first and last sample that was used */
	double from_mib, to_mib; /* the line's values there */
};

/* Fits the samples of a sorted series from from_s to to_s; false with fewer
 * than two different times. */
bool trend_fit(struct trend *trend, const struct series *series, double from_s,
    double to_s);

/* The line that stands for a sorted series: that of its verdict, along the
 * stretch that was judged; with too few samples for one, the line that fits all
 * of them. False where there is none. */
bool trend_of(struct trend *trend, const struct series *series,
    const struct leak *leak) __attribute__((nonnull));

enum { TREND_POINTS = 400 };

/* Sums over the points before each one, and over all. */
struct trend_sums {
	double first_y; /* y is relative to it */
	struct trend_sum {
		double x, y, xx, xy, yy;
	} before[TREND_POINTS + 1];
};

struct trend_line {
	double a, slope; /* y = a + slope * x */
	double residue;  /* sum of the squared residuals */
};

/* count is 1 to TREND_POINTS; x ascends. */
void trend_add_up(struct trend_sums *sums, const double *x, const double *y,
    size_t count) __attribute__((nonnull));

/* The line through the points from `from` on and before end, at least one; that
 * of one point is level. */
struct trend_line trend_line(const struct trend_sums *sums, size_t from,
    size_t end) __attribute__((nonnull));

#endif
