// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "recorder/sampler.h"

enum { MS = 1000000 };

static void deadlines_do_not_drift(void **state)
{
	struct ticks ticks;
	int64_t start = 12345;

	(void)state;
	ticks_init(&ticks, start, 10 * MS, 0);
	for (int64_t i = 0; i < 1000; i++) {
		assert_int_equal(ticks.due_ns, start + i * 10 * MS);
		ticks_advance(&ticks, ticks.due_ns, ticks.due_ns + 3 * MS);
	}
	assert_int_equal(ticks.missed, 0);
}

static void a_late_tick_is_served_once(void **state)
{
	struct ticks ticks;

	(void)state;
	ticks_init(&ticks, 0, 10 * MS, 0);
	ticks_advance(&ticks, 0, 14 * MS);
	assert_int_equal(ticks.due_ns, 10 * MS);
	assert_int_equal(ticks.missed, 0);
	ticks_advance(&ticks, 14 * MS, 15 * MS);
	assert_int_equal(ticks.due_ns, 20 * MS);
}

static void missed_ticks_are_counted_and_not_made_up_for(void **state)
{
	struct ticks ticks;

	(void)state;
	ticks_init(&ticks, 0, 10 * MS, 0);
	ticks_advance(&ticks, 0, 57 * MS);
	assert_int_equal(ticks.missed, 4);
	assert_int_equal(ticks.due_ns, 50 * MS);
	ticks_advance(&ticks, 57 * MS, 58 * MS);
	assert_int_equal(ticks.due_ns, 60 * MS);
	assert_int_equal(ticks.missed, 4);
}

static void a_sample_behind_a_gap_stands_for_the_last_deadline(void **state)
{
	struct ticks ticks;

	(void)state;
	ticks_init(&ticks, 0, 10 * MS, 0);
	ticks_advance(&ticks, 57 * MS, 58 * MS);
	assert_int_equal(ticks.missed, 5);
	assert_int_equal(ticks.due_ns, 60 * MS);
	ticks_advance(&ticks, 60 * MS, 61 * MS);
	assert_int_equal(ticks.due_ns, 70 * MS);
	assert_int_equal(ticks.missed, 5);
}

/* A deadline that is reached to the nanosecond has passed. */
static void a_deadline_counts_from_its_nanosecond_on(void **state)
{
	struct ticks ticks;

	(void)state;
	ticks_init(&ticks, 0, 10 * MS, 0);
	ticks_advance(&ticks, 0, 20 * MS);
	assert_int_equal(ticks.missed, 1);
	assert_int_equal(ticks.due_ns, 20 * MS);
	ticks_init(&ticks, 0, 10 * MS, 0);
	ticks_advance(&ticks, 0, 20 * MS - 1);
	assert_int_equal(ticks.missed, 0);
	assert_int_equal(ticks.due_ns, 10 * MS);
	ticks_init(&ticks, 0, 10 * MS, 0);
	ticks_advance(&ticks, 50 * MS, 58 * MS);
	assert_int_equal(ticks.missed, 5);
	assert_int_equal(ticks.due_ns, 60 * MS);
}

/* A sample that begins late and takes long stands for its own deadline. */
static void a_late_sample_that_takes_long_misses_the_later_ones(void **state)
{
	struct ticks ticks;

	(void)state;
	ticks_init(&ticks, 0, 10 * MS, 0);
	ticks_advance(&ticks, 14 * MS, 57 * MS);
	assert_int_equal(ticks.missed, 4);
	assert_int_equal(ticks.due_ns, 50 * MS);
}

static void the_first_cost_counts_in_full(void **state)
{
	struct ticks ticks;

	(void)state;
	ticks_init(&ticks, 0, 10 * MS, 0.01);
	ticks_pace(&ticks, MS);
	assert_int_equal(ticks.interval_ns, 100 * MS);
	ticks_pace(&ticks, 9 * MS);
	assert_int_equal(ticks.interval_ns, 200 * MS);
}

static void a_stop_misses_nothing(void **state)
{
	struct ticks ticks;

	(void)state;
	ticks_init(&ticks, 0, 10 * MS, 0);
	ticks_advance(&ticks, 0, 1);
	ticks_resume(&ticks, 5000 * (int64_t)MS);
	assert_int_equal(ticks.due_ns, 5000 * (int64_t)MS);
	assert_int_equal(ticks.missed, 0);
}

static void overhead_lengthens_the_interval_and_shortens_it_again(void **state)
{
	struct ticks ticks;

	(void)state;
	ticks_init(&ticks, 0, 10 * MS, 0.01);
	ticks_pace(&ticks, MS / 20);
	assert_int_equal(ticks.interval_ns, 10 * MS);
	for (int i = 0; i < 200; i++)
		ticks_pace(&ticks, MS);
	assert_in_range(ticks.interval_ns, 95 * MS, 100 * MS);
	for (int i = 0; i < 400; i++)
		ticks_pace(&ticks, MS / 20);
	assert_int_equal(ticks.interval_ns, 10 * MS);
}

static void without_a_bound_cost_does_not_matter(void **state)
{
	struct ticks ticks;

	(void)state;
	ticks_init(&ticks, 0, MS, 0);
	ticks_pace(&ticks, 900 * MS);
	assert_int_equal(ticks.interval_ns, MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(deadlines_do_not_drift),
	    cmocka_unit_test(a_late_tick_is_served_once),
	    cmocka_unit_test(missed_ticks_are_counted_and_not_made_up_for),
	    cmocka_unit_test(
		a_sample_behind_a_gap_stands_for_the_last_deadline),
	    cmocka_unit_test(a_deadline_counts_from_its_nanosecond_on),
	    cmocka_unit_test(
		a_late_sample_that_takes_long_misses_the_later_ones),
	    cmocka_unit_test(the_first_cost_counts_in_full),
	    cmocka_unit_test(a_stop_misses_nothing),
	    cmocka_unit_test(
		overhead_lengthens_the_interval_and_shortens_it_again),
	    cmocka_unit_test(without_a_bound_cost_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
