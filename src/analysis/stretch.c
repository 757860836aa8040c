// SPDX-License-Identifier: MIT
#include "analysis/stretch.h"

#include <math.h>

#include "analysis/envelope.h"
#include "analysis/robust.h"

enum { FEW = 12, BLOCKS = 24 };

static const double deep = 0.75;    /* of the level before: a long way out */
static const double again = 0.6;    /* of the fall: as far */
static const double reborn = 0.7;   /* of the level before: a new life */
static const double near_low = 0.3; /* of the fall, from the lowest of all */
static const double ramp = 0.2;     /* of the fall: a start-up */

/* The level at a sample without a peak, or a dip, of that sample alone. */
static double without_peak(const struct sample *s)
{
	return fmin(s[0].mib, s[-1].mib);
}

static double without_dip(const struct sample *s)
{
	return fmax(s[0].mib, s[-1].mib);
}

static double stretch_lowest_of(
    const struct series *series, size_t from, size_t end)
{
	double low = INFINITY;

	for (size_t i = from > 0 ? from : 1; i < end; i++)
		low = fmin(low, without_dip(&series->items[i]));
	return low;
}

/* Whether it fell as far, within as many samples, between from and end. */
static bool falls_within(const struct series *series, size_t from, size_t end,
    size_t reach, double fall)
{
	for (size_t i = from > 0 ? from : 1; i + reach < end; i++) {
		const struct sample *s = &series->items[i];

		if (without_peak(s) - without_dip(s + reach) > again * fall)
			return true;
	}
	return false;
}

/* Whether such a fall is how the program works, and not its end: it fell as far
 * before, but not lately, so that what it falls to is not known. */
static bool falls_so(const struct series *series, size_t end, size_t lately)
{
	const struct sample *s = series->items;
	size_t reach = series->len - end + 1;
	double fall = s[end - 1].mib - s[series->len - 1].mib;

	return falls_within(series, 0, lately, reach, fall) &&
	       !falls_within(series, lately, end, reach, fall);
}

static size_t most_of_end(const struct series *series, bool ended)
{
	size_t share = series->len / (ended ? 4 : 10);
	size_t most = share > FEW ? share : FEW;

	return most < series->len / 3 ? most : series->len / 3;
}

/* A long way out has to be a deep one. */
static bool is_way_out(
    const struct series *series, size_t end, double low, bool ended)
{
	size_t count = series->len - end;

	if (count <= FEW && (count <= series->len / 20 || ended))
		return true;
	for (size_t i = end + FEW / 2; i < series->len; i++) {
		if (series->items[i].mib > deep * low)
			return false;
	}
	return true;
}

size_t stretch_end(const struct series *series, bool ended)
{
	const struct sample *s = series->items;
	size_t n = series->len, most = most_of_end(series, ended), end = n;
	struct series before = *series;
	double low, slack;

	if (n < 20)
		return n;
	low = stretch_lowest_of(series, n - most - n / 5, n - most);
	before.len = n - most;
	slack = 2 * envelope_step(&before);
	while (n - end < most && s[end - 1].mib < low - slack)
		end--;
	if (end == n || end < n - most + 1)
		return n;
	while (n - end < most && s[end - 1].mib < s[end - 2].mib)
		end--;
	if (!is_way_out(series, end, low, ended) ||
	    falls_so(series, end, n - most - n / 5))
		return n;
	return end;
}

size_t stretch_lives(
    const struct series *series, size_t starts[STRETCH_LIVES + 1])
{
	const struct sample *s = series->items;
	size_t n = series->len, count = 1, least;
	double low = INFINITY;

	if (n < 60)
		return 0;
	least = n / 100 > 20 ? n / 100 : 20;
	for (size_t i = 0; i < n; i++)
		low = fmin(low, s[i].mib);
	starts[0] = 0;
	for (size_t i = 5; i + 1 < n; i++) {
		double before = without_peak(&s[i - 3]);

		if (s[i].mib > reborn * before || s[i].mib > s[i + 1].mib ||
		    s[i].mib > low + near_low * (before - low) ||
		    i - starts[count - 1] < least || n - i < least)
			continue;
		if (count == STRETCH_LIVES)
			return 0;
		starts[count++] = i;
	}
	starts[count] = n;
	return count < 3 ? 0 : count;
}

bool stretch_starts_up(const struct series *life)
{
	double x[ROBUST_MAX], y[ROBUST_MAX], first, begins, top;
	struct series later = *life;
	struct robust_trend trend;
	struct envelope envelope;
	size_t skip = life->len / 4;

	if (life->len < 2 * BLOCKS)
		return false;
	later.items += skip;
	later.len -= skip + life->len / 30;
	envelope_init(&envelope, &later);
	robust_trend(x, y, envelope_blocks(&envelope, BLOCKS, x, y), &trend);
	if (envelope.span_s <= 0)
		return false;
	first = fmin(life->items[0].mib, life->items[1].mib);
	begins = trend.intercept +
		 trend.slope * (life->items[0].time_s - envelope.first_s) /
		     envelope.span_s;
	top = trend.intercept + trend.slope;
	return begins - first > ramp * (top - first) &&
	       begins - first > 4 * trend.spread;
}
