// SPDX-License-Identifier: MIT
// A run with its processes: which of them are judged, and which one decides.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/leak.h"

enum { SAMPLES = 600, START = 5000 };

static struct profile profile;
static struct run *run;
static struct leak_run leak;

static int set_up(void **state)
{
	(void)state;
	profile_init(&profile, "made");
	run = profile_add_run(&profile);
	leak = (struct leak_run){0};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	leak_run_finish(&leak);
	profile_finish(&profile);
	return 0;
}

/* Ups and downs of 1 MiB, the same each time. */
static double wiggle(int i)
{
	return (double)(i * 7919 % 101) / 100;
}

/* Adds a sample a second to the total, over the whole run. */
static void add_total(double mib, double mib_per_s)
{
	for (int i = 0; i < SAMPLES; i++)
		series_add(
		    &run->total, START + i, mib + mib_per_s * i + wiggle(i));
}

/* A process that lives from one share of the time to another. */
static struct process *add_process(
    int pid, double from, double until, double mib_per_s)
{
	char key[16];
	int len = snprintf(key, sizeof(key), "%d", pid);
	struct process *process = run_process(run, key, (size_t)len);

	for (int i = 0; i < SAMPLES; i++) {
		if (i >= from * SAMPLES && i < until * SAMPLES)
			series_add(&process->memory, START + i,
			    50 + mib_per_s * (i - from * SAMPLES) +
				wiggle(i + pid));
	}
	return process;
}

static void judge(void)
{
	leak_run_finish(&leak);
	leak_judge_run(run, &leak);
}

static void the_process_that_leaks_fastest_decides(void **state)
{
	(void)state;
	add_total(500, 0);
	add_process(1, 0, 1, 0.1);
	add_process(2, 0, 1, 0.3);
	add_process(3, 0, 1, 0.2);
	add_process(4, 0, 1, 0);
	judge();
	assert_int_equal(leak.total.verdict, LEAK_STEADY);
	assert_int_equal(leak.processes.len, 4);
	assert_ptr_equal(leak.process, &run->processes.items[1]);
	assert_int_equal(leak.worst.verdict, LEAK_LEAKING);
	assert_true(fabs(leak.worst.mib_per_s - 0.3) < 0.01);
	assert_true(leak.worst.level_mib == leak.total.level_mib);
	assert_true(leak.worst.first_s == START);
	assert_int_equal(leak.processes.items[0].leak.verdict, LEAK_LEAKING);
	assert_int_equal(leak.processes.items[3].leak.verdict, LEAK_STEADY);
	assert_false(leak.more_processes);
}

static void a_total_that_leaks_decides_itself(void **state)
{
	(void)state;
	add_total(500, 0.2);
	add_process(1, 0, 1, 0.3);
	judge();
	assert_int_equal(leak.worst.verdict, LEAK_LEAKING);
	assert_null(leak.process);
	assert_true(fabs(leak.worst.mib_per_s - 0.2) < 0.01);
	assert_int_equal(leak.processes.items[0].leak.verdict, LEAK_LEAKING);
}

/* Nearly half of the time, and to the end. */
static void who_lived_long_enough_is_judged(void **state)
{
	static const struct {
		double from, until;
		bool judged;
	} lives[] = {{0, 1, true}, {0.53, 1, true}, {0.57, 1, false},
	    {0, 0.97, true}, {0, 0.93, false}, {0.4, 0.97, true},
	    {0.3, 0.5, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
		tear_down(NULL);
		set_up(NULL);
		add_total(500, 0);
		add_process(1, lives[i].from, lives[i].until, 0.3);
		run_process(run, "2", 1); /* a name alone */
		judge();
		assert_int_equal(leak.processes.len, lives[i].judged);
		assert_int_equal(
		    leak.worst.verdict == LEAK_LEAKING, lives[i].judged);
		assert_int_equal(leak.process != NULL, lives[i].judged);
	}
}

static double stays_until; /* share of the time */

/* Whether processes gather that are born at those shares of the time; the first
 * of them end at 80 % where so many do. */
static bool gather(const double *born, size_t count, size_t ended)
{
	bool gathers;

	tear_down(NULL);
	set_up(NULL);
	add_total(500, 0.2);
	for (size_t i = 0; i < count; i++)
		add_process(
		    (int)i + 1, born[i], i < ended ? 0.8 : stays_until, 0);
	judge();
	gathers = leak.more_processes;
	/* one that is known to have ended does not stay */
	run->processes.items[count - 1].exit.recorded = true;
	judge();
	assert_true(gathers || !leak.more_processes);
	return gathers;
}

static void processes_gather_in_each_quarter(void **state)
{
	static const double five[] = {0.25, 0.35, 0.5, 0.7, 0.85};
	static const double none_early[] = {0.45, 0.5, 0.5, 0.7, 0.85};
	static const double none_late[] = {0.25, 0.35, 0.5, 0.7, 0.75};
	static const double none_third[] = {0.25, 0.35, 0.5, 0.85, 0.9};
	static const double none_second[] = {0.25, 0.35, 0.65, 0.7, 0.85};
	static const double from_start[] = {0.1, 0.35, 0.5, 0.7, 0.85};
	static const double eleven[] = {
	    0.25, 0.25, 0.3, 0.35, 0.5, 0.5, 0.55, 0.7, 0.7, 0.75, 0.85, 0.9};

	(void)state;
	/* A process that is there in the last fiftieth stays. */
	stays_until = 0.97;
	assert_false(gather(five, 5, 0));
	stays_until = 0.985;
	assert_true(gather(five, 5, 0));
	stays_until = 1;
	assert_true(gather(five, 5, 0));
	assert_false(gather(five, 4, 0));
	assert_false(gather(none_early, 5, 0));
	assert_false(gather(none_second, 5, 0));
	assert_false(gather(none_third, 5, 0));
	assert_false(gather(none_late, 5, 0));
	assert_false(gather(from_start, 5, 0));
	assert_false(gather(five, 5, 1));
	assert_true(gather(eleven, 12, 1)); /* one ended, eleven stay */
	assert_false(gather(eleven, 12, 2));
}

/* One that ended counts against them where it lived for a tenth of the time,
 * 59.9 s. */
static void short_lives_are_left_out(void **state)
{
	static const double five[] = {0.25, 0.35, 0.5, 0.7, 0.85};

	(void)state;
	for (int seconds = 59; seconds <= 60; seconds++) {
		tear_down(NULL);
		set_up(NULL);
		add_total(500, 0.2);
		for (int i = 0; i < 5; i++)
			add_process(i + 1, five[i], 1, 0);
		add_process(9, 0.1, 0.1 + (seconds + 0.5) / SAMPLES, 0);
		assert_true(
		    run->processes.items[5].memory.len == (size_t)seconds + 1);
		judge();
		assert_int_equal(leak.more_processes, seconds < 60);
	}
}

/* Growth of their number is a leak in a minute or more alone. */
static void more_processes_are_a_leak_after_a_minute(void **state)
{
	(void)state;
	for (int longer = 0; longer < 2; longer++) {
		tear_down(NULL);
		set_up(NULL);
		for (int i = 0; i < SAMPLES; i++)
			series_add(&run->total, START + i,
			    500 + 20 * floor(i / 100.0) + wiggle(i));
		for (int i = 1; i < 6; i++)
			add_process(i, i / 6.0 + 0.08, 1, 0);
		for (size_t i = 0; i < run->total.len; i++)
			run->total.items[i].time_s =
			    START + (run->total.items[i].time_s - START) *
					(longer ? 0.2 : 0.09);
		for (size_t k = 0; k < run->processes.len; k++) {
			struct series *own = &run->processes.items[k].memory;

			for (size_t i = 0; i < own->len; i++)
				own->items[i].time_s =
				    START + (own->items[i].time_s - START) *
						(longer ? 0.2 : 0.09);
		}
		judge();
		assert_true(leak.more_processes);
		assert_int_equal(leak.worst.verdict == LEAK_LEAKING, longer);
	}
}

/* Times count from the start of the whole run. */
static void a_part_is_judged_as_if_it_were_all(void **state)
{
	(void)state;
	for (int i = 0; i < SAMPLES; i++)
		series_add(&run->total, START + i,
		    500 + (i < 300 ? 0 : 0.5 * (i - 300)) + wiggle(i));
	add_process(1, 0, 1, 0);
	add_process(2, 0.4, 1, 0.3);
	leak_judge_part(run, START, START + 299, &leak);
	assert_int_equal(leak.total.verdict, LEAK_STEADY);
	assert_true(leak.total.last_s == START + 299);
	assert_int_equal(leak.processes.len, 1);
	assert_ptr_equal(
	    leak.processes.items[0].process, &run->processes.items[0]);
	leak_run_finish(&leak);
	leak_judge_part(run, START + 300, START + 599, &leak);
	assert_int_equal(leak.total.verdict, LEAK_LEAKING);
	assert_true(fabs(leak.total.mib_per_s - 0.5) < 0.01);
	assert_true(leak.total.first_s == START);
	assert_true(leak.worst.first_s == START);
	assert_int_equal(leak.processes.len, 2);
	for (int i = 0; i < 2; i++)
		assert_ptr_equal(
		    leak.processes.items[i].process, &run->processes.items[i]);
	assert_true(leak.processes.items[1].leak.first_s == START);
	assert_null(leak.process);
	leak_run_finish(&leak);
	for (int i = 300; i < SAMPLES; i++)
		run->total.items[i].mib = 500 + wiggle(i);
	leak_judge_part(run, START + 300, START + 599, &leak);
	assert_ptr_equal(leak.process, &run->processes.items[1]);
}

static struct leak judge_series(
    int samples, double step_s, double (*mib)(int i), bool ended)
{
	struct series series = {0};
	struct leak got;

	for (int i = 0; i < samples; i++)
		series_add(&series, START + i * step_s, mib(i));
	leak_judge(&series, ended, &got);
	series_finish(&series);
	assert_true(got.first_s == START);
	assert_true(got.last_s == START + (samples - 1) * step_s);
	return got;
}

static double grows(int i)
{
	return 100 + 0.2 * i + wiggle(i);
}

static double stands(int i)
{
	(void)i;
	return 100;
}

static double swings_widely(int i)
{
	return 200 + 60 * wiggle(i * 31) + 60 * wiggle(i * 17 + 5);
}

static double grows_and_stands(int i)
{
	return i < 300 ? 100 + 0.5 * i + 2 * wiggle(i) : 252;
}

static double ripple_mib;

static double grows_and_ripples(int i)
{
	return i < 300 ? grows_and_stands(i) : 252 - (i % 2 ? ripple_mib : 0);
}

static double one_by_one(int i)
{
	return 10 + i;
}

/* A load of data looks like a leak until a minute is over. */
static void a_minute_decides(void **state)
{
	struct leak got = judge_series(400, 0.1, grows, false);

	(void)state;
	assert_int_equal(got.verdict, LEAK_UNDECIDED);
	assert_int_equal(got.reason, LEAK_LOADS);
	assert_true(fabs(got.need_s - (LEAK_LEAST_S - 39.9)) < 1e-6);
	got = judge_series(400, 0.2, grows, false);
	assert_int_equal(got.verdict, LEAK_LEAKING);
	assert_true(fabs(got.mib_per_s - 1) < 0.02);
	assert_true(got.low <= got.mib_per_s && got.mib_per_s <= got.high);
	assert_true(got.visible_mib_per_s == 0);
	assert_true(got.level_mib > 178 && got.level_mib <= 181);
}

static void what_stands_still_is_steady(void **state)
{
	struct leak got = judge_series(400, 1, stands, false);

	(void)state;
	assert_int_equal(got.verdict, LEAK_STEADY);
	assert_true(got.mib_per_s == 0 && got.low == 0 && got.high == 0);
	assert_true(got.level_mib == 100 && got.spread_mib == 0);
	/* four times the rounding, which is 0.005 MiB here */
	assert_true(fabs(got.visible_mib_per_s - 0.02 / 399) < 1e-9);
	assert_true(got.since_s == START && got.until_s == START + 399);
}

/* A program may allocate a few times a second only. */
static void less_than_a_second_is_not_called_steady(void **state)
{
	struct leak got = judge_series(90, 0.01, stands, false);
	char *why = leak_why(&got);

	(void)state;
	assert_int_equal(got.verdict, LEAK_UNDECIDED);
	assert_int_equal(got.reason, LEAK_SHORT);
	assert_string_equal(leak_why_word(&got), "short");
	assert_string_equal(why,
	    "no growth seen, but only 890 ms could be judged; "
	    "record 58.6 s longer");
	free(why);
	got = judge_series(110, 0.01, stands, false);
	assert_int_equal(got.verdict, LEAK_STEADY);
}

static void in_wide_swings_only_a_large_leak_would_show(void **state)
{
	struct leak got = judge_series(60, 1, swings_widely, false);

	(void)state;
	assert_int_equal(got.verdict, LEAK_UNDECIDED);
	assert_int_equal(got.reason, LEAK_COARSE);
	assert_true(got.visible_mib_per_s > 0.25 * 200 / 59);
	assert_true(got.need_s > 0 && got.need_s <= 9 * 59);
	/* in hours it would */
	got = judge_series(6000, 1, swings_widely, false);
	assert_int_equal(got.verdict, LEAK_STEADY);
}

static void growth_that_stopped_is_not_called_steady(void **state)
{
	struct leak got = judge_series(600, 1, grows_and_stands, false);

	(void)state;
	assert_int_equal(got.verdict, LEAK_UNDECIDED);
	assert_int_equal(got.reason, LEAK_RESTED);
	assert_true(fabs(got.mib_per_s - 0.5) < 0.02);
	assert_true(fabs(got.until_s - (START + 300)) < 10);
	assert_true(got.need_s == got.until_s - got.since_s);
	/* four times the rounding, 0.00652 MiB here, is no change */
	ripple_mib = 0.0259;
	got = judge_series(600, 1, grows_and_ripples, false);
	assert_int_equal(got.reason, LEAK_RESTED);
	ripple_mib = 0.0262;
	got = judge_series(600, 1, grows_and_ripples, false);
	assert_int_not_equal(got.reason, LEAK_RESTED);
}

static void few_samples_tell_how_many_are_needed(void **state)
{
	struct leak got = judge_series(1, 1, one_by_one, false);

	(void)state;
	assert_int_equal(got.reason, LEAK_FEW);
	assert_true(got.need_s == 10 && got.level_mib == 10);
	got = judge_series(12, 10, one_by_one, false);
	assert_int_equal(got.reason, LEAK_FEW);
	assert_false(got.judged);
	assert_true(got.need_s == 24 * 110 / 12.0);
	assert_true(got.since_s == START && got.until_s == START + 110);
	assert_true(got.level_mib == 21);
	assert_false(judge_series(23, 10, one_by_one, false).judged);
	assert_true(judge_series(24, 10, one_by_one, false).judged);
}

/* The slopes of lives that begin small, one after the other. */
static const double *life_slopes;
enum { LIVES = 6, LIFE = 150 };

static double lives(int i)
{
	int at = i % LIFE;

	if (at < 4)
		return 20 + 20 * at;
	return 100 + life_slopes[i / LIFE] * at + wiggle(i);
}

static struct leak judge_lives(const double *slopes)
{
	life_slopes = slopes;
	return judge_series(LIVES * LIFE, 1, lives, false);
}

/* A program that is started again and again is judged by its lives. */
static void lives_are_judged_each_by_itself(void **state)
{
	static const double leaks[] = {0.3, 0.25, 0.5, 0.1, 0.2, 0.4};
	static const double four[] = {0.3, 0, 0.5, 0.1, 0, 0.4};
	static const double none[] = {0, 0, 0, 0, 0, 0};
	static const double two[] = {0.3, 0, 0, 0, 0, 0.3};
	static const double three[] = {0.3, 0, 0.3, 0, 0.3, 0};
	struct leak got = judge_lives(leaks);

	(void)state;
	assert_int_equal(got.verdict, LEAK_LEAKING);
	assert_int_equal(got.lives, LIVES);
	/* the median slope, the higher one of two */
	assert_true(fabs(got.mib_per_s - 0.3) < 0.01);
	got = judge_lives(four);
	assert_int_equal(got.verdict, LEAK_LEAKING);
	assert_int_equal(got.lives, LIVES);
	assert_true(fabs(got.mib_per_s - 0.4) < 0.01);
	got = judge_lives(none);
	assert_int_equal(got.verdict, LEAK_STEADY);
	assert_int_not_equal(judge_lives(two).verdict, LEAK_LEAKING);
	got = judge_lives(three);
	assert_int_equal(got.verdict, LEAK_UNDECIDED);
	assert_int_equal(got.reason, LEAK_FALLS);
	assert_non_null(leak_why_word(&got));
}

static double drifts; /* MiB in the whole of the time */

static double days(int i)
{
	return 500 - 60 * cos(2 * M_PI * i / 200.0) + drifts * i / 2000 +
	       wiggle(i);
}

/* Days are compared by their nights. */
static void days_are_judged_by_their_nights(void **state)
{
	struct leak got;

	(void)state;
	drifts = 80;
	got = judge_series(2000, 1, days, false);
	assert_int_equal(got.verdict, LEAK_LEAKING);
	assert_true(fabs(got.mib_per_s - 80 / 2000.0) < 0.004);
	drifts = 0;
	got = judge_series(2000, 1, days, false);
	assert_int_equal(got.verdict, LEAK_STEADY);
	drifts = -80;
	got = judge_series(2000, 1, days, false);
	assert_int_equal(got.verdict, LEAK_STEADY);
}

static void verdicts_have_words(void **state)
{
	(void)state;
	assert_string_equal(leak_word(LEAK_UNDECIDED), "undecided");
	assert_string_equal(leak_word(LEAK_STEADY), "steady");
	assert_string_equal(leak_word(LEAK_GROWING), "growing");
	assert_string_equal(leak_word(LEAK_LEAKING), "leaking");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_process_that_leaks_fastest_decides),
	    TEST(a_total_that_leaks_decides_itself),
	    TEST(who_lived_long_enough_is_judged),
	    TEST(processes_gather_in_each_quarter),
	    TEST(short_lives_are_left_out),
	    TEST(more_processes_are_a_leak_after_a_minute),
	    TEST(a_part_is_judged_as_if_it_were_all),
	    TEST(a_minute_decides),
	    TEST(what_stands_still_is_steady),
	    TEST(less_than_a_second_is_not_called_steady),
	    TEST(in_wide_swings_only_a_large_leak_would_show),
	    TEST(growth_that_stopped_is_not_called_steady),
	    TEST(few_samples_tell_how_many_are_needed),
	    TEST(lives_are_judged_each_by_itself),
	    TEST(days_are_judged_by_their_nights),
	    TEST(verdicts_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
