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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
