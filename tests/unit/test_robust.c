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
	assert_float_equal(trend.slope, 2, 1e-9);
	assert_float_equal(trend.intercept, 5, 1e-9);
	assert_float_equal(trend.tau, 1, 1e-9);
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
	assert_float_equal(trend.slope, 2, 0.5);
	assert_float_equal(trend.intercept, 5, 10);
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
	assert_float_equal(trend.z, 44 / sqrt(125), 1e-9);
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
	assert_float_equal(trend.slope, 1, 1e-9);
}

static void median_of_even_and_odd(void **state)
{
	double odd[] = {3, 1, 2}, even[] = {4, 1, 3, 2}, spread[] = {1, 2, 9};

	(void)state;
	assert_float_equal(robust_median(odd, 3), 2, 0);
	assert_float_equal(robust_median(even, 4), 2.5, 0);
	assert_float_equal(robust_deviation(spread, 3), 1.4826, 1e-9);
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
	assert_float_equal(saturating.tau, 0.2, 0.02);
	for (int i = 0; i < 40; i++)
		ys[i] = 10 * fmin(xs[i], 0.5);
	fit_fills(&p, 0.01, 0.1, 0.95, &fills);
	fit_starts(&p, 0.01, 0.1, 0.95, &starts);
	assert_true(fills.bic < starts.bic);
	assert_float_equal(fills.h, 0.5, 0.05);
	for (int i = 0; i < 40; i++)
		ys[i] = i < 11 ? 1 : i < 30 ? 7 : 5;
	fit_steps(&p, 0.01, &steps);
	fit_line(&p, 0.01, &line);
	assert_int_equal(steps.levels, 3);
	assert_true(steps.bic < line.bic);
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
			assert_float_equal(robust_median(values, count),
			    (sorted[(count - 1) / 2] + sorted[count / 2]) / 2,
			    0);
			/* None is lost. */
			qsort(values, count, sizeof(values[0]), by_value);
			assert_memory_equal(
			    values, sorted, count * sizeof(sorted[0]));
		}
	}
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
	    cmocka_unit_test(each_shape_fits_itself_best),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
