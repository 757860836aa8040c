// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/types.h>

#include "base/allocation_space.h"

static struct statvfs space;
static uid_t user;
static int failed;

/* In place of libc's. */
int statvfs(const char *path, struct statvfs *about)
{
	assert_string_equal(path, "/tables");
	*about = space;
	return failed;
}

uid_t geteuid(void)
{
	return user;
}

static bool has_space(void)
{
	return allocation_has_space("/tables");
}

/* 12 KiB are needed. */
static void blocks_that_are_kept_are_roots(void **state)
{
	(void)state;
	space = (struct statvfs){
	    .f_frsize = 1024, .f_blocks = 100, .f_bavail = 12, .f_bfree = 12};
	user = 1000;
	assert_true(has_space());
	space.f_bavail = 11;
	assert_false(has_space());
	user = 0;
	assert_true(has_space());
	space.f_bfree = 11;
	assert_false(has_space());
}

static void large_blocks_are_whole_ones(void **state)
{
	(void)state;
	user = 1000;
	space = (struct statvfs){
	    .f_frsize = 65536, .f_blocks = 100, .f_bavail = 1, .f_bfree = 1};
	assert_true(has_space());
	space.f_bavail = 0;
	assert_false(has_space());
}

static void what_is_not_known_is_no_reason(void **state)
{
	(void)state;
	user = 1000;
	space = (struct statvfs){.f_frsize = 4096};
	assert_true(has_space());
	space.f_blocks = 1;
	assert_false(has_space());
	failed = -1;
	assert_true(has_space());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blocks_that_are_kept_are_roots),
	    cmocka_unit_test(large_blocks_are_whole_ones),
	    cmocka_unit_test(what_is_not_known_is_no_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
