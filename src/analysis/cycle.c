// SPDX-License-Identifier: MIT
#include "analysis/cycle.h"

#include <math.h>
#include <stdlib.h>

enum { POINTS = 240, BINS = ENVELOPE_BINS / POINTS };

static const double dips = 0.2, peaks = 0.4; /* of the autocorrelation */
static const double most_share = 0.4;        /* of the span */

/* Means of bins, the line taken out; false where the half of them is empty. */
static bool cycle_flatten(const struct envelope *envelope, double *y)
{
	double mean = 0, slope = 0, xx = 0, last = NAN;
	size_t known = 0;

	for (size_t i = 0; i < POINTS; i++) {
		double sum = 0, count = 0;

		for (size_t b = i * BINS; b < (i + 1) * BINS; b++) {
			if (isnan(envelope->floors[b]))
				continue;
			sum += envelope->floors[b];
			count++;
		}
		known += count > 0;
		last = y[i] = count > 0 ? sum / count : last;
	}
	if (known < POINTS / 2)
		return false;
	for (size_t i = 0; i < POINTS; i++)
		mean += y[i] / POINTS;
	for (size_t i = 0; i < POINTS; i++) {
		double x = (double)i - (POINTS - 1) / 2.0;

		slope += x * (y[i] - mean);
		xx += x * x;
	}
	for (size_t i = 0; i < POINTS; i++)
		y[i] -= mean + slope / xx * ((double)i - (POINTS - 1) / 2.0);
	return true;
}

static double cycle_correlation(const double *y, size_t lag)
{
	double product = 0, one = 0, other = 0;

	for (size_t i = 0; i + lag < POINTS; i++) {
		product += y[i] * y[i + lag];
		one += y[i] * y[i];
		other += y[i + lag] * y[i + lag];
	}
	return one > 0 && other > 0 ? product / sqrt(one * other) : 0;
}

double cycle_find(const struct envelope *envelope)
{
	double y[POINTS], best = peaks;
	size_t at = 0, lag = 1, last = (size_t)(most_share * POINTS);

	if (!cycle_flatten(envelope, y))
		return 0;
	while (lag < last && cycle_correlation(y, lag) > dips)
		lag++;
	for (; lag <= last; lag++) {
		double r = cycle_correlation(y, lag);

		/* The first of the peaks that are nearly as high. */
		if (r > best + (at ? 0.1 : 0) ||
		    (r > best && at && lag == at + 1)) {
			best = r;
			at = lag;
		}
	}
	return at == last ? 0 : (double)at / POINTS;
}

static int cycle_compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double floor_of(const struct envelope *envelope, size_t from, size_t end)
{
	double sorted[ENVELOPE_BINS], sum = 0;
	size_t count = 0, lowest;

	for (size_t i = from; i < end; i++) {
		if (!isnan(envelope->floors[i]))
			sorted[count++] = envelope->floors[i];
	}
	if (count == 0)
		return NAN;
	qsort(sorted, count, sizeof(sorted[0]), cycle_compare_doubles);
	lowest = (count + 3) / 4;
	for (size_t i = 0; i < lowest; i++)
		sum += sorted[i];
	return sum / (double)lowest;
}

size_t cycle_floors(const struct envelope *envelope, double length, size_t most,
    double *x, double *y)
{
	size_t rounds = (size_t)(1 / length), count = 0;

	if (rounds > most)
		return 0;
	for (size_t k = rounds; k > 0; k--) {
		double from = 1 - (double)k * length, end = from + length;
		double floor =
		    floor_of(envelope, (size_t)(fmax(0, from) * ENVELOPE_BINS),
			(size_t)(end * ENVELOPE_BINS));

		if (isnan(floor))
			continue;
		x[count] = (from + end) / 2;
		y[count++] = floor;
	}
	return count;
}
