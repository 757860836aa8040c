// SPDX-License-Identifier: MIT
// The main figures of a run and of its phases.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/figures.h"
#include "analysis/leak.h"
#include "analysis/trend.h"
#include "base/mem.h"
#include "near.h"
#include "profile/resource.h"

static struct profile profile;
static struct run *run;
static struct phase *phases;

static int set_up(void **state)
{
	(void)state;
	profile_init(&profile, "made");
	run = profile_add_run(&profile);
	phases = NULL;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(phases);
	profile_finish(&profile);
	return 0;
}

static void add_mark(double time_s, double mib, const char *label)
{
	*array_push(&run->marks) = (struct mark){time_s, mib, mem_copy(label)};
}

static void nothing_has_no_figures(void **state)
{
	struct figures figures;

	(void)state;
	assert_int_equal(figures_of_run(run, &figures), -1);
	assert_true(figures.peak_mib == 0 && figures.duration_s == 0);
	assert_true(isnan(figures.cpu_percent) && isnan(figures.threads));
	assert_true(isnan(figures.gpu_mib));
	/* it ended before its first sample */
	series_add(&run->peaks, 7, 30);
	assert_int_equal(figures_of_run(run, &figures), 0);
	assert_true(figures.peak_mib == 30 && isnan(figures.mean_mib) &&
		    isnan(figures.area_mib_s));
}

static void a_run_ends_with_its_program(void **state)
{
	struct figures figures;

	(void)state;
	series_add(&run->total, 10, 20);
	series_add(&run->total, 12, 50);
	series_add(&run->total, 13, 30);
	run->exit.recorded = true;
	run->exit.time_s = 15;
	assert_int_equal(figures_of_run(run, &figures), 0);
	assert_true(figures.peak_mib == 50 && figures.growth_mib == 10);
	assert_true(figures.area_mib_s == 90 && figures.mean_mib == 30);
	assert_true(figures.duration_s == 5);
	series_add(&run->peaks, 12.5, 60);
	assert_int_equal(figures_of_run(run, &figures), 0);
	assert_true(figures.peak_mib == 60);
	run->peaks.items[0].mib = 40; /* less than was sampled */
	assert_int_equal(figures_of_run(run, &figures), 0);
	assert_true(figures.peak_mib == 50);
}

static void processors_threads_and_gpus_have_figures(void **state)
{
	struct usage_series *usage = usage_at(&run->usage);
	struct figures figures;

	(void)state;
	series_add(&run->total, 10, 20);
	for (int i = 0; i < 3; i++) {
		series_add(&usage->figures[FIGURE_CPU], 10 + i, i * i / 4.0);
		series_add(&usage->figures[FIGURE_THREADS], 10 + i, 5 - i);
		series_add(&usage->figures[FIGURE_GPU], 10 + i, 7 * i);
	}
	assert_int_equal(figures_of_run(run, &figures), 0);
	assert_true(figures.cpu_percent == 50);
	assert_true(figures.threads == 5 && figures.gpu_mib == 14);
	for (int i = 0; i < FIGURES; i++)
		usage->figures[i].len = 0;
	assert_int_equal(figures_of_run(run, &figures), 0);
	assert_true(isnan(figures.cpu_percent) && isnan(figures.threads));
	assert_true(isnan(figures.gpu_mib));
}

static void one_sample_holds_for_no_time(void **state)
{
	struct series series = {0};
	struct figures figures;

	(void)state;
	series_add(&series, 10, 20);
	series_add(&series, 11, 35);
	assert_int_equal(figures_of_series(&series, 11, 12, &figures), 0);
	assert_true(figures.mean_mib == 35 && figures.peak_mib == 35);
	assert_true(figures.duration_s == 0 && figures.area_mib_s == 0);
	assert_true(figures.growth_mib == 15); /* since the one before */
	assert_int_equal(figures_of_series(&series, 12, 13, &figures), -1);
	assert_int_equal(figures_of_series(&series, 10.5, 11, &figures), -1);
	series_finish(&series);
}

/* Before the first mark a phase needs a sample; any other may have none. */
static void phases_may_be_short(void **state)
{
	(void)state;
	series_add(&run->total, 10, 20);
	series_add(&run->total, 14, 40);
	add_mark(10, 21, "first");
	add_mark(11, 25, "short");
	add_mark(12, 26, "last");
	assert_int_equal(phases_of_run(run, &phases), 3);
	assert_string_equal(phases[0].name, "first");
	assert_true(phases[0].from_s == 10 && phases[0].until_s == 11);
	assert_true(phases[0].figures.peak_mib == 20);
	assert_true(phases[0].figures.duration_s == 1);
	assert_string_equal(phases[1].name, "short");
	assert_true(phases[1].figures.peak_mib == 25);
	assert_true(phases[1].figures.mean_mib == 25);
	assert_true(phases[1].from_s == 11 && phases[1].until_s == 12);
	assert_true(phases[2].from_s == 12 && phases[2].until_s == 14);
	assert_true(phases[2].figures.peak_mib == 40);
	assert_true(phases[2].figures.growth_mib == 20);
	assert_true(phases[2].figures.duration_s == 2);
}

/* A high-water mark counts in the phase in which it was reached. */
static void a_phase_has_its_own_peak(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		series_add(&run->total, i, 10);
	series_add(&run->peaks, 3.5, 50);
	series_add(&run->peaks, 6.5, 70);
	add_mark(3, 1, "a");
	add_mark(6, 1, "b");
	add_mark(8, 1, "c");
	assert_int_equal(phases_of_run(run, &phases), 4);
	assert_true(phases[0].figures.peak_mib == 10);
	assert_true(phases[1].figures.peak_mib == 50);
	assert_true(phases[2].figures.peak_mib == 70);
	assert_true(phases[3].figures.peak_mib == 10);
}

/* A mark is read late, after a sample that belongs to the next phase. */
static void a_peak_across_a_mark_is_of_either_phase(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		series_add(&run->total, i, 10);
	series_add(&run->peaks, 5, 50);
	*array_push(&run->peak_sinces) = (struct peak_since){{5, 50}, 3.5};
	series_add(&run->peaks, 7, 60);
	*array_push(&run->peak_sinces) = (struct peak_since){{7, 60}, 6};
	add_mark(4, 1, "a");
	add_mark(6, 1, "b");
	assert_int_equal(phases_of_run(run, &phases), 3);
	assert_true(phases[0].figures.peak_mib == 10);
	assert_true(phases[0].perhaps_mib == 50);
	assert_true(phases[1].figures.peak_mib == 10);
	assert_true(phases[1].perhaps_mib == 50);
	assert_true(phases[2].figures.peak_mib == 60);
	assert_true(phases[2].perhaps_mib == 0);
}

/* Marks of one time are in the order of the file. */
static void phases_are_in_order(void **state)
{
	static const char *const names[] = {"start", "a", "b", "c"};

	(void)state;
	for (int i = 0; i < 10; i++)
		series_add(&run->total, i, 10);
	add_mark(5, 1, "b");
	add_mark(5, 1, "c");
	add_mark(3, 1, "a");
	assert_int_equal(phases_of_run(run, &phases), 4);
	for (int i = 0; i < 4; i++)
		assert_string_equal(phases[i].name, names[i]);
	assert_true(phases[2].figures.duration_s == 0);
	assert_true(phases[3].figures.duration_s == 4);
}

static void growth_is_the_slope_where_it_is_judged(void **state)
{
	struct leak leak;

	(void)state;
	assert_true(isnan(growth_of_run(run, &leak)));
	series_add(&run->total, 10, 20);
	assert_true(isnan(growth_of_run(run, &leak)));
	series_add(&run->total, 14, 40);
	assert_true(growth_of_run(run, &leak) == 5 && !leak.judged);
	run->total.len = 0;
	for (int i = 0; i < 100; i++)
		series_add(&run->total, i, i == 99 ? 900 : 100 + 2 * i);
	assert_true(fabs(growth_of_run(run, &leak) - 2) < 0.1);
	assert_true(leak.judged && leak.mib_per_s == growth_of_run(run, &leak));
}

/* The line through samples of a time, both ends included. */
static void a_trend_is_of_least_squares(void **state)
{
	struct series series = {0};
	struct trend trend;

	(void)state;
	assert_false(trend_fit(&trend, &series, 0, 10));
	series_add(&series, 1.7e9, 900);
	series_add(&series, 1.7e9 + 1, 101);
	series_add(&series, 1.7e9 + 2, 103);
	series_add(&series, 1.7e9 + 3, 102);
	series_add(&series, 1.7e9 + 4, 106);
	series_add(&series, 1.7e9 + 5, 900);
	assert_true(trend_fit(&trend, &series, 1.7e9 + 0.5, 1.7e9 + 4));
	assert_true(fabs(trend.mib_per_s - 1.4) < 1e-9);
	assert_true(trend.from_s == 1.7e9 + 1 && trend.to_s == 1.7e9 + 4);
	assert_true(fabs(trend.from_mib - 100.9) < 1e-9);
	assert_true(fabs(trend.to_mib - 105.1) < 1e-9);
	assert_false(trend_fit(&trend, &series, 1.7e9 + 5, 1.7e9 + 9));
	assert_false(trend_fit(&trend, &series, 1.7e9 + 6, 1.7e9 + 9));
	series_finish(&series);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

/* A stretch of points: its line, its residue, and that one of a single point
 * far from the first is level. */
static void a_line_is_of_a_stretch_of_points(void **state)
{
	const double x[] = {0.1, 1000.3, 2000.7, 3000.1, 3000.9};
	const double y[] = {900, 101, 103, 102, 106};
	struct trend_sums sums;
	struct trend_line line;
	struct trend trend;
	struct series series = {0};

	(void)state;
	trend_add_up(&sums, x, y, 5);
	for (size_t i = 0; i < 5; i++) {
		line = trend_line(&sums, i, i + 1);
		assert_true(line.slope == 0);
		assert_near(line.a, y[i], 1e-9);
		assert_near(line.residue, 0, 1e-6);
		series_add(&series, x[i], y[i]);
	}
	for (size_t from = 0; from < 4; from++) {
		line = trend_line(&sums, from, 5);
		assert_true(trend_fit(&trend, &series, x[from], INFINITY));
		assert_near(line.slope, trend.mib_per_s, 1e-6);
		assert_near(
		    line.a + line.slope * x[from], trend.from_mib, 1e-6);
	}
	line = trend_line(&sums, 1, 3);
	assert_near(line.slope, 2 / 1000.4, 1e-9);
	assert_near(line.residue, 0, 1e-6);
	series_finish(&series);
}

/* The line of a verdict along its stretch; without one, that of all samples. */
static void a_trend_is_the_verdicts(void **state)
{
	struct leak leak = {
	    .mib_per_s = 2, .since_s = 10, .until_s = 14, .level_mib = 60};
	struct series series = {0};
	struct trend trend;

	(void)state;
	assert_false(trend_of(&trend, &series, &leak));
	series_add(&series, 5, 30);
	assert_false(trend_of(&trend, &series, &leak));
	series_add(&series, 7, 40);
	assert_true(trend_of(&trend, &series, &leak));
	assert_true(trend.mib_per_s == 5 && trend.from_s == 5);
	leak.judged = true;
	assert_true(trend_of(&trend, &series, &leak));
	assert_true(trend.mib_per_s == 2);
	assert_true(trend.from_s == 10 && trend.to_s == 14);
	assert_true(trend.from_mib == 52 && trend.to_mib == 60);
	series_finish(&series);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(nothing_has_no_figures),
	    TEST(a_run_ends_with_its_program),
	    TEST(processors_threads_and_gpus_have_figures),
	    TEST(one_sample_holds_for_no_time),
	    TEST(phases_may_be_short),
	    TEST(a_phase_has_its_own_peak),
	    TEST(a_peak_across_a_mark_is_of_either_phase),
	    TEST(phases_are_in_order),
	    TEST(growth_is_the_slope_where_it_is_judged),
	    TEST(a_trend_is_of_least_squares),
	    TEST(a_line_is_of_a_stretch_of_points),
	    TEST(a_trend_is_the_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
