// SPDX-License-Identifier: MIT
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/leak.h"
#include "analysis/verdicts.h"
#include "base/mem.h"
#include "base/random.h"
#include "near.h"

static struct recording_set set, baseline;
static struct verdicts verdicts;

static int set_up(void **state)
{
	(void)state;
	set = baseline = (struct recording_set){0};
	verdicts = (struct verdicts){0};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	array_free(&verdicts.items);
	recording_set_finish(&set);
	recording_set_finish(&baseline);
	return 0;
}

static struct profile *new_profile(const char *path)
{
	struct profile *profile = mem_zero(1, sizeof(*profile));

	profile_init(profile, path);
	return profile;
}

/* A run whose samples, a second apart, end with NAN. */
static struct run *add_run(struct profile *profile, const double *mib)
{
	struct run *run = profile_add_run(profile);

	for (int i = 0; isfinite(mib[i]); i++)
		series_add(&run->total, 1000 + i, mib[i]);
	run->ending = RUN_ENDED;
	return run;
}

/* A recording of one sample for each figure, which ends with NAN. */
static void take_peaks(struct recording_set *into, const double *mib)
{
	for (int i = 0; isfinite(mib[i]); i++) {
		struct profile *profile = new_profile("peaks.dat");

		add_run(profile, (const double[]){mib[i], NAN});
		assert_int_equal(recording_set_take(into, profile), 1);
	}
}

static struct run *take_run(const double *mib)
{
	struct profile *profile = new_profile("a.dat");
	struct run *run = add_run(profile, mib);

	assert_int_equal(recording_set_take(&set, profile), 1);
	return run;
}

static const struct verdict *judge(const struct conditions *conditions)
{
	array_free(&verdicts.items);
	verdicts_judge(&verdicts, conditions, &set,
	    baseline.runs.len > 0 ? &baseline : NULL);
	return verdicts.items.len > 0 ? &verdicts.items.items[0] : NULL;
}

static void a_bound_is_met_by_what_reaches_it(void **state)
{
	const struct verdict *got;

	(void)state;
	take_run((const double[]){60, 100, 40, 40, NAN});
	got = judge(&(struct conditions){.max_peak_mib = 100});
	assert_int_equal(verdicts.items.len, 1);
	assert_string_equal(got->name, "max-peak");
	assert_string_equal(got->unit, "mib");
	assert_string_equal(got->figure, "100 MiB");
	assert_string_equal(got->limit, "100 MiB");
	assert_string_equal(got->note, "");
	assert_true(got->value == 100 && got->bound == 100);
	assert_true(got->met && !got->doubtful);
	assert_ptr_equal(got->run, &set.runs.items[0]);
	assert_false(verdicts.several);
	assert_true(verdicts_met(&verdicts));
	assert_false(judge(&(struct conditions){.max_peak_mib = 99.5})->met);
	assert_false(verdicts_met(&verdicts));
	/* 60, 100 and 40 for a second each */
	got = judge(&(struct conditions){.max_mean_mib = 200 / 3.0});
	assert_string_equal(got->name, "max-mean");
	assert_true(got->met);
	assert_near(got->value, 200 / 3.0, 1e-9);
	assert_false(judge(&(struct conditions){.max_mean_mib = 66})->met);
}

static void each_run_is_judged_by_each_condition(void **state)
{
	struct profile *profile = new_profile("b.dat");

	(void)state;
	add_run(profile, (const double[]){10, NAN});
	add_run(profile, (const double[]){NAN});
	add_run(profile, (const double[]){30, NAN});
	assert_int_equal(recording_set_take(&set, profile), 2);
	judge(&(struct conditions){.max_peak_mib = 20, .max_mean_mib = 40});
	assert_int_equal(verdicts.items.len, 4);
	assert_true(verdicts.several);
	assert_true(verdicts.items.items[0].met);
	assert_false(verdicts.items.items[1].met);
	assert_ptr_equal(verdicts.items.items[1].run, &set.runs.items[1]);
	assert_string_equal(verdicts.items.items[3].name, "max-mean");
	assert_true(verdicts.items.items[3].met);
	/* one that is not met decides, wherever it stands */
	assert_false(verdicts_met(&verdicts));
}

static void growth_of_a_few_samples(void **state)
{
	struct conditions one = {.max_growth = true, .max_growth_mib_s = 1};
	struct conditions none = {.max_growth = true};
	const struct verdict *got;

	(void)state;
	take_run((const double[]){10, 11, 12, 13, NAN});
	got = judge(&one);
	assert_string_equal(got->name, "max-growth");
	assert_string_equal(got->unit, "mib_per_s");
	assert_true(got->met && got->value == 1 && got->bound == 1);
	assert_string_equal(got->figure, "60.0 MiB/min");
	assert_string_equal(got->limit, "60.0 MiB/min");
	assert_string_equal(got->note, "");
	got = judge(&none);
	assert_false(got->met);
	assert_string_equal(got->limit, "0.00 MiB/min");
	assert_string_equal(got->figure, "60.0 MiB/min");
	one.max_growth_mib_s = 1 / 60.0; /* the limit's unit is that of both */
	got = judge(&one);
	assert_false(got->met);
	assert_string_equal(got->figure, "60.0 MiB/min");
	assert_string_equal(got->limit, "1.00 MiB/min");
}

/* The growth of one sample is unknown, not 0; so is that of several of one
 * time. */
static void growth_without_time_is_unknown(void **state)
{
	struct conditions asked = {.max_growth = true, .max_growth_mib_s = 1};
	const struct verdict *got;
	struct run *run;

	(void)state;
	run = take_run((const double[]){10, NAN});
	for (int i = 0; i < 2; i++) {
		asked.strict = false;
		got = judge(&asked);
		assert_true(got->met && got->doubtful && isnan(got->value));
		assert_string_equal(got->figure, "unknown");
		assert_string_equal(got->limit, "60.0 MiB/min");
		assert_non_null(strstr(got->note, "too few samples; record "));
		asked.strict = true;
		got = judge(&asked);
		assert_true(!got->met && got->doubtful);
		series_add(&run->total, run->total.items[0].time_s, 20);
	}
}

/* Ten minutes of `mib_per_s`, with so much noise. */
static struct run *take_ramp(double mib_per_s, double noise)
{
	struct profile *profile = new_profile("ramp.dat");
	struct run *run = profile_add_run(profile);
	uint64_t random = 7;

	for (int i = 0; i < 600; i++)
		series_add(&run->total, 1000 + i,
		    200 + mib_per_s * i + noise * random_unit(&random));
	run->ending = RUN_ENDED;
	assert_int_equal(recording_set_take(&set, profile), 1);
	return run;
}

/* A limit of nothing has no unit of its own. */
static void slow_growth_beside_no_limit(void **state)
{
	const struct verdict *got;

	(void)state;
	take_run((const double[]){60, 60.03125, 60.0625, NAN});
	got = judge(&(struct conditions){.max_growth = true});
	assert_false(got->met);
	assert_string_equal(got->figure, "1.88 MiB/min");
	assert_string_equal(got->limit, "0.00 MiB/min");
}

static void growth_that_noise_explains_passes(void **state)
{
	struct conditions asked = {.max_growth = true};
	const struct verdict *got;
	struct leak leak;

	(void)state;
	take_ramp(0.1, 40);
	growth_of_run(set.runs.items[0].run, &leak);
	assert_true(leak.judged && leak.low < leak.mib_per_s);
	assert_near(leak.mib_per_s, 0.1, 0.05);
	asked.max_growth_mib_s = (leak.low + leak.mib_per_s) / 2;
	got = judge(&asked);
	assert_true(got->met);
	assert_string_equal(got->note, "not beyond the noise");
	asked.max_growth_mib_s = leak.low;
	assert_true(judge(&asked)->met);
	asked.max_growth_mib_s = 0.99 * leak.low;
	assert_false(judge(&asked)->met);
	asked.max_growth_mib_s = 1.01 * leak.mib_per_s;
	got = judge(&asked);
	assert_true(got->met);
	assert_string_equal(got->note, "");
}

static void a_leak_fails(void **state)
{
	const struct verdict *got;

	(void)state;
	take_ramp(0.5, 1);
	got = judge(&(struct conditions){.no_leak = true});
	assert_string_equal(got->name, "no-leak");
	assert_string_equal(got->unit, "mib_per_s");
	assert_false(got->met || got->doubtful);
	assert_near(got->value, 0.5, 0.02);
	assert_string_equal(got->figure, "30.0 MiB/min");
}

static void memory_that_stands_still_passes(void **state)
{
	const struct verdict *got;

	(void)state;
	take_ramp(0, 1);
	got = judge(&(struct conditions){.no_leak = true, .strict = true});
	assert_true(got->met && !got->doubtful && got->value == 0);
	assert_string_equal(got->figure, "not leaking");
	assert_string_equal(got->note, "");
	assert_true(verdicts_met(&verdicts));
}

static void what_is_undecided_fails_with_strict_alone(void **state)
{
	struct conditions asked = {.no_leak = true};
	const struct verdict *got;

	(void)state;
	take_run((const double[]){10, 11, 12, 13, NAN});
	got = judge(&asked);
	assert_true(got->met && got->doubtful && got->value == 0);
	assert_string_equal(got->figure, "undecided");
	assert_non_null(strstr(got->note, "too few samples; record "));
	asked.strict = true;
	got = judge(&asked);
	assert_false(got->met);
	assert_true(got->doubtful);
}

static void a_recording_that_breaks_off_is_doubtful(void **state)
{
	struct conditions asked = {.max_peak_mib = 20};
	const struct verdict *got;

	(void)state;
	take_run((const double[]){10, 11, 12, NAN})->ending = RUN_CUT_OFF;
	judge(&asked);
	assert_int_equal(verdicts.items.len, 2);
	got = &verdicts.items.items[1];
	assert_string_equal(got->name, "complete");
	assert_string_equal(got->unit, "s");
	assert_string_equal(got->figure, "cut off");
	assert_string_equal(
	    got->note, "breaks off after 2.00 s, no end recorded");
	assert_true(got->met && got->doubtful);
	assert_true(got->value == 2 && isnan(got->bound));
	asked.strict = true;
	judge(&asked);
	assert_int_equal(verdicts.items.len, 2);
	assert_false(verdicts.items.items[1].met);
	assert_false(verdicts_met(&verdicts));
}

static void strict_says_that_all_are_complete(void **state)
{
	const struct verdict *got;

	(void)state;
	take_run((const double[]){10, NAN});
	assert_null(judge(&(struct conditions){0}));
	got = judge(&(struct conditions){.strict = true});
	assert_int_equal(verdicts.items.len, 1);
	assert_string_equal(got->name, "complete");
	assert_string_equal(got->figure, "no recording breaks off");
	assert_true(got->met && !got->doubtful && !got->run);
	assert_true(isnan(got->value) && isnan(got->bound));
	/* one of two that does is reported, whichever it is */
	take_run((const double[]){10, NAN})->ending = RUN_GOING_ON;
	take_run((const double[]){10, NAN});
	got = judge(&(struct conditions){.strict = true});
	assert_int_equal(verdicts.items.len, 1);
	assert_ptr_equal(got->run, &set.runs.items[1]);
	assert_string_equal(got->note, "still being recorded");
}

static void one_beside_a_baseline_of_one(void **state)
{
	struct conditions asked = {.tolerance = 0.25};
	const struct verdict *got;

	(void)state;
	take_peaks(&baseline, (const double[]){100, NAN});
	take_peaks(&set, (const double[]){125, NAN});
	got = judge(&asked);
	assert_int_equal(verdicts.items.len, 1);
	assert_string_equal(got->name, "baseline");
	assert_string_equal(got->unit, "mib");
	assert_true(got->met && !got->run);
	assert_true(got->value == 125 && got->bound == 125);
	assert_string_equal(got->figure, "125 MiB");
	assert_string_equal(got->limit, "125 MiB");
	assert_string_equal(got->note, "+25.0 % against the baseline");
	asked.tolerance = 0.125;
	got = judge(&asked);
	assert_false(got->met);
	assert_string_equal(got->limit, "113 MiB");
}

static void one_that_is_as_the_baseline(void **state)
{
	const struct verdict *got;

	(void)state;
	take_peaks(&baseline, (const double[]){100, NAN});
	take_peaks(&set, (const double[]){100, NAN});
	got = judge(&(struct conditions){0});
	assert_true(got->met);
	assert_string_equal(got->note, "0.0 % against the baseline");
}

static void several_beside_a_baseline(void **state)
{
	struct conditions asked = {0};
	const struct verdict *got;

	(void)state;
	take_peaks(&baseline, (const double[]){100, 101, 102, NAN});
	take_peaks(&set, (const double[]){121, 120, 122, NAN});
	got = judge(&asked);
	assert_false(got->met);
	assert_string_equal(got->note,
	    "+19.8 % against the baseline, beyond the spread of the runs");
	asked.tolerance = 0.2;
	got = judge(&asked);
	assert_true(got->met);
	assert_string_equal(
	    got->note, "+19.8 % against the baseline, of several runs");
	take_peaks(&set, (const double[]){100, 150, 180, NAN});
	got = judge(&asked);
	assert_true(got->met && got->value > got->bound);
	assert_string_equal(got->note,
	    "+30.9 % against the baseline, within the spread of the runs");
}

/* Half a MiB counts too, where runs hardly differ. */
static void a_small_excess_beside_a_baseline(void **state)
{
	const struct verdict *got;

	(void)state;
	take_peaks(&baseline, (const double[]){100, 100.125, 100.25, NAN});
	take_peaks(&set, (const double[]){101, 101.125, 101.25, NAN});
	got = judge(&(struct conditions){0});
	assert_false(got->met);
	assert_string_equal(got->note,
	    "+1.0 % against the baseline, beyond the spread of the runs");
}

static void the_median_run(void **state)
{
	(void)state;
	take_peaks(&set, (const double[]){5, 1, 9, 2, NAN});
	assert_true(recording_set_median(&set)->figures.peak_mib == 2);
	take_peaks(&set, (const double[]){7, NAN});
	assert_true(recording_set_median(&set)->figures.peak_mib == 5);
	recording_set_keep_last(&set);
	assert_int_equal(set.runs.len, 1);
	assert_true(recording_set_median(&set)->figures.peak_mib == 7);
}

static void growth_is_judged_for_each_run(void **state)
{
	(void)state;
	take_run((const double[]){10, 11, 12, 13, NAN});
	take_run((const double[]){10, 12, 14, 16, NAN});
	assert_true(set.runs.items[1].figures.growth_mib_s == 0);
	recording_set_judge_growth(&set);
	assert_true(set.runs.items[0].figures.growth_mib_s == 1);
	assert_true(set.runs.items[1].figures.growth_mib_s == 2);
}

static void runs_of_two_measures_are_not_compared(void **state)
{
	struct err e = {""};

	(void)state;
	take_run((const double[]){1, NAN})->info.backend = mem_copy("rss");
	take_peaks(&baseline, (const double[]){1, 2, NAN});
	for (size_t i = 0; i < 2; i++)
		((struct run *)baseline.runs.items[i].run)->info.backend =
		    mem_copy(i ? "pss" : "rss");
	assert_int_equal(recording_set_check_measure(&set, &set, &e), 0);
	assert_int_equal(recording_set_check_measure(&set, &baseline, &e), -1);
	assert_non_null(strstr(e.text, "a.dat"));
	assert_non_null(strstr(e.text, "peaks.dat"));
	assert_int_equal(recording_set_check_measure(&baseline, &set, &e), -1);
}

static void mark(struct run *run, double time_s, const char *label)
{
	*array_push(&run->marks) = (struct mark){time_s, 1, mem_copy(label)};
}

static void child(struct run *run, const char *key, const char *name,
    double first_mib, double last_mib)
{
	struct process *process = run_process(run, key, strlen(key));

	process->name = name ? mem_copy(name) : NULL;
	series_add(&process->memory, 1001, first_mib);
	series_add(&process->memory, 1002, last_mib);
}

/* Takes a run with two phases "load", two processes "worker" and one without a
 * name. */
static struct run *take_parts(struct recording_set *into, double mib)
{
	struct profile *profile = new_profile("parts.dat");
	struct run *run =
	    add_run(profile, (const double[]){1, 2, mib, 3, 4, NAN});

	mark(run, 1001.5, "load");
	mark(run, 1002.5, "load");
	child(run, "7", "worker", 1, mib);
	child(run, "8", "worker", 2, 3);
	child(run, "9", NULL, 90, 90);
	assert_int_equal(recording_set_take(into, profile), 1);
	return run;
}

static void a_phase_is_the_first_of_its_name(void **state)
{
	const struct phase *phase;

	(void)state;
	take_parts(&set, 50);
	phase = recording_set_phase(&set.runs.items[0], "load");
	assert_non_null(phase);
	assert_true(phase->figures.peak_mib == 50);
	assert_null(recording_set_phase(&set.runs.items[0], "loa"));
	assert_int_equal(set.runs.items[0].phase_count, 3);
}

static void parts_that_both_sides_have(void **state)
{
	const struct recording_set *const sides[] = {&baseline, &set};
	struct compared_parts phases = {0}, processes = {0};
	const struct compared_part *part;
	struct run *run;

	(void)state;
	take_parts(&baseline, 50);
	run = take_parts(&baseline, 60);
	mark(run, 1003.5, "of one alone");
	child(run, "10", "worker", 1, 2);
	child(run, "11", "of A alone", 5, 5);
	take_parts(&set, 80);
	compare_parts_find(sides, &phases, &processes);
	assert_int_equal(phases.items.len, 2);
	assert_string_equal(phases.items.items[0].name, "start");
	part = &phases.items.items[1];
	assert_string_equal(part->name, "load");
	assert_true(part->peak.a == 55 && part->peak.b == 80);
	assert_int_equal(part->peak.a_count, 2);
	assert_int_equal(part->peak.b_count, 1);
	assert_int_equal(part->count[0], 0);
	assert_true(part->growth.a == 53 && part->growth.b == 78);
	/* of several with one name the highest counts */
	assert_int_equal(processes.items.len, 1);
	part = &processes.items.items[0];
	assert_string_equal(part->name, "worker");
	assert_true(part->peak.a == 55 && part->peak.b == 80);
	assert_true(part->growth.a == 54 && part->growth.b == 79);
	assert_int_equal(part->count[0], 3);
	assert_int_equal(part->count[1], 2);
	compare_parts_finish(&phases);
	compare_parts_finish(&processes);
}

/* A part of a later run counts as one of the first. */
static void a_part_may_be_of_a_later_run(void **state)
{
	const struct recording_set *const sides[] = {&baseline, &set};
	struct compared_parts phases = {0}, processes = {0};

	(void)state;
	take_parts(&baseline, 50);
	child(take_parts(&baseline, 60), "12", "late", 1, 2);
	child(take_parts(&set, 80), "12", "late", 1, 4);
	compare_parts_find(sides, &phases, &processes);
	assert_int_equal(processes.items.len, 2);
	assert_string_equal(processes.items.items[1].name, "late");
	assert_true(processes.items.items[1].peak.a == 2);
	assert_true(processes.items.items[1].peak.b == 4);
	compare_parts_finish(&phases);
	compare_parts_finish(&processes);
}

/* A run without marks has one phase, which is the whole. */
static void a_run_without_marks_has_no_parts(void **state)
{
	const struct recording_set *const sides[] = {&baseline, &set};
	struct compared_parts phases = {0}, processes = {0};

	(void)state;
	take_peaks(&baseline, (const double[]){1, NAN});
	take_peaks(&set, (const double[]){1, NAN});
	compare_parts_find(sides, &phases, &processes);
	assert_int_equal(phases.items.len, 0);
	assert_int_equal(processes.items.len, 0);
	compare_parts_finish(&phases);
	compare_parts_finish(&processes);
}

/* A reading of a figure each second, which end with NAN. */
static void read_usage(
    struct run *run, enum resource_figure_id figure, const double *values)
{
	struct usage_series *usage = usage_at(&run->usage);

	for (int i = 0; isfinite(values[i]); i++)
		series_add(&usage->figures[figure], 1000 + i, values[i]);
}

static void processors_threads_and_gpus(void **state)
{
	struct run *run = take_run((const double[]){10, 11, 12, NAN});
	const struct verdict *got;

	(void)state;
	read_usage(run, FIGURE_CPU, (const double[]){7, 7.5, 9, NAN});
	read_usage(run, FIGURE_THREADS, (const double[]){3, 7, 2, NAN});
	read_usage(run, FIGURE_GPU, (const double[]){100, 2048, 50, NAN});
	got = judge(&(struct conditions){.max_cpu_percent = 100});
	assert_string_equal(got->name, "max-cpu-mean");
	assert_string_equal(got->unit, "percent");
	assert_true(got->met && got->value == 100 && got->bound == 100);
	assert_string_equal(got->figure, "100.0 %");
	assert_string_equal(got->limit, "100 %");
	assert_string_equal(got->note, "");
	got = judge(&(struct conditions){.max_cpu_percent = 99.5});
	assert_false(got->met);
	assert_string_equal(got->limit, "99.5 %");
	got = judge(&(struct conditions){.max_threads = 7});
	assert_string_equal(got->name, "max-threads");
	assert_string_equal(got->unit, "threads");
	assert_true(got->met && got->value == 7);
	assert_string_equal(got->figure, "7");
	assert_string_equal(got->limit, "7");
	assert_false(judge(&(struct conditions){.max_threads = 6})->met);
	got = judge(&(struct conditions){.max_gpu_mib = 2048});
	assert_string_equal(got->name, "max-gpu-peak");
	assert_true(got->met && got->value == 2048);
	assert_string_equal(got->figure, "2.00 GiB");
	assert_string_equal(got->limit, "2 GiB");
	assert_false(judge(&(struct conditions){.max_gpu_mib = 2047})->met);
}

/* A figure that nobody recorded meets no condition. */
static void what_was_not_recorded_is_not_met(void **state)
{
	struct run *run = take_run((const double[]){10, 11, 12, NAN});
	struct conditions asked = {
	    .max_cpu_percent = 100, .max_threads = 9, .max_gpu_mib = 512};

	(void)state;
	for (int round = 0; round < 2; round++) {
		judge(&asked);
		assert_int_equal(verdicts.items.len, 3);
		for (size_t i = 0; i < 3; i++) {
			const struct verdict *got = &verdicts.items.items[i];

			assert_false(got->met);
			assert_true(isnan(got->value));
			assert_string_equal(got->figure, "unknown");
		}
		assert_string_equal(verdicts.items.items[0].note,
		    round == 0 ? "not in the recording: mprof run --with cpu "
				 "records it"
			       : "a single reading gives no mean");
		assert_string_equal(verdicts.items.items[2].limit, "512 MiB");
		/* another figure, and a count that was read once */
		read_usage(run, FIGURE_READ, (const double[]){1, 2, NAN});
		read_usage(run, FIGURE_CPU, (const double[]){1, NAN});
	}
}

static void each_phase_is_judged(void **state)
{
	struct conditions asked = {.max_peak_mib = 20, .phases = true};
	static const char *const names[] = {"start", "load", "load"};
	static const double peaks[] = {2, 50, 4}, shares[] = {100, 200, 75};
	static const size_t nth[] = {1, 1, 2};
	struct run *run = take_parts(&set, 50);

	(void)state;
	read_usage(run, FIGURE_CPU, (const double[]){0, 1, 3, 3.5, 4.5, NAN});
	read_usage(run, FIGURE_THREADS, (const double[]){1, 2, 5, 3, 4, NAN});
	judge(&asked);
	assert_int_equal(verdicts.items.len, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct verdict *got = &verdicts.items.items[i];

		assert_string_equal(got->phase, names[i]);
		assert_int_equal(got->nth, nth[i]);
		assert_true(got->value == peaks[i]);
		assert_int_equal(got->met, i != 1);
		assert_ptr_equal(got->run, &set.runs.items[0]);
	}
	/* from the last reading before the phase to the last in it */
	judge(&(struct conditions){.max_cpu_percent = 1, .phases = true});
	for (size_t i = 0; i < 3; i++)
		assert_true(
		    fabs(verdicts.items.items[i].value - shares[i]) < 1e-9);
	judge(&(struct conditions){.max_threads = 3, .phases = true});
	assert_true(verdicts.items.items[0].value == 2);
	assert_true(verdicts.items.items[1].value == 5);
	assert_true(verdicts.items.items[2].value == 4);
}

static void a_phase_begins_at_the_reading_before_it(void **state)
{
	struct profile *profile = new_profile("count.dat");
	struct run *run = add_run(profile, (const double[]){1, 1, 1, NAN});

	(void)state;
	mark(run, 1000.5, "load");
	read_usage(run, FIGURE_CPU, (const double[]){0, 1, 3, NAN});
	assert_int_equal(recording_set_take(&set, profile), 1);
	judge(&(struct conditions){.max_cpu_percent = 1, .phases = true});
	assert_int_equal(verdicts.items.len, 2);
	assert_string_equal(verdicts.items.items[0].figure, "unknown");
	assert_string_equal(verdicts.items.items[1].figure, "150.0 %");
}

/* A sample at the time of a mark belongs to the phase that it begins, the last
 * one to the last phase. */
static void a_sample_is_in_one_phase(void **state)
{
	struct conditions asked = {
	    .max_growth = true, .max_growth_mib_s = 2, .phases = true};
	struct profile *profile = new_profile("two.dat");
	struct run *run =
	    add_run(profile, (const double[]){1, 2, 50, 53, 56, NAN});
	const struct verdict *got;

	(void)state;
	mark(run, 1002, "load");
	assert_int_equal(recording_set_take(&set, profile), 1);
	got = judge(&asked);
	assert_int_equal(verdicts.items.len, 2);
	assert_true(got[0].met && got[0].value == 1);
	assert_true(!got[1].met && got[1].value == 3);
}

/* A run that ended before its first sample has no phase, but a peak. */
static void a_run_without_phases_is_judged_as_a_whole(void **state)
{
	struct profile *profile = new_profile("short.dat");
	const struct verdict *got;

	(void)state;
	series_add(&profile_add_run(profile)->peaks, 1000, 30);
	assert_int_equal(recording_set_take(&set, profile), 1);
	assert_int_equal(set.runs.items[0].phase_count, 0);
	got = judge(&(struct conditions){.max_peak_mib = 20, .phases = true});
	assert_int_equal(verdicts.items.len, 1);
	assert_true(!got->met && got->value == 30 && !got->phase);
	got = judge(&(struct conditions){.max_mean_mib = 20});
	assert_true(got->met && got->doubtful && isnan(got->value));
	assert_string_equal(got->note, "the program ended before a sample");
	got = judge(&(struct conditions){.max_mean_mib = 20, .strict = true});
	assert_false(got->met);
}

static void recordings_far_apart(void **state)
{
	struct conditions asked = {.max_spread = 0.25};
	const struct verdict *got;

	(void)state;
	take_peaks(&set, (const double[]){100, NAN});
	got = judge(&asked);
	assert_string_equal(got->name, "max-spread");
	assert_string_equal(got->unit, "share");
	assert_true(got->met && got->doubtful && got->value == 0);
	assert_string_equal(got->note, "one recording has no spread");
	asked.strict = true;
	got = judge(&asked);
	assert_true(!got->met && got->doubtful);
	take_peaks(&set, (const double[]){125, NAN});
	got = judge(&asked);
	assert_true(got->met && !got->doubtful);
	assert_string_equal(got->note, "lowest peaks.dat, highest peaks.dat");
	take_peaks(&set, (const double[]){80, NAN});
	set.runs.items[1].profile->path[0] = 'h';
	set.runs.items[2].profile->path[0] = 'l';
	got = judge(&asked);
	assert_false(got->met || got->doubtful || got->run);
	assert_near(got->value, 0.45, 1e-9);
	assert_true(got->bound == 0.25);
	assert_string_equal(got->figure, "45.0 %");
	assert_string_equal(got->limit, "25 %");
	assert_string_equal(got->note, "lowest leaks.dat, highest heaks.dat");
	asked.max_spread = 0.46;
	assert_true(judge(&asked)->met);
}

static void recordings_of_two_measures_have_no_spread(void **state)
{
	const struct verdict *got;

	(void)state;
	take_peaks(&set, (const double[]){100, 101, NAN});
	for (size_t i = 0; i < 2; i++)
		((struct run *)set.runs.items[i].run)->info.backend =
		    mem_copy(i ? "pss" : "rss");
	got = judge(&(struct conditions){.max_spread = 0.25});
	assert_false(got->met || got->doubtful);
	assert_true(isnan(got->value));
	assert_string_equal(got->figure, "unknown");
	assert_string_equal(got->note, "some record rss, some pss");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_bound_is_met_by_what_reaches_it),
	    TEST(each_run_is_judged_by_each_condition),
	    TEST(growth_of_a_few_samples),
	    TEST(growth_without_time_is_unknown),
	    TEST(slow_growth_beside_no_limit),
	    TEST(growth_that_noise_explains_passes),
	    TEST(a_leak_fails),
	    TEST(memory_that_stands_still_passes),
	    TEST(what_is_undecided_fails_with_strict_alone),
	    TEST(a_recording_that_breaks_off_is_doubtful),
	    TEST(strict_says_that_all_are_complete),
	    TEST(one_beside_a_baseline_of_one),
	    TEST(one_that_is_as_the_baseline),
	    TEST(several_beside_a_baseline),
	    TEST(a_small_excess_beside_a_baseline),
	    TEST(the_median_run),
	    TEST(growth_is_judged_for_each_run),
	    TEST(runs_of_two_measures_are_not_compared),
	    TEST(a_phase_is_the_first_of_its_name),
	    TEST(parts_that_both_sides_have),
	    TEST(a_part_may_be_of_a_later_run),
	    TEST(a_run_without_marks_has_no_parts),
	    TEST(processors_threads_and_gpus),
	    TEST(what_was_not_recorded_is_not_met),
	    TEST(each_phase_is_judged),
	    TEST(a_phase_begins_at_the_reading_before_it),
	    TEST(a_sample_is_in_one_phase),
	    TEST(a_run_without_phases_is_judged_as_a_whole),
	    TEST(recordings_far_apart),
	    TEST(recordings_of_two_measures_have_no_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
