// SPDX-License-Identifier: MIT
// The snapshots of a heap before and after a mark.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/heap_around.h"
#include "base/mem.h"

static struct profile profile;
static struct run *run;

static int set_up(void **state)
{
	(void)state;
	profile_init(&profile, "made");
	run = profile_add_run(&profile);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	profile_finish(&profile);
	return 0;
}

static void add_mark(double time_s, const char *label)
{
	*array_push(&run->marks) = (struct mark){time_s, 1, mem_copy(label)};
}

static void add_snapshot(
    double asked_s, const char *label, int pid, bool is_whole)
{
	*array_push(&run->snapshots) =
	    (struct heap_snapshot){.asked_s = asked_s,
		.label = mem_copy(label),
		.types = 2,
		.read = is_whole ? 2 : 1,
		.heap.pid = pid};
}

/* The snapshots found, by their index; -1: none. */
static void assert_found(const char *label, int before, int after)
{
	struct heap_around around;
	struct err e;

	assert_int_equal(heap_around_find(&around, run, label, &e), 0);
	assert_int_equal(around.before - run->snapshots.items, before);
	if (after < 0)
		assert_null(around.after);
	else
		assert_int_equal(around.after - run->snapshots.items, after);
}

static void the_mark_asked_for_one_and_another_follows(void **state)
{
	(void)state;
	add_mark(10, "a");
	add_mark(20, "b");
	add_snapshot(10, "a", 7, true);
	add_snapshot(20, "b", 7, true);
	add_snapshot(30, "c", 7, true);
	assert_found("a", 0, 1);
	assert_found("b", 1, 2);
	assert_true(heap_snapshot_is_whole(&run->snapshots.items[0]));
	add_mark(25, "a"); /* the last of that name counts */
	assert_found("a", 1, 2);
}

static void of_several_at_one_moment_the_label_decides(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		const char label[] = {(char)('a' + i), 0};

		add_mark(10, label);
		add_snapshot(10.0001, label, 7, true);
	}
	assert_found("a", 0, 1);
	assert_found("b", 1, 2);
	assert_found("c", 2, -1);
	/* an earlier one of that label was asked for by another mark */
	run->snapshots.items[0].asked_s = 5;
	assert_found("a", 2, -1);
}

/* Times have four decimals: two of the last are the same moment. */
static void times_are_the_same_but_for_rounding(void **state)
{
	(void)state;
	add_mark(0, "a");
	add_snapshot(-0.0002, "a", 7, true);
	add_snapshot(0.0002, "b", 7, true);
	add_snapshot(0.0003, "b", 7, true);
	assert_found("a", 0, 1);
	run->snapshots.items[0].asked_s = -0.0003;
	assert_found("a", 1, 2);
}

static void only_whole_ones_of_one_process_count(void **state)
{
	(void)state;
	add_mark(10, "a");
	add_snapshot(5, "x", 7, true);
	add_snapshot(10, "a", 7, false);
	add_snapshot(20, "b", 8, true);
	add_snapshot(30, "b", 7, false);
	assert_found("a", 0, -1);
	add_snapshot(40, "b", 7, true);
	add_snapshot(50, "b", 7, true);
	assert_found("a", 0, 4);
	run->snapshots.items[4].process = 2; /* which got the pid later */
	assert_found("a", 0, 5);
	assert_true(heap_snapshot_is_of(
	    &run->snapshots.items[0], &run->snapshots.items[5]));
	assert_false(heap_snapshot_is_of(
	    &run->snapshots.items[0], &run->snapshots.items[4]));
	assert_false(heap_snapshot_is_of(
	    &run->snapshots.items[0], &run->snapshots.items[2]));
	run->snapshots.items[4].process = 0;
	assert_false(heap_snapshot_is_whole(&run->snapshots.items[1]));
}

static void without_a_mark_or_a_snapshot_there_is_none(void **state)
{
	struct heap_around around;
	struct err e;

	(void)state;
	add_snapshot(30, "a", 7, true);
	assert_int_equal(heap_around_find(&around, run, "a", &e), -1);
	add_mark(10, "a");
	assert_int_equal(heap_around_find(&around, run, "a", &e), -1);
	assert_non_null(
	    strstr(e.text, "no snapshot was taken at the mark a or before it"));
	run->snapshots.items[0].asked_s = 10.0001;
	assert_found("a", 0, -1);
	run->snapshots.items[0].asked_s = 10.01;
	assert_int_equal(heap_around_find(&around, run, "a", &e), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_mark_asked_for_one_and_another_follows),
	    TEST(of_several_at_one_moment_the_label_decides),
	    TEST(times_are_the_same_but_for_rounding),
	    TEST(only_whole_ones_of_one_process_count),
	    TEST(without_a_mark_or_a_snapshot_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
