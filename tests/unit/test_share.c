// SPDX-License-Identifier: MIT
//
// Tests which reading of PSS shows the true size of a peak of RSS, and which
// readings can be forgotten.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/random.h"
#include "profile/share.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void test_none(void **state)
{
	static const struct share far[] = {{1, 74, 20, 3}};
	static const struct share right[] = {{1, 100, 95, 3}};
	static const struct share perhaps_right[] = {{1, 80, 71, 3}};
	static const struct share alone[] = {{1, 100, 20, 1}};

	(void)state;
	assert_null(share_at_peak(NULL, 0, 100));
	assert_null(share_at_peak(far, COUNT(far), 100));
	assert_null(share_at_peak(right, COUNT(right), 100));
	assert_null(share_at_peak(perhaps_right, COUNT(perhaps_right), 100));
	assert_null(share_at_peak(alone, COUNT(alone), 100));
}

/* The last reading of a tree that has grown by less than a third since: it says
 * much of the peak even where all that growth was nobody else's. */
static void test_one_before_the_peak(void **state)
{
	static const struct share before[] = {{1, 76, 12, 14}};
	char *text = share_text(&before[0], 100);

	(void)state;
	assert_ptr_equal(share_at_peak(before, COUNT(before), 100), &before[0]);
	assert_string_equal(
	    text, "12.0 MiB PSS at 76.0 MiB RSS, 14 processes share memory");
	free(text);
}

/* A fork that is written to: the sum stays, what is shared gets less. */
static void test_the_highest_counts(void **state)
{
	static const struct share some[] = {
	    {1, 100, 50, 2}, {2, 100, 80, 2}, {3, 99, 60, 2}};
	static const struct share in_the_end_right[] = {
	    {1, 100, 50, 2}, {2, 100, 99, 0}};

	(void)state;
	assert_ptr_equal(share_at_peak(some, COUNT(some), 100), &some[1]);
	assert_null(
	    share_at_peak(in_the_end_right, COUNT(in_the_end_right), 100));
}

/* A tree may share less while it grows than when it has grown. */
static void test_lower_ones_are_left_out(void **state)
{
	static const struct share some[] = {{1, 94, 70, 3}, {2, 100, 50, 5}};

	(void)state;
	assert_ptr_equal(share_at_peak(some, COUNT(some), 101), &some[1]);
}

static void test_text(void **state)
{
	static const struct share share = {1, 100, 50, 5};
	char *text = share_text(&share, 101);

	(void)state;
	assert_string_equal(text, "50.0 MiB PSS, 5 processes share memory");
	free(text);
	text = share_text(&share, 110);
	assert_string_equal(
	    text, "50.0 MiB PSS at 100 MiB RSS, 5 processes share memory");
	free(text);
}

static void test_what_is_kept_decides(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct share all[32], kept[33];
		const struct share *of_all, *of_kept;
		size_t count = 1 + random_next(&seed) % 32, left = 0;

		for (size_t i = 0; i < count; i++) {
			double mib = 80 + (double)(random_next(&seed) % 21);

			all[i] = (struct share){(double)i, mib,
			    mib * (double)(random_next(&seed) % 11) / 10,
			    (int)(random_next(&seed) % 4)};
			left = share_keep(kept, left, all[i]);
			assert_in_range(left, 1, i + 1);
		}
		of_all = share_at_peak(all, count, 100);
		of_kept = share_at_peak(kept, left, 100);
		assert_true(!of_all == !of_kept);
		if (of_all)
			assert_true(of_all->time_s == of_kept->time_s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_none),
	    cmocka_unit_test(test_one_before_the_peak),
	    cmocka_unit_test(test_the_highest_counts),
	    cmocka_unit_test(test_lower_ones_are_left_out),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_what_is_kept_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
