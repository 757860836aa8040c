// SPDX-License-Identifier: MIT
#include "analysis/robust.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

static const double normal_95 = 1.959964;

/* Quickselect, Hoare's FIND (1961): afterwards no value before that rank is
 * larger, and none after it smaller. A full sort took a quarter of a verdict's
 * time. */
double robust_select(double *values, size_t count, size_t rank)
{
	ptrdiff_t low = 0, high = (ptrdiff_t)count - 1;
	ptrdiff_t sought = (ptrdiff_t)rank;

	while (low < high) {
		double pivot = values[low + (high - low) / 2];
		ptrdiff_t i = low, j = high;

		while (i <= j) {
			double swap;

			while (i < high && values[i] < pivot)
				i++;
			while (j > low && pivot < values[j])
				j--;
			if (i > j)
				break;
			swap = values[i];
			values[i++] = values[j];
			values[j--] = swap;
		}
		if (sought <= j)
			high = j;
		else if (sought >= i)
			low = i;
		else
			break;
	}
	return values[rank];
}

double robust_median(double *values, size_t count)
{
	if (count == 0)
		return 0;
	return (robust_select(values, count, (count - 1) / 2) +
		   robust_select(values, count, count / 2)) /
	       2;
}

double robust_deviation(double *values, size_t count)
{
	double middle = robust_median(values, count);

	for (size_t i = 0; i < count; i++)
		values[i] = fabs(values[i] - middle);
	return 1.4826 * robust_median(values, count);
}

/* Mean ranks, from 1, of values. */
static void robust_rank_values(
    const double *values, size_t count, double *ranks)
{
	for (size_t i = 0; i < count; i++) {
		double below = 0, equal = 0;

		for (size_t j = 0; j < count; j++) {
			below += values[j] < values[i];
			equal += values[j] == values[i];
		}
		ranks[i] = below + (equal + 1) / 2;
	}
}

static double robust_autocorrelation(
    const double *values, size_t count, size_t lag)
{
	double mean = 0, variance = 0, covariance = 0;

	for (size_t i = 0; i < count; i++)
		mean += values[i] / (double)count;
	for (size_t i = 0; i < count; i++) {
		variance += (values[i] - mean) * (values[i] - mean);
		if (i + lag < count)
			covariance +=
			    (values[i] - mean) * (values[i + lag] - mean);
	}
	return variance > 1e-6 ? covariance / variance : 0; /* of ranks */
}

/* Hamed and Rao's n / n*, at least 1: only significant (5 %) autocorrelations
 * of the residuals' ranks count. */
static double robust_variance_factor(const double *residuals, size_t count)
{
	double ranks[ROBUST_MAX], sum = 0, n = (double)count;

	if (count < 4)
		return 1;
	robust_rank_values(residuals, count, ranks);
	for (size_t lag = 1; lag < count - 2; lag++) {
		double r = robust_autocorrelation(ranks, count, lag);
		double k = (double)lag;

		if (fabs(r) > normal_95 / sqrt(n))
			sum += (n - k) * (n - k - 1) * (n - k - 2) * r;
	}
	return fmax(1, 1 + 2 * sum / (n * (n - 1) * (n - 2)));
}

/* Var(S) of Mann-Kendall, corrected for ties. */
static double robust_kendall_variance(const double *y, size_t count)
{
	double n = (double)count, sum = n * (n - 1) * (2 * n + 5);

	for (size_t i = 0; i < count; i++) {
		double equal = 0;

		for (size_t j = 0; j < count; j++)
			equal += y[j] == y[i];
		sum -= (equal - 1) * (2 * equal + 5);
	}
	return sum / 18;
}

/* Makes residuals equal that differ only by rounding. */
static void robust_level_rounding(
    double *residuals, const double *y, size_t count)
{
	double grain = 0;

	for (size_t i = 0; i < count; i++)
		grain = fmax(grain, fabs(y[i]) * 1e-12);
	for (size_t i = 0; i < count && grain > 0; i++)
		residuals[i] = round(residuals[i] / grain) * grain;
}

/* Fills slopes with those of all pairs; returns Kendall's S. */
static double robust_pair_slopes(
    const double *x, const double *y, size_t count, double *slopes)
{
	size_t pairs = 0;
	double s = 0;

	for (size_t i = 0; i < count; i++) {
		for (size_t j = i + 1; j < count; j++) {
			slopes[pairs++] = (y[j] - y[i]) / (x[j] - x[i]);
			s += (y[j] > y[i]) - (y[j] < y[i]);
		}
	}
	return s;
}

/* Sen's interval: its ends are the slopes whose ranks are the deviation of S
 * away from the middle. */
static void robust_slope_interval(
    double *slopes, size_t pairs, double deviation, struct robust_trend *out)
{
	double reach = normal_95 * deviation, n = (double)pairs;
	double first = floor((n - reach) / 2), last = ceil((n + reach) / 2);

	out->low = robust_select(slopes, pairs, first < 0 ? 0 : (size_t)first);
	out->high = robust_select(
	    slopes, pairs, last > n - 1 ? pairs - 1 : (size_t)last);
}

double robust_slope_error(const struct robust_trend *trend)
{
	return (trend->high - trend->low) / (2 * normal_95);
}

void robust_theil_sen(
    const double *x, const double *y, size_t count, struct robust_trend *out)
{
	size_t pairs = count * (count > 0 ? count - 1 : 0) / 2;
	double residuals[ROBUST_MAX], scratch[ROBUST_MAX];
	double s, deviation, *slopes;

	*out = (struct robust_trend){.intercept = count ? y[0] : 0};
	if (count < 2 || count > ROBUST_MAX)
		return;
	slopes = mem_zero(pairs, sizeof(slopes[0]));
	s = robust_pair_slopes(x, y, count, slopes);
	out->slope = robust_median(slopes, pairs);
	for (size_t i = 0; i < count; i++)
		scratch[i] = residuals[i] = y[i] - out->slope * x[i];
	robust_level_rounding(residuals, y, count);
	out->spread = robust_deviation(scratch, count);
	for (size_t i = 0; i < count; i++)
		scratch[i] = residuals[i];
	out->intercept = robust_median(scratch, count);
	deviation = sqrt(robust_kendall_variance(y, count) *
			 robust_variance_factor(residuals, count));
	robust_slope_interval(slopes, pairs, deviation, out);
	out->tau = s / (double)pairs;
	if (deviation > 0 && s != 0)
		out->z = (s - (s > 0 ? 1 : -1)) / deviation;
	free(slopes);
}
