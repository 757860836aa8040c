// SPDX-License-Identifier: MIT
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../bench/recordings.h"
#include "analysis/leak.h"
#include "base/random.h"
#include "near.h"

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
	for (int kind = 0; kind < RECORDING_KINDS; kind++) {
		if (recording_leaks((enum recording_kind)kind))
			continue;
		for (uint64_t seed = 9001; seed < 9001 + SEEDS; seed++)
			assert_int_not_equal(
			    judge((enum recording_kind)kind, seed, &leak),
			    LEAK_LEAKING);
	}
}

/* How many of 100 leaks, with edges or without, get that verdict. */
static double share_of(bool edges, enum leak_verdict verdict)
{
	struct leak_run leak;
	double got = 0, made = 0;

	for (int k = 0; k < RECORDING_KINDS; k++) {
		enum recording_kind kind = (enum recording_kind)k;

		if (!recording_leaks(kind) || recording_is_open(kind) ||
		    recording_has_edges(kind) != edges)
			continue;
		for (uint64_t seed = 9001; seed < 9001 + SEEDS; seed++) {
			made++;
			got += judge(kind, seed, &leak) == verdict;
		}
	}
	return 100 * got / made;
}

static void leaks_are_found(void **state)
{
	(void)state;
	assert_true(share_of(false, LEAK_LEAKING) >= 95);
}

/* One that grew and then rested may have been a cache. */
static void leaks_with_edges_are_found(void **state)
{
	(void)state;
	assert_true(share_of(true, LEAK_LEAKING) >= 85);
	assert_true(share_of(true, LEAK_STEADY) <= 3);
}

/* A start within a sample or two hides that a program was started again, and
 * its lives look like long teeth. */
static void restarts_that_hardly_show_are_not_steady(void **state)
{
	enum leak_verdict verdict;
	struct leak_run leak;

	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		verdict = judge(RECORDING_LEAK_RESTARTS, seed, &leak);
		assert_true(
		    verdict == LEAK_LEAKING || verdict == LEAK_UNDECIDED);
	}
	verdict = judge(RECORDING_LEAK_LIVES, 700011, &leak);
	assert_int_equal(verdict, LEAK_UNDECIDED);
	assert_int_equal(leak.worst.reason, LEAK_FALLS);
}

enum { LIFE = 150 };

/* A program of 100 MiB that leaks 30 in each of a few lives, in noise of a few
 * MiB that lasts for some samples, first_noise MiB in the first; down: what it
 * holds between lives. */
static enum leak_verdict judge_restarts(
    uint64_t seed, int lives, double first_noise, double down)
{
	struct series series = {0};
	struct leak leak;
	double noise = 0;

	for (int i = 0; i < lives * LIFE; i++) {
		double leaked = 30.0 * (i % LIFE) / LIFE;
		double step = i < LIFE ? first_noise : 3;

		noise = 0.9 * noise + step * (random_unit(&seed) - 0.5);
		series_add(&series, i,
		    down > 0 && i % LIFE < 2 ? down : 100 + leaked + noise);
	}
	leak_judge(&series, false, &leak);
	series_finish(&series);
	return leak.verdict;
}

static void restarts_in_noise_are_not_steady(void **state)
{
	(void)state;
	for (int lives = 3; lives <= 8; lives++) {
		for (uint64_t seed = 1; seed <= 10; seed++) {
			assert_int_not_equal(
			    judge_restarts(seed, lives, 3, 0), LEAK_STEADY);
			assert_int_not_equal(
			    judge_restarts(seed, lives, 3, 5), LEAK_STEADY);
		}
	}
}

/* One life that has more ups and downs does not speak for the others. */
static void one_restless_life_hides_no_leak(void **state)
{
	(void)state;
	for (int lives = 5; lives <= 8; lives++) {
		for (uint64_t seed = 1; seed <= 10; seed++)
			assert_int_not_equal(
			    judge_restarts(seed, lives, 20, 0), LEAK_STEADY);
	}
}

/* Two days of work, each of which leaves something, then three of rest, and one
 * more day: a sample every quarter of an hour. */
static void a_pause_in_the_work_does_not_make_it_steady(void **state)
{
	static const int works[] = {0, 1, 1, 0, 0, 0, 1};
	struct series series = {0};
	struct leak leak;
	double leaked = 0;

	(void)state;
	for (int i = 0; i < 7 * 96; i++) {
		int at = i % 96;
		bool busy = works[i / 96] && at >= 36 && at < 72;

		leaked += busy ? 2 : 0;
		series_add(&series, 900.0 * i,
		    1000 + leaked + (busy ? 500 : 0) + i % 7 / 10.0);
	}
	leak_judge(&series, false, &leak);
	assert_int_not_equal(leak.verdict, LEAK_STEADY);
	series_finish(&series);
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

static void slope_and_start_are_reported(void **state)
{
	struct series series = {0};
	struct leak leak;

	(void)state;
	make_leak(&series, 600, 120);
	leak_judge(&series, false, &leak);
	assert_int_equal(leak.verdict, LEAK_LEAKING);
	assert_near(leak.mib_per_s, 0.5, 0.03);
	assert_true(leak.low <= leak.mib_per_s);
	assert_true(leak.high >= leak.mib_per_s);
	assert_near(leak.since_s, 1120, 40);
	assert_near(leak.level_mib, 340, 12);
	series_finish(&series);
}

static void flat_teeth_are_steady(void **state)
{
	struct series series = {0};
	struct leak leak;

	(void)state;
	make_leak(&series, 600, 600);
	leak_judge(&series, false, &leak);
	assert_int_equal(leak.verdict, LEAK_STEADY);
	series_finish(&series);
}

static void a_late_start_is_found(void **state)
{
	(void)state;
	for (int late = 360; late <= 450; late += 15) {
		struct series series = {0};
		struct leak leak;

		make_leak(&series, 600, late);
		leak_judge(&series, false, &leak);
		assert_int_equal(leak.verdict, LEAK_LEAKING);
		assert_near(leak.since_s, 1000 + late, 30);
		series_finish(&series);
	}
}

static void a_large_warm_up_hides_no_small_leak(void **state)
{
	(void)state;
	for (int tau = 10; tau <= 60; tau += 5) {
		uint64_t random = 7;

		for (int leaks = 0; leaks < 2; leaks++) {
			struct series series = {0};
			struct leak leak;

			for (int i = 0; i < 1000; i++)
				series_add(&series, i,
				    500 - 400 * exp(-(double)i / tau) +
					leaks * 0.008 * i +
					(double)(random_next(&random) % 2000) /
					    1000);
			leak_judge(&series, false, &leak);
			assert_int_equal(leak.verdict == LEAK_LEAKING, leaks);
			series_finish(&series);
		}
	}
}

/* A worker that is between two lives at a sample, now and then. */
static void a_few_dips_hide_no_leak(void **state)
{
	struct series series = {0};
	uint64_t random = 7;
	struct leak leak;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		double mib = (double)(random_next(&random) % 2000) / 1000;

		mib += i % 249 == 100 ? 60 : 100;
		series_add(&series, i, mib + 0.01 * i);
	}
	leak_judge(&series, false, &leak);
	assert_int_equal(leak.verdict, LEAK_LEAKING);
	assert_near(leak.mib_per_s, 0.01, 0.001);
	series_finish(&series);
}

/* Few samples see the bottoms, which are all that stays. */
static void bottoms_that_one_sample_sees_count(void **state)
{
	struct series series = {0};
	struct leak leak;

	(void)state;
	for (int i = 0; i < 2000; i++)
		series_add(&series, i, i % 33 ? 100 + 0.01 * i : 60);
	leak_judge(&series, false, &leak);
	assert_int_equal(leak.verdict, LEAK_STEADY);
	series_finish(&series);
}

/* Days of 20 MiB up and down, and `leaks` MiB from start to end. */
static enum leak_verdict judge_days(double days, double leaks)
{
	struct series series = {0};
	uint64_t random = 7;
	struct leak leak;

	for (int i = 0; i < 2000; i++) {
		double x = i / 2000.0;
		double noise = (double)(random_next(&random) % 1000) / 1000;

		series_add(&series, i,
		    100 + noise + leaks * x + 10 * cos(2 * M_PI * days * x));
	}
	leak_judge(&series, false, &leak);
	series_finish(&series);
	return leak.verdict;
}

static void four_days_show_a_leak(void **state)
{
	(void)state;
	for (double days = 4; days < 8; days++) {
		assert_int_equal(judge_days(days, 30), LEAK_LEAKING);
		assert_int_equal(judge_days(days, 0), LEAK_STEADY);
	}
}

/* The lowest sample of a night depends on how samples fall on it. */
static void a_drift_of_the_samples_is_no_leak(void **state)
{
	struct series series = {0};
	struct leak leak;

	(void)state;
	for (int i = 0; i < 333; i++)
		series_add(&series, i,
		    800 - 127 * cos(2 * M_PI * (9.6 * i / 333.0 + 0.5)) +
			i * 6e-4);
	leak_judge(&series, false, &leak);
	assert_int_not_equal(leak.verdict, LEAK_LEAKING);
	series_finish(&series);
}

static void what_doubles_and_doubles_leaks(void **state)
{
	(void)state;
	for (int rate = 1; rate <= 6; rate++) {
		struct series series = {0};
		struct leak leak;

		for (int i = 0; i < 1000; i++)
			series_add(&series, i,
			    100 + 300 * expm1(rate * i / 1e3) / expm1(rate));
		leak_judge(&series, false, &leak);
		assert_int_equal(leak.verdict, LEAK_LEAKING);
		assert_true(leak.mib_per_s > 0.3);
		series_finish(&series);
	}
}

/* Ups and downs of 8 MiB, and a last way up of 15. */
static void the_last_of_the_waves_is_no_late_start(void **state)
{
	struct series series = {0};
	struct leak leak;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		double x = i / 2000.0;

		series_add(&series, i,
		    x < 0.8 ? 100 + 4 * sin(x * 60) : 100 + (x - 0.8) * 75);
	}
	leak_judge(&series, false, &leak);
	assert_int_not_equal(leak.verdict, LEAK_LEAKING);
	series_finish(&series);
}

static void too_little_is_undecided(void **state)
{
	struct series series = {0};
	struct leak leak;

	(void)state;
	leak_judge(&series, false, &leak);
	assert_int_equal(leak.verdict, LEAK_UNDECIDED);
	for (int i = 0; i < 10; i++)
		series_add(&series, i, 10 + i);
	leak_judge(&series, false, &leak);
	assert_int_equal(leak.verdict, LEAK_UNDECIDED);
	assert_int_equal(leak.reason, LEAK_FEW);
	/* 24 samples, as far apart as these are */
	assert_near(leak.need_s, 24 * 0.9, 1e-9);
	assert_true(leak.first_s == 0 && leak.last_s == 9 && !leak.judged);
	/* it is not known to be level */
	assert_true(
	    isnan(leak.mib_per_s) && isnan(leak.low) && isnan(leak.high));
	series_finish(&series);
}

static void one_moment_does_no_harm(void **state)
{
	struct series series = {0};
	struct leak leak;

	(void)state;
	for (int i = 0; i < 100; i++)
		series_add(&series, 5, i);
	leak_judge(&series, false, &leak);
	assert_int_equal(leak.verdict, LEAK_UNDECIDED);
	series_finish(&series);
}

/* 600 s of six processes in noise; the last, born at share `born` of the time,
 * grows by 20 MiB until the end. */
static void make_young(struct run *run, double born)
{
	uint64_t state = 7;

	for (int i = 0; i < 1200; i++) {
		double x = i / 1200.0, sum = 0;

		for (int c = 0; c < 6; c++) {
			double mib =
			    50 + (double)(random_next(&state) % 4000) / 1000;
			char key[] = {(char)('1' + c), '\0'};

			if (c == 5 && x < born)
				continue;
			if (c == 5)
				mib += 20 * (x - born) / (1 - born);
			series_add(
			    &run_process(run, key, 1)->memory, i / 2.0, mib);
			sum += mib;
		}
		series_add(&run->total, i / 2.0, sum);
	}
}

static void a_process_born_halfway_is_judged(void **state)
{
	(void)state;
	for (int percent = 20; percent <= 50; percent += 5) {
		struct profile profile;
		struct leak_run leak;
		struct run *run;

		profile_init(&profile, "made");
		run = profile_add_run(&profile);
		make_young(run, percent / 100.0);
		leak_judge_run(run, &leak);
		assert_int_equal(leak.worst.verdict, LEAK_LEAKING);
		assert_ptr_equal(leak.process, &run->processes.items[5]);
		assert_near(
		    leak.worst.since_s - leak.worst.first_s, 6 * percent, 1);
		leak_run_finish(&leak);
		profile_finish(&profile);
	}
}

static void live(struct run *run, int number, double from, double end)
{
	char key[8];
	int len = snprintf(key, sizeof(key), "%d", number);

	for (int i = 0; i < 600; i++) {
		if (i >= from * 600 && i < end * 600)
			series_add(
			    &run_process(run, key, (size_t)len)->memory, i, 20);
	}
}

/* Twelve processes that stay, the last of them started at `until`, and 40 that
 * live for 2 % of the time. */
static bool gather(double until)
{
	struct profile profile;
	struct leak_run leak;
	struct run *run;
	bool gathers;

	profile_init(&profile, "made");
	run = profile_add_run(&profile);
	for (int i = 0; i < 12; i++)
		live(run, i, until * i / 11, 1);
	for (int i = 0; i < 40; i++)
		live(run, 100 + i, i / 40.0, i / 40.0 + 0.02);
	for (int i = 0; i < 600; i++) {
		double stay = fmin(12, 1 + floor(i / 600.0 / until * 11));

		series_add(&run->total, i, 100 + 20 * (stay + (i % 15 < 12)));
	}
	leak_judge_run(run, &leak);
	gathers = leak.more_processes;
	assert_int_equal(leak.worst.verdict == LEAK_LEAKING, gathers);
	leak_run_finish(&leak);
	profile_finish(&profile);
	return gathers;
}

static void processes_gather_beside_short_lived_ones(void **state)
{
	(void)state;
	assert_true(gather(0.88));
	assert_false(gather(0.6));
}

static void assert_why(
    const struct leak *leak, const char *word, const char *why)
{
	char *got = leak_why(leak);

	assert_string_equal(got, why);
	if (word)
		assert_string_equal(leak_why_word(leak), word);
	else
		assert_null(leak_why_word(leak));
	free(got);
}

static void each_reason_says_what_would_decide(void **state)
{
	static const struct {
		const char *word, *why;
	} reasons[] = {
	    [LEAK_FEW] = {"few",
		"too few samples; record 30.0 s longer, or with a shorter "
		"interval"},
	    [LEAK_SHORT] = {"short",
		"no growth seen, but only 40.0 s could be judged; record "
		"30.0 s longer"},
	    [LEAK_LOADS] = {"loads",
		"it only grew, 120 MiB/min in 40.0 s: a load of data and a "
		"leak "
		"look the same; record a minute or longer"},
	    [LEAK_NOISE] = {"noise",
		"growth of 120 MiB/min, which ups and downs could also "
		"explain; record 30.0 s longer"},
	    [LEAK_COARSE] = {"coarse",
		"no growth seen, but a leak of less than 300 MiB/min would not "
		"show in its ups and downs; record 30.0 s longer"},
	    [LEAK_CYCLES] = {"cycles",
		"it rose from one period of 7.00 s to the next, but there are "
		"too few; record 30.0 s longer"},
	    [LEAK_RESTED] = {"rested",
		"it grew by 120 MiB/min until 50.0 s and has not changed "
		"since: "
		"a cache that is full, or a leak whose work ended; record "
		"30.0 s more of that work"},
	    [LEAK_BENDS] = {"bends",
		"120 MiB/min from 10.0 s on, slower than before: a warm-up "
		"that "
		"goes on, or a leak behind it; record 30.0 s longer"},
	    [LEAK_FALLS] = {"falls",
		"it grew, fell back and grew again: restarts of a program that "
		"leaks, or memory that is given back, as by a collector; "
		"record each process (run -M)"},
	};
	struct leak leak = {.mib_per_s = 2,
	    .visible_mib_per_s = 2.5,
	    .need_s = 30,
	    .first_s = 1000,
	    .since_s = 1010,
	    .until_s = 1050,
	    .last_s = 1060,
	    .cycle_s = 7,
	    .high = 3};

	(void)state;
	for (int i = 0; i <= LEAK_FALLS; i++) {
		leak.reason = (enum leak_reason)i;
		assert_why(&leak, reasons[i].word, reasons[i].why);
	}
	leak.need_s = 0.2; /* less than a second is no advice */
	leak.reason = LEAK_FEW;
	assert_why(&leak, "few",
	    "too few samples; record 1.00 s longer, or with a shorter "
	    "interval");
	leak.verdict = LEAK_STEADY;
	assert_why(&leak, NULL, "a leak of 300 MiB/min would have shown");
	leak.high = 0;
	assert_why(&leak, NULL,
	    "a leak of 300 MiB/min would have shown, unless the program was "
	    "idle: memory has not changed after 10.0 s");
	leak.low = -1;
	assert_why(&leak, NULL, "a leak of 300 MiB/min would have shown");
	leak.verdict = LEAK_LEAKING;
	assert_why(&leak, NULL, "");
	leak.verdict = LEAK_GROWING;
	assert_why(&leak, NULL, "");
}

/* Multiplies the memory, and the time since the start. */
static void stretch(struct series *series, double start_s, double mib, double s)
{
	for (size_t i = 0; i < series->len; i++) {
		struct sample *sample = &series->items[i];

		sample->mib *= mib;
		sample->time_s = start_s + s * (sample->time_s - start_s);
	}
}

static void judge_stretched(enum recording_kind kind, uint64_t seed, double mib,
    double s, struct leak_run *leak)
{
	struct recording_facts facts;
	struct profile profile;
	struct run *run;
	double start_s;

	profile_init(&profile, "made");
	run = profile_add_run(&profile);
	recording_make(kind, seed, run, &facts);
	start_s = run->total.items[0].time_s;
	stretch(&run->total, start_s, mib, s);
	for (size_t i = 0; i < run->processes.len; i++)
		stretch(&run->processes.items[i].memory, start_s, mib, s);
	leak_judge_run(run, leak);
	leak->process = leak->process ? (void *)"one" : NULL;
	leak_run_finish(leak);
	profile_finish(&profile);
}

/* Whether they hardly differ, or both are unlimited. */
static bool about(double x, double y)
{
	return x == y || fabs(x - y) <= 0.02 * fabs(x) + 0.01;
}

/* A program of gigabytes that runs for hours is judged as one of megabytes that
 * runs for minutes. */
static void sixteen_times_as_much_is_judged_alike(void **state)
{
	(void)state;
	for (int k = 0; k < RECORDING_KINDS * 3; k++) {
		enum recording_kind kind =
		    (enum recording_kind)(k % RECORDING_KINDS);
		uint64_t seed = 1 + (uint64_t)(k / RECORDING_KINDS);
		struct leak_run one, other;
		const struct leak *a = &one.worst, *b = &other.worst;

		judge_stretched(kind, seed, 1, 1, &one);
		judge_stretched(kind, seed, 16, 4, &other);
		assert_int_equal(a->verdict, b->verdict);
		assert_int_equal(a->reason, b->reason);
		assert_int_equal(a->lives, b->lives);
		assert_ptr_equal(one.process, other.process);
		assert_int_equal(one.more_processes, other.more_processes);
		assert_true(about(a->mib_per_s * 4, b->mib_per_s));
		assert_true(about(a->level_mib * 16, b->level_mib));
		assert_true(about(
		    (a->until_s - a->first_s) * 4, b->until_s - b->first_s));
		assert_true(about(a->cycle_s * 4, b->cycle_s));
	}
}

/* Everything that is said about a stretch, to three digits. */
static void print_leak(FILE *out, const struct leak *leak)
{
	const char *reason = leak_why_word(leak);

	fprintf(out, " %s %s %.3g [%.3g %.3g] shows %.3g",
	    leak_word(leak->verdict), reason ? reason : "-", leak->mib_per_s,
	    leak->low, leak->high, leak->visible_mib_per_s);
	fprintf(out, " %.4g-%.4g s at %.3g", leak->since_s - leak->first_s,
	    leak->until_s - leak->first_s, leak->level_mib);
	fprintf(out, " need %.3g spread %.3g lives %zu cycle %.3g\n",
	    leak->need_s, leak->spread_mib, leak->lives, leak->cycle_s);
}

static void shift(struct series *series, double seconds)
{
	for (size_t i = 0; i < series->len; i++)
		series->items[i].time_s += seconds;
}

/* The run of that kind, from its start to a share of its time. When it began
 * changes nothing. */
static void print_judged(
    FILE *out, enum recording_kind kind, uint64_t seed, double share)
{
	struct recording_facts facts;
	struct profile profile;
	struct leak_run leak;
	struct run *run;
	double first_s, last_s;

	profile_init(&profile, "made");
	run = profile_add_run(&profile);
	recording_make(kind, seed, run, &facts);
	shift(&run->total, 1048576);
	for (size_t i = 0; i < run->processes.len; i++)
		shift(&run->processes.items[i].memory, 1048576);
	first_s = run->total.items[0].time_s;
	last_s = run->total.items[run->total.len - 1].time_s;
	leak_judge_part(
	    run, first_s, first_s + share * (last_s - first_s), &leak);
	fprintf(out, "%s %d, %.0f %%:%s %s\n", recording_name(kind), (int)seed,
	    100 * share, leak.more_processes ? " more processes" : "",
	    leak.process ? leak.process->key : "total");
	print_leak(out, &leak.worst);
	if (leak.process || leak.more_processes)
		print_leak(out, &leak.total);
	for (size_t i = 0; i < leak.processes.len; i++)
		print_leak(out, &leak.processes.items[i].leak);
	leak_run_finish(&leak);
	profile_finish(&profile);
}

/* A change that is to change no verdict changes no figure behind one. After one
 * that is, LEAK_GOLDEN=write writes the file anew: read the difference. */
static void the_figures_stay(void **state)
{
	static const char path[] = "tests/golden/leaks.txt";
	FILE *golden, *made = tmpfile();
	char expected[512], got[512];

	(void)state;
	for (int kind = 0; kind < RECORDING_KINDS; kind++) {
		for (uint64_t seed = 1; seed <= 4; seed++) {
			print_judged(made, (enum recording_kind)kind, seed, 1);
			print_judged(
			    made, (enum recording_kind)kind, seed, 0.4);
			print_judged(
			    made, (enum recording_kind)kind, seed, 0.1);
		}
	}
	rewind(made);
	golden = fopen(path, getenv("LEAK_GOLDEN") ? "w" : "r");
	assert_non_null(golden);
	while (fgets(got, sizeof(got), made)) {
		if (getenv("LEAK_GOLDEN")) {
			fputs(got, golden);
			continue;
		}
		assert_non_null(fgets(expected, sizeof(expected), golden));
		assert_string_equal(got, expected);
	}
	fclose(golden);
	fclose(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(growth_without_a_leak_is_not_called_leaking),
	    cmocka_unit_test(leaks_are_found),
	    cmocka_unit_test(leaks_with_edges_are_found),
	    cmocka_unit_test(restarts_that_hardly_show_are_not_steady),
	    cmocka_unit_test(restarts_in_noise_are_not_steady),
	    cmocka_unit_test(one_restless_life_hides_no_leak),
	    cmocka_unit_test(a_pause_in_the_work_does_not_make_it_steady),
	    cmocka_unit_test(slope_and_start_are_reported),
	    cmocka_unit_test(flat_teeth_are_steady),
	    cmocka_unit_test(a_late_start_is_found),
	    cmocka_unit_test(a_large_warm_up_hides_no_small_leak),
	    cmocka_unit_test(a_few_dips_hide_no_leak),
	    cmocka_unit_test(bottoms_that_one_sample_sees_count),
	    cmocka_unit_test(four_days_show_a_leak),
	    cmocka_unit_test(a_drift_of_the_samples_is_no_leak),
	    cmocka_unit_test(what_doubles_and_doubles_leaks),
	    cmocka_unit_test(the_last_of_the_waves_is_no_late_start),
	    cmocka_unit_test(too_little_is_undecided),
	    cmocka_unit_test(one_moment_does_no_harm),
	    cmocka_unit_test(a_process_born_halfway_is_judged),
	    cmocka_unit_test(processes_gather_beside_short_lived_ones),
	    cmocka_unit_test(each_reason_says_what_would_decide),
	    cmocka_unit_test(sixteen_times_as_much_is_judged_alike),
	    cmocka_unit_test(the_figures_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
