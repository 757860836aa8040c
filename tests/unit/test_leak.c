// SPDX-License-Identifier: MIT
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../bench/recordings.h"
#include "analysis/leak.h"

enum { SEEDS = 12 };

static enum leak_verdict judge(
    enum recording_kind kind, uint64_t seed, struct leak_run *leak)
{
	struct recording_facts facts;
	struct profile profile;
	struct run *run;

	profile_init(&profile, "made");
	run = profile_add_run(&profile);
	recording_make(kind, seed, run, &facts);
	leak_judge_run(run, leak);
	leak_run_finish(leak);
	leak->process = NULL;
	profile_finish(&profile);
	return leak->worst.verdict;
}

static void growth_without_a_leak_is_not_called_leaking(void **state)
{
	struct leak_run leak;

	(void)state;
	for (int kind = 0; kind < RECORDING_LEAK; kind++) {
		for (uint64_t seed = 9001; seed < 9001 + SEEDS; seed++)
			assert_int_not_equal(
			    judge((enum recording_kind)kind, seed, &leak),
			    LEAK_LEAKING);
	}
}

static void leaks_are_found(void **state)
{
	struct leak_run leak;
	int found = 0, made = 0;

	(void)state;
	for (int kind = RECORDING_LEAK; kind < RECORDING_KINDS; kind++) {
		for (uint64_t seed = 9001; seed < 9001 + SEEDS; seed++) {
			made++;
			found += judge((enum recording_kind)kind, seed,
				     &leak) == LEAK_LEAKING;
		}
	}
	assert_true(found * 100 >= made * 95);
}

/* 100 MiB, 0.5 MiB a second from `late` on, a tooth of 20 MiB every 7 s. */
static void make_leak(struct series *series, double seconds, double late)
{
	for (int i = 0; i < seconds * 10; i++) {
		double t = i / 10.0;

		series_add(series, 1000 + t,
		    100 + fmax(0, t - late) * 0.5 + fmod(t, 7) * 20 / 7);
	}
}

static void slope_and_start_are_told(void **state)
{
	struct series series = {0};
	struct leak leak;

	(void)state;
	make_leak(&series, 600, 120);
	leak_judge(&series, &leak);
	assert_int_equal(leak.verdict, LEAK_LEAKING);
	assert_float_equal(leak.mib_per_s, 0.5, 0.03);
	assert_true(leak.low <= leak.mib_per_s);
	assert_true(leak.high >= leak.mib_per_s);
	assert_float_equal(leak.since_s, 1120, 40);
	assert_float_equal(leak.level_mib, 340, 12);
	series_finish(&series);
}

static void flat_teeth_are_steady(void **state)
{
	struct series series = {0};
	struct leak leak;

	(void)state;
	make_leak(&series, 600, 600);
	leak_judge(&series, &leak);
	assert_int_equal(leak.verdict, LEAK_STEADY);
	series_finish(&series);
}

static void too_little_is_undecided(void **state)
{
	struct series series = {0};
	struct leak leak;

	(void)state;
	leak_judge(&series, &leak);
	assert_int_equal(leak.verdict, LEAK_UNDECIDED);
	for (int i = 0; i < 10; i++)
		series_add(&series, i, 10 + i);
	leak_judge(&series, &leak);
	assert_int_equal(leak.verdict, LEAK_UNDECIDED);
	assert_true(leak.need_s > 0);
	series_finish(&series);
}

static void one_moment_does_no_harm(void **state)
{
	struct series series = {0};
	struct leak leak;

	(void)state;
	for (int i = 0; i < 100; i++)
		series_add(&series, 5, i);
	leak_judge(&series, &leak);
	assert_int_equal(leak.verdict, LEAK_UNDECIDED);
	series_finish(&series);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(growth_without_a_leak_is_not_called_leaking),
	    cmocka_unit_test(leaks_are_found),
	    cmocka_unit_test(slope_and_start_are_told),
	    cmocka_unit_test(flat_teeth_are_steady),
	    cmocka_unit_test(too_little_is_undecided),
	    cmocka_unit_test(one_moment_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
