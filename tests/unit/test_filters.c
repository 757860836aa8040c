// SPDX-License-Identifier: MIT
#include "base/filters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "proc/filters.h"

/* The number of filters by a status of that text. */
static int count_of(const char *text)
{
	FILE *file = tmpfile();
	int count;

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fflush(file), 0);
	rewind(file);
	count = filters_read(fileno(file));
	fclose(file);
	return count;
}

static void filters_are_counted(void **state)
{
	(void)state;
	assert_int_equal(count_of(""), 0);
	assert_int_equal(count_of("Name:\tx\nSeccomp:\t0\nThreads:\t1\n"), 0);
	assert_int_equal(
	    count_of("Name:\tx\nSeccomp:\t0\nSeccomp_filters:\t0\n"), 0);
	assert_int_equal(
	    count_of("Name:\tx\nSeccomp:\t2\nSeccomp_filters:\t3\n"), 3);
}

static void an_old_kernel_or_the_strict_mode_tells_of_one(void **state)
{
	(void)state;
	assert_int_equal(count_of("Name:\tx\nSeccomp:\t2\nThreads:\t1\n"), 1);
	assert_int_equal(
	    count_of("Name:\tx\nSeccomp:\t1\nSeccomp_filters:\t0\n"), 1);
}

/* As of a process in 65,536 groups. A group is none of the lines that are
 * looked for, wherever it begins. */
static void lines_of_any_length_may_come_before(void **state)
{
	static char text[1 << 20];

	(void)state;
	for (size_t groups = 1; groups <= 65536; groups = groups * 3 / 2 + 1) {
		size_t len = (size_t)sprintf(text, "Name:\tx\nGroups:\t");

		for (size_t i = 0; i < groups; i++)
			len += (size_t)sprintf(text + len, "Seccomp:\t2 ");
		sprintf(text + len, "\nSeccomp:\t2\nSeccomp_filters:\t7\nX:\n");
		assert_int_equal(count_of(text), 7);
		sprintf(text + len, "\nSeccomp:\t0\nSeccomp_filters:\t0\nX:\n");
		assert_int_equal(count_of(text), 0);
	}
}

/* The file may end anywhere in what is read at once. */
static void the_end_may_be_read_alone(void **state)
{
	char text[8192];

	(void)state;
	for (int pad = 4000; pad < 4100; pad++) {
		snprintf(text, sizeof(text),
		    "Groups:\t%0*d\nSeccomp:\t2\nSeccomp_filters:\t7\n", pad,
		    1);
		assert_int_equal(count_of(text), 7);
	}
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
	    cmocka_unit_test(lines_of_any_length_may_come_before),
	    cmocka_unit_test(the_end_may_be_read_alone),
	    cmocka_unit_test(this_process_has_no_more_than_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
