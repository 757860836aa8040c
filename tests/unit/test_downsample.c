// SPDX-License-Identifier: MIT
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/downsample.h"
#include "analysis/trend.h"
#include "near.h"

struct extremes {
	double first, low, high, last;
	bool any;
};

/* The parts of each column that are drawn, from any set of points. */
static void note(struct extremes *column, double mib)
{
	if (!column->any)
		*column = (struct extremes){mib, mib, mib, mib, true};
	column->low = fmin(column->low, mib);
	column->high = fmax(column->high, mib);
	column->last = mib;
}

static void random_series(struct series *series, size_t len)
{
	double time_s = 1.7e9;

	*series = (struct series){0};
	for (size_t i = 0; i < len; i++) {
		time_s += (rand() % 10) * 0.01;
		series_add(series, time_s, rand() % 7 ? rand() % 100 : 50);
	}
}

/* Each column's first, lowest, highest and last, and no more than four. */
static void keeps_what_a_column_shows(void **state)
{
	(void)state;
	srand(2);
	for (int round = 0; round < 200; round++) {
		struct extremes all[40] = {{0}}, kept[40] = {{0}};
		size_t counts[40] = {0};
		struct downsample_view view = {.columns = 40};
		struct downsample every, m4;
		struct series series;

		random_series(&series, 1 + (size_t)rand() % 3000);
		view.from_s = series.items[0].time_s;
		view.to_s = series.items[series.len - 1].time_s + 0.001;
		view.every = true;
		downsample_m4(&every, &series, &view);
		view.every = false;
		downsample_m4(&m4, &series, &view);
		assert_int_equal(every.points.len, series.len);
		for (size_t i = 0; i < every.points.len; i++)
			note(&all[every.points.items[i].column],
			    every.points.items[i].mib);
		for (size_t i = 0; i < m4.points.len; i++) {
			note(&kept[m4.points.items[i].column],
			    m4.points.items[i].mib);
			counts[m4.points.items[i].column]++;
		}
		assert_memory_equal(all, kept, sizeof(all));
		for (size_t i = 0; i < 40; i++)
			assert_true(counts[i] <= 4);
		downsample_finish(&every);
		downsample_finish(&m4);
		series_finish(&series);
	}
}

/* Points are samples, in order, and none comes twice. */
static void points_are_samples(void **state)
{
	struct downsample_view view = {
	    .from_s = 1.7e9, .to_s = 1.7e9 + 20, .columns = 10};
	struct series series;
	struct downsample m4;
	size_t at = 0;

	(void)state;
	random_series(&series, 500);
	downsample_m4(&m4, &series, &view);
	for (size_t i = 0; i < m4.points.len; i++) {
		struct downsample_point *point = &m4.points.items[i];

		while (at < series.len &&
		       (series.items[at].time_s != point->time_s ||
			   series.items[at].mib != point->mib))
			at++;
		assert_true(at < series.len);
		at++;
	}
	downsample_finish(&m4);
	series_finish(&series);
}

/* One point beyond each edge, so that lines reach them. */
static void reaches_the_edges(void **state)
{
	struct downsample_view view = {
	    .from_s = 2.5, .to_s = 6.5, .columns = 4};
	struct series series = {0};
	struct downsample m4;

	(void)state;
	for (int i = 0; i < 10; i++)
		series_add(&series, i, i);
	downsample_m4(&m4, &series, &view);
	assert_int_equal(m4.points.len, 6);
	assert_int_equal(m4.points.items[0].column, -1);
	assert_true(m4.points.items[0].mib == 2);
	assert_int_equal(m4.points.items[5].column, 4);
	assert_true(m4.points.items[5].mib == 7);
	downsample_finish(&m4);
	series_finish(&series);
}

static void breaks_at_gaps(void **state)
{
	struct downsample_view view = {
	    .from_s = 0, .to_s = 200, .columns = 100, .gap_s = 5};
	struct series series = {0};
	struct downsample m4;
	size_t starts = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		series_add(&series, i < 50 ? i : i + 50, 1);
	downsample_m4(&m4, &series, &view);
	for (size_t i = 0; i < m4.points.len; i++) {
		starts += m4.points.items[i].starts;
		if (m4.points.items[i].starts && i > 0)
			assert_true(m4.points.items[i].time_s == 100);
	}
	assert_int_equal(starts, 2);
	downsample_finish(&m4);
	series_finish(&series);
}

/* A column's mean is of its samples alone, that on its right edge included. */
static void means_are_of_the_samples_of_a_column(void **state)
{
	const struct downsample_mean want[] = {
	    {6.5, 2, 0, true}, {20.5, 2, 1, false}, {365.0 / 3, 3, 4, true}};
	struct downsample_view view = {
	    .from_s = 2, .to_s = 12, .columns = 5, .gap_s = 3};
	struct series series = {0};
	struct downsample m4;

	(void)state;
	for (int i = 0; i < 20; i++) {
		if (i < 6 || i > 9)
			series_add(&series, i, i * i);
	}
	downsample_m4(&m4, &series, &view);
	assert_int_equal(m4.means.len, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct downsample_mean *mean = &m4.means.items[i];

		assert_true(fabs(mean->mib - want[i].mib) < 1e-9);
		assert_int_equal(mean->samples, want[i].samples);
		assert_int_equal(mean->column, want[i].column);
		assert_int_equal(mean->starts, want[i].starts);
	}
	downsample_finish(&m4);
	series_finish(&series);
}

static void usual_step(void **state)
{
	struct series series = {0};

	(void)state;
	assert_true(downsample_interval(&series) == 0);
	series_add(&series, 0, 1);
	assert_true(downsample_interval(&series) == 0);
	series_add(&series, 7, 1);
	assert_true(downsample_interval(&series) == 7);
	series.len = 1;
	for (int i = 1; i < 1000; i++)
		series_add(&series, i * 2 + (i > 500 ? 4000 : 0), 1);
	assert_true(downsample_interval(&series) == 2);
	assert_true(downsample_gap(&series) == 10);
	series_finish(&series);
	/* the median of five steps; a gap is half a second at least */
	for (int i = 0; i < 6; i++)
		series_add(&series, i * i, 1);
	assert_true(downsample_interval(&series) == 5);
	series_finish(&series);
	for (int i = 0; i < 100; i++)
		series_add(&series, i / 64.0, 1);
	assert_true(downsample_gap(&series) == 0.5);
	series_finish(&series);
	for (int i = 0; i < 5; i++)
		series_add(&series, i * 100, 1);
	assert_true(downsample_gap(&series) == 0);
	series_finish(&series);
}

static void fits_a_line(void **state)
{
	struct series series = {0};
	struct trend trend;

	(void)state;
	assert_false(trend_fit(&trend, &series, 0, 2e9));
	for (int i = 0; i < 1000; i++)
		series_add(&series, 1.7e9 + i * 0.1,
		    5 + 0.25 * i * 0.1 + (i % 2 ? 1 : -1));
	assert_true(trend_fit(&trend, &series, 0, 2e9));
	assert_true(fabs(trend.mib_per_s - 0.25) < 1e-3);
	assert_true(fabs(trend.from_mib - 5) < 0.05);
	assert_true(fabs(trend.to_mib - 29.975) < 0.05);
	assert_true(trend_fit(&trend, &series, 1.7e9 + 10, 1.7e9 + 20));
	assert_true(trend.to_s <= 1.7e9 + 20);
	assert_false(trend_fit(&trend, &series, 1.7e9 + 10, 1.7e9 + 10));
	series_finish(&series);
}

/* One column: which of its samples are its points, each once and in order. */
static void a_column_has_four_points_at_most(void **state)
{
	static const struct {
		double mib[6];
		const char *points; /* their places */
	} rows[] = {
	    {{5, 3, 4, 4, 4, 9}, "015"},
	    {{5, 9, 4, 4, 4, 3}, "015"},
	    {{5, 3, 9, 4, 4, 4}, "0125"},
	    {{5, 9, 3, 4, 4, 4}, "0125"},
	    {{5, 4, 4, 3, 9, 4}, "0345"},
	    {{9, 4, 4, 4, 4, 3}, "05"},
	    {{3, 4, 4, 4, 4, 9}, "05"},
	    {{9, 4, 3, 4, 4, 4}, "025"},
	    {{3, 4, 9, 4, 4, 4}, "025"},
	    {{5, 5, 5, 5, 5, 5}, "05"},
	    /* the first of equal ones */
	    {{5, 3, 3, 9, 9, 4}, "0135"},
	    {{5, 9, 9, 3, 3, 4}, "0135"},
	};
	const struct downsample_view view = {.to_s = 6, .columns = 1};

	(void)state;
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		struct series series = {0};
		struct downsample m4;

		for (int i = 0; i < 6; i++)
			series_add(&series, i, rows[r].mib[i]);
		downsample_m4(&m4, &series, &view);
		assert_int_equal(m4.points.len, strlen(rows[r].points));
		for (size_t i = 0; i < m4.points.len; i++) {
			assert_true(m4.points.items[i].time_s ==
				    rows[r].points[i] - '0');
			assert_int_equal(m4.points.items[i].starts, i == 0);
			assert_int_equal(m4.points.items[i].column, 0);
		}
		assert_int_equal(m4.means.len, 1);
		assert_int_equal(m4.means.items[0].samples, 6);
		downsample_finish(&m4);
		series_finish(&series);
	}
}

/* A step of that many seconds between columns of two samples each; returns
 * where lines and bars begin anew. */
static size_t begun(double step_s, double gap_s)
{
	const struct downsample_view view = {
	    .to_s = 16, .columns = 16, .gap_s = gap_s};
	struct series series = {0};
	struct downsample m4;
	size_t starts = 0;

	series_add(&series, 1, 1);
	series_add(&series, 1.25, 2);
	series_add(&series, 1.25 + step_s, 3);
	series_add(&series, 1.25 + step_s + 0.25, 4);
	downsample_m4(&m4, &series, &view);
	for (size_t i = 0; i < m4.points.len; i++)
		starts += m4.points.items[i].starts;
	for (size_t i = 0; i < m4.means.len; i++)
		starts += 10 * m4.means.items[i].starts;
	downsample_finish(&m4);
	series_finish(&series);
	return starts;
}

static void only_a_longer_step_breaks_a_line(void **state)
{
	(void)state;
	assert_int_equal(begun(4, 4), 11);
	assert_int_equal(begun(4.25, 4), 22);
	assert_int_equal(begun(0.75, 0.5), 22);
	assert_int_equal(begun(0.75, 0.75), 11);
	assert_int_equal(begun(9, 0), 11);
}

/* A point beyond each edge has no mean, and none comes after it. */
static void what_lies_beyond_has_no_mean(void **state)
{
	const struct downsample_view view = {
	    .from_s = 4, .to_s = 8, .columns = 2};
	struct series series = {0};
	struct downsample m4;

	(void)state;
	for (int i = 0; i < 16; i++)
		series_add(&series, i, i);
	downsample_m4(&m4, &series, &view);
	assert_int_equal(m4.points.len, 6); /* 3; 4, 5; 6, 8; 9 */
	assert_true(m4.points.items[0].time_s == 3);
	assert_true(m4.points.items[1].time_s == 4);
	assert_true(m4.points.items[4].time_s == 8);
	assert_true(m4.points.items[5].time_s == 9);
	assert_int_equal(m4.points.items[4].column, 1);
	assert_int_equal(m4.points.items[5].column, 2);
	assert_int_equal(m4.means.len, 2);
	assert_true(m4.means.items[0].mib == 4.5);
	assert_true(m4.means.items[1].mib == 7);
	assert_true(m4.means.items[0].starts && !m4.means.items[1].starts);
	downsample_finish(&m4);
	series_finish(&series);
}

/* Seven samples show no gap. Eight show the median of their longer half; the
 * stretches of a thinned recording make it longer. */
static void a_gap_needs_eight_samples(void **state)
{
	struct series series = {0};

	(void)state;
	for (int i = 0; i < 7; i++)
		series_add(&series, 3 * i, 1);
	assert_true(downsample_gap(&series) == 0);
	series_add(&series, 21, 1);
	assert_true(downsample_gap(&series) == 15);
	series.stretch_s = 8;
	assert_true(downsample_gap(&series) == 20);
	series.stretch_s = 4;
	assert_true(downsample_gap(&series) == 15);
	series_finish(&series);
	/* of 1,002 steps each second one is taken, of 1,001 all */
	for (int steps = 1001; steps <= 1002; steps++) {
		series_add(&series, 0, 1);
		for (int i = 0; i < steps; i++)
			series_add(&series,
			    series.items[i].time_s + (i % 2 ? 5 : 1), 1);
		assert_true(downsample_interval(&series) == 1);
		series_finish(&series);
	}
	for (int i = 0; i <= 1000; i++)
		series_add(&series, i < 500 ? i : 500 + 5 * (i - 500), 1);
	assert_true(downsample_interval(&series) == 5);
	series_finish(&series);
}

/* Slope and ends by the formulas of the textbook. */
static void a_trend_is_of_least_squares(void **state)
{
	static const double times[] = {0, 1, 3, 4, 8},
			    mib[] = {7, 9, 8, 14, 12};
	struct series series = {0};
	struct trend trend;

	(void)state;
	for (int i = 0; i < 5; i++)
		series_add(&series, 1.7e9 + times[i], mib[i]);
	series_add(&series, 1.7e9 + 9, 1000);
	/* means 3.2 and 10; 38.8 squared seconds, their product with MiB 25 */
	assert_true(trend_fit(&trend, &series, 1.7e9, 1.7e9 + 8));
	assert_near(trend.mib_per_s, 25 / 38.8, 1e-12);
	assert_near(trend.from_mib, 10 - 3.2 * 25 / 38.8, 1e-9);
	assert_near(trend.to_mib, 10 + 4.8 * 25 / 38.8, 1e-9);
	assert_true(trend.from_s == 1.7e9 && trend.to_s == 1.7e9 + 8);
	/* 1, 3 and 4 */
	assert_true(trend_fit(&trend, &series, 1.7e9 + 0.5, 1.7e9 + 7));
	assert_true(trend.from_s == 1.7e9 + 1 && trend.to_s == 1.7e9 + 4);
	assert_near(trend.mib_per_s, 57.0 / 42, 1e-9);
	/* one sample, and none */
	assert_false(trend_fit(&trend, &series, 1.7e9 + 8, 1.7e9 + 8));
	assert_false(trend_fit(&trend, &series, 1.7e9 + 5, 1.7e9 + 7));
	assert_false(trend_fit(&trend, &series, 1.7e9 + 10, 1.7e9 + 99));
	series_finish(&series);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keeps_what_a_column_shows),
	    cmocka_unit_test(points_are_samples),
	    cmocka_unit_test(reaches_the_edges),
	    cmocka_unit_test(breaks_at_gaps),
	    cmocka_unit_test(means_are_of_the_samples_of_a_column),
	    cmocka_unit_test(usual_step),
	    cmocka_unit_test(fits_a_line),
	    cmocka_unit_test(a_column_has_four_points_at_most),
	    cmocka_unit_test(only_a_longer_step_breaks_a_line),
	    cmocka_unit_test(what_lies_beyond_has_no_mean),
	    cmocka_unit_test(a_gap_needs_eight_samples),
	    cmocka_unit_test(a_trend_is_of_least_squares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
