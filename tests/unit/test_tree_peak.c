// SPDX-License-Identifier: MIT
// The peak of a tree from made looks: what is exact, and what is not claimed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../src/python/agent/tree_peak.c"

#define MIB (1LL << 20)

struct row {
	pid_t pid;
	int64_t bytes, mark, faults;
	uint64_t started;
};

static int64_t look(
    struct tree_peak *peak, const struct row *rows, size_t len, int64_t waited)
{
	struct tree_reading now = {.waited = waited * MIB};

	for (size_t i = 0; i < len; i++) {
		const struct tree_member member = {.pid = rows[i].pid,
		    .started = rows[i].started,
		    .bytes = rows[i].bytes * MIB,
		    .mark = rows[i].mark < 0 ? -1 : rows[i].mark * MIB,
		    .faults = rows[i].faults};

		assert_int_equal(tree_reading_add(&now, &member), 0);
	}
	tree_peak_add(peak, &now);
	tree_reading_finish(&now);
	return peak->bytes / MIB;
}

#define LOOK(peak, waited, ...)                                             \
	look(peak, (const struct row[]){__VA_ARGS__},                       \
	    sizeof((const struct row[]){__VA_ARGS__}) / sizeof(struct row), \
	    waited)

static void mark_of_before_does_not_count(void **state)
{
	struct tree_peak peak = {0};

	(void)state;
	assert_int_equal(LOOK(&peak, 0, {1, 50, 400, 0, 7}), 50);
	assert_int_equal(LOOK(&peak, 0, {1, 40, 400, 9, 7}), 50);
	assert_int_equal(LOOK(&peak, 0, {1, 40, 410, 9, 7}), 410);
	tree_reading_finish(&peak.last);
}

static void mark_adds_what_others_have_meanwhile(void **state)
{
	struct tree_peak peak = {0};

	(void)state;
	assert_int_equal(
	    LOOK(&peak, 0, {9, 50, 60, 5, 7}, {2, 10, 12, 3, 8}), 60);
	assert_int_equal(
	    LOOK(&peak, 0, {9, 50, 60, 5, 7}, {2, 10, 200, 99, 8}), 250);
	/* Two of one time may or may not add up. */
	assert_int_equal(
	    LOOK(&peak, 0, {9, 50, 260, 8, 7}, {2, 10, 300, 99, 8}), 344);
	tree_reading_finish(&peak.last);
}

static void what_others_may_have_given_back_is_not_added(void **state)
{
	struct tree_peak peak = {0};

	(void)state;
	LOOK(&peak, 0, {1, 100, 100, 0, 7}, {2, 10, 10, 0, 8});
	assert_int_equal(
	    LOOK(&peak, 0, {1, 100, 100, 10, 7}, {2, 10, 200, 0, 8}), 280);
	assert_int_equal(
	    LOOK(&peak, 0, {1, 100, 100, 9999, 7}, {2, 10, 299, 0, 8}), 299);
	tree_reading_finish(&peak.last);
}

static void process_or_program_that_is_new_has_its_whole_mark(void **state)
{
	struct tree_peak peak = {0};

	(void)state;
	LOOK(&peak, 0, {1, 100, 500, 0, 7}, {2, 10, 90, 0, 8});
	/* Counters of several processors: that is no exec. */
	assert_int_equal(
	    LOOK(&peak, 0, {1, 100, 499, 0, 7}, {2, 5, 90, 0, 8}), 110);
	/* The pid was used again. */
	assert_int_equal(
	    LOOK(&peak, 0, {1, 100, 499, 0, 7}, {2, 5, 80, 0, 9}), 180);
	/* It executed another program. */
	assert_int_equal(
	    LOOK(&peak, 0, {1, 100, 499, 0, 7}, {2, 5, 70, 0, 9}), 180);
	assert_int_equal(
	    LOOK(&peak, 0, {1, 100, 499, 0, 7}, {2, 5, 95, 0, 9}), 195);
	tree_reading_finish(&peak.last);
}

static void unknown_mark_is_no_mark(void **state)
{
	struct tree_peak peak = {0};

	(void)state;
	LOOK(&peak, 0, {1, 100, -1, 0, 7});
	assert_int_equal(LOOK(&peak, 0, {1, 90, 400, 0, 7}), 100);
	assert_int_equal(LOOK(&peak, 0, {1, 90, -1, 0, 7}), 100);
	tree_reading_finish(&peak.last);
}

static void process_that_was_waited_for_counts_alone(void **state)
{
	struct tree_peak peak = {0};

	(void)state;
	LOOK(&peak, 300, {1, 100, 400, 0, 7});
	/* It may be a child's of before, or its parent's memory. */
	assert_int_equal(LOOK(&peak, 400, {1, 100, 400, 0, 7}), 100);
	assert_int_equal(LOOK(&peak, 402, {1, 100, 400, 0, 7}), 100);
	assert_int_equal(LOOK(&peak, 600, {1, 100, 400, 0, 7}), 600);
	tree_reading_finish(&peak.last);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mark_of_before_does_not_count),
	    cmocka_unit_test(mark_adds_what_others_have_meanwhile),
	    cmocka_unit_test(what_others_may_have_given_back_is_not_added),
	    cmocka_unit_test(process_or_program_that_is_new_has_its_whole_mark),
	    cmocka_unit_test(unknown_mark_is_no_mark),
	    cmocka_unit_test(process_that_was_waited_for_counts_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
