// SPDX-License-Identifier: MIT
//
// The reader joins calls that were recorded twice, finds the run of calls that
// stand before its command line, and reports its progress.
#include "dat/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "scratch.h"

static char path[SCRATCH_MAX];

static void read_text(
    struct profile *profile, const char *text, const struct progress *progress)
{
	struct err e;
	int fd;

	fd = scratch_file(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(dat_read_progress(profile, path, progress, &e), 0);
	unlink(path);
}

/* The names of a run's calls, with the thread of those that CALL tells of. */
static void expect_calls(
    const struct profile *profile, size_t run, const char *want)
{
	char got[256] = "";

	assert_true(run < profile->runs.len);
	for (size_t i = 0; i < profile->runs.items[run].calls.len; i++) {
		const struct call *call =
		    &profile->runs.items[run].calls.items[i];
		size_t len = strlen(got);

		snprintf(got + len, sizeof(got) - len, " %s:%d", call->name,
		    call->tid);
	}
	assert_string_equal(got, want);
}

#define CALL(name, tid, end, start)                                            \
	"CALL;name=" name ";pid=5;tid=" tid ";end=" end ";mib1=2.0 1.0 " start \
	"\n"

/* The FUNC of the same times and name is dropped, and no other one. */
static void a_call_is_told_once(void **state)
{
	static const char *const rows[][2] = {
	    {"FUNC f 1.0 12.0 2.0 13.0\n"
	     "FUNC f 1.0 10.0 2.0 13.0\n" CALL("f", "6", "13.0", "10.0"),
		" f:0 f:6"},
	    {"FUNC f 1.0 10.0 2.0 14.0\n"
	     "FUNC f 1.0 10.0 2.0 13.0\n" CALL("f", "6", "13.0", "10.0"),
		" f:0 f:6"},
	    {"FUNC g 1.0 10.0 2.0 13.0\n"
	     "FUNC f 1.0 10.0 2.0 13.0\n" CALL("f", "6", "13.0", "10.0"),
		" g:0 f:6"},
	    {"FUNC ff 1.0 10.0 2.0 13.0\n"
	     "FUNC f_ 1.0 10.0 2.0 13.0\n" CALL("f%20", "6", "13.0", "10.0"),
		" ff:0 f :6"},
	    {"FUNC a 1.0 10.0 2.0 13.0\n"
	     "FUNC b 1.0 10.0 2.0 13.0\n",
		" a:0 b:0"},
	    {CALL("f", "6", "13.0",
		 "10.0") "FUNC f 1.0 10.0 2.0 13.0\n"
			 "FUNC f 1.0 10.0 2.0 13.0\n" CALL("f", "7", "13.0",
			     "10.0") "FUNC f 1.0 10.0 2.0 13.0\n",
		" f:6 f:7 f:0"},
	    {CALL("f", "6", "13.0", "10.0")
		    CALL("f", "7", "13.0", "10.0") "FUNC f 1.0 10.0 2.0 13.0\n",
		" f:6 f:7"},
	    {CALL("e", "6", "13.0", "10.0") CALL("f", "7", "13.0", "9.0"),
		" e:6 f:7"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct profile profile;

		read_text(&profile, rows[i][0], NULL);
		expect_calls(&profile, 0, rows[i][1]);
		profile_finish(&profile);
	}
}

/* A call belongs to the run whose samples it meets, however little. */
static void a_call_stands_in_the_run_that_it_meets(void **state)
{
	struct profile profile;

	(void)state;
	read_text(&profile,
	    "CMDLINE one\nMEM 1.0 10.0\nMEM 1.0 20.0\n"
	    "FUNC a 1.0 5.0 1.0 10.0\n"  /* its end meets one */
	    "FUNC b 1.0 20.0 1.0 30.0\n" /* its begin */
	    "FUNC c 1.0 21.0 1.0 30.0\n" /* two's first sample */
	    "FUNC d 1.0 40.0 1.0 50.0\n" /* its last one */
	    "FUNC e 1.0 41.0 1.0 50.0\n" /* none of either */
	    "FUNC f 1.0 21.0 1.0 29.0\n"
	    "CMDLINE two\nMEM 1.0 30.0\nMEM 1.0 40.0\n"
	    "FUNC g 1.0 50.0 1.0 60.0\n"
	    "FUNC h 1.0 1.0 1.0 2.0\n"
	    "CMDLINE three\n",
	    NULL);
	assert_int_equal(profile.runs.len, 3);
	expect_calls(&profile, 0, " a:0 b:0 e:0 f:0");
	expect_calls(&profile, 1, " g:0 h:0 c:0 d:0");
	expect_calls(&profile, 2, "");
	profile_finish(&profile);
}

static void the_first_skipped_line_is_told(void **state)
{
	struct profile profile;

	(void)state;
	read_text(&profile,
	    "MEM 1.0 1.0\nLATER 1\nmy novel\nMEM x\nMEM 1.0 2.0\n", NULL);
	assert_int_equal(profile.lines, 5);
	assert_int_equal(profile.unknown, 1);
	assert_int_equal(profile.skipped, 2);
	assert_int_equal(profile.first_skipped, 3);
	profile_finish(&profile);
}

static void thinning_is_known_of_each_series(void **state)
{
	struct profile profile;
	const struct run *runs;

	(void)state;
	read_text(&profile,
	    "CMDLINE one\nTHIN;stretch=4;until=9.0 1.0 1.0\nMEM 1.0 1.0\n"
	    "CHLD 7 1.0 1.0\nCHLD 8 1.0 1.0\n"
	    "CMDLINE two\nMEM 1.0 10.0\nCHLD 7 1.0 10.0\n",
	    NULL);
	runs = profile.runs.items;
	assert_true(runs[0].total.stretch_s == 4);
	assert_true(runs[0].processes.items[0].memory.stretch_s == 4);
	assert_true(runs[0].processes.items[1].memory.stretch_s == 4);
	assert_true(runs[1].total.stretch_s == 0);
	assert_true(runs[1].processes.items[0].memory.stretch_s == 0);
	profile_finish(&profile);
}

/* And all series are sorted. */
static void the_end_of_each_run_is_judged(void **state)
{
	struct profile profile;
	const struct run *runs;

	(void)state;
	read_text(&profile,
	    "CMDLINE one\nINFO;version=0.2.0 1.0 1.0\n"
	    "PROC;pid=7;name=a 1.0 1.0\nMEM 1.0 2.0\nMEM 2.0 1.0\n"
	    "CHLD 8 1.0 2.0\nCHLD 8 3.0 1.0\n"
	    "EXIT;pid=7;status=0 1.0 2.0\n"
	    "CMDLINE two\nINFO;version=0.2.0 1.0 3.0\n"
	    "PROC;pid=7;name=a 1.0 3.0\nMEM 1.0 3.0\n",
	    NULL);
	runs = profile.runs.items;
	assert_int_equal(runs[0].ending, RUN_ENDED);
	assert_int_equal(runs[1].ending, RUN_CUT_OFF);
	assert_true(runs[0].total.items[0].mib == 2);
	assert_true(runs[0].processes.items[1].memory.items[0].mib == 3);
	profile_finish(&profile);
}

struct steps {
	uint64_t done, whole;
	size_t count;
};

static void note_step(void *context, uint64_t done, uint64_t whole)
{
	struct steps *steps = context;

	assert_true(done > steps->done && done <= whole);
	*steps = (struct steps){done, whole, steps->count + 1};
}

/* Blocks are at most 256 KiB at first; the last one needs no report. */
static void progress_is_told(void **state)
{
	enum { LINES = 100000 };
	struct steps steps = {0, 0, 0};
	const struct progress progress = {note_step, &steps};
	char *text = mem_zero(LINES, 13);
	struct profile profile;

	(void)state;
	for (size_t i = 0; i < LINES; i++)
		strcpy(text + 12 * i, "MEM 1.0 1.0\n");
	read_text(&profile, text, &progress);
	assert_true(steps.count > 1);
	assert_in_range(steps.done, LINES, 12 * LINES - 1);
	assert_int_equal(steps.whole, 12 * LINES);
	assert_int_equal(profile.runs.items[0].total.len, LINES);
	profile_finish(&profile);
	free(text);
}

/* The reader reserves memory for a large file by the file's size: growing step
 * by step would take as much again. */
static void memory_is_reserved_at_once(void **state)
{
	static const char line[] = "MEM 1.000000 1700000000.0000\n";
	enum { LINES = 40000 };
	char *text = mem_zero(LINES, sizeof(line));
	const struct series *total;
	struct profile profile;

	(void)state;
	for (size_t i = 0; i < LINES; i++)
		strcpy(text + (sizeof(line) - 1) * i, line);
	read_text(&profile, text, NULL);
	total = &profile.runs.items[0].total;
	assert_int_equal(total->len, LINES);
	assert_in_range(total->cap, LINES, LINES + LINES / 20);
	profile_finish(&profile);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_call_is_told_once),
	    cmocka_unit_test(a_call_stands_in_the_run_that_it_meets),
	    cmocka_unit_test(the_first_skipped_line_is_told),
	    cmocka_unit_test(thinning_is_known_of_each_series),
	    cmocka_unit_test(the_end_of_each_run_is_judged),
	    cmocka_unit_test(progress_is_told),
	    cmocka_unit_test(memory_is_reserved_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
