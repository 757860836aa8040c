// SPDX-License-Identifier: MIT
//
// What the first pass over a recording counts, and what is left out at each
// step.
#include "dat/thin_survey.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct surveyed {
	struct thin_copy copy;
	struct thin_survey survey;
	struct err e;
};

static atomic_bool stop;

static int survey(struct surveyed *it, const char *text, size_t most)
{
	it->copy.from = tmpfile();
	it->copy.len = (off_t)strlen(text);
	it->copy.most = most;
	it->copy.stop = &stop;
	assert_non_null(it->copy.from);
	assert_true(fputs(text, it->copy.from) >= 0);
	return thin_survey_init(&it->survey, &it->copy, &it->e);
}

static void survey_well(struct surveyed *it, const char *text, size_t most)
{
	*it = (struct surveyed){0};
	assert_int_equal(survey(it, text, most), 0);
}

static void finish(struct surveyed *it)
{
	thin_survey_finish(&it->survey);
	assert_int_equal(fclose(it->copy.from), 0);
}

/* Lines of thirteen bytes; the newest part is what lies in the last quarter of
 * the size, and the last tick at least. */
static void the_newest_part_begins_with_a_tick(void **state)
{
	static const char text[] = "MEM 1.0 10.0\nMEM 1.0 11.0\n"
				   "MARK;l 1 1.0\nMEM 1.0 13.0\n"
				   "HEAP;l 1 1.0\nMEM 1.0 15.0\n";
	static const struct {
		size_t most;
		uint32_t tick;
		double recent_s;
		size_t marks, snapshots;
		bool reached;
	} rows[] = {
	    {1, 4, 15, 1, 1, false},
	    {4 * 12, 4, 15, 1, 1, false},
	    {4 * 13, 4, 15, 1, 1, true},
	    {4 * 39 - 1, 4, 15, 1, 1, true},
	    {4 * 39, 3, 13, 1, 0, true},
	    {4 * 65, 2, 11, 0, 0, true},
	    {4 * 78, 1, 10, 0, 0, true},
	    {4000, 1, 10, 0, 0, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct surveyed it;

		survey_well(&it, text, rows[i].most);
		assert_int_equal(it.survey.ticks, 4);
		assert_true(it.survey.first_s == 10);
		assert_int_equal(it.survey.recent_tick, rows[i].tick);
		assert_true(it.survey.recent_s == rows[i].recent_s);
		assert_int_equal(it.survey.is_recent, rows[i].reached);
		assert_int_equal(it.survey.marks.list.len, 1);
		assert_int_equal(it.survey.marks.old, rows[i].marks);
		assert_int_equal(it.survey.snapshots.list.len, 1);
		assert_int_equal(it.survey.snapshots.old, rows[i].snapshots);
		finish(&it);
	}
}

static void a_sample_with_a_time_is_needed(void **state)
{
	static const char *const texts[] = {
	    "", "CMDLINE a\n", "MEM 1.0 x\n", "MARK;label=x 1.0 1.0\n"};
	struct surveyed it;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		it = (struct surveyed){0};
		assert_int_equal(survey(&it, texts[i], 100), -1);
		assert_string_equal(it.e.text, "no sample can be left out");
		finish(&it);
	}
	survey_well(&it, "MEM 1.0 inf\nMEM 1.0 x\nMEM 1.0 5.0\nMEM 1.0 y\n", 1);
	assert_int_equal(it.survey.ticks, 4);
	assert_int_equal(it.survey.recent_tick, 3);
	assert_true(it.survey.first_s == 5);
	assert_true(it.survey.recent_s == 5);
	finish(&it);
}

#define FIRST_PROC "PROC;pid=7;start=5;name=a 1.0 11.0\n"
#define SECOND_PROC "PROC;pid=7;start=5;name=b 1.0 12.0\n"
#define OWN_EXIT "EXIT;pid=7;status=0 6.0 14.5\n"

static void a_process_has_its_highest_and_its_name(void **state)
{
	struct surveyed it;
	const struct thin_process *process;

	(void)state;
	survey_well(&it,
	    "CMDLINE a\n"
	    "PROC;pid=1;start=1;name=r 1.0 10.0\n"
	    "MEM 5.0 11.0\n"
	    "CHLD 7 1.0 11.0\n" FIRST_PROC "MEM 5.0 12.0\n"
	    "CHLD 7 3.0 12.0\n" SECOND_PROC "MEM 5.0 13.0\n"
	    "CHLD 7 3.0 13.0\n"
	    "CHLD 7 nan 13.0\n" OWN_EXIT "MEM 5.0 15.0\n"
	    "CHLD 8 0.0 15.0\n",
	    1);
	assert_int_equal(it.survey.processes.len, 3);
	assert_int_equal(it.survey.runs.len, 2);
	process = &it.survey.processes.items[0];
	assert_true(process->root);
	assert_true(process->highest_mib == -1 && process->exit_mib == -1);
	assert_int_equal(process->run, 1);
	assert_int_equal(process->tick, 0);
	assert_int_equal(process->last_tick, 0);
	assert_int_equal(process->names, 1);
	assert_int_equal(process->high_name, 1);
	process = &it.survey.processes.items[1];
	assert_false(process->root);
	assert_true(process->highest_mib == 3 && process->exit_mib == 6);
	assert_int_equal(process->between, 0);
	assert_int_equal(process->tick, 2);
	assert_int_equal(process->last_tick, 3);
	assert_int_equal(process->names, 2);
	assert_int_equal(process->high_name, 2);
	assert_int_equal(process->bytes,
	    strlen(FIRST_PROC) + strlen(SECOND_PROC) + strlen(OWN_EXIT));
	process = &it.survey.processes.items[2];
	assert_true(process->highest_mib == 0);
	assert_int_equal(process->tick, 4);
	assert_int_equal(process->names, 0);
	assert_int_equal(process->bytes, 0);
	finish(&it);
}

/* An earlier thinning left out the sample, and told it with the name. */
static void a_told_peak_is_the_highest(void **state)
{
	struct surveyed it;
	const struct thin_process *process;

	(void)state;
	survey_well(&it,
	    "PROC;pid=7;start=5;name=a 1.0 1.0\n"
	    "MEM 5.0 11.0\n"
	    "CHLD 7 3.0 11.0\n"
	    "MEM 5.0 12.0\n"
	    "PROC;pid=7;start=5;name=b 1.0 12.0\n"
	    "PROC;pid=7;start=5;name=c;peak=3.0 1.0 12.0\n",
	    1);
	process = &it.survey.processes.items[0];
	assert_int_equal(process->names, 3);
	assert_int_equal(
	    process->between, strlen("PROC;pid=7;start=5;name=b 1.0 12.0\n"));
	assert_int_equal(process->high_name, 1);
	assert_int_equal(process->tick, 1);
	finish(&it);
	survey_well(&it,
	    "PROC;pid=7;start=5;name=a 1.0 1.0\n"
	    "MEM 5.0 11.0\n"
	    "CHLD 7 3.0 11.0\n"
	    "PROC;pid=7;start=5;name=b;peak=3.5 1.0 12.0\n"
	    "PROC;pid=7;start=5;name=c;peak=3.25 1.0 12.0\n"
	    "MEM 5.0 13.0\n"
	    "CHLD 7 3.5 13.0\n",
	    1);
	process = &it.survey.processes.items[0];
	assert_true(process->highest_mib == 3.5);
	assert_int_equal(process->names, 3);
	assert_int_equal(process->high_name, 2);
	assert_int_equal(process->tick, 0);
	assert_int_equal(process->last_tick, 2);
	finish(&it);
}

/* The second name was read in the first tick, the third in another one. */
static void a_name_is_of_the_tick_before_it(void **state)
{
	struct surveyed it;

	(void)state;
	survey_well(&it,
	    "MEM 5.0 11.0\n"
	    "CHLD 7 3.0 11.0\n"
	    "PROC;pid=7;start=5;name=a 1.0 11.0\n"
	    "PROC;pid=7;start=5;name=b 1.0 11.0\n"
	    "MEM 5.0 12.0\n"
	    "PROC;pid=7;start=5;name=c 1.0 12.0\n",
	    1);
	assert_int_equal(it.survey.processes.items[0].names, 3);
	assert_int_equal(it.survey.processes.items[0].high_name, 2);
	finish(&it);
}

/* Only those of the last run that haven't ended. */
static void pids_tell_who_lives(void **state)
{
	static const uint32_t living[] = {3, 5, 7, 9};
	static const bool want[] = {false, false, true, false, false, true};
	struct surveyed it = {.copy = {.living = living, .living_count = 4}};

	(void)state;
	assert_int_equal(survey(&it,
			     "CHLD 3 1.0 1.0\n"
			     "CHLD 5 1.0 1.0\n"
			     "CMDLINE a\n"
			     "MEM 1.0 1.0\n"
			     "CHLD 3 1.0 1.0\n"
			     "CHLD 4 1.0 1.0\n"
			     "CHLD 7 1.0 1.0\n"
			     "CHLD 9 1.0 1.0\n"
			     "EXIT;pid=7 1.0 1.0\n",
			     1),
	    0);
	assert_int_equal(it.survey.processes.len, 6);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(it.survey.processes.items[i].living, want[i]);
	finish(&it);
	it = (struct surveyed){.copy = {.living = living, .living_count = 1}};
	assert_int_equal(survey(&it, "MEM 1.0 1.0\nCHLD 3 1.0 1.0\n", 1), 0);
	assert_true(it.survey.processes.items[0].living);
	finish(&it);
}

#define FIXED "INFO;interval=1 1.0 1.0\n"
#define UNKNOWN_EXIT "EXIT;pid=9;status=0 1.0 1.0\n"
#define A_CALL "CALL;end=2.0;name=f 1.0 1.0\n"

static void bytes_are_counted_by_kind(void **state)
{
	struct surveyed it;
	const struct thin_run *run;

	(void)state;
	survey_well(&it,
	    "TYPE;heap=1;name=x 1 1.0\n"
	    "CMDLINE a\n" FIXED "MEM 5.0 1.0\n"
	    "CHLD 7 1.0 1.0\n"
	    "CHLD 0 1.0 1.0\n"
	    "USAGE;pid=7;cpu=1 1.0 1.0\n"
	    "USAGE;cpu=1 1.0 1.0\n"
	    "PEAK 5.0 1.0\n"
	    "SHARE;pss=1.0 1.0 1.0\n"
	    "MARK;label=x 1.0 1.0\n"
	    "HEAP;id=1 1.0 1.0\n"
	    "TYPE;heap=1;name=x 1 1.0\n"
	    "TYPE;heap=1;name=y 1 1.0\n" UNKNOWN_EXIT "CMDLINE b\n" A_CALL,
	    1);
	assert_int_equal(it.survey.runs.len, 3);
	run = &it.survey.runs.items[0];
	assert_int_equal(run->fixed, 0);
	assert_true(run->is_there && !run->has_sample && !run->is_whole);
	run = &it.survey.runs.items[1];
	assert_int_equal(run->fixed,
	    strlen("CMDLINE a\n") + strlen(FIXED) + strlen(UNKNOWN_EXIT));
	assert_true(run->is_there && run->has_sample && !run->is_whole);
	run = &it.survey.runs.items[2];
	assert_int_equal(run->fixed, strlen("CMDLINE b\n") + strlen(A_CALL));
	assert_true(run->is_there && !run->has_sample && run->is_whole);
	assert_int_equal(it.survey.tick_bytes,
	    strlen("MEM 5.0 1.0\n") + 2 * strlen("CHLD 7 1.0 1.0\n") +
		strlen("USAGE;pid=7;cpu=1 1.0 1.0\n"));
	assert_int_equal(it.survey.marks.list.len, 1);
	assert_int_equal(it.survey.marks.list.items[0].run, 1);
	assert_int_equal(it.survey.marks.list.items[0].bytes,
	    strlen("MARK;label=x 1.0 1.0\n"));
	assert_int_equal(it.survey.snapshots.list.len, 1);
	assert_int_equal(it.survey.snapshots.list.items[0].bytes,
	    strlen("HEAP;id=1 1.0 1.0\n") +
		2 * strlen("TYPE;heap=1;name=x 1 1.0\n"));
	assert_int_equal(it.survey.at, it.copy.len);
	finish(&it);
}

static void an_earlier_thinning_is_gone_on_with(void **state)
{
	struct surveyed it;
	const struct thinned *before;

	(void)state;
	survey_well(&it,
	    "CMDLINE a\n"
	    "THIN;stretch=4;until=1.0;processes=3;highest=2.5;marks=4;"
	    "snapshots=5;runs=6 1.0 1.0\n"
	    "SIZE;why=x 1.0 1.0\n"
	    "MEM 1.0 1.0\n"
	    "CMDLINE b\n"
	    "THIN;stretch=2;until=1.0;marks=1 1.0 1.0\n"
	    "MEM 1.0 2.0\n"
	    "CMDLINE c\n"
	    "THIN;until=1.0;marks=1 1.0 1.0\n",
	    1);
	assert_true(it.survey.stretch_s == 4);
	before = &it.survey.runs.items[1].before;
	assert_int_equal(before->processes, 3);
	assert_int_equal(before->marks, 4);
	assert_int_equal(before->snapshots, 5);
	assert_int_equal(before->runs, 6);
	assert_true(before->highest_mib == 2.5);
	before = &it.survey.runs.items[2].before;
	assert_int_equal(before->processes, 0);
	assert_int_equal(before->marks, 1);
	assert_true(before->highest_mib == 0);
	assert_int_equal(it.survey.runs.items[3].before.marks, 0);
	finish(&it);
}

/* Half of the size is for ticks. */
static void all_is_kept_where_it_takes_half(void **state)
{
	static const char text[] = "CMDLINE a\n"              /* 10 */
				   "MEM 1.0 1.0\n"            /* 12 */
				   "CHLD 7 1.0 1.0\n"         /* 15 */
				   "MARK;label=x 1.0 1.0\n"   /* 21 */
				   "HEAP;id=1 1.0 1.0\n"      /* 18 */
				   "PROC;pid=7 1.0 1.0\n"     /* 19 */
				   "EXIT;pid=7 1.0 1.0\n"     /* 19 */
				   "MEM 1.0 2.0\n"            /* 12 */
				   "CMDLINE b\nMEM 1.0 3.0\n" /* 22 */
				   "PROC;pid=7 1.0 1.0\n";    /* 19 */
	/* Fixed 20, items 39, processes 57, for each one average tick. */
	const size_t bytes = 20 + 39 + 57 + 2 * ((3 * 12 + 15) / 3 + 1);
	struct surveyed it;

	(void)state;
	survey_well(&it, text, 2 * bytes);
	assert_int_equal(thin_survey_first_step(&it.survey), 0);
	it.copy.most = 2 * bytes - 1;
	assert_int_equal(thin_survey_first_step(&it.survey), 1);
	finish(&it);
}

#define A_SETTING "INFO;interval=1 1.0 1.0\n"
#define A_NAME "PROC;pid=7;start=5;name=a 1.0 1.0\n"
#define A_MARK "MARK;label=x 1.0 1.0\n"
#define A_HEAP "HEAP;id=1 1.0 1.0\n"

/* All that is not left out, whatever ticks are chosen. */
static void the_least_is_what_stays_for_certain(void **state)
{
	const size_t ticks = strlen("MEM 1.0 1.0\n");
	const size_t name = strlen(A_NAME), mark = strlen(A_MARK),
		     heap = strlen(A_HEAP), run = strlen("CMDLINE a\n"),
		     fixed = strlen(A_SETTING);
	size_t all = fixed + 2 * (run + mark + heap) + 4 * name;
	struct surveyed it;
	struct thin_survey *survey = &it.survey;

	(void)state;
	survey_well(&it,
	    A_SETTING
	    "CMDLINE a\nPROC;pid=1;start=1;name=r 1.0 1.0\n" A_NAME A_NAME
		A_NAME "MEM 1.0 1.0\n" A_MARK A_HEAP "CMDLINE b\n" A_MARK A_HEAP
	    "MEM 1.0 2.0\n",
	    1);
	it.copy.most = 2 * (all + 2 * (ticks + 1));
	assert_int_equal(thin_survey_first_step(survey), 0);
	it.copy.most--;
	assert_int_equal(thin_survey_first_step(survey), 1);
	survey->recent_bytes = 1000;
	assert_int_equal(thin_survey_least(survey), all + 1000);
	it.copy.most = 1000000;
	thin_survey_choose(survey, 1);
	all -= name; /* one that is neither the first nor the last */
	assert_int_equal(thin_survey_least(survey), all + 1000);
	survey->processes.items[1].large = false;
	all -= 2 * name;
	assert_int_equal(thin_survey_least(survey), all + 1000);
	survey->marks.cut = 1;
	assert_int_equal(thin_survey_least(survey), all - mark + 1000);
	survey->snapshots.cut = 1;
	assert_int_equal(thin_survey_least(survey), all - mark - heap + 1000);
	survey->marks.cut = survey->snapshots.cut = 0;
	survey->processes.items[1].large = true;
	survey->runs.items[1].is_dropped = true;
	assert_int_equal(
	    thin_survey_least(survey), fixed + run + mark + heap + 1000);
	survey->runs.items[0].is_dropped = true;
	assert_int_equal(thin_survey_least(survey), run + mark + heap + 1000);
	finish(&it);
}

/* The first of the two runs' marks are 21 bytes each, of which the newest stay
 * up to an eighth and a 64th. */
static void old_marks_and_snapshots_are_cut(void **state)
{
	static const struct {
		unsigned step;
		size_t most, marks, snapshots;
	} rows[] = {
	    {0, 0, 0, 0},
	    {1, 8 * 63, 0, 0},
	    {1, 8 * 62, 1, 0},
	    {1, 8 * 42, 1, 0},
	    {1, 8 * 41, 2, 0},
	    {1, 8 * 36, 2, 0},
	    {1, 8 * 35, 2, 1},
	    {1, 8 * 21, 2, 1},
	    {1, 8 * 20, 3, 1},
	    {1, 8 * 17, 3, 2},
	    {2, 64 * 42, 1, 0},
	    {2, 64 * 41, 2, 0},
	    {3, 1000000, 3, 2},
	};
	struct surveyed it;

	(void)state;
	survey_well(&it,
	    "CMDLINE a\n"
	    "MEM 1.0 1.0\n"
	    "MARK;label=a 1.0 1.0\n"
	    "MARK;label=b 1.0 1.0\n"
	    "HEAP;id=1 1.0 1.0\n"
	    "CMDLINE b\n"
	    "MARK;label=c 1.0 1.0\n"
	    "HEAP;id=2 1.0 1.0\n"
	    "MEM 1.0 2.0\n"
	    "MARK;label=d 1.0 1.0\n"
	    "HEAP;id=3 1.0 1.0\n",
	    1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct thin_run *runs = it.survey.runs.items;

		it.copy.most = rows[i].most;
		thin_survey_choose(&it.survey, rows[i].step);
		assert_int_equal(it.survey.step, rows[i].step);
		assert_int_equal(it.survey.marks.cut, rows[i].marks);
		assert_int_equal(it.survey.snapshots.cut, rows[i].snapshots);
		it.survey.runs.items[1].is_dropped = false;
		thin_survey_count(&it.survey);
		assert_int_equal(
		    runs[1].left.marks + runs[2].left.marks, rows[i].marks);
		assert_int_equal(runs[2].left.marks, rows[i].marks > 2);
		assert_int_equal(runs[2].left.snapshots, rows[i].snapshots > 1);
		assert_int_equal(runs[1].left.snapshots, rows[i].snapshots > 0);
	}
	finish(&it);
}

/* Twenty bytes for each of five processes that have ended, and a tick of 27
 * bytes; pid 1 is the program, pid 9 is in the newest part. */
static const char processes[] = "PROC;pid=1 1.0 11.0\n"
				"MEM 9.0 11.0\n" /* of process 1, 2 */
				"CHLD 2 1.0 1\n"
				"CHLD 3 4.0 1\n"
				"MEM 9.0 12.0\n" /* of process 3 */
				"CHLD 4 3.0 1\n"
				"MEM 9.0 13.0\n" /* of process 4 */
				"CHLD 5 3.0 1\n"
				"PROC;pid=2 1.0 11.0\n"
				"PROC;pid=3 1.0 11.0\n"
				"PROC;pid=4 1.0 11.0\n"
				"PROC;pid=5 1.0 11.0\n"
				"PROC;pid=6 1.0 11.0\n"
				"EXIT;pid=6 3.5 11.0\n"
				"MEM 9.0 14.0\n" /* of process 6 */
				"CHLD 9 1.0 1\n";

static void the_largest_processes_stay(void **state)
{
	/* Which of the processes 1 to 5 are large, by their pid: they rank 3,
	 * 6 (by its exit), 4, 5, 2. */
	static const struct {
		size_t budget;
		const char *large;
		size_t wanted;
	} rows[] = {
	    {19, "-----", 0},
	    {20, "-x---", 0},
	    {27, "-x---", 1},
	    {59, "-x---", 2},
	    {60, "-x--x", 2},
	    {80, "-xx-x", 2},
	    {81, "-xx-x", 3},
	    {99, "-xx-x", 3},
	    {100, "-xxxx", 3},
	    {108, "-xxxx", 4},
	    {120, "xxxxx", 4},
	    {135, "xxxxx", 5},
	    {1000, "xxxxx", 5},
	};
	struct surveyed it;

	(void)state;
	survey_well(&it, processes, 1);
	assert_int_equal(it.survey.processes.len, 7);
	assert_int_equal(it.survey.tick_bytes, 4 * 13 + 5 * 13);
	it.survey.tick_bytes = 4 * 26; /* a tick is 26 bytes, and one */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct thin_survey *survey = &it.survey;

		it.copy.most = 8 * rows[i].budget;
		thin_survey_choose(survey, 1);
		assert_int_equal(survey->wanted.len, rows[i].wanted);
		for (size_t k = 1; k < survey->wanted.len; k++)
			assert_true(survey->wanted.items[k - 1] <=
				    survey->wanted.items[k]);
		for (size_t p = 1; p < 6; p++)
			assert_int_equal(survey->processes.items[p].large,
			    rows[i].large[p - 1] == 'x');
		/* These are kept, large or not. */
		assert_true(thin_survey_keeps(survey, 0));
		assert_true(thin_survey_keeps(survey, 6));
		assert_int_equal(
		    thin_survey_keeps(survey, 1), rows[i].large[0] == 'x');
	}
	finish(&it);
}

static void who_is_left_out_is_counted(void **state)
{
	struct surveyed it;
	struct thin_survey *survey = &it.survey;
	struct thinned *left;

	(void)state;
	survey_well(&it, processes, 1);
	left = &survey->runs.items[0].left;
	thin_survey_choose(survey, 0);
	for (size_t i = 0; i < 7; i++)
		assert_true(thin_survey_keeps(survey, i));
	thin_survey_count(survey);
	assert_int_equal(left->processes, 0);
	assert_true(left->highest_mib == 0);
	it.copy.most = 8 * 20;
	thin_survey_choose(survey, 1);
	thin_survey_count(survey);
	assert_int_equal(left->processes, 4);
	assert_true(left->highest_mib == 3.5);
	/* One that is seen in a kept tick stays. */
	survey->processes.items[5].seen = true;
	survey->processes.items[5].high_is_seen = true;
	survey->runs.items[0].before.processes = 2;
	thin_survey_count(survey);
	assert_int_equal(left->processes, 5);
	assert_true(left->highest_mib == 3);
	survey->runs.items[0].before.highest_mib = 3.25;
	thin_survey_count(survey);
	assert_true(left->highest_mib == 3.25);
	thin_survey_forget(survey);
	assert_false(survey->processes.items[5].seen);
	assert_false(survey->processes.items[5].high_is_seen);
	thin_survey_count(survey);
	assert_int_equal(left->processes, 6);
	assert_true(left->highest_mib == 3.5);
	finish(&it);
}

/* Each run counts for its records, 400 bytes and two average ticks. */
static void old_runs_are_dropped(void **state)
{
	static const char text[] = "CMDLINE a\nMEM 1.0 1.0\n"
				   "CMDLINE b\nFREE;id=1 1.0 1.0\nMEM 1.0 1.0\n"
				   "CMDLINE c\nMEM 1.0 1.0\n"
				   "CMDLINE d\nMEM 1.0 2.0\n"
				   "CMDLINE e\nMEM 1.0 3.0\n";
	const size_t ticks = 2 * (12 + 1);
	const size_t one = 10 + 400 + ticks, whole = one + 18;
	const struct {
		unsigned step;
		size_t budget;
		const char *dropped; /* of the runs 0 to 5 */
		const char *runs;    /* left.runs of those */
	} rows[] = {
	    {1, 0, "------", "000000"},
	    {2, 3 * one + whole + 400 + ticks, "------", "000000"},
	    {2, 3 * one + whole, "x-----", "000000"},
	    {2, 3 * one + whole - 1, "xx----", "001000"},
	    {2, 2 * one - 1, "xx-x--", "001010"},
	    {2, one, "xx-x--", "001010"},
	    {2, one - 1, "xx-xx-", "001002"},
	    {3, 9 * one, "xx-xx-", "001002"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct surveyed it;

		survey_well(&it, text, 1);
		assert_int_equal(it.survey.runs.len, 6);
		assert_int_equal(it.survey.recent_run, 5);
		it.copy.most = 4 * rows[i].budget;
		thin_survey_choose(&it.survey, rows[i].step);
		thin_survey_count(&it.survey);
		for (size_t r = 0; r < 6; r++) {
			const struct thin_run *run = &it.survey.runs.items[r];

			assert_int_equal(
			    run->is_dropped, rows[i].dropped[r] == 'x');
			assert_int_equal(run->left.runs, rows[i].runs[r] - '0');
		}
		finish(&it);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_newest_part_begins_with_a_tick),
	    cmocka_unit_test(a_sample_with_a_time_is_needed),
	    cmocka_unit_test(a_process_has_its_highest_and_its_name),
	    cmocka_unit_test(a_told_peak_is_the_highest),
	    cmocka_unit_test(a_name_is_of_the_tick_before_it),
	    cmocka_unit_test(pids_tell_who_lives),
	    cmocka_unit_test(bytes_are_counted_by_kind),
	    cmocka_unit_test(an_earlier_thinning_is_gone_on_with),
	    cmocka_unit_test(all_is_kept_where_it_takes_half),
	    cmocka_unit_test(the_least_is_what_stays_for_certain),
	    cmocka_unit_test(old_marks_and_snapshots_are_cut),
	    cmocka_unit_test(the_largest_processes_stay),
	    cmocka_unit_test(who_is_left_out_is_counted),
	    cmocka_unit_test(old_runs_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
