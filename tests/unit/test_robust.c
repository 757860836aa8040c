// SPDX-License-Identifier: MIT
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/fit.h"
#include "analysis/robust.h"
#include "base/random.h"
#include "near.h"

static double xs[40], ys[40];

static void make_line(double slope)
{
	for (int i = 0; i < 40; i++) {
		xs[i] = i;
		ys[i] = 5 + slope * i;
	}
}

static void a_line_gives_its_slope(void **state)
{
	struct robust_trend trend;

	(void)state;
	make_line(2);
	robust_theil_sen(xs, ys, 40, &trend);
	assert_near(trend.slope, 2, 1e-9);
	assert_near(trend.intercept, 5, 1e-9);
	assert_near(trend.tau, 1, 1e-9);
	assert_true(trend.z > 5);
}

static void wild_points_do_not_bend_it(void **state)
{
	struct robust_trend trend;

	(void)state;
	make_line(2);
	for (int i = 0; i < 40; i += 5)
		ys[i] += 1e6;
	robust_theil_sen(xs, ys, 40, &trend);
	assert_near(trend.slope, 2, 0.5);
	assert_near(trend.intercept, 5, 10);
}

static void no_trend_has_no_z(void **state)
{
	struct robust_trend trend;

	(void)state;
	make_line(0);
	for (int i = 0; i < 40; i++)
		ys[i] += (i * 7919 % 13) / 13.0;
	robust_theil_sen(xs, ys, 40, &trend);
	assert_true(fabs(trend.z) < 2);
	assert_true(trend.low <= 0 && trend.high >= 0);
}

/* Kendall (1975): Var(S) = n (n - 1) (2 n + 5) / 18 = 125 for n = 10. */
static void z_is_as_by_hand(void **state)
{
	struct robust_trend trend;

	(void)state;
	make_line(1);
	robust_theil_sen(xs, ys, 10, &trend);
	assert_near(trend.z, 44 / sqrt(125), 1e-9);
}

static void slow_swings_lower_z(void **state)
{
	struct robust_trend smooth;
	double variance = 40.0 * 39 * 85 / 18, s = 0;

	(void)state;
	make_line(0);
	for (int i = 0; i < 40; i++)
		ys[i] = 0.05 * i + sin(i / 4.0);
	for (int i = 0; i < 40; i++) {
		for (int j = i + 1; j < 40; j++)
			s += (ys[j] > ys[i]) - (ys[j] < ys[i]);
	}
	robust_theil_sen(xs, ys, 40, &smooth);
	assert_true(smooth.z < 0.8 * (s - 1) / sqrt(variance));
}

static void few_points_do_no_harm(void **state)
{
	struct robust_trend trend;

	(void)state;
	make_line(1);
	for (size_t n = 0; n < 4; n++)
		robust_theil_sen(xs, ys, n, &trend);
	assert_near(trend.slope, 1, 1e-9);
}

static void median_of_even_and_odd(void **state)
{
	double odd[] = {3, 1, 2}, even[] = {4, 1, 3, 2}, spread[] = {1, 2, 9};

	(void)state;
	assert_near(robust_median(odd, 3), 2, 0);
	assert_near(robust_median(even, 4), 2.5, 0);
	assert_near(robust_deviation(spread, 3), 1.4826, 1e-9);
}

static struct fit_points unit_points(void)
{
	for (int i = 0; i < 40; i++)
		xs[i] = (i + 0.5) / 40;
	return (struct fit_points){xs, ys, 40};
}

static void each_shape_fits_itself_best(void **state)
{
	struct fit_points p = unit_points();
	struct fit line, saturating, fills, starts, steps;

	(void)state;
	for (int i = 0; i < 40; i++)
		ys[i] = 10 * (1 - exp(-xs[i] / 0.2));
	fit_line(&p, 0.01, &line);
	fit_saturating(&p, 0.01, 0.02, 0.6, &saturating);
	assert_true(saturating.bic < line.bic);
	assert_near(saturating.tau, 0.2, 0.02);
	for (int i = 0; i < 40; i++)
		ys[i] = 10 * fmin(xs[i], 0.5);
	fit_fills(&p, 0.01, 0.1, 0.95, &fills);
	fit_starts(&p, 0.01, 0.1, 0.95, &starts);
	assert_true(fills.bic < starts.bic);
	assert_near(fills.h, 0.5, 0.05);
	for (int i = 0; i < 40; i++)
		ys[i] = i < 11 ? 1 : i < 30 ? 7 : 5;
	fit_steps(&p, 0.01, &steps);
	fit_line(&p, 0.01, &line);
	assert_int_equal(steps.levels, 3);
	assert_true(steps.bic < line.bic);
}

/* The squared residuals of points [from, end) about their mean. */
static double about_mean(size_t from, size_t end)
{
	double mean = 0, sum = 0;

	for (size_t i = from; i < end; i++)
		mean += ys[i] / (double)(end - from);
	for (size_t i = from; i < end; i++)
		sum += (ys[i] - mean) * (ys[i] - mean);
	return sum;
}

/* The mean of points [from, end]. */
static double mean_of(size_t from, size_t end)
{
	double sum = 0;

	for (size_t i = from; i <= end; i++)
		sum += ys[i];
	return sum / (double)(end - from + 1);
}

/* At each point the highest, over all starts before it, of the lowest mean over
 * all ends behind it: the function that never falls with the least residue. */
static double monotone_residue(size_t count)
{
	double residue = 0;

	for (size_t i = 0; i < count; i++) {
		double level = -INFINITY;

		for (size_t from = 0; from <= i; from++) {
			double low = INFINITY;

			for (size_t end = i; end < count; end++)
				low = fmin(low, mean_of(from, end));
			level = fmax(level, low);
		}
		residue += (ys[i] - level) * (ys[i] - level);
	}
	return residue;
}

static double score(double residue, double count, double parameters)
{
	return count * log((residue + count * 1e-4) / count) +
	       parameters * log(count);
}

/* Each against a search through all that there is. */
static void shapes_have_the_least_residue(void **state)
{
	struct fit_points p = {xs, ys, 12};
	uint64_t random = 3;
	struct fit fit;

	(void)state;
	unit_points();
	for (int trial = 0; trial < 20; trial++) {
		double best = INFINITY;

		for (int i = 0; i < 12; i++)
			ys[i] = 100 + i * (trial % 3) +
				(double)(random_next(&random) % 1000) / 100;
		fit_monotone(&p, 0.01, &fit);
		assert_near(fit.residue, monotone_residue(12), 1e-6);
		assert_near(fit.bic, score(fit.residue, 12, 3), 1e-6);
		for (size_t one = 1; one < 12; one++)
			best = fmin(
			    best, about_mean(0, one) + about_mean(one, 12));
		fit_steps(&p, 0.01, &fit);
		assert_true(fit.bic <= score(about_mean(0, 12), 12, 1) + 1e-9);
		assert_true(fit.bic <= score(best, 12, 3) + 1e-9);
		if (fit.levels <= 2)
			assert_near(fit.residue,
			    fit.levels == 2 ? best : about_mean(0, 12), 1e-6);
		assert_near(fit.bic,
		    score(fit.residue, 12, 2 * (double)fit.levels - 1), 1e-6);
	}
}

/* A line's slope, its error and its residue by the formulas of the textbook. */
static void a_line_has_least_squares(void **state)
{
	struct fit_points p = {xs, ys, 4};
	struct fit fit;

	(void)state;
	for (int i = 0; i < 4; i++)
		xs[i] = i / 4.0;
	ys[0] = 101, ys[1] = 103, ys[2] = 102, ys[3] = 106;
	/* slope 1.4 a step of 1/4; residuals 0.1, 0.7, -1.7, 0.9 */
	fit_line(&p, 0.01, &fit);
	assert_near(fit.c, 5.6, 1e-9);
	assert_near(fit.a, 100.9, 1e-9);
	assert_near(fit.residue, 4.2, 1e-9);
	assert_near(fit.c_error, 4 * sqrt(4.2 / 2 / 5), 1e-9);
	assert_near(fit.bic, score(4.2, 4, 2), 1e-9);
}

/* A curve of each kind, found with its parameters and nothing left over. */
static void curves_are_found_with_their_parameters(void **state)
{
	struct fit_points p = unit_points();
	struct fit fit;

	(void)state;
	for (int i = 0; i < 40; i++)
		ys[i] = 50 + 8 * (1 - exp(-xs[i] / 0.1)) + 3 * xs[i];
	fit_both(&p, 0.01, 0.02, 0.6, &fit);
	assert_near(fit.tau, 0.1, 1e-3);
	assert_near(fit.a, 50, 0.01);
	assert_near(fit.b, 8, 0.01);
	assert_near(fit.c, 3, 0.01);
	assert_true(fit.residue < 1e-4 && fit.c_error < 0.01);
	for (int i = 0; i < 40; i++)
		ys[i] = 50 + 8 * log1p(xs[i] / 0.05);
	fit_slowing(&p, 0.01, 0.003, 0.2, &fit);
	assert_near(fit.tau, 0.05, 2e-3);
	assert_near(fit.b, 8, 0.1);
	assert_true(fit.residue < 1e-3 && fit.c == 0 && fit.c_error == 0);
	for (int i = 0; i < 40; i++)
		ys[i] = 50 + 8 * expm1(xs[i] / 0.3) / expm1(1 / 0.3);
	fit_rising(&p, 0.01, 0.05, 2, &fit);
	assert_near(fit.tau, 0.3, 5e-3);
	assert_near(fit.b, 8, 0.05);
	assert_true(fit.residue < 1e-3);
	for (int i = 0; i < 40; i++)
		ys[i] = 50 + 8 * fmax(0, xs[i] - 0.4);
	fit_starts(&p, 0.01, 0.1, 0.95, &fit);
	assert_near(fit.h, 0.4, 0.02);
	assert_near(fit.c, 8, 0.3);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Beside libc's qsort(), with many equal values, ascending and descending. */
static void medians_of_many_values_are_the_middle_ones(void **state)
{
	enum { MOST = 3000 };
	double values[MOST], sorted[MOST];
	uint64_t random = 7;

	(void)state;
	for (size_t count = 1; count <= MOST; count += 1 + count / 7) {
		for (int kind = 0; kind < 4; kind++) {
			for (size_t i = 0; i < count; i++)
				values[i] = kind == 0   ? random_unit(&random)
					    : kind == 1 ? (double)(i % 5)
					    : kind == 2 ? (double)i
							: -(double)i;
			memcpy(sorted, values, count * sizeof(sorted[0]));
			qsort(sorted, count, sizeof(sorted[0]), by_value);
			assert_near(robust_median(values, count),
			    (sorted[(count - 1) / 2] + sorted[count / 2]) / 2,
			    0);
			/* None is lost. */
			qsort(values, count, sizeof(values[0]), by_value);
			assert_memory_equal(
			    values, sorted, count * sizeof(sorted[0]));
		}
	}
}

enum { PAIRS = 40 * 39 / 2 };

/* The slopes of all pairs in order; returns their number. */
static size_t sorted_slopes(size_t count, double *slopes)
{
	size_t pairs = 0;

	for (size_t j = 1; j < count; j++) {
		for (size_t i = 0; i < j; i++)
			slopes[pairs++] = (ys[j] - ys[i]) / (xs[j] - xs[i]);
	}
	qsort(slopes, pairs, sizeof(slopes[0]), by_value);
	return pairs;
}

/* Hamed and Rao's factor n / n*, from their formula: the ranks of what the line
 * leaves, and their autocorrelations beyond 1.96 / sqrt(n). */
static double factor_by_hand(size_t count, double slope)
{
	double ranks[40], mean = ((double)count + 1) / 2, n = (double)count;
	double variance = 0, sum = 0;

	for (size_t i = 0; i < count; i++) {
		double own = ys[i] - slope * xs[i];

		ranks[i] = 0.5;
		for (size_t j = 0; j < count; j++) {
			double off = ys[j] - slope * xs[j] - own;

			ranks[i] += fabs(off) < 1e-9 ? 0.5 : off < 0 ? 1 : 0;
		}
		variance += (ranks[i] - mean) * (ranks[i] - mean);
	}
	for (size_t lag = 1; lag + 3 <= count; lag++) {
		double r = 0, k = (double)lag;

		for (size_t i = lag; i < count; i++)
			r += (ranks[i] - mean) * (ranks[i - lag] - mean);
		r /= variance;
		if (fabs(r) > 1.959964 / sqrt(n))
			sum += (n - k) * (n - k - 1) * (n - k - 2) * r;
	}
	return fmax(1, 1 + 2 / (n * (n - 1) * (n - 2)) * sum);
}

/* Kendall's variance of S, less that of groups of equal values. */
static double variance_by_hand(size_t count)
{
	double n = (double)count, ties = 0;

	for (size_t i = 0; i < count; i++) {
		double t = 0;

		for (size_t j = 0; j < count; j++)
			t += ys[j] == ys[i];
		ties += (t * (t - 1) * (2 * t + 5)) / t;
	}
	return (n * (n - 1) * (2 * n + 5) - ties) / 18;
}

static void check_trend(size_t count)
{
	double slopes[PAIRS], s = 0, deviation, reach;
	size_t pairs = sorted_slopes(count, slopes), first, last;
	struct robust_trend trend;
	double middle = (slopes[(pairs - 1) / 2] + slopes[pairs / 2]) / 2;

	robust_theil_sen(xs, ys, count, &trend);
	assert_true(fabs(trend.slope - middle) < 1e-12);
	for (size_t i = 0; i < pairs; i++)
		s += (slopes[i] > 0) - (slopes[i] < 0);
	assert_true(fabs(trend.tau - s / (double)pairs) < 1e-12);
	deviation =
	    sqrt(variance_by_hand(count) * factor_by_hand(count, trend.slope));
	assert_true(fabs(trend.z * deviation - (s - (s > 0) + (s < 0))) < 1e-6);
	reach = 1.959964 * deviation;
	first = reach > (double)pairs
		    ? 0
		    : (size_t)floor(((double)pairs - reach) / 2);
	last = (size_t)ceil(((double)pairs + reach) / 2);
	assert_true(trend.low == slopes[first]);
	assert_true(trend.high == slopes[last < pairs ? last : pairs - 1]);
}

/* Noise, slow swings, equal values, and a fall. */
static void trends_are_as_their_authors_have_them(void **state)
{
	uint64_t random = 11;

	(void)state;
	for (size_t count = 5; count <= 40; count += 7) {
		for (int kind = 0; kind < 5; kind++) {
			double swing = 0;

			for (size_t i = 0; i < count; i++) {
				double noise = random_unit(&random);

				xs[i] = ((double)i + 0.5) / (double)count;
				swing = 0.8 * swing + noise - 0.5;
				ys[i] = 200 +
					(kind == 0      ? noise
					    : kind == 1 ? 3 * swing + 2 * xs[i]
					    : kind == 2 ? floor(4 * noise)
					    : kind == 3 ? 9 * xs[i] + noise
							: swing - 20 * xs[i]);
			}
			check_trend(count);
		}
	}
}

static void the_spread_is_about_the_line(void **state)
{
	static const int off[] = {1, -1, 1, -1, 0, -1, 1, -1, 1};
	struct robust_trend trend;

	(void)state;
	for (int i = 0; i < 9; i++) {
		xs[i] = i;
		ys[i] = 100 + 10 * i + off[i];
	}
	robust_theil_sen(xs, ys, 9, &trend);
	assert_near(trend.slope, 10, 1e-9);
	assert_near(trend.intercept, 100, 1e-9);
	assert_near(trend.spread, 1.4826, 1e-9);
	/* none of nothing */
	assert_true(robust_median(NULL, 0) == 0);
	robust_theil_sen(xs, ys, 0, &trend);
	assert_true(trend.slope == 0 && trend.intercept == 0);
	robust_theil_sen(xs, ys, 1, &trend);
	assert_true(trend.slope == 0 && trend.intercept == ys[0]);
	assert_true(trend.z == 0 && trend.spread == 0);
	robust_theil_sen(xs, ys, ROBUST_MAX + 1, &trend);
	assert_true(trend.slope == 0 && trend.z == 0);
}

/* Rounding leaves no residue of a straight line. */
static void rounding_is_no_autocorrelation(void **state)
{
	struct robust_trend trend;

	(void)state;
	for (int i = 0; i < 40; i++) {
		xs[i] = (i + 0.5) / 40;
		ys[i] = 1000.1 + 0.3 * xs[i];
	}
	robust_theil_sen(xs, ys, 40, &trend);
	assert_near(trend.z, (780 - 1) / sqrt(40.0 * 39 * 85 / 18), 1e-6);
}

static void fit_all(const struct fit_points *p, struct fit fits[9])
{
	fit_line(p, 0.01, &fits[0]);
	fit_saturating(p, 0.01, 0.02, 0.6, &fits[1]);
	fit_slowing(p, 0.01, 0.003, 0.2, &fits[2]);
	fit_rising(p, 0.01, 0.15, 1.5, &fits[3]);
	fit_both(p, 0.01, 0.004, 0.1, &fits[4]);
	fit_fills(p, 0.01, 0.1, 0.95, &fits[5]);
	fit_starts(p, 0.01, 0.05, 0.85, &fits[6]);
	fit_steps(p, 0.01, &fits[7]);
	fit_monotone(p, 0.01, &fits[8]);
}

/* A terabyte more changes no shape, and its rounding no residue. */
static void levels_change_no_shape(void **state)
{
	double x[FIT_MAX], y[FIT_MAX];
	struct fit_points p = {x, y, FIT_MAX};
	struct fit low[9], high[9];
	uint64_t random = 5;

	(void)state;
	for (int i = 0; i < FIT_MAX; i++) {
		x[i] = (i + 0.5) / FIT_MAX;
		y[i] = i / 8 + (double)(random_next(&random) % 64) / 16;
	}
	fit_all(&p, low);
	for (int i = 0; i < FIT_MAX; i++)
		y[i] += 0x1p30;
	fit_all(&p, high);
	for (int i = 0; i < 9; i++) {
		assert_true(fabs(low[i].residue - high[i].residue) < 1e-6);
		assert_true(fabs(low[i].bic - high[i].bic) < 1e-6);
		assert_true(fabs(low[i].b - high[i].b) < 1e-6);
		assert_true(fabs(low[i].c - high[i].c) < 1e-6);
		assert_true(low[i].tau == high[i].tau);
		assert_true(low[i].h == high[i].h);
		assert_true(isfinite(low[i].bic) && low[i].residue > 0);
		if (i < 7)
			assert_true(fabs(low[i].a + 0x1p30 - high[i].a) < 1e-5);
	}
	assert_true(low[0].b == 0 && low[0].tau == 0 && low[1].c == 0);
}

/* A bend is looked for from the first to the last that may be, those included,
 * and so is a time constant. */
static void the_ends_of_a_search_are_in_it(void **state)
{
	struct fit_points p = unit_points();
	struct fit fit;

	(void)state;
	for (int i = 0; i < 40; i++)
		ys[i] = 10 * xs[i];
	fit_fills(&p, 0.01, 0.1, 0.9, &fit);
	assert_true(fit.h == 0.9);
	fit_starts(&p, 0.01, 0.1, 0.9, &fit);
	assert_true(fit.h == 0.1);
	for (int i = 0; i < 40; i++)
		ys[i] = 10 * fmin(xs[i], 0.05);
	fit_fills(&p, 0.01, 0.1, 0.9, &fit);
	assert_true(fit.h == 0.1);
	for (int i = 0; i < 40; i++)
		ys[i] = 10 * fmax(0, xs[i] - 0.95);
	fit_starts(&p, 0.01, 0.1, 0.9, &fit);
	assert_true(fit.h == 0.9);
	for (int last = 0; last < 2; last++) {
		double tau = last ? 0.9 : 0.01;

		for (int i = 0; i < 40; i++)
			ys[i] = 1 - exp(-xs[i] / tau);
		fit_saturating(&p, 0.001, 0.02, 0.6, &fit);
		assert_true(fabs(fit.tau - (last ? 0.6 : 0.02)) < 1e-12);
	}
}

/* Of one moment there is no line, and of no point no shape. */
static void no_points_have_no_shape(void **state)
{
	struct fit_points p = unit_points();
	struct fit fit;

	(void)state;
	for (int i = 0; i < 40; i++)
		xs[i] = 0.5;
	fit_line(&p, 0.01, &fit);
	assert_true(isinf(fit.bic));
	fit_both(&p, 0.01, 0.02, 0.6, &fit);
	assert_true(isinf(fit.bic));
	p.count = 0;
	fit_monotone(&p, 0.01, &fit);
	assert_true(isinf(fit.bic));
	fit_steps(&p, 0.01, &fit);
	assert_true(isinf(fit.bic));
}

/* Nine levels are told apart, ten are not. */
static void nine_levels_are_the_most(void **state)
{
	struct fit_points p = unit_points();
	struct fit fit;

	(void)state;
	for (int levels = 8; levels <= 10; levels++) {
		for (int i = 0; i < 40; i++)
			ys[i] = 10 * (i * levels / 40 % 2) + i * levels / 40;
		fit_steps(&p, 0.01, &fit);
		assert_int_equal(fit.levels, levels < 9 ? levels : 9);
		assert_int_equal(fit.residue < 1e-9, levels <= 9);
	}
	p.count = 3;
	fit_steps(&p, 0.01, &fit);
	assert_true(fit.levels >= 1 && fit.levels <= 3);
}

/* Of 1.4826 times the median distance, and of four points or more. */
static void deviations_and_few_points(void **state)
{
	double values[] = {1, 3, 5, 9, 17};
	struct robust_trend trend;

	(void)state;
	assert_near(robust_deviation(values, 5), 1.4826 * 4, 1e-9);
	for (size_t count = 2; count <= 5; count++) {
		for (size_t i = 0; i < count; i++) {
			xs[i] = (double)i;
			ys[i] = i % 2 ? 9 : (double)i;
		}
		check_trend(count);
	}
	/* all of the same kind: no slope has a z of its own */
	for (int i = 0; i < 5; i++)
		ys[i] = 7;
	robust_theil_sen(xs, ys, 5, &trend);
	assert_true(trend.z == 0 && trend.tau == 0 && trend.slope == 0);
	assert_true(trend.low == 0 && trend.high == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_gives_its_slope),
	    cmocka_unit_test(wild_points_do_not_bend_it),
	    cmocka_unit_test(no_trend_has_no_z),
	    cmocka_unit_test(z_is_as_by_hand),
	    cmocka_unit_test(slow_swings_lower_z),
	    cmocka_unit_test(few_points_do_no_harm),
	    cmocka_unit_test(median_of_even_and_odd),
	    cmocka_unit_test(medians_of_many_values_are_the_middle_ones),
	    cmocka_unit_test(trends_are_as_their_authors_have_them),
	    cmocka_unit_test(the_spread_is_about_the_line),
	    cmocka_unit_test(rounding_is_no_autocorrelation),
	    cmocka_unit_test(each_shape_fits_itself_best),
	    cmocka_unit_test(shapes_have_the_least_residue),
	    cmocka_unit_test(a_line_has_least_squares),
	    cmocka_unit_test(curves_are_found_with_their_parameters),
	    cmocka_unit_test(levels_change_no_shape),
	    cmocka_unit_test(the_ends_of_a_search_are_in_it),
	    cmocka_unit_test(no_points_have_no_shape),
	    cmocka_unit_test(nine_levels_are_the_most),
	    cmocka_unit_test(deviations_and_few_points),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
