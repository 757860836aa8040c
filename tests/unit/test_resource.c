// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "profile/resource.h"

static void add(struct usage_series *usage, enum resource_figure_id figure,
    double time_s, double value)
{
	series_add(&usage->figures[figure], time_s, value);
}

static void a_count_is_shown_as_its_rate(void **state)
{
	struct usage_series usage = {0};
	struct series shown;
	double mean, most;

	(void)state;
	add(&usage, FIGURE_CPU, 100, 0);
	add(&usage, FIGURE_CPU, 102, 1);
	add(&usage, FIGURE_CPU, 103, 3);
	usage_shown(&usage, FIGURE_CPU, &shown);
	assert_int_equal(shown.len, 2);
	assert_true(shown.items[0].time_s == 102);
	assert_true(shown.items[0].mib == 50);
	assert_true(shown.items[1].mib == 200);
	series_finish(&shown);
	assert_int_equal(usage_mean(&usage, FIGURE_CPU, &mean), 0);
	assert_true(mean == 100);
	assert_int_equal(usage_most(&usage, FIGURE_CPU, &most), 0);
	assert_true(most == 200);
	usage_finish(&usage);
}

/* Nobody knows what lies between: it has no figure, and no part in the mean. */
static void a_count_that_steps_back_leaves_a_gap(void **state)
{
	struct usage_series usage = {0};
	struct series shown;
	double mean, last;

	(void)state;
	add(&usage, FIGURE_CPU, 100, 5);
	add(&usage, FIGURE_CPU, 101, 6);
	add(&usage, FIGURE_CPU, 111, 0);
	add(&usage, FIGURE_CPU, 111, 0.5);
	add(&usage, FIGURE_CPU, 112, 1.5);
	usage_shown(&usage, FIGURE_CPU, &shown);
	assert_int_equal(shown.len, 2);
	assert_true(shown.items[0].time_s == 101);
	assert_true(shown.items[1].time_s == 112);
	series_finish(&shown);
	assert_true(usage_last(&usage, FIGURE_CPU, &last) && last == 100);
	add(&usage, FIGURE_CPU, 113, 0);
	assert_true(usage_last(&usage, FIGURE_CPU, &last) && last == 100);
	assert_false(usage_last(&usage, FIGURE_THREADS, &last));
	assert_int_equal(usage_mean(&usage, FIGURE_CPU, &mean), 0);
	assert_true(mean == 100);
	usage_finish(&usage);
}

/* Nobody waits for longer than there is time; processors are many. */
static void pressure_is_a_share_of_the_time(void **state)
{
	struct usage_series usage = {0};
	double most;

	(void)state;
	add(&usage, FIGURE_PRESSURE_SOME, 100, 0);
	add(&usage, FIGURE_PRESSURE_SOME, 101, 1.3);
	add(&usage, FIGURE_THROTTLED, 100, 0);
	add(&usage, FIGURE_THROTTLED, 101, 1.3);
	assert_int_equal(usage_most(&usage, FIGURE_PRESSURE_SOME, &most), 0);
	assert_true(most == 100);
	assert_int_equal(usage_most(&usage, FIGURE_THROTTLED, &most), 0);
	assert_true(most == 130);
	usage_finish(&usage);
}

static void one_reading_of_a_count_says_nothing(void **state)
{
	struct usage_series usage = {0};
	double found;

	(void)state;
	add(&usage, FIGURE_CPU, 100, 5);
	assert_int_equal(usage_mean(&usage, FIGURE_CPU, &found), -1);
	assert_int_equal(usage_most(&usage, FIGURE_CPU, &found), -1);
	assert_int_equal(usage_mean(&usage, FIGURE_THREADS, &found), -1);
	add(&usage, FIGURE_THREADS, 100, 7);
	assert_int_equal(usage_mean(&usage, FIGURE_THREADS, &found), 0);
	assert_true(found == 7);
	assert_true(usage_has(&usage, RESOURCE_THREADS));
	assert_false(usage_has(&usage, RESOURCE_IO));
	usage_finish(&usage);
}

static void other_figures_hold_until_the_next(void **state)
{
	struct usage_series usage = {0};
	double found;

	(void)state;
	add(&usage, FIGURE_THREADS, 100, 2);
	add(&usage, FIGURE_THREADS, 103, 6);
	add(&usage, FIGURE_THREADS, 104, 1);
	assert_int_equal(usage_mean(&usage, FIGURE_THREADS, &found), 0);
	assert_true(found == 3);
	assert_int_equal(usage_most(&usage, FIGURE_THREADS, &found), 0);
	assert_true(found == 6);
	usage_finish(&usage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_count_is_shown_as_its_rate),
	    cmocka_unit_test(a_count_that_steps_back_leaves_a_gap),
	    cmocka_unit_test(pressure_is_a_share_of_the_time),
	    cmocka_unit_test(one_reading_of_a_count_says_nothing),
	    cmocka_unit_test(other_figures_hold_until_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
