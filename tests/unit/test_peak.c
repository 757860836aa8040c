// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/figures.h"
#include "analysis/peak.h"
#include "profile/process.h"
#include "profile/run.h"
#include "near.h"

static struct profile profile;

static int set_up(void **state)
{
	(void)state;
	profile_init(&profile, "a.dat");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	profile_finish(&profile);
	return 0;
}

static void add_child(struct run *run, const char *key, double mib)
{
	series_add(&run_process(run, key, strlen(key))->memory, 1, mib);
}

static void add_call(struct run *run, const char *name, double enter_s,
    double leave_s, double leave_mib)
{
	*array_push(&run->calls) = (struct call){.name = mem_copy(name),
	    .enter_s = enter_s,
	    .leave_s = leave_s,
	    .enter_mib = 1,
	    .leave_mib = leave_mib};
}

static void test_nothing(void **state)
{
	struct peaks peaks;

	(void)state;
	peaks_init(&peaks, &profile);
	assert_false(peaks.found);
	assert_int_equal(peaks.children.len, 0);
	peaks_finish(&peaks);
}

/* A mark that was read a second after the spike stands at the spike. */
static void test_a_mark_stands_where_its_peak_was(void **state)
{
	static const double mib[] = {10, 90, 12, 12, 12, 12};
	struct run *run = profile_add_run(&profile);
	struct sample peak;

	(void)state;
	for (int i = 0; i < 6; i++)
		series_add(&run->total, 100 + i * 0.2, mib[i]);
	series_add(&run->peaks, 101, 95);
	assert_true(run_peak(run, &peak));
	assert_true(peak.time_s == 101 && peak.mib == 95);
	*array_push(&run->peak_sinces) = (struct peak_since){{101, 95}, 100};
	assert_true(run_peak(run, &peak));
	assert_true(fabs(peak.time_s - 100.2) < 1e-6 && peak.mib == 95);
	/* no sample since then: the mark's own time */
	series_add(&run->peaks, 100.97, 96);
	run->peak_sinces.items[0] = (struct peak_since){{100.97, 96}, 100.95};
	assert_true(run_peak(run, &peak));
	assert_true(fabs(peak.time_s - 100.97) < 1e-6 && peak.mib == 96);
}

static void test_over_runs(void **state)
{
	struct peaks peaks;
	struct run *run = profile_add_run(&profile);

	(void)state;
	series_add(&run->total, 1, 5);
	series_add(&run->total, 2, 7);
	add_child(run, "3", 2);
	add_child(run, "x", 4);
	run = profile_add_run(&profile);
	series_add(&run->total, 3, 7);
	series_add(&run->peaks, 4, 6);
	add_child(run, "9", 1);
	add_child(run, "3", 5);
	peaks_init(&peaks, &profile);
	assert_true(peaks.found && peaks.mib == 7 && peaks.time_s == 2);
	assert_false(peaks.unsampled);
	assert_int_equal(peaks.children.len, 3);
	assert_string_equal(peaks.children.items[0].process->key, "3");
	assert_true(peaks.children.items[0].mib == 5);
	assert_string_equal(peaks.children.items[1].process->key, "x");
	assert_true(peaks.children.items[2].mib == 1);
	peaks_finish(&peaks);
}

/* With PROC records, each process of each run, the highest first; equal ones in
 * their order. */
static void test_introduced_processes(void **state)
{
	static const char *const keys[] = {"7", "3", "3", "9"};
	struct peaks peaks;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct run *run = profile_add_run(&profile);

		run->state.introduces = true;
		add_child(run, "9", 2);
		add_child(run, i ? "7" : "4", i ? 8 : 1);
		add_child(run, "3", 5);
	}
	profile.runs.items[1].processes.items[0].memory.items[0].mib = 1.5;
	peaks_init(&peaks, &profile);
	assert_true(peaks.named);
	assert_int_equal(peaks.children.len, 6);
	for (int i = 0; i < 4; i++)
		assert_string_equal(
		    peaks.children.items[i].process->key, keys[i]);
	assert_ptr_equal(peaks.children.items[1].run, &profile.runs.items[0]);
	assert_ptr_equal(peaks.children.items[2].run, &profile.runs.items[1]);
	assert_string_equal(peaks.children.items[5].process->key, "4");
	peaks_finish(&peaks);
}

static void test_marks_between_samples(void **state)
{
	struct peaks peaks;
	struct run *run = profile_add_run(&profile);
	const struct exit_status end = {
	    .recorded = true, .known = true, .mib = 2.5};

	(void)state;
	series_add(&run->total, 1, 5);
	series_add(&run->peaks, 2, 9);
	add_child(run, "3", 2);
	run_process(run, "3", 1)->exit = end;
	run_process(run, "4", 1)->exit = end;
	run_process(run, "0", 1);
	peaks_init(&peaks, &profile);
	assert_true(peaks.unsampled && peaks.mib == 9 && peaks.time_s == 2);
	/* the phantom is shown, a process without samples is not */
	assert_int_equal(peaks.children.len, 2);
	assert_true(peaks.children.items[0].mib == 2.5);
	assert_true(peaks.children.items[1].mib == 0);
	peaks_finish(&peaks);
}

static void test_calls_alone(void **state)
{
	struct peaks peaks;

	(void)state;
	add_call(profile_add_run(&profile), "f", 1, 2, 6);
	peaks_init(&peaks, &profile);
	assert_true(peaks.found && peaks.mib == 6 && peaks.time_s == 2);
	peaks_finish(&peaks);
}

/* Calls that overlap, nest, touch and come in no order. */
static void test_of_function(void **state)
{
	struct run *run = profile_add_run(&profile);
	double mib = 0;

	(void)state;
	for (int i = 0; i <= 100; i++)
		series_add(&run->total, i, i % 50);
	add_call(run, "f", 20, 30, 2);
	add_call(run, "f", 5, 10, 2);
	add_call(run, "f", 8, 22, 2);
	add_call(run, "f", 60, 61, 2);
	add_call(run, "f", 21, 22, 2);
	add_call(run, "g", 0, 100, 2);
	add_call(run, "twice", 0, 1, 2);
	add_call(run, "twice", 40, 45, 2);
	add_call(run, "twice", 60, 61, 2);
	add_call(run, "nested", 60, 61, 2); /* a call is told at its end */
	add_call(run, "nested", 40, 65, 2);
	add_call(run, "edge", 48, 49, 2);
	add_call(run, "late", 49.5, 50, 2);
	add_call(run, "my f", 99.2, 99.8, 77);
	assert_int_equal(peak_of_function(&profile, "f", &mib), 0);
	assert_true(mib == 30);
	assert_int_equal(peak_of_function(&profile, "g", &mib), 0);
	assert_true(mib == 49);
	assert_int_equal(peak_of_function(&profile, "twice", &mib), 0);
	assert_true(mib == 45);
	assert_int_equal(peak_of_function(&profile, "nested", &mib), 0);
	assert_true(mib == 49);
	assert_int_equal(peak_of_function(&profile, "edge", &mib), 0);
	assert_true(mib == 49);
	assert_int_equal(peak_of_function(&profile, "late", &mib), 0);
	assert_true(mib == 0);
	assert_int_equal(peak_of_function(&profile, "my_f", &mib), 0);
	assert_true(mib == 77);
	assert_int_equal(peak_of_function(&profile, "my f", &mib), 0);
	run = profile_add_run(&profile);
	series_add(&run->total, 205, 90);
	series_add(&run->total, 230, 95);
	add_call(run, "f", 200, 210, 2);
	assert_int_equal(peak_of_function(&profile, "f", &mib), 0);
	assert_true(mib == 90);
	assert_int_equal(peak_of_function(&profile, "my", &mib), -1);
	assert_int_equal(peak_of_function(&profile, "my_ff", &mib), -1);
	assert_int_equal(peak_of_function(&profile, "", &mib), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static void add_mark(struct run *run, double time_s, const char *label)
{
	*array_push(&run->marks) = (struct mark){time_s, 1, mem_copy(label)};
}

static void assert_phases(
    const struct run *run, const double *expected, size_t count)
{
	struct phase *phases;

	assert_int_equal(phases_of_run(run, &phases), count);
	for (size_t i = 0; i < count; i++)
		assert_true(phases[i].figures.peak_mib == expected[i]);
	free(phases);
}

/* Samples of 10 MiB but for one of 100 in the second of three phases; marks
 * raise that, and the last phase's, or tell again what is known. */
static void test_phases_and_marks(void **state)
{
	static const double spike[] = {10, 208, 10}, late[] = {10, 208, 300};
	struct run *run = profile_add_run(&profile);

	(void)state;
	for (int i = 0; i < 30; i++)
		series_add(&run->total, i, i == 12 ? 100 : 10);
	add_mark(run, 10, "spike");
	add_mark(run, 20, "quiet");
	series_add(&run->peaks, 12, 208);
	series_add(&run->peaks, 12, 208);
	assert_phases(run, spike, 3);
	/* A counter that is read again may differ by a little. */
	series_add(&run->peaks, 29, 209);
	assert_phases(run, spike, 3);
	series_add(&run->peaks, 29.5, 300);
	assert_phases(run, late, 3);
}

/* An earlier phase keeps the peak that a mark gave it, however high the samples
 * of a later one are. */
static void test_a_mark_below_later_samples(void **state)
{
	static const double peaks[] = {150, 300};
	struct run *run = profile_add_run(&profile);
	struct sample peak;

	(void)state;
	for (int i = 0; i < 20; i++)
		series_add(&run->total, i, i < 10 ? 20 : 300);
	add_mark(run, 10, "more");
	series_add(&run->peaks, 5, 150);
	series_add(&run->peaks, 10, 300);
	assert_phases(run, peaks, 2);
	assert_true(run_peak(run, &peak));
	assert_true(peak.mib == 300 && peak.time_s == 10);
}

static void test_the_peak_of_a_run(void **state)
{
	struct run *run = profile_add_run(&profile);
	struct process *process = run_process(run, "7", 1);
	struct figures figures;
	struct sample peak;
	double mib;

	(void)state;
	assert_false(run_peak(run, &peak));
	assert_false(process_peak(process, &mib));
	series_add(&run->total, 1, 5);
	assert_true(run_peak(run, &peak));
	assert_true(peak.mib == 5 && peak.time_s == 1);
	series_add(&run->peaks, 2, 4);
	series_add(&run->peaks, 3, 9);
	assert_true(run_peak(run, &peak));
	assert_true(peak.mib == 9 && peak.time_s == 3);
	assert_int_equal(figures_of_run(run, &figures), 0);
	assert_true(figures.peak_mib == 9);
	series_add(&process->memory, 1, 3);
	process->exit = (struct exit_status){.recorded = true, .mib = 8};
	assert_true(process_peak(process, &mib));
	assert_true(mib == 8);
}

/* Four ticks of a sum: the program, two "worker" (8 and 9, of which 9 comes
 * late and goes early) and one without a name. */
static struct run *make_tree(void)
{
	static const double program[] = {10, 20, 70, 5};
	static const double first[] = {1, 2, 30, 4}, second[] = {50, 40};
	struct run *run = profile_add_run(&profile);
	struct process *process;

	run->info.sum = true;
	process = run_process(run, "1", 1);
	process->introduced = true;
	process->name = mem_copy("python3");
	process->command = mem_copy("python3 serve.py");
	for (int i = 0; i < 4; i++) {
		bool late = i == 1 || i == 2;

		run_add_total(run, i,
		    program[i] + first[i] + 0.5 + (late ? second[i - 1] : 0));
		run_add_memory(run, run_process(run, "8", 1), i, first[i]);
		run_add_memory(run, run_process(run, "7", 1), i, 0.5);
		if (late)
			run_add_memory(
			    run, run_process(run, "9", 1), i, second[i - 1]);
	}
	for (size_t i = 1; i < run->processes.len; i++) {
		process = &run->processes.items[i];
		if (process->pid == 7)
			continue;
		process->name = mem_copy("worker");
		process->command =
		    mem_copy(process->pid == 8 ? "worker -a" : "worker -b");
	}
	return run;
}

static void test_a_moment(void **state)
{
	const struct run *run = make_tree();
	struct moment moment;

	(void)state;
	moment_init(&moment, run, 1); /* 9 holds 50, the program 20 */
	assert_int_equal(moment.holdings.len, 4);
	assert_true(moment.holdings.items[0].mib == 50);
	assert_string_equal(moment.holdings.items[0].process->key, "9");
	assert_false(moment.holdings.items[0].is_program);
	assert_true(moment.holdings.items[1].is_program);
	assert_true(moment.holdings.items[1].mib == 20);
	assert_string_equal(moment.holdings.items[1].process->name, "python3");
	assert_true(moment.holdings.items[2].mib == 2);
	assert_true(moment.holdings.items[3].mib == 0.5);
	moment_finish(&moment);
	moment_init(&moment, run, 3);
	assert_int_equal(moment.holdings.len, 3);
	assert_true(moment.holdings.items[0].mib == 5);
	moment_finish(&moment);
}

/* If MEM is the program's own memory, it does not contain that of its
 * descendants. A remainder left by rounding is no process. */
static void test_a_moment_of_the_program_alone(void **state)
{
	struct run *run = profile_add_run(&profile);
	struct moment moment;

	(void)state;
	run->info.alone = true;
	run_add_total(run, 1, 10);
	run_add_memory(run, run_process(run, "8", 1), 1, 30);
	moment_init(&moment, run, 0);
	assert_int_equal(moment.holdings.len, 2);
	assert_true(moment.holdings.items[1].is_program);
	assert_true(moment.holdings.items[1].mib == 10);
	assert_null(moment.holdings.items[1].process);
	moment_finish(&moment);
	run = profile_add_run(&profile);
	run->info.sum = true;
	run_add_total(run, 1, 30.005);
	run_add_memory(run, run_process(run, "8", 1), 1, 30);
	moment_init(&moment, run, 0);
	assert_int_equal(moment.holdings.len, 1);
	moment_finish(&moment);
}

static void assert_party(const struct party *party, const char *name,
    size_t count, double at_peak_mib, double highest_mib)
{
	if (name)
		assert_string_equal(party->name, name);
	else
		assert_null(party->name);
	assert_int_equal(party->count, count);
	assert_near(party->at_peak_mib, at_peak_mib, 1e-9);
	assert_near(party->highest_mib, highest_mib, 1e-9);
}

static void test_parties(void **state)
{
	struct run *run = make_tree();
	struct parties parties;

	(void)state;
	parties_init(&parties, run, PARTY_BY_NAME); /* the peak is tick 2 */
	assert_int_equal(parties.list.len, 3);
	assert_party(&parties.list.items[0], "python3", 1, 70, 70);
	assert_party(&parties.list.items[1], "worker", 2, 70, 50);
	assert_party(&parties.list.items[2], NULL, 1, 0.5, 0.5);
	parties_finish(&parties);
	/* a high-water mark that samples missed */
	run_process(run, "9", 1)->exit =
	    (struct exit_status){.recorded = true, .mib = 60};
	run->exit = (struct exit_status){.recorded = true, .mib = 90};
	parties_init(&parties, run, PARTY_BY_COMMAND);
	assert_int_equal(parties.list.len, 4);
	assert_party(&parties.list.items[0], "python3 serve.py", 1, 70, 90);
	assert_party(&parties.list.items[1], "worker -b", 1, 40, 60);
	assert_party(&parties.list.items[2], "worker -a", 1, 30, 30);
	parties_finish(&parties);
}

/* The first process counts as any other; at the peak the larger stands first.
 */
static void test_parties_without_names(void **state)
{
	struct run *run = profile_add_run(&profile);
	struct parties parties;

	(void)state;
	run->info.sum = true;
	run_add_total(run, 1, 60);
	run_add_memory(run, run_process(run, "8", 1), 1, 20);
	run_process(run, "8", 1)->name = mem_copy("worker");
	run_add_total(run, 2, 10);
	parties_init(&parties, run, PARTY_BY_NAME);
	assert_int_equal(parties.list.len, 2);
	assert_party(&parties.list.items[0], NULL, 1, 40, 40);
	assert_party(&parties.list.items[1], "worker", 1, 20, 20);
	parties_finish(&parties);
}

/* PSS says what RSS was in truth, of the run with the highest peak. */
static void test_the_share_at_the_peak(void **state)
{
	static const double peaks_mib[] = {300, 500, 400};
	struct peaks peaks;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct run *run = profile_add_run(&profile);

		series_add(&run->total, 1, peaks_mib[i]);
		*array_push(&run->shares) = (struct share){.time_s = 1,
		    .mib = peaks_mib[i],
		    .pss_mib = peaks_mib[i] / 5,
		    .processes = 4};
	}
	peaks_init(&peaks, &profile);
	assert_non_null(peaks.share);
	assert_true(peaks.mib == 500 && peaks.share->pss_mib == 100);
	peaks_finish(&peaks);
	profile.runs.items[1].info.backend = mem_copy("pss");
	peaks_init(&peaks, &profile);
	assert_true(peaks.mib == 500);
	assert_null(peaks.share);
	peaks_finish(&peaks);
}

static void test_parties_of_nothing(void **state)
{
	struct parties parties;

	(void)state;
	parties_init(&parties, profile_add_run(&profile), PARTY_BY_NAME);
	assert_int_equal(parties.list.len, 0);
	parties_finish(&parties);
}

/* Processes that hold as much are in the order of the recording, and the first
 * of them stands for its name. */
static void test_equal_ones_keep_their_order(void **state)
{
	struct run *run = profile_add_run(&profile);
	struct parties parties;
	struct moment moment;

	(void)state;
	run->info.sum = true;
	run_add_total(run, 1, 100);
	for (int i = 0; i < 9; i++) {
		char key[] = {(char)('1' + i), 0};
		struct process *process = run_process(run, key, 1);

		process->name = mem_copy(i < 5 ? "worker" : "helper");
		run_add_memory(run, process, 1, i == 4 ? 12 : 10);
	}
	moment_init(&moment, run, 0);
	assert_int_equal(moment.holdings.len, 10);
	assert_ptr_equal(
	    moment.holdings.items[0].process, &run->processes.items[4]);
	for (size_t i = 1; i < 9; i++)
		assert_ptr_equal(moment.holdings.items[i].process,
		    &run->processes.items[i < 5 ? i - 1 : i]);
	assert_true(moment.holdings.items[9].is_program);
	moment_finish(&moment);
	parties_init(&parties, run, PARTY_BY_NAME);
	assert_party(&parties.list.items[0], "worker", 5, 52, 12);
	assert_ptr_equal(
	    parties.list.items[0].highest, &run->processes.items[4]);
	assert_party(&parties.list.items[1], "helper", 4, 40, 10);
	assert_ptr_equal(
	    parties.list.items[1].highest, &run->processes.items[5]);
	parties_finish(&parties);
}

/* A call counts with its higher end, and with its first if both are equal. */
static void test_the_ends_of_calls(void **state)
{
	static const struct {
		double enter_mib, leave_mib, mib, time_s;
	} rows[] = {{5, 4, 5, 1}, {4, 5, 5, 2}, {5, 5, 5, 1}};
	struct run *run = profile_add_run(&profile);

	(void)state;
	add_call(run, "f", 1, 2, 0);
	for (size_t i = 0; i < 3; i++) {
		struct peaks peaks;
		double mib;

		run->calls.items[0].enter_mib = rows[i].enter_mib;
		run->calls.items[0].leave_mib = rows[i].leave_mib;
		peaks_init(&peaks, &profile);
		assert_true(peaks.mib == rows[i].mib);
		assert_true(peaks.time_s == rows[i].time_s);
		assert_false(peaks.unsampled);
		peaks_finish(&peaks);
		assert_int_equal(peak_of_function(&profile, "f", &mib), 0);
		assert_true(mib == 5);
	}
}

/* If two hold equally much at the peak, the one that held more before is first.
 */
static void test_parties_of_one_size(void **state)
{
	struct run *run = profile_add_run(&profile);
	struct parties parties;

	(void)state;
	run->info.sum = true;
	run_add_total(run, 1, 70);
	run_process(run, "1", 1)->name = mem_copy("low");
	run_add_memory(run, run_process(run, "1", 1), 1, 20);
	run_process(run, "2", 1)->name = mem_copy("high");
	run_add_memory(run, run_process(run, "2", 1), 1, 20);
	run_process(run, "2", 1)->exit =
	    (struct exit_status){.recorded = true, .mib = 21};
	parties_init(&parties, run, PARTY_BY_NAME);
	assert_party(&parties.list.items[0], NULL, 1, 30, 30);
	assert_party(&parties.list.items[1], "high", 1, 20, 21);
	assert_party(&parties.list.items[2], "low", 1, 20, 20);
	parties_finish(&parties);
}

/* The program has a row if more than a hundredth of a MiB is left for it; its
 * own figure at the end counts as its highest. */
static void test_what_is_left_of_the_program(void **state)
{
	(void)state;
	for (int more = 0; more < 2; more++) {
		struct run *run = profile_add_run(&profile);
		struct moment moment;

		run->info.sum = true;
		run_add_total(run, 1, 30 + (more ? 0.0105 : 0.0095));
		run_add_memory(run, run_process(run, "8", 1), 1, 30);
		moment_init(&moment, run, 0);
		assert_int_equal(moment.holdings.len, 1 + more);
		moment_finish(&moment);
	}
}

/* Marks of one moment keep their order; a phase without a sample has what its
 * mark says. */
static void test_marks_of_one_moment(void **state)
{
	struct run *run = profile_add_run(&profile);
	struct phase *phases;

	(void)state;
	for (int i = 0; i < 10; i++)
		series_add(&run->total, 100 + i, 10 + i);
	add_mark(run, 104, "late");
	add_mark(run, 102, "first");
	add_mark(run, 102, "second");
	add_mark(run, 102, "third");
	run->marks.items[1].mib = 7;
	assert_int_equal(phases_of_run(run, &phases), 5);
	assert_string_equal(phases[0].name, "start");
	assert_string_equal(phases[1].name, "first");
	assert_string_equal(phases[2].name, "second");
	assert_string_equal(phases[3].name, "third");
	assert_string_equal(phases[4].name, "late");
	assert_true(phases[0].from_s == 100 && phases[0].until_s == 102);
	assert_true(phases[0].figures.duration_s == 2);
	assert_true(phases[1].figures.peak_mib == 7);
	assert_true(phases[1].figures.mean_mib == 7);
	assert_true(phases[1].figures.duration_s == 0);
	assert_true(phases[3].figures.peak_mib == 13);
	assert_true(phases[3].figures.growth_mib == 2);
	assert_true(phases[4].figures.peak_mib == 19);
	assert_true(phases[4].until_s == 109);
	assert_true(phases[4].figures.duration_s == 5);
	free(phases);
	/* a first mark at the first sample leaves no start */
	run->marks.items[1].time_s = 100;
	assert_int_equal(phases_of_run(run, &phases), 4);
	assert_string_equal(phases[0].name, "first");
	free(phases);
}

/* A peak that only a high-water mark shows belongs to the phase that begins
 * then. */
static void test_a_peak_at_a_mark(void **state)
{
	static const double peaks[] = {10, 50};
	struct run *run = profile_add_run(&profile);

	(void)state;
	for (int i = 0; i < 10; i++)
		series_add(&run->total, i, 10);
	add_mark(run, 5, "next");
	series_add(&run->peaks, 5, 50);
	assert_phases(run, peaks, 2);
}

/* Figures of resources that nobody recorded are none. */
static void test_figures_of_resources(void **state)
{
	struct run *run = profile_add_run(&profile);
	struct usage_series *usage;
	struct figures figures;

	(void)state;
	series_add(&run->total, 1, 5);
	series_add(&run->total, 4, 7);
	assert_int_equal(figures_of_run(run, &figures), 0);
	assert_true(isnan(figures.cpu_percent) && isnan(figures.threads));
	assert_true(isnan(figures.gpu_mib));
	assert_true(figures.duration_s == 3 && figures.growth_mib == 2);
	assert_true(figures.area_mib_s == 15 && figures.mean_mib == 5);
	usage = usage_at(&run->usage);
	assert_int_equal(figures_of_run(run, &figures), 0);
	assert_true(isnan(figures.cpu_percent) && isnan(figures.threads));
	assert_true(isnan(figures.gpu_mib));
	series_add(&usage->figures[FIGURE_CPU], 1, 1);
	series_add(&usage->figures[FIGURE_CPU], 3, 2);
	series_add(&usage->figures[FIGURE_THREADS], 1, 3);
	series_add(&usage->figures[FIGURE_THREADS], 2, 2);
	series_add(&usage->figures[FIGURE_GPU], 1, 64);
	assert_int_equal(figures_of_run(run, &figures), 0);
	assert_true(figures.cpu_percent == 50 && figures.threads == 3);
	assert_true(figures.gpu_mib == 64);
}

/* The mean of one sample is that sample; no samples have no mean. */
static void test_figures_of_a_sample(void **state)
{
	struct run *run = profile_add_run(&profile);
	struct figures figures;

	(void)state;
	series_add(&run->total, 1, 5);
	series_add(&run->total, 4, 7);
	assert_int_equal(
	    figures_of_series(&run->total, 2, INFINITY, &figures), 0);
	assert_true(figures.mean_mib == 7 && figures.area_mib_s == 0);
	assert_true(figures.growth_mib == 2 && figures.duration_s == 0);
	assert_int_equal(figures_of_series(&run->total, 2, 3, &figures), -1);
	assert_true(figures.peak_mib == 0);
	run->total.len = 0;
	assert_int_equal(figures_of_run(run, &figures), -1);
	series_add(&run->peaks, 2, 9);
	assert_int_equal(figures_of_run(run, &figures), 0);
	assert_true(figures.peak_mib == 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_nothing),
	    TEST(test_a_mark_stands_where_its_peak_was),
	    TEST(test_over_runs),
	    TEST(test_introduced_processes),
	    TEST(test_marks_between_samples),
	    TEST(test_calls_alone),
	    TEST(test_of_function),
	    TEST(test_phases_and_marks),
	    TEST(test_a_mark_below_later_samples),
	    TEST(test_the_peak_of_a_run),
	    TEST(test_a_moment),
	    TEST(test_a_moment_of_the_program_alone),
	    TEST(test_parties),
	    TEST(test_parties_without_names),
	    TEST(test_parties_of_nothing),
	    TEST(test_the_share_at_the_peak),
	    TEST(test_equal_ones_keep_their_order),
	    TEST(test_the_ends_of_calls),
	    TEST(test_parties_of_one_size),
	    TEST(test_what_is_left_of_the_program),
	    TEST(test_marks_of_one_moment),
	    TEST(test_a_peak_at_a_mark),
	    TEST(test_figures_of_resources),
	    TEST(test_figures_of_a_sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
