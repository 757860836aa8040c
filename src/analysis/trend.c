// SPDX-License-Identifier: MIT
#include "analysis/trend.h"

#include <math.h>

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

bool trend_of(
    struct trend *trend, const struct series *series, const struct leak *leak)
{
	double rise = leak->mib_per_s * (leak->until_s - leak->since_s);

	if (!leak->judged)
		return trend_fit(trend, series, -INFINITY, INFINITY);
	*trend = (struct trend){.mib_per_s = leak->mib_per_s,
	    .from_s = leak->since_s,
	    .to_s = leak->until_s,
	    .from_mib = leak->level_mib - rise,
	    .to_mib = leak->level_mib};
	return true;
}

void trend_add_up(
    struct trend_sums *sums, const double *x, const double *y, size_t count)
{
	struct trend_sum sum = {0, 0, 0, 0, 0};

	sums->first_y = y[0];
	for (size_t i = 0; i < count; i++) {
		double dy = y[i] - y[0];

		sums->before[i] = sum;
		sum.x += x[i];
		sum.y += dy;
		sum.xx += x[i] * x[i];
		sum.xy += x[i] * dy;
		sum.yy += dy * dy;
	}
	sums->before[count] = sum;
}

/* Differences of sums: those of a single point are rounding, and so is a slope
 * made of them. */
struct trend_line trend_line(
    const struct trend_sums *sums, size_t from, size_t end)
{
	const struct trend_sum *s = &sums->before[from];
	const struct trend_sum *e = &sums->before[end];
	double n = (double)(end - from);
	double x = (e->x - s->x) / n, y = (e->y - s->y) / n;
	double xx = e->xx - s->xx - n * x * x;
	double xy = e->xy - s->xy - n * x * y;
	double yy = e->yy - s->yy - n * y * y;
	double slope = xx > 1e-12 * e->xx ? xy / xx : 0;

	return (struct trend_line){.a = sums->first_y + y - slope * x,
	    .slope = slope,
	    .residue = fmax(0, yy - slope * xy)};
}
