// SPDX-License-Identifier: MIT
#include "base/filters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "proc/filters.h"

static void filters_are_counted(void **state)
{
	(void)state;
	assert_int_equal(filters_in(""), 0);
	assert_int_equal(filters_in("Name:\tx\nSeccomp:\t0\nThreads:\t1\n"), 0);
	assert_int_equal(
	    filters_in("Name:\tx\nSeccomp:\t0\nSeccomp_filters:\t0\n"), 0);
	assert_int_equal(
	    filters_in("Name:\tx\nSeccomp:\t2\nSeccomp_filters:\t3\n"), 3);
}

static void an_old_kernel_or_the_strict_mode_tells_of_one(void **state)
{
	(void)state;
	assert_int_equal(filters_in("Name:\tx\nSeccomp:\t2\nThreads:\t1\n"), 1);
	assert_int_equal(
	    filters_in("Name:\tx\nSeccomp:\t1\nSeccomp_filters:\t0\n"), 1);
}

static void this_process_has_no_more_than_itself(void **state)
{
	(void)state;
	assert_false(filters_are_more(getpid()));
	assert_false(filters_are_more(-1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(filters_are_counted),
	    cmocka_unit_test(an_old_kernel_or_the_strict_mode_tells_of_one),
	    cmocka_unit_test(this_process_has_no_more_than_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
