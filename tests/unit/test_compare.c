// SPDX-License-Identifier: MIT
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "analysis/compare.h"
#include "analysis/figures.h"
#include "analysis/leak.h"
#include "analysis/trend.h"
#include "base/random.h"
#include "near.h"

static void five_against_five_apart(void **state)
{
	const double a[] = {100, 101, 102, 103, 104};
	const double b[] = {110, 111, 112, 113, 114};
	struct comparison c;

	(void)state;
	compare_values(a, 5, b, 5, &c);
	assert_near(c.difference, 10, 1e-9);
	assert_near(c.relative, 10 / 102.0, 1e-9);
	/* Two of the 252 partitions are as far apart. */
	assert_near(c.p, 2 / 252.0, 1e-9);
	assert_true(c.low > 7 && c.low < 10 && c.high > 10 && c.high < 13);
}

static void the_same_is_no_surprise(void **state)
{
	const double a[] = {5, 9, 7, 6}, b[] = {6, 7, 9, 5};
	struct comparison c;

	(void)state;
	compare_values(a, 4, b, 4, &c);
	assert_near(c.p, 1, 1e-9);
	assert_true(c.low < 0 && c.high > 0);
}

static void one_each_says_nothing_of_chance(void **state)
{
	const double a[] = {0}, b[] = {3};
	struct comparison c;

	(void)state;
	compare_values(a, 1, b, 1, &c);
	assert_false(c.repeated);
	assert_near(c.difference, 3, 0);
	assert_near(c.relative, 0, 0);
	assert_near(c.p, 1, 0);
	compare_values((const double[]){1}, 1, b, 1, &c);
	assert_near(c.relative, 2, 0);
	compare_values((const double[]){-4}, 1, b, 1, &c);
	assert_near(c.relative, 7 / 4.0, 0);
}

static void an_unknown_value_is_not_compared(void **state)
{
	const double a[] = {5, 9}, b[] = {6, NAN};
	struct comparison c;

	(void)state;
	compare_values(a, 2, b, 2, &c);
	assert_near(c.a, 7, 0);
	assert_true(isnan(c.b) && isnan(c.difference) && isnan(c.relative));
	assert_true(isnan(c.low) && isnan(c.high));
	assert_false(c.repeated || c.spread);
}

/* Beside Welch's interval and the two-sample z-test, which hold for so many. */
static void hundreds_are_as_the_normal_distribution_has_them(void **state)
{
	enum { COUNT = 5000 };
	double *a = calloc(COUNT, sizeof(*a)), *b = calloc(COUNT, sizeof(*b));
	double error = sqrt(2 * (1 / 12.0) / COUNT), shift = 2.5 * error;
	uint64_t random = 3;
	struct comparison c;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		a[i] = (i + 0.5) / COUNT; /* uniform: its variance is 1/12 */
		b[i] = a[i] + shift;
	}
	compare_values(a, COUNT, b, COUNT, &c);
	assert_near(c.difference, shift, 1e-9);
	assert_near(c.low, shift - 1.96 * error, 0.1 * error);
	assert_near(c.high, shift + 1.96 * error, 0.1 * error);
	assert_near(c.p, erfc(2.5 / sqrt(2)), 0.001);
	/* No spread at all is no surprise. */
	for (int i = 0; i < COUNT; i++)
		a[i] = 7;
	compare_values(a, COUNT, a, COUNT, &c);
	assert_true(c.p == 1 && c.low == 0 && c.high == 0);
	/* A few beside many: the order of the sides changes no p. */
	for (int i = 0; i < 5; i++)
		a[i] = 0.8 + 0.01 * random_unit(&random);
	compare_values(a, 5, b, COUNT, &c);
	shift = c.p;
	compare_values(b, COUNT, a, 5, &c);
	assert_near(c.p, shift, 0.03);
	free(a);
	free(b);
}

static void many_are_sampled(void **state)
{
	double a[40], b[40];
	struct comparison c, again;

	(void)state;
	for (int i = 0; i < 40; i++) {
		a[i] = i;
		b[i] = i + 30;
	}
	compare_values(a, 40, b, 40, &c);
	compare_values(a, 40, b, 40, &again);
	assert_true(c.p < 0.001);
	assert_near(c.low, again.low, 0);
}

static void figures_hold_each_sample_until_the_next(void **state)
{
	struct series s = {0};
	struct figures f;

	(void)state;
	assert_int_equal(figures_of_series(&s, -INFINITY, INFINITY, &f), -1);
	series_add(&s, 10, 100);
	series_add(&s, 11, 300);
	series_add(&s, 14, 200);
	assert_int_equal(figures_of_series(&s, -INFINITY, INFINITY, &f), 0);
	assert_near(f.peak_mib, 300, 0);
	assert_near(f.area_mib_s, 1000, 1e-9);
	assert_near(f.mean_mib, 250, 1e-9);
	assert_near(f.growth_mib, 100, 0);
	assert_int_equal(figures_of_series(&s, 11, 14, &f), 0);
	assert_near(f.mean_mib, 300, 0);
	series_finish(&s);
}

static void growth_of_few_samples_is_the_line_that_plot_draws(void **state)
{
	struct run run = {0};
	struct trend trend;
	struct leak leak;

	(void)state;
	assert_true(isnan(growth_of_run(&run, &leak)));
	series_add(&run.total, 10, 100);
	series_add(&run.total, 11, 300);
	series_add(&run.total, 14, 200);
	assert_near(growth_of_run(&run, &leak), 100 / (26 / 3.0), 1e-9);
	assert_true(trend_fit(&trend, &run.total, 0, 20));
	assert_near(growth_of_run(&run, &leak), trend.mib_per_s, 0);
	series_finish(&run.total);
}

/* The kernel's figure at the end is the peak of all, reported once more. */
static void the_last_phase_has_its_own_peak(void **state)
{
	struct profile profile;
	struct phase *phases;
	struct run *run;

	(void)state;
	profile_init(&profile, "made");
	run = profile_add_run(&profile);
	for (int i = 0; i < 10; i++)
		series_add(&run->total, i, i == 2 ? 200 : 13);
	series_add(&run->peaks, 9.5, 200);
	*array_push(&run->marks) =
	    (struct mark){.time_s = 5, .label = mem_copy("low")};
	assert_int_equal(phases_of_run(run, &phases), 2);
	assert_near(phases[0].figures.peak_mib, 200, 0);
	assert_near(phases[1].figures.peak_mib, 13, 0);
	free(phases);
	profile_finish(&profile);
}

/* About normal: of twelve even ones. */
static double normal(uint64_t *random)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += (double)(random_next(random) >> 11) * 0x1p-53;
	return sum;
}

/* The interval holds the truth about as often as it says. */
static void intervals_hold_what_they_promise(void **state)
{
	static const size_t counts[] = {2, 3, 5, 10};
	uint64_t random = 5;

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		int held = 0;

		for (int trial = 0; trial < 200; trial++) {
			double values[2][10];
			struct comparison c;

			for (size_t k = 0; k < counts[i]; k++) {
				values[0][k] = normal(&random);
				values[1][k] = normal(&random);
			}
			compare_values(
			    values[0], counts[i], values[1], counts[i], &c);
			held += c.low <= 0 && c.high >= 0;
		}
		assert_in_range(held, 180, 200);
	}
}

static void few_runs_far_apart_are_apart(void **state)
{
	const double a[] = {99, 100, 101}, b[] = {999, 1000, 1001};
	struct comparison c;

	(void)state;
	compare_values(a, 3, b, 3, &c);
	assert_true(c.low > 800);
	assert_near(c.least_p, 0.1, 1e-9);
	compare_values(a, 3, b, 1, &c);
	assert_true(c.spread && !c.repeated && c.low > 800);
}

/* Student's t and the formula of a prediction interval, by tables. */
static void one_beside_several_is_predicted(void **state)
{
	const double one[] = {10}, three[] = {12, 14, 16}, two[] = {12, 16};
	double many[12];
	struct comparison c;

	(void)state;
	compare_values(one, 1, three, 3, &c);
	assert_true(c.spread && !c.repeated);
	assert_near(c.low, 4 - 4.303 * sqrt(4 * 4 / 3.0), 1e-9);
	assert_near(c.high, 4 + 4.303 * sqrt(4 * 4 / 3.0), 1e-9);
	compare_values(two, 2, one, 1, &c);
	assert_near(c.low, -4 - 12.706 * sqrt(8 * 3 / 2.0), 1e-9);
	for (int i = 0; i < 12; i++)
		many[i] = i; /* variance 13, t(11) = 2.201 */
	compare_values(one, 1, many, 12, &c);
	assert_near(c.high, -4.5 + 2.201 * sqrt(13 * 13 / 12.0), 0.01);
	assert_true(c.p == 1 && c.least_p == 0);
}

/* Welch's interval by hand: of equal spreads 8 degrees of freedom, else 4.0. */
static void intervals_are_as_wide_as_welchs(void **state)
{
	const double a[] = {100, 101, 102, 103, 104};
	const double b[] = {110, 111, 112, 113, 114};
	const double wide[] = {90, 100, 110, 120, 130};
	double half;
	struct comparison c;

	(void)state;
	compare_values(a, 5, b, 5, &c);
	assert_near(c.low, 10 - 2.306, 0.15);
	assert_near(c.high, 10 + 2.306, 0.15);
	compare_values(a, 5, wide, 5, &c);
	half = 2.756 * sqrt(250 / 5.0 + 2.5 / 5); /* t of 4.08 */
	assert_near(c.low, 8 - half, 0.06 * half);
	assert_near(c.high, 8 + half, 0.06 * half);
}

static void all_partitions_of_unequal_sides(void **state)
{
	const double a[] = {1, 2, 3}, b[] = {2.5, 4, 5, 6};
	struct comparison c, swapped;

	(void)state;
	compare_values(a, 3, b, 4, &c);
	assert_true(c.repeated && c.spread);
	/* 35 partitions; a sum of three of 6 or less, or of 15 or more, is as
	 * far from 3 * 3.357: 1+2+2.5, 1+2+3; 4+5+6 */
	assert_near(c.p, 3 / 35.0, 1e-9);
	assert_near(c.least_p, 2 / 35.0, 1e-9);
	compare_values(a, 2, b, 2, &swapped);
	assert_true(swapped.repeated && swapped.p == 2 / 6.0);
	compare_values(b, 4, a, 3, &swapped);
	assert_near(swapped.p, c.p, 1e-9);
	assert_near(swapped.difference, -c.difference, 1e-9);
}

/* Beside the normal approximation of the same test. */
static void random_partitions_give_nearly_the_same(void **state)
{
	double a[20], b[20], all[40], sum = 0, squares = 0, error;
	struct comparison c;

	(void)state;
	for (int i = 0; i < 20; i++) {
		all[i] = a[i] = i;
		all[20 + i] = b[i] = i + 3.2;
	}
	for (int i = 0; i < 40; i++)
		sum += all[i];
	for (int i = 0; i < 40; i++)
		squares += (all[i] - sum / 40) * (all[i] - sum / 40);
	error = sqrt(squares / 39 * 2 / 20);
	compare_values(a, 20, b, 20, &c);
	assert_near(c.p, erfc(3.2 / error / sqrt(2)), 0.02);
}

static void marks_begin_phases(void **state)
{
	struct profile profile;
	struct phase *phases;
	struct run *run;

	(void)state;
	profile_init(&profile, "made");
	run = profile_add_run(&profile);
	for (int i = 0; i < 10; i++)
		series_add(&run->total, i, 10 + i);
	series_add(&run->peaks, 4.5, 99);
	*array_push(&run->marks) =
	    (struct mark){.time_s = 7, .label = mem_copy("late")};
	*array_push(&run->marks) =
	    (struct mark){.time_s = 3, .label = mem_copy("load")};
	*array_push(&run->marks) = (struct mark){70, 55, mem_copy("never")};
	assert_int_equal(phases_of_run(run, &phases), 4);
	assert_string_equal(phases[0].name, "start");
	assert_near(phases[0].figures.peak_mib, 12, 0);
	assert_string_equal(phases[1].name, "load");
	assert_near(phases[1].figures.peak_mib, 99, 0);
	/* from the sample before it began */
	assert_near(phases[1].figures.growth_mib, 4, 0);
	assert_string_equal(phases[2].name, "late");
	assert_string_equal(phases[3].name, "never");
	assert_near(phases[3].figures.peak_mib, 55, 0);
	free(phases);
	profile_finish(&profile);
}

/* A comparison says the same of values that are all moved, or all scaled. */
static void moved_and_scaled_values_compare_alike(void **state)
{
	enum { MOST = 24 };
	double a[MOST], b[MOST], c[MOST], d[MOST];
	uint64_t random = 9;

	(void)state;
	for (size_t count = 2; count <= MOST; count += 11) {
		struct comparison plain, moved, scaled, turned;

		for (size_t i = 0; i < count; i++) {
			a[i] = random_unit(&random);
			b[i] = random_unit(&random) + 0.3;
			c[i] = 1024 + a[i];
			d[i] = 1024 + b[i];
		}
		compare_values(a, count, b, count, &plain);
		compare_values(c, count, d, count, &moved);
		assert_true(fabs(moved.low - plain.low) < 1e-9);
		assert_true(fabs(moved.high - plain.high) < 1e-9);
		assert_true(fabs(moved.p - plain.p) < 1e-9);
		assert_true(
		    plain.a < 1 && fabs(moved.a - plain.a - 1024) < 1e-9);
		for (size_t i = 0; i < count; i++) {
			c[i] = 4096 * a[i];
			d[i] = 4096 * b[i];
		}
		compare_values(c, count, d, count, &scaled);
		assert_true(scaled.low == 4096 * plain.low);
		assert_true(scaled.high == 4096 * plain.high);
		assert_true(scaled.p == plain.p);
		assert_true(fabs(scaled.relative - plain.relative) < 1e-9);
		/* the other way round */
		compare_values(b, count, a, count, &turned);
		assert_true(fabs(turned.difference + plain.difference) < 1e-9);
		assert_true(fabs(turned.p - plain.p) < 0.02);
		assert_true(fabs(turned.low + plain.high) < 0.08);
		assert_true(fabs(turned.high + plain.low) < 0.08);
	}
}

/* Student's t of 24 degrees is 2.064, of 60 it is 2.000; between the table's
 * rows it is between their values. */
static void intervals_of_equal_spreads_are_students(void **state)
{
	static const struct {
		size_t count;
		double t;
	} rows[] = {{2, 4.303}, {3, 2.776}, {4, 2.447}, {6, 2.228}, {13, 2.064},
	    {31, 2.000}};
	double a[40], b[40];

	(void)state;
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		size_t n = rows[r].count;
		double squares = 0, half;
		struct comparison c;

		for (size_t i = 0; i < n; i++) {
			a[i] = (double)i;
			b[i] = (double)i + 100;
			squares += ((double)i - (double)(n - 1) / 2) *
				   ((double)i - (double)(n - 1) / 2);
		}
		compare_values(a, n, b, n, &c);
		half =
		    rows[r].t * sqrt(2 * squares / (double)(n - 1) / (double)n);
		assert_true(fabs(c.difference - 100) < 1e-9);
		assert_true(fabs(c.high - 100 - half) < 0.15 * half);
		assert_true(fabs(100 - c.low - half) < 0.15 * half);
	}
}

/* Between two rows of the table: 2.94 degrees by Welch's formula. */
static void intervals_of_unequal_spreads_are_welchs(void **state)
{
	const double a[] = {10, 12, 14}, b[] = {110, 111, 112};
	double half = 3.227 * sqrt(4 / 3.0 + 1 / 3.0);
	struct comparison c;

	(void)state;
	compare_values(a, 3, b, 3, &c);
	assert_near(c.low, 99 - half, 0.15 * half);
	assert_near(c.high, 99 + half, 0.15 * half);
}

/* Counts of both sides, and the figures of their comparison: all partitions of
 * a few, random ones of more, a normal distribution of more than 200. The seeds
 * are fixed, so that these are the same everywhere. */
static const struct {
	size_t a, b;
	double low, high, p, least_p;
} compared[] = {
    {2, 2, -208.367244613, 216.367244613, 1, 0.333333333333},
    {2, 3, -76.2009553163, 126.53428865, 0.6, 0.2},
    {3, 2, -46.5926912668, 64.3371537514, 1, 0.2},
    {3, 3, -48.8770839785, 95.9210061034, 0.6, 0.1},
    {3, 4, -32.9442308879, 66.7424152337, 0.571428571429, 0.0571428571429},
    {4, 9, -19.5621971046, 46.1840533022, 0.485314685315, 0.0027972027972},
    {12, 5, -17.1839927413, 49.9541439422, 0.299450549451, 0.000323206205559},
    {5, 12, -7.63620506909, 45.665655926, 0.195701357466, 0.000323206205559},
    {20, 20, -2.09070981669, 25.1640628672, 0.1062, 8.6869652087e-06},
    {7, 60, -7.76086514841, 25.0350756939, 0.2943, 3.14774243912e-06},
    {200, 200, 1.72549975404, 9.70431557074, 0.0063, 1.45592090273e-06},
    {201, 201, 2.12269776475, 10.0729661511, 0.00358158562926,
	1.43451030122e-06},
    {200, 30, 0.395328941188, 17.6103817349, 0.0164, 6.1608221001e-06},
    {201, 5, -15.8205455136, 50.102779821, 0.2222, 9.93167010965e-06},
    {201, 250, 2.63824771235, 9.99853702542, 0.00158003445981,
	7.49870834749e-07},
    {1, 2, -29.5185939024, 80.5185939024, 1, 0},
    {1, 3, -135.916699083, 229.250032416, 1, 0},
    {1, 10, -14.4320934737, 97.6320934737, 1, 0},
    {1, 11, -10.3693001451, 96.7329365087, 1, 0},
    {1, 12, -11.7615495497, 105.76154955, 1, 0},
    {1, 60, -5.04375000949, 75.7770833428, 1, 0},
    {3, 1, -124.019333333, 122.686, 1, 0},
};

static void comparisons_have_their_figures(void **state)
{
	double a[260], b[260];
	uint64_t random = 12;

	(void)state;
	for (int i = 0; i < 260; i++) {
		a[i] = 100 + (double)(random_next(&random) % 64);
		b[i] = 108 + (double)(random_next(&random) % 32) * (i % 3 + 1);
	}
	for (size_t i = 0; i < sizeof(compared) / sizeof(compared[0]); i++) {
		struct comparison c;

		compare_values(a, compared[i].a, b, compared[i].b, &c);
		assert_true(fabs(c.low - compared[i].low) < 1e-6);
		assert_true(fabs(c.high - compared[i].high) < 1e-6);
		assert_true(fabs(c.p - compared[i].p) < 1e-9);
		assert_true(fabs(c.least_p - compared[i].least_p) < 1e-9);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(five_against_five_apart),
	    cmocka_unit_test(the_same_is_no_surprise),
	    cmocka_unit_test(one_each_says_nothing_of_chance),
	    cmocka_unit_test(an_unknown_value_is_not_compared),
	    cmocka_unit_test(many_are_sampled),
	    cmocka_unit_test(hundreds_are_as_the_normal_distribution_has_them),
	    cmocka_unit_test(figures_hold_each_sample_until_the_next),
	    cmocka_unit_test(growth_of_few_samples_is_the_line_that_plot_draws),
	    cmocka_unit_test(marks_begin_phases),
	    cmocka_unit_test(the_last_phase_has_its_own_peak),
	    cmocka_unit_test(intervals_hold_what_they_promise),
	    cmocka_unit_test(few_runs_far_apart_are_apart),
	    cmocka_unit_test(one_beside_several_is_predicted),
	    cmocka_unit_test(intervals_are_as_wide_as_welchs),
	    cmocka_unit_test(all_partitions_of_unequal_sides),
	    cmocka_unit_test(random_partitions_give_nearly_the_same),
	    cmocka_unit_test(moved_and_scaled_values_compare_alike),
	    cmocka_unit_test(intervals_of_equal_spreads_are_students),
	    cmocka_unit_test(intervals_of_unequal_spreads_are_welchs),
	    cmocka_unit_test(comparisons_have_their_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
