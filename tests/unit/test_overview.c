// SPDX-License-Identifier: MIT
// A recording in a few figures, and the order of several.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/overview.h"
#include "base/mem.h"

static struct profile profile;
static struct overview got;

static int set_up(void **state)
{
	(void)state;
	profile_init(&profile, "made.dat");
	got = (struct overview){0};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	overview_finish(&got);
	profile_finish(&profile);
	return 0;
}

/* A run with samples of that size at from_s, and seconds later. */
static struct run *add_run(double from_s, double seconds, double mib)
{
	struct run *run = profile_add_run(&profile);

	series_add(&run->total, from_s, mib);
	series_add(&run->total, from_s + seconds, 1);
	return run;
}

static struct process *add_process(
    struct run *run, const char *key, const char *name)
{
	struct process *process = run_process(run, key, strlen(key));

	process->name = name ? mem_copy(name) : NULL;
	return process;
}

static void the_figures_of_all_runs(void **state)
{
	struct run *run;

	(void)state;
	run = add_run(1000, 20, 50);
	run->command = mem_copy("make all");
	run = add_run(2000, 30, 80);
	run->command = mem_copy("make test");
	run->info.rank = 2;
	run->info.ranks = 4;
	run->info.job = mem_copy("77");
	run->info.host = mem_copy("node5");
	run->info.backend = mem_copy("pss");
	run->ending = RUN_ENDED;
	run->exit = (struct exit_status){
	    .recorded = true, .known = true, .code = 3, .time_s = 2030};
	overview_init(&got, &profile);
	assert_string_equal(got.name, "made.dat");
	assert_string_equal(got.command, "make all");
	assert_int_equal(got.runs, 2);
	assert_true(got.measured && got.peak_mib == 80);
	assert_true(got.start_s == 1000 && got.duration_s == 50);
	assert_true(got.rank == 2 && got.ranks == 4);
	assert_string_equal(got.job, "77");
	assert_string_equal(got.host, "node5");
	assert_string_equal(got.measure, "pss");
	assert_true(got.ended && got.exit.code == 3);
	assert_int_equal(got.ending, RUN_ENDED);
	assert_false(overview_is_unmeasured(&profile));
}

static void one_of_several_runs(void **state)
{
	(void)state;
	add_run(1000, 20, 50);
	add_run(2000, 30, 80);
	overview_init_run(&got, &profile.runs.items[0], "first");
	assert_string_equal(got.name, "first");
	assert_null(got.command);
	assert_int_equal(got.runs, 1);
	assert_true(got.peak_mib == 50 && got.start_s == 1000);
	assert_true(got.duration_s == 20);
}

static void without_a_sample_nothing_is_measured(void **state)
{
	(void)state;
	overview_init(&got, &profile);
	assert_int_equal(got.runs, 0);
	assert_true(!got.measured && got.rank == -1 && got.ranks == -1);
	assert_false(overview_is_unmeasured(&profile)); /* no run began */
	overview_finish(&got);
	profile_add_run(&profile);
	overview_init(&got, &profile);
	assert_int_equal(got.runs, 1);
	assert_true(!got.measured && got.peak_mib == 0 && got.start_s == 0);
	assert_true(overview_is_unmeasured(&profile));
}

/* The program counts, though no record may name it; what was never seen does
 * not. */
static void processes_are_counted(void **state)
{
	struct run *run;

	(void)state;
	run = add_run(1000, 20, 50);
	overview_init(&got, &profile);
	assert_int_equal(got.processes, 0);
	overview_finish(&got);
	series_add(&add_process(run, "7", NULL)->memory, 1000, 5);
	overview_init(&got, &profile);
	assert_int_equal(got.processes, 2);
	overview_finish(&got);
	series_add(&add_process(run, "8", "sh")->memory, 1000, 5);
	add_process(run, "9", NULL)->exit.recorded = true;
	add_process(run, "0", NULL)->pid = 0;
	overview_init(&got, &profile);
	assert_int_equal(got.processes, 3);
	overview_finish(&got);
	add_process(run, "6", "make"); /* the program itself */
	overview_init(&got, &profile);
	assert_int_equal(got.processes, 3);
	/* those that thinning left out as well */
	run->info.left.processes = 4;
	overview_finish(&got);
	overview_init(&got, &profile);
	assert_int_equal(got.processes, 7);
}

/* In old recordings a high-water mark after the last sample is the sign that
 * the recorder ended. */
static void the_end_of_an_old_recording(void **state)
{
	struct run *run;

	(void)state;
	run = add_run(1000, 20, 50);
	overview_init(&got, &profile);
	assert_false(got.ended);
	overview_finish(&got);
	series_add(&run->peaks, 1019, 60);
	overview_init(&got, &profile);
	assert_false(got.ended);
	overview_finish(&got);
	run->peaks.items[0].time_s = 1020;
	overview_init(&got, &profile);
	assert_true(got.ended && got.exit.code == 0);
	overview_finish(&got);
	run->ending = RUN_CUT_OFF;
	overview_init(&got, &profile);
	assert_false(got.ended);
	overview_finish(&got);
	run->ending = RUN_ENDING_UNKNOWN;
	run->total.len = 0;
	overview_init(&got, &profile);
	assert_true(got.ended);
}

static void assert_status(
    struct overview overview, const char *expected, bool failed)
{
	char text[OVERVIEW_STATUS];

	overview_status(&overview, text);
	assert_string_equal(text, expected);
	assert_int_equal(overview_has_failed(&overview), failed);
}

static void the_end_in_a_word(void **state)
{
	(void)state;
	assert_status((struct overview){.ended = true}, "0", false);
	assert_status(
	    (struct overview){.ended = true, .exit.code = 3}, "3", true);
	assert_status((struct overview){.exit.code = 3}, "-", false);
	assert_status((struct overview){.ended = true, .exit.signal = SIGKILL},
	    "SIGKILL", true);
	assert_status((struct overview){.ended = true, .exit.signal = 63},
	    "signal 63", true);
	assert_status((struct overview){.ended = true,
			  .exit = {.signal = SIGKILL, .oom = true}},
	    "oom", true);
	assert_status(
	    (struct overview){.ending = RUN_CUT_OFF}, "cut off", true);
	assert_status((struct overview){.ending = RUN_GOING_ON, .ended = true},
	    "going on", false);
}

/* A row, as of mprof list, by one letter. */
struct row {
	struct overview overview;
	char letter;
};

static const struct row rows[] = {
    {{.name = (char *)"x10",
	 .measured = true,
	 .peak_mib = 5,
	 .duration_s = 9,
	 .ended = true},
	'a'},
    {{.name = (char *)"x9",
	 .measured = true,
	 .peak_mib = 7,
	 .duration_s = 2,
	 .ended = true,
	 .exit.code = 1},
	'b'},
    {{.name = (char *)"y",
	 .measured = true,
	 .peak_mib = 5,
	 .duration_s = 9,
	 .ending = RUN_GOING_ON},
	'c'},
    {{.name = (char *)"b"}, 'd'},
    {{.name = (char *)"z",
	 .measured = true,
	 .peak_mib = 1,
	 .duration_s = 4,
	 .ended = true,
	 .exit.signal = SIGKILL},
	'e'},
    {{.name = (char *)"c",
	 .measured = true,
	 .peak_mib = 2,
	 .duration_s = 5,
	 .ended = true,
	 .exit = {.signal = SIGKILL, .oom = true}},
	'f'},
};

static void assert_order(const char *order, const char *expected)
{
	enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
	struct row sorted[ROWS];
	char letters[ROWS + 1] = "";

	memcpy(sorted, rows, sizeof(rows));
	overview_sort(sorted, ROWS, sizeof(sorted[0]), order);
	for (size_t i = 0; i < ROWS; i++)
		letters[i] = sorted[i].letter;
	assert_string_equal(letters, expected);
}

static void rows_are_sorted(void **state)
{
	(void)state;
	assert_order("peak", "bacfed");
	assert_order("duration", "acfebd");
	assert_order("name", "dfbace");
	assert_order("status", "febcad");
	overview_sort(NULL, 0, sizeof(struct row), "peak");
	assert_true(overview_compare(&rows[0].overview, &rows[1].overview,
			OVERVIEW_BY_PEAK) > 0);
	assert_true(overview_compare(&rows[1].overview, &rows[0].overview,
			OVERVIEW_BY_PEAK) < 0);
	assert_true(overview_compare(&rows[0].overview, &rows[0].overview,
			OVERVIEW_BY_PEAK) == 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_figures_of_all_runs),
	    TEST(one_of_several_runs),
	    TEST(without_a_sample_nothing_is_measured),
	    TEST(processes_are_counted),
	    TEST(the_end_of_an_old_recording),
	    TEST(the_end_in_a_word),
	    TEST(rows_are_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
