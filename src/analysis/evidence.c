// SPDX-License-Identifier: MIT
#include "analysis/evidence.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/robust.h"

enum { FEW = 12, BLOCKS = 24, FEWEST_OF_LIFE = 24, WINDOW = 12, START = 3 };
enum { FEWEST_OF_MANY = 20, FALL_PARTS = 256 };

/* Share of the level before: a program's way out. */
static const double deep = 0.75;
/* Share of a fall: rises on the way that are noise. */
static const double hardly = 0.1;
static const double again = 0.6;  /* share of a fall: a similar one */
static const double reborn = 0.7; /* share of the level before: no new life */
/* Share of the fall, above the lowest of all. */
static const double near_low = 0.3;
static const double ramp = 0.2;  /* share of the fall: a start-up */
static const double alike = 0.4; /* share of the largest fall: similar to it */
/* Share of the fall: a rise that is as fast. */
static const double sudden = 0.6;
/* Share of the usual step: more than noise. */
static const double beyond_steps = 0.7;

/* The level at a sample, ignoring a peak of that sample alone. */
static double evidence_without_peak(const struct sample *s)
{
	return fmin(s[0].mib, s[-1].mib);
}

/* The level at a sample, ignoring a dip of that sample alone. */
static double evidence_without_dip(const struct sample *s)
{
	return fmax(s[0].mib, s[-1].mib);
}

static double evidence_lowest_of(
    const struct series *series, size_t from, size_t end)
{
	double low = INFINITY;

	for (size_t i = from; i < end; i++)
		low = fmin(low, evidence_without_dip(&series->items[i]));
	return low;
}

/* Whether memory fell by most of `fall` within reach samples, between from,
 * which is 1 at least, and end. */
static bool evidence_falls_within(const struct series *series, size_t from,
    size_t end, size_t reach, double fall)
{
	for (size_t i = from; i + reach < end; i++) {
		const struct sample *s = &series->items[i];

		if (evidence_without_peak(s) - evidence_without_dip(s + reach) >
		    again * fall)
			return true;
	}
	return false;
}

/* Whether memory fell as far earlier: the fall is then the program's way, and
 * no sign of its end. */
static bool evidence_fell_before(
    const struct series *series, size_t end, size_t lately)
{
	const struct sample *s = series->items;
	size_t reach = series->len - end + 1;
	double fall = s[end - 1].mib - s[series->len - 1].mib;

	return evidence_falls_within(series, 1, lately, reach, fall) &&
	       !evidence_falls_within(series, lately, end, reach, fall);
}

static size_t evidence_most_of_end(const struct series *series, bool ended)
{
	size_t share = series->len / (ended ? 4 : 10);
	size_t most = share > FEW ? share : FEW, third = series->len / 3;

	return most < third ? most : third;
}

/* Whether memory falls far, and hardly rises on the way. */
static bool evidence_keeps_falling(
    const struct series *series, size_t end, double low)
{
	const struct sample *s = series->items;
	double last = s[series->len - 1].mib, rises = 0;

	for (size_t i = end; i < series->len; i++)
		rises += fmax(0, s[i].mib - s[i - 1].mib);
	return last < deep * low && rises < hardly * (s[end - 1].mib - last);
}

/* Many samples are taken for the program's end only where they lie far below
 * the level before, or lead there. */
static bool evidence_is_way_out(
    const struct series *series, size_t end, double low, bool ended)
{
	size_t count = series->len - end;

	if (count <= FEW && (count <= series->len / 20 || ended))
		return true;
	if (evidence_keeps_falling(series, end, low))
		return true;
	for (size_t i = end + FEW / 2; i < series->len; i++) {
		if (series->items[i].mib > deep * low)
			return false;
	}
	return true;
}

size_t evidence_end(const struct series *series, bool ended)
{
	const struct sample *s = series->items;
	size_t n = series->len, most = evidence_most_of_end(series, ended),
	       end = n;
	struct series before = *series;
	double low, slack;

	if (n < 20)
		return n;
	low = evidence_lowest_of(series, n - most - n / 5, n - most);
	before.len = n - most;
	slack = 2 * envelope_step(&before);
	while (n - end < most && s[end - 1].mib < low - slack)
		end--;
	if (end == n || end < n - most + 1)
		return n;
	while (n - end < most && s[end - 1].mib < s[end - 2].mib)
		end--;
	if (!evidence_is_way_out(series, end, low, ended) ||
	    evidence_fell_before(series, end, n - most - n / 5))
		return n;
	return end;
}

size_t evidence_lives(
    const struct series *series, size_t starts[EVIDENCE_LIVES + 1])
{
	const struct sample *s = series->items;
	size_t n = series->len, count = 1, least;
	double low = INFINITY;

	least = n / 100;
	if (least < FEWEST_OF_MANY)
		least = FEWEST_OF_MANY;
	for (size_t i = 0; i < n; i++)
		low = fmin(low, s[i].mib);
	starts[0] = 0;
	for (size_t i = 5; i + 1 < n; i++) {
		double before = evidence_without_peak(&s[i - 3]);

		if (s[i].mib > reborn * before || s[i].mib > s[i + 1].mib ||
		    s[i].mib > low + near_low * (before - low) ||
		    i - starts[count - 1] < least || n - i < least)
			continue;
		if (count == EVIDENCE_LIVES)
			return 0;
		starts[count++] = i;
	}
	starts[count] = n;
	return count < 3 ? 0 : count;
}

static double evidence_mean_of(const struct sample *s)
{
	double sum = 0;

	for (size_t i = 0; i < WINDOW; i++)
		sum += s[i].mib;
	return sum / WINDOW;
}

/* How far memory falls at a sample and stays down. What a start of a few
 * samples holds does not count. */
static double evidence_fall_at(const struct sample *s)
{
	return evidence_mean_of(s - WINDOW) - evidence_mean_of(s + START);
}

/* Widens least and most by evidence_fall_at() of the samples from from to end;
 * each sum comes from the last. */
static void evidence_widen_falls(const struct series *series, size_t from,
    size_t end, double *least, double *most)
{
	const struct sample *s = series->items;
	double difference = WINDOW * evidence_fall_at(&s[from]);

	for (size_t i = from;;) {
		if (difference < WINDOW * *least)
			*least = difference / WINDOW;
		if (difference > WINDOW * *most)
			*most = difference / WINDOW;
		if (++i >= end)
			return;
		difference += s[i - 1].mib - s[i - 1 - WINDOW].mib +
			      s[i - 1 + START].mib -
			      s[i - 1 + START + WINDOW].mib;
	}
}

/* The largest fall of each part of a series, so that few of its samples have to
 * be scanned again. */
struct falls {
	double of[FALL_PARTS], largest;
	size_t each; /* samples of a part */
};

static void evidence_falls_init(
    struct falls *falls, const struct series *series)
{
	size_t end = series->len - START - WINDOW + 1;
	double least = 0;

	falls->each = series->len / FALL_PARTS + 1;
	falls->largest = 0;
	for (size_t part = 0; part < FALL_PARTS; part++) {
		size_t from = part * falls->each, next = from + falls->each;

		falls->of[part] = 0;
		from = from > WINDOW ? from : WINDOW;
		next = next < end ? next : end;
		if (from < next)
			evidence_widen_falls(
			    series, from, next, &least, &falls->of[part]);
		falls->largest = fmax(falls->largest, falls->of[part]);
	}
}

/* The first sample from i on that may fall by so much. */
static size_t evidence_falls_next(
    const struct falls *falls, size_t i, double fall)
{
	size_t part = i / falls->each;

	if (part >= FALL_PARTS || falls->of[part] >= fall)
		return i;
	while (part < FALL_PARTS && falls->of[part] < fall)
		part++;
	return part * falls->each;
}

/* The first sample after the fall that begins near i: where memory falls
 * farthest, and most steeply. */
static size_t evidence_falls_near(const struct sample *s, size_t i)
{
	size_t deepest = i, steepest;

	for (size_t j = i; j <= i + WINDOW - START; j++) {
		if (evidence_fall_at(&s[j]) > evidence_fall_at(&s[deepest]))
			deepest = j;
	}
	steepest = deepest;
	for (size_t j = deepest - START; j <= deepest + START; j++) {
		if (s[j - 1].mib - s[j].mib >
		    s[steepest - 1].mib - s[steepest].mib)
			steepest = j;
	}
	return steepest;
}

size_t evidence_falls(
    const struct series *series, size_t starts[EVIDENCE_LIVES + 1])
{
	const struct sample *s = series->items;
	size_t n = series->len, count = 1, least;
	struct falls falls;
	double fall;

	least = n / 50;
	if (least < FEWEST_OF_LIFE)
		least = FEWEST_OF_LIFE;
	if (n < 2 * least)
		return 0;
	evidence_falls_init(&falls, series);
	fall = alike * falls.largest;
	if (fall < beyond_steps * envelope_step(series))
		return 0;
	starts[0] = 0;
	for (size_t i = least;
	     (i = evidence_falls_next(&falls, i, fall)) + least <= n; i++) {
		if (evidence_fall_at(&s[i]) < fall)
			continue;
		if (count == EVIDENCE_FALLS)
			return 0;
		starts[count++] = i = evidence_falls_near(s, i);
		i += least - 1;
	}
	starts[count] = n;
	return count < 2 ? 0 : count;
}

double evidence_fall(
    const struct series *series, const size_t *starts, size_t count)
{
	double fall = 0;

	for (size_t life = 1; life < count; life++) {
		if (starts[life] + START + WINDOW <= series->len)
			fall = fmax(fall,
			    evidence_fall_at(&series->items[starts[life]]));
	}
	return fall;
}

bool evidence_rises_slowly(const struct series *life, double fall)
{
	double rise = 0, falls = 0;

	if (life->len >= 3 * WINDOW + START)
		evidence_widen_falls(life, 2 * WINDOW,
		    life->len - START - WINDOW + 1, &rise, &falls);
	return -rise < sudden * fall;
}

bool evidence_starts_up(const struct series *life)
{
	double x[ROBUST_MAX], y[ROBUST_MAX], first, begins, top;
	struct series later = *life;
	struct robust_trend trend;
	struct envelope envelope;
	size_t skip = life->len / 4, count;

	if (life->len < 2 * BLOCKS)
		return false;
	later.items += skip;
	later.len -= skip + life->len / 30;
	envelope_init(&envelope, &later);
	count = envelope_blocks(&envelope, BLOCKS, x, y);
	robust_theil_sen(x, y, count, &trend);
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

static const double latest_start = 0.62; /* share of the points */
static const double earliest_rest = 0.6;
static const double least_middle = 0.25;
/* A start's slope over that of what follows. */
static const double faster = 1.5;
static const double still = 0.25;
static const double surely = 6, rises = 5.3; /* multiples of error and spread */

/* A piece may be empty. */
static struct piece pieces_piece(
    const struct trend_sums *sums, size_t from, size_t end)
{
	struct piece piece = {.from = from, .end = end};

	if (end > from)
		piece.line = trend_line(sums, from, end);
	return piece;
}

/* Each further piece adds three parameters: two of its line, and its start. */
static double pieces_weigh(
    const struct pieces *pieces, const struct fit_points *p, double noise)
{
	double n = (double)p->count, parameters = 2;
	double residue = pieces->before.line.residue +
			 pieces->middle.line.residue +
			 pieces->after.line.residue;

	parameters += pieces->before.end > pieces->before.from ? 3 : 0;
	parameters += pieces->after.end > pieces->after.from ? 3 : 0;
	return n * log(residue / n + noise * noise) + parameters * log(n);
}

void pieces_find(
    const struct fit_points *p, double noise, bool starts, struct pieces *out)
{
	double n = (double)p->count;
	size_t last_a = starts ? (size_t)(latest_start * n) : 0;
	size_t first_b = (size_t)(earliest_rest * n);
	struct trend_sums sums;

	trend_add_up(&sums, p->x, p->y, p->count);
	out->bic = INFINITY;
	for (size_t a = 0; a <= last_a; a++) {
		for (size_t b = first_b; b <= p->count; b++) {
			struct pieces tried = {
			    .before = pieces_piece(&sums, 0, a),
			    .middle = pieces_piece(&sums, a, b),
			    .after = pieces_piece(&sums, b, p->count),
			};

			if ((double)b < (double)a + least_middle * n)
				continue;
			tried.bic = pieces_weigh(&tried, p, noise);
			if (tried.bic < out->bic)
				*out = tried;
		}
	}
}

static double pieces_line_at(const struct piece *piece, double x)
{
	return piece->line.a + piece->line.slope * x;
}

static double pieces_growth_of(
    const struct piece *piece, const struct fit_points *p)
{
	return piece->line.slope * (p->x[piece->end - 1] - p->x[piece->from]);
}

bool pieces_start(
    const struct pieces *pieces, const struct fit_points *p, double noise)
{
	const struct piece *before = &pieces->before;
	const struct piece *middle = &pieces->middle;
	double count = (double)(middle->end - middle->from);
	double spread = sqrt(middle->line.residue / count) + noise;
	double reached = pieces_line_at(middle, p->x[middle->from]);

	if (before->end == 0 || p->y[0] > reached - 4 * spread)
		return false;
	/* The middle's line is extended to the first point: a start lies below
	 * it. */
	if (p->y[0] > pieces_line_at(middle, p->x[0]) - 4 * spread)
		return false;
	for (size_t i = 0; i < before->end; i++) {
		if (p->y[i] > reached + 4 * spread)
			return false;
	}
	return before->end < 3 ||
	       before->line.slope > faster * middle->line.slope;
}

bool pieces_rest(const struct pieces *pieces, const struct fit_points *p)
{
	const struct piece *middle = &pieces->middle, *after = &pieces->after;
	double growth, top, x;

	if (after->end == after->from)
		return false;
	growth = pieces_growth_of(middle, p);
	x = p->x[after->from];
	top = pieces_line_at(middle, x);
	return growth > 0 &&
	       fabs(pieces_growth_of(after, p)) < still * growth &&
	       pieces_line_at(after, x) < top + still * growth &&
	       pieces_line_at(after, x) > top - fmax(0.5 * growth, 0.1 * top);
}

static double pieces_last_level(const struct fit_points *p)
{
	size_t eighth = p->count / 8;
	double last = 0;

	for (size_t i = p->count - eighth; i < p->count; i++)
		last += p->y[i] / (double)eighth;
	return last;
}

/* Whether memory grew on after the points from from to end, by more than they
 * differ: a pause in the work shows no leak. */
static bool pieces_only_pause(const struct fit_points *p, size_t from,
    size_t end, double last, double noise)
{
	double low = INFINITY, high = -INFINITY;

	for (size_t i = from; i < end; i++) {
		low = fmin(low, p->y[i]);
		high = fmax(high, p->y[i]);
	}
	return last > high + (high - low) + 4 * noise;
}

double pieces_quietest(const struct fit_points *p, double noise)
{
	double last = pieces_last_level(p), before = -INFINITY, best = INFINITY;
	struct trend_sums sums;

	for (size_t i = 0; i < p->count * 2 / 3; i++)
		before = fmax(before, p->y[i]);
	if (last > before + 4 * noise) /* as in jumps */
		return INFINITY;
	trend_add_up(&sums, p->x, p->y, p->count);
	for (size_t len = p->count / 6; len <= p->count; len += p->count / 6) {
		for (size_t i = 0; len > 4 && i + len <= p->count; i++) {
			struct piece piece = pieces_piece(&sums, i, i + len);
			double x = p->x[i + len - 1] - p->x[i], n = (double)len;
			double spread =
			    sqrt(piece.line.residue / (n - 2)) + noise;
			/* For equal steps the variance of x is x^2 / 12. */
			double error = spread / (x * sqrt(n / 12));

			if (pieces_only_pause(p, i, i + len, last, noise))
				continue;
			best = fmin(
			    best, fmax(0, piece.line.slope) +
				      fmax(surely * error, rises * spread / x));
		}
	}
	return best;
}

enum { POINTS = 240, BINS = ENVELOPE_BINS / POINTS };

static const double dips = 0.2, peaks = 0.4; /* limits of the autocorrelation */
static const double most_share = 0.4;        /* share of the span */

/* Fills y with bin means, less the line through them; false where half of the
 * bins are empty. */
static bool cycle_flatten(const struct envelope *envelope, double *y)
{
	double x[POINTS], last = NAN;
	struct trend_sums sums;
	struct trend_line line;
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
		x[i] = (double)i;
		last = y[i] = count > 0 ? sum / count : last;
	}
	if (known < POINTS / 2)
		return false;
	trend_add_up(&sums, x, y, POINTS);
	line = trend_line(&sums, 0, POINTS);
	for (size_t i = 0; i < POINTS; i++)
		y[i] -= line.a + line.slope * x[i];
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

		/* Takes the first of the peaks of about equal height. */
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

static double cycle_floor_of(
    const struct envelope *envelope, size_t from, size_t end)
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
		double floor = cycle_floor_of(envelope,
		    (size_t)(fmax(0, from) * ENVELOPE_BINS),
		    (size_t)(end * ENVELOPE_BINS));

		if (isnan(floor))
			continue;
		x[count] = (from + end) / 2;
		y[count++] = floor;
	}
	return count;
}
