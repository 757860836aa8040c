/* SPDX-License-Identifier: MIT
 *
 * The straight line that fits a stretch of samples best (least squares).
 */
#ifndef MPROF_ANALYSIS_TREND_H
#define MPROF_ANALYSIS_TREND_H

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

#endif
