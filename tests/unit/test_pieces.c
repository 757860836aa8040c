// SPDX-License-Identifier: MIT
// Pieces and periods beside the formulas of their authors, worked out the long
// way, and at the very limits of what is a start, a rest or a period.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/evidence.h"
#include "base/random.h"

static double x[FIT_MAX], y[FIT_MAX];

/* The line of least squares through points [from, end), about their means. */
static struct trend_line regress(size_t from, size_t end)
{
	struct trend_line line = {0};
	double mean_x = 0, mean_y = 0, xx = 0, xy = 0, n = (double)(end - from);

	for (size_t i = from; i < end; i++) {
		mean_x += x[i] / n;
		mean_y += y[i] / n;
	}
	for (size_t i = from; i < end; i++) {
		xx += (x[i] - mean_x) * (x[i] - mean_x);
		xy += (x[i] - mean_x) * (y[i] - mean_y);
	}
	line.slope = end - from > 1 ? xy / xx : 0;
	line.a = mean_y - line.slope * mean_x;
	for (size_t i = from; i < end; i++) {
		double off = y[i] - line.a - line.slope * x[i];

		line.residue += off * off;
	}
	return line;
}

/* Schwarz's criterion of a partition at a and b. */
static double weigh(size_t a, size_t b, size_t count, double noise)
{
	double residue = regress(a, b).residue, parameters = 2;
	double n = (double)count;

	if (a > 0) {
		residue += regress(0, a).residue;
		parameters += 3;
	}
	if (b < count) {
		residue += regress(b, count).residue;
		parameters += 3;
	}
	return n * log(residue / n + noise * noise) + parameters * log(n);
}

/* The least of all partitions whose middle begins within 62 % of the points,
 * ends behind 60 %, and has a quarter of them; *a and *b get its place. */
static double least_of_all(
    size_t count, double noise, bool starts, size_t *a, size_t *b)
{
	double best = INFINITY;

	for (size_t from = 0; from <= count; from++) {
		for (size_t end = from; end <= count; end++) {
			double bic;

			if (100 * from > (starts ? 62 * count : 0) ||
			    10 * end + 9 < 6 * count ||
			    4 * (end - from) < count)
				continue;
			bic = weigh(from, end, count, noise);
			if (bic < best) {
				best = bic;
				*a = from;
				*b = end;
			}
		}
	}
	return best;
}

/* Three lines that bend or jump at two shares of the time, in noise. */
static void draw(size_t count, double first, double second, uint64_t *random)
{
	double slopes[3], jumps[2], at[] = {first, second};

	for (int i = 0; i < 3; i++)
		slopes[i] = 40 * random_unit(random) - 10;
	for (int i = 0; i < 2; i++)
		jumps[i] = 20 * random_unit(random) - 8;
	for (size_t i = 0; i < count; i++) {
		double to = ((double)i + 0.5) / (double)count;

		x[i] = to;
		y[i] = 100 + slopes[0] * fmin(to, first) + random_unit(random);
		for (int k = 0; k < 2; k++) {
			if (to > at[k])
				y[i] += jumps[k] +
					slopes[k + 1] *
					    (fmin(to, k ? 1 : second) - at[k]);
		}
	}
}

/* Whether it is the line of least squares; an empty one has no line. */
static void assert_line(const struct piece *piece, size_t from, size_t end)
{
	struct trend_line line = regress(from, end);

	assert_int_equal(piece->from, from);
	assert_int_equal(piece->end, end);
	if (from == end)
		return;
	assert_true(fabs(piece->line.slope - line.slope) < 1e-6);
	assert_true(fabs(piece->line.a - line.a) < 1e-6);
	assert_true(fabs(piece->line.residue - line.residue) < 1e-6);
}

static void the_partition_is_the_best_of_all(void **state)
{
	uint64_t random = 4;

	(void)state;
	for (int trial = 0; trial < 240; trial++) {
		size_t count = 8 + (size_t)trial % 5 * 11, a = 0, b = 0;
		struct fit_points p = {x, y, count};
		double noise = trial % 3 ? 0.01 : 1;
		bool starts = trial % 2;
		struct pieces pieces;
		double least;

		/* also where no piece may begin or end */
		draw(count, 0.1 + 0.6 * random_unit(&random),
		    0.5 + 0.5 * random_unit(&random), &random);
		pieces_find(&p, noise, starts, &pieces);
		least = least_of_all(count, noise, starts, &a, &b);
		assert_true(fabs(pieces.bic - least) < 1e-6);
		assert_line(&pieces.before, 0, a);
		assert_line(&pieces.middle, a, b);
		assert_line(&pieces.after, b, count);
	}
}

/* Sixteen points, a sixteenth apart; the first four are before the middle. */
struct start {
	double middle_slope;   /* its line is at 108 where it begins */
	double first, highest; /* of the points before, the third is highest */
	size_t end;
	double slope;
	bool starts;
};

static bool is_start(const struct start *start)
{
	struct pieces pieces = {
	    .before = {.end = start->end, .line.slope = start->slope},
	    .middle = {.from = start->end,
		.end = 16,
		/* with the noise below, four times the spread is 4 */
		.line.residue = 0.25 * (double)(16 - start->end),
		.line.slope = start->middle_slope}};
	struct fit_points p = {x, y, 16};

	for (int i = 0; i < 16; i++) {
		x[i] = i / 16.0;
		y[i] = i < (int)start->end ? 64 : 1000;
	}
	pieces.middle.line.a =
	    108 - start->middle_slope * (double)start->end / 16;
	y[start->end - 1] = start->highest;
	y[0] = start->first;
	return pieces_start(&pieces, &p, 0.5);
}

static void a_start_at_the_limits(void **state)
{
	static const struct start rows[] = {
	    /* four spreads below the middle's line at the first point, 100 */
	    {32, 96, 64, 4, 49, true},
	    {32, 96.0625, 64, 4, 49, false},
	    /* and below the level that is reached, where the middle falls */
	    {-32, 104, 64, 4, 49, true},
	    {-32, 104.0625, 64, 4, 49, false},
	    /* no point of it is four spreads above that level */
	    {32, 64, 112, 4, 49, true},
	    {32, 64, 112.0625, 4, 49, false},
	    /* half as steep again as the middle, but for one of two points */
	    {32, 64, 64, 4, 48, false},
	    {32, 64, 64, 4, 48.0625, true},
	    {32, 64, 64, 3, 48, false},
	    {32, 64, 64, 3, 48.0625, true},
	    {32, 64, 64, 2, 0, true},
	    {32, 64, 64, 1, 0, true},
	};
	struct pieces none = {.middle = {.end = 16}};
	struct fit_points p = {x, y, 16};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(is_start(&rows[i]), rows[i].starts);
	y[0] = -1000;
	assert_false(pieces_start(&none, &p, 0.5));
}

/* Growth by 64 from 128 on, over points 2 to 10 of 16; what follows begins at
 * the twelfth, where the middle's line is at 208. */
static bool is_rest(double level, double slope, double middle_slope)
{
	struct pieces pieces = {
	    .middle = {.from = 2, .end = 11, .line.slope = middle_slope},
	    .after = {.from = 12, .end = 16, .line.slope = slope}};
	struct fit_points p = {x, y, 16};

	for (int i = 0; i < 16; i++)
		x[i] = i / 16.0;
	pieces.middle.line.a = 208 - middle_slope * 0.75;
	pieces.after.line.a = level - slope * 0.75;
	return pieces_rest(&pieces, &p);
}

static void a_rest_at_the_limits(void **state)
{
	struct pieces none = {.middle = {.end = 16, .line.slope = 1},
	    .after = {.from = 16, .end = 16}};
	struct fit_points p = {x, y, 16};

	(void)state;
	assert_true(is_rest(208, 0, 128));
	/* it grows, or falls, by less than a quarter of the growth: 16 */
	assert_true(is_rest(208, 85, 128));
	assert_false(is_rest(208, 16 / 0.1875, 128));
	assert_true(is_rest(208, -85, 128));
	assert_false(is_rest(208, -16 / 0.1875, 128));
	/* and lies less than a quarter above, or half below */
	assert_true(is_rest(223.9375, 0, 128));
	assert_false(is_rest(224, 0, 128));
	assert_true(is_rest(176.0625, 0, 128));
	assert_false(is_rest(176, 0, 128));
	/* or a tenth of the level, where growth was small: 0.5 here */
	assert_true(is_rest(187.25, 0, 1));
	assert_false(is_rest(187.1, 0, 1));
	/* what did not grow does not rest */
	assert_false(is_rest(208, 0, 0));
	assert_false(is_rest(208, 0, -128));
	assert_false(pieces_rest(&none, &p));
}

/* The last level, of an eighth of the points. */
static double last_of(size_t count)
{
	double sum = 0;

	for (size_t i = count - count / 8; i < count; i++)
		sum += y[i];
	return sum / (double)(count / 8);
}

/* The slope that the stretch would have shown: INFINITY where memory grew on
 * after it. */
static double shown_by(size_t from, size_t len, size_t count, double noise)
{
	struct trend_line line = regress(from, from + len);
	double low = INFINITY, high = -INFINITY, n = (double)len;
	double spread = sqrt(line.residue / (n - 2)) + noise;
	double span = x[from + len - 1] - x[from];

	for (size_t i = from; i < from + len; i++) {
		low = fmin(low, y[i]);
		high = fmax(high, y[i]);
	}
	if (last_of(count) > 2 * high - low + 4 * noise)
		return INFINITY;
	return fmax(0, line.slope) +
	       fmax(6 * spread / span / sqrt(n / 12), 5.3 * spread / span);
}

static double quietest(size_t count, double noise)
{
	double best = INFINITY, before = -INFINITY;

	for (size_t i = 0; 3 * i + 2 < 2 * count; i++)
		before = fmax(before, y[i]);
	if (last_of(count) > before + 4 * noise)
		return INFINITY;
	for (size_t sixths = 1; sixths * (count / 6) <= count; sixths++) {
		size_t len = sixths * (count / 6);

		for (size_t i = 0; len > 4 && i + len <= count; i++)
			best = fmin(best, shown_by(i, len, count, noise));
	}
	return best;
}

static void the_quietest_is_the_least_of_all(void **state)
{
	uint64_t random = 6;
	int infinite = 0;

	(void)state;
	for (int trial = 0; trial < 200; trial++) {
		size_t count = 24 + (size_t)trial % 7 * 12;
		struct fit_points p = {x, y, count};
		double noise = trial % 3 ? 0.01 : 1, got, want;

		draw(count, 0.1 + 0.5 * random_unit(&random),
		    0.5 + 0.5 * random_unit(&random), &random);
		got = pieces_quietest(&p, noise);
		want = quietest(count, noise);
		infinite += isinf(want);
		assert_int_equal(isinf(got), isinf(want));
		if (isfinite(want))
			assert_true(fabs(got - want) < 1e-6 * want);
	}
	assert_in_range(infinite, 20, 180);
}

/* Memory that ends four times the noise above all of the first two thirds may
 * have leaked in jumps; so may what is that far above a rest and its range. */
static void what_ends_higher_says_nothing(void **state)
{
	struct fit_points p = {x, y, 64};

	(void)state;
	for (int i = 0; i < 64; i++) {
		x[i] = (i + 0.5) / 64;
		y[i] = i < 50 ? 100 : 101;
	}
	assert_true(isfinite(pieces_quietest(&p, 0.25)));
	assert_true(isinf(pieces_quietest(&p, 0.2498)));
	y[41] = 101; /* the last of these */
	assert_true(isfinite(pieces_quietest(&p, 0.2498)));
	y[41] = 100;
	y[42] = 101;
	assert_true(isinf(pieces_quietest(&p, 0.2498)));
}

/* Bins of four; less the line through them. NAN repeats what was before. */
static void flatten(const struct envelope *envelope, double *flat)
{
	double mean = 0, xx = 0, xy = 0;

	for (int i = 0; i < 240; i++) {
		double sum = 0, known = 0;

		for (int k = 4 * i; k < 4 * i + 4; k++) {
			if (isnan(envelope->floors[k]))
				continue;
			sum += envelope->floors[k];
			known++;
		}
		flat[i] = known > 0 ? sum / known : flat[i - 1];
		mean += flat[i] / 240;
	}
	for (int i = 0; i < 240; i++) {
		xx += (i - 119.5) * (i - 119.5);
		xy += (i - 119.5) * (flat[i] - mean);
	}
	for (int i = 0; i < 240; i++)
		flat[i] -= mean + xy / xx * (i - 119.5);
}

static double correlation(const double *flat, int lag)
{
	double xy = 0, xx = 0, yy = 0;

	for (int i = lag; i < 240; i++) {
		xy += flat[i - lag] * flat[i];
		xx += flat[i - lag] * flat[i - lag];
		yy += flat[i] * flat[i];
	}
	return xy / sqrt(xx * yy);
}

/* The lag of the period: behind the first lag of no more than 0.2 the first of
 * the peaks above 0.4 that none exceeds by 0.1, up to 96. */
static int period(const double *flat)
{
	int at = 0, lag = 1;

	while (lag < 96 && correlation(flat, lag) > 0.2)
		lag++;
	for (; lag <= 96; lag++) {
		double best = at ? correlation(flat, at) : 0.4;
		double r = correlation(flat, lag);

		if (r > best + (at ? 0.1 : 0) || (at == lag - 1 && r > best))
			at = lag;
	}
	return at == 96 ? 0 : at;
}

static void periods_are_peaks_of_the_autocorrelation(void **state)
{
	static struct envelope envelope = {.first_s = 0, .span_s = 1};
	uint64_t random = 8;
	int found = 0;

	(void)state;
	for (int trial = 0; trial < 150; trial++) {
		double bins = 40 + 400 * random_unit(&random), flat[240];
		double noise = trial % 5 * 0.5, slope = random_unit(&random);
		double every = 2 + floor(2 * random_unit(&random));

		for (int i = 0; i < ENVELOPE_BINS; i++) {
			double days = i / bins;

			/* each second or third day is another one */
			envelope.floors[i] =
			    200 + slope * i / 100 + sin(2 * M_PI * days) +
			    trial % 2 * 0.7 * sin(2 * M_PI * days / every) +
			    noise * random_unit(&random);
			if (i > 4 && i % 90 < trial % 4 * 10)
				envelope.floors[i] = NAN;
		}
		flatten(&envelope, flat);
		assert_true(
		    fabs(cycle_find(&envelope) - period(flat) / 240.0) < 1e-12);
		found += period(flat) > 0;
	}
	assert_in_range(found, 60, 140);
}

/* Half of the bins of four have to be known. */
static void half_of_the_bins_are_enough(void **state)
{
	static struct envelope envelope = {.first_s = 0, .span_s = 1};

	(void)state;
	for (int known = 119; known <= 120; known++) {
		for (int i = 0; i < ENVELOPE_BINS; i++)
			envelope.floors[i] = NAN;
		for (int i = 0; i < 4 * known; i++)
			envelope.floors[2 * (i / 4) * 4 + i % 4] =
			    i / 4 % 10 < 5 ? 100 : 200;
		assert_int_equal(cycle_find(&envelope) > 0, known == 120);
	}
}

/* The mean of the lowest quarter, of so many that are known, rounded up. */
static void a_quarter_of_a_few_is_one(void **state)
{
	static struct envelope envelope = {.first_s = 0, .span_s = 1};
	double at[2], floors[2];

	(void)state;
	for (int known = 1; known <= 9; known++) {
		for (int i = 0; i < ENVELOPE_BINS; i++)
			envelope.floors[i] = i < known ? 109 - i : NAN;
		assert_int_equal(
		    cycle_floors(&envelope, 0.5, 2, at, floors), 1);
		assert_true(at[0] == 0.25);
		/* 110 - known is the lowest */
		assert_true(floors[0] == 110 - known +
					     (known > 8      ? 1
						 : known > 4 ? 0.5
							     : 0));
	}
	/* the last and the first bin of a round */
	for (int i = 0; i < ENVELOPE_BINS; i++)
		envelope.floors[i] = i < 480 ? 7 : 8;
	assert_int_equal(cycle_floors(&envelope, 0.5, 2, at, floors), 2);
	assert_true(floors[0] == 7 && floors[1] == 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_partition_is_the_best_of_all),
	    cmocka_unit_test(a_start_at_the_limits),
	    cmocka_unit_test(a_rest_at_the_limits),
	    cmocka_unit_test(the_quietest_is_the_least_of_all),
	    cmocka_unit_test(what_ends_higher_says_nothing),
	    cmocka_unit_test(periods_are_peaks_of_the_autocorrelation),
	    cmocka_unit_test(half_of_the_bins_are_enough),
	    cmocka_unit_test(a_quarter_of_a_few_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
