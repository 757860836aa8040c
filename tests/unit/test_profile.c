// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "profile/profile.h"

static void test_runs(void **state)
{
	struct profile profile;

	(void)state;
	profile_init(&profile, "a.dat");
	assert_string_equal(profile.path, "a.dat");
	for (size_t i = 0; i < 20; i++) {
		struct run *run = profile_add_run(&profile);

		assert_ptr_equal(run, &profile.runs.items[i]);
	}
	profile_finish(&profile);
	assert_null(profile.path);
	profile_finish(&profile);
}

static void test_processes(void **state)
{
	struct profile profile;
	struct run *run;
	char key[16];

	(void)state;
	profile_init(&profile, "a.dat");
	run = profile_add_run(&profile);
	for (int i = 0; i < 1000; i++) {
		int len = snprintf(key, sizeof(key), "%d", i);

		assert_int_equal(run_process(run, key, (size_t)len)->pid, i);
	}
	for (int i = 999; i >= 0; i -= 3) {
		int len = snprintf(key, sizeof(key), "%d", i);

		assert_int_equal(run_process(run, key, (size_t)len)->pid, i);
	}
	assert_int_equal(run->processes.len, 1000);
	profile_finish(&profile);
}

static void test_keys(void **state)
{
	struct profile profile;
	struct run *run;

	(void)state;
	profile_init(&profile, "a.dat");
	run = profile_add_run(&profile);
	assert_int_equal(run_process(run, "12345", 2)->pid, 12);
	assert_string_equal(run->processes.items[0].key, "12");
	assert_int_equal(run_process(run, "1", 1)->pid, 1);
	assert_int_equal(run_process(run, "x", 1)->pid, -1);
	assert_int_equal(run_process(run, "-5", 2)->pid, -1);
	assert_int_equal(run_process(run, "99999999999", 11)->pid, -1);
	assert_int_equal(run->processes.len, 5);
	profile_finish(&profile);
}

static void test_stacks(void **state)
{
	struct profile profile;
	struct run *run;

	(void)state;
	profile_init(&profile, "a.dat");
	run = profile_add_run(&profile);
	for (int i = 0; i < 100; i++)
		assert_int_equal(run_stack(run, i * -7), i);
	assert_int_equal(run_stack(run, -7), 1);
	assert_int_equal(run->stacks.items[1].id, -7);
	profile_finish(&profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_runs),
	    cmocka_unit_test(test_processes),
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_stacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
