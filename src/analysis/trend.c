// SPDX-License-Identifier: MIT
#include "analysis/trend.h"

/* Sums are relative to the first time and a running mean: squares of seconds
 * since the epoch would leave a double no digits for the samples. */
bool trend_fit(struct trend *trend, const struct series *series, double from_s,
    double to_s)
{
	size_t first = series_find(series, from_s), i;
	double mean_t = 0, mean_m = 0, tt = 0, tm = 0, count = 0, zero;

	if (first == series->len)
		return false;
	zero = series->items[first].time_s;
	for (i = first; i < series->len; i++) {
		double t = series->items[i].time_s - zero, dt, dm;

		if (series->items[i].time_s > to_s)
			break;
		count++;
		dt = t - mean_t;
		dm = series->items[i].mib - mean_m;
		mean_t += dt / count;
		mean_m += dm / count;
		tt += dt * (t - mean_t);
		tm += dt * (series->items[i].mib - mean_m);
	}
	if (tt <= 0)
		return false;
	trend->mib_per_s = tm / tt;
	trend->from_s = zero;
	trend->to_s = series->items[i - 1].time_s;
	trend->from_mib = mean_m - trend->mib_per_s * mean_t;
	trend->to_mib =
	    trend->from_mib + trend->mib_per_s * (trend->to_s - zero);
	return true;
}
