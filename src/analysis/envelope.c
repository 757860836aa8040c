// SPDX-License-Identifier: MIT
#include "analysis/envelope.h"

#include <math.h>

#include "analysis/robust.h"

enum { STEPS = 1024 };

static const double deep = 5;      /* depth of a dip, in usual steps */
static const double seldom = 0.02; /* share of dips among the samples */

double envelope_step(const struct series *series)
{
	double steps[STEPS];
	size_t pairs = series->len - 1;
	size_t count = pairs < STEPS ? pairs : STEPS;

	for (size_t i = 0; i < count; i++) {
		const struct sample *s = &series->items[i * pairs / count];

		steps[i] = fabs(s[1].mib - s[0].mib);
	}
	return robust_median(steps, count);
}

/* How far a sample lies below both its neighbours. */
static double envelope_dip_at(const struct series *series, size_t i)
{
	const struct sample *s = &series->items[i];

	if (i == 0 || i + 1 >= series->len)
		return 0;
	return fmin(s[-1].mib, s[1].mib) - s->mib;
}

/* The depth from which a dip of one sample is ignored, such as that between two
 * workers. If dips are frequent, they are the program's way: none is
 * ignored. */
static double envelope_stray_depth(const struct series *series)
{
	double depth = deep * envelope_step(series);
	size_t dips = 0;

	for (size_t i = 0; i < series->len; i++)
		dips += envelope_dip_at(series, i) > depth;
	return (double)dips < seldom * (double)series->len ? depth : INFINITY;
}

void envelope_init(struct envelope *envelope, const struct series *series)
{
	const struct sample *first = &series->items[0];
	const struct sample *last = &series->items[series->len - 1];
	double depth = envelope_stray_depth(series);

	envelope->first_s = first->time_s;
	envelope->span_s = last->time_s - first->time_s;
	for (size_t i = 0; i < ENVELOPE_BINS; i++)
		envelope->floors[i] = NAN;
	for (const struct sample *s = first; s <= last; s++) {
		double share =
		    envelope->span_s > 0
			? (s->time_s - envelope->first_s) / envelope->span_s
			: 0;
		size_t bin = (size_t)(share * ENVELOPE_BINS);

		if (envelope_dip_at(series, (size_t)(s - first)) > depth)
			continue;
		if (bin >= ENVELOPE_BINS)
			bin = ENVELOPE_BINS - 1;
		envelope->floors[bin] = fmin(envelope->floors[bin], s->mib);
	}
}

size_t envelope_blocks(
    const struct envelope *envelope, size_t blocks, double *x, double *y)
{
	size_t count = 0;

	for (size_t b = 0; b < blocks; b++) {
		size_t first = b * ENVELOPE_BINS / blocks;
		size_t end = (b + 1) * ENVELOPE_BINS / blocks;
		double floor = NAN;

		for (size_t i = first; i < end; i++)
			floor = fmin(floor, envelope->floors[i]);
		if (isnan(floor))
			continue;
		x[count] = (double)(first + end) / 2 / ENVELOPE_BINS;
		y[count++] = floor;
	}
	return count;
}

static double envelope_range_of(const struct envelope *envelope)
{
	double low = INFINITY, high = -INFINITY;

	for (size_t i = 0; i < ENVELOPE_BINS; i++) {
		low = fmin(low, envelope->floors[i]);
		high = fmax(high, envelope->floors[i]);
	}
	return high - low;
}

/* Turning points: while falling, the lowest level becomes a bottom once memory
 * has risen by the height; while rising, the highest becomes a top likewise. */
size_t envelope_valleys(const struct envelope *envelope, double share,
    size_t most, double *x, double *y)
{
	double height = share * envelope_range_of(envelope);
	double extreme = NAN;
	size_t at = 0, count = 0;
	bool falling = false;

	for (size_t i = 0; i < ENVELOPE_BINS; i++) {
		double level = envelope->floors[i];

		if (isnan(level))
			continue;
		if (isnan(extreme) ||
		    (falling ? level <= extreme : level >= extreme)) {
			extreme = level;
			at = i;
		} else if (!falling && level < extreme - height) {
			falling = true;
			extreme = level;
			at = i;
		} else if (falling && level > extreme + height) {
			if (count == most)
				return 0;
			x[count] = ((double)at + 0.5) / ENVELOPE_BINS;
			y[count++] = extreme;
			falling = false;
			extreme = level;
		}
	}
	return count;
}
