/* SPDX-License-Identifier: MIT
 *
 * Trend statistics that are robust against a few outliers. Sequences are short
 * (block figures, at most ROBUST_MAX points); x strictly ascends.
 *
 * Slope: Theil (1950), Sen (1968): the median of the slopes of all pairs.
 * Test: Mann (1945), Kendall (1975), its variance corrected for
 * autocorrelation as by Hamed and Rao, "A modified Mann-Kendall trend test for
 * autocorrelated data", J. Hydrology 204 (1998). Interval of the slope: Sen's,
 * with that same variance.
 */
#ifndef MPROF_ANALYSIS_ROBUST_H
#define MPROF_ANALYSIS_ROBUST_H

#include <stddef.h>

enum { ROBUST_MAX = 96 };

struct robust_trend {
	double slope;     /* y per x; 0 for fewer than two points */
	double intercept; /* median of y - slope * x */
	double low, high; /* 95 % interval of the slope */
	double z;         /* Mann-Kendall's S over its corrected deviation */
	double tau;       /* Kendall's, -1 to 1 */
	double spread;    /* robust deviation of the residuals (MAD * 1.4826) */
};

/* The value of that rank (0: the lowest); reorders values. */
double robust_select(double *values, size_t count, size_t rank)
    __attribute__((nonnull));

/* The median (mean of the middle two), 0 for none; reorders values. */
double robust_median(double *values, size_t count);

/* 1.4826 times the median absolute deviation; reorders values. */
double robust_deviation(double *values, size_t count);

/* The standard error of the slope, from its interval. */
double robust_slope_error(const struct robust_trend *trend)
    __attribute__((nonnull));

/* count is 0 to ROBUST_MAX. */
void robust_theil_sen(const double *x, const double *y, size_t count,
    struct robust_trend *out) __attribute__((nonnull));

#endif
