// SPDX-License-Identifier: MIT
//
// Single records: which are taken, which are no records, and what each of them
// says.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dat/fields.h"
#include "dat/record.h"
#include "profile/process.h"
#include "profile/resource.h"
#include "profile/run.h"

static struct profile profile;
static struct record_reader reader;

static int begin(void **state)
{
	(void)state;
	profile_init(&profile, "x.dat");
	reader = (struct record_reader){.profile = &profile};
	return 0;
}

static int end(void **state)
{
	(void)state;
	profile_finish(&profile);
	return 0;
}

static enum record_result read_it(const char *line, bool torn)
{
	size_t len = strlen(line);
	char *bytes = malloc(len + 1 + NUMBER_PADDING);
	enum record_result got;

	assert_non_null(bytes);
	memcpy(bytes, line, len);
	memset(bytes + len, '\n', 1 + NUMBER_PADDING);
	got = record_read(&reader, bytes, bytes + len, torn);
	record_measure_time(&reader);
	free(bytes);
	return got;
}

static struct run *take(const char *line)
{
	if (read_it(line, false) != RECORD_TAKEN)
		fail_msg("not taken: %s", line);
	assert_non_null(reader.run);
	return reader.run;
}

static void expect_each(
    const char *const *lines, size_t count, enum record_result want)
{
	for (size_t i = 0; i < count; i++) {
		if (read_it(lines[i], false) != want)
			fail_msg("not as %d: %s", (int)want, lines[i]);
	}
}

#define EXPECT(lines, want) \
	expect_each(lines, sizeof(lines) / sizeof((lines)[0]), want)

static void what_can_not_be_a_record_is_none(void **state)
{
	static const char *const lines[] = {"MEM", "MEM 1.0", "MEM x 1.0",
	    "MEM -1.0 1.0", "MEM 1.0 x", "CHLD", "CHLD 7", "CHLD 7 1.0",
	    "CHLD 7 -1.0 2.0", "CHLD 7 1.0 x", "FUNC", "FUNC f",
	    "FUNC f 1.0 2.0 3.0", "FUNC 1.0 2.0 3.0 4.0",
	    "FUNC f -1.0 2.0 3.0 4.0", "FUNC f 1.0 2.0 -3.0 4.0",
	    "FUNC f 1.0 2.0 3.0 4x", "PEAK", "PEAK 1.0", "PEAK -1.0 2.0",
	    "THIN 1.0 2.0", "THIN;stretch=4 1.0 2.0", "THIN;until=4 1.0 2.0",
	    "THIN;stretch=0;until=9 1.0 2.0", "THIN;stretch=-4;until=9 1.0 2.0",
	    "THIN;stretch=inf;until=9 1.0 2.0",
	    "THIN;stretch=4;until=inf 1.0 2.0", "PROC 1.0 2.0",
	    "PROC;pid=0 1.0 2.0", "PROC;pid=7x 1.0 2.0", "EXIT 1.0 2.0",
	    "EXIT;status=1 1.0 2.0", "EXIT;pid=x 1.0 2.0", "SHARE 1.0 2.0",
	    "SHARE;pss=nan 1.0 2.0", "SHARE;pss=-1.0 1.0 2.0",
	    "CALL;name=f 1.0 2.0", "CALL;end=3.0 1.0 2.0",
	    "CALL;end=inf;name=f 1.0 2.0",
	    "CALL;end=3.0;mib1=-2;name=f 1.0 2.0", "MARK 1.0 2.0",
	    "STACK;frames=a 1.0 2.0", "STACK;id=x 1.0 2.0",
	    "ALLOC;id=1 1.0 2.0", "ALLOC;site=1 1.0 2.0", "FREE 1.0 2.0",
	    "FREE;id=x 1.0 2.0", "FREE;id=1-x 1.0 2.0", "FREE;id=x-1 1.0 2.0",
	    "LEFT 1.0 2.0", "FAULTS 1.0 2.0", "HELD;period=1 1.0 2.0",
	    "HEAP;id=1;types=2 1.0 2.0", "HEAP;id=1;label=a 1.0 2.0",
	    "HEAP;types=1;label=a 1.0 2.0",
	    "HEAP;id=1;types=1;label=a 1.0 9000000001.0",
	    "TYPE;heap=1;count=1;size=1;name=a 1.0 2.0", "NAME;frame=1 1.0 2.0",
	    "NAME;frames=a 1.0 2.0", "later 1.0 2.0", "X 1.0", "9X 1.0",
	    "A-B 1.0", "1.0 2.0"};

	(void)state;
	EXPECT(lines, RECORD_BAD);
}

static void what_a_later_version_wrote_is_unknown(void **state)
{
	static const char *const lines[] = {"XY", "LATER 1.0 2.0",
	    "LATER;a=1 1.0 2.0", "L8_R", "_A", "MEM;a=1 1.0 2.0",
	    "CHLD;pid=7 1.0 2.0", "CMDLINE;a=1 x", "MEMO 1.0 2.0",
	    "ME 1.0 2.0"};

	(void)state;
	EXPECT(lines, RECORD_UNKNOWN);
	assert_int_equal(profile.runs.len, 0);
}

/* nan is a number that tells nothing. */
static void what_says_nothing_is_taken(void **state)
{
	static const char *const lines[] = {"", " \t", "\xef\xbb\xbf",
	    "PEAK nan 2.0", "PEAK 1.0 nan", "MARK;label=x inf 2.0",
	    "FUNC f 1.0 nan 2.0 3.0", "FUNC f 1.0 2.0 2.0 inf"};

	(void)state;
	EXPECT(lines, RECORD_TAKEN);
	assert_int_equal(profile.runs.len, 0);
}

static void a_mark_of_an_editor_and_a_return_are_no_text(void **state)
{
	struct run *run = take("\xef\xbb\xbfMEM 1.5 2.5");

	(void)state;
	assert_int_equal(run->total.len, 1);
	assert_int_equal(read_it("MEM 1.5 3.5\r", true), RECORD_TAKEN);
	assert_int_equal(run->total.len, 2);
	take("MARK;label=x 1.0 2.0\r");
	assert_string_equal(run->marks.items[0].label, "x");
	run = take("CMDLINE a b\r"); /* of text to the end of the line */
	assert_string_equal(run->command, "a b");
}

/* A line without its newline counts where its time has as many decimals as
 * those before, or four. */
static void a_torn_line_may_be_whole(void **state)
{
	static const struct {
		const char *line;
		enum record_result want;
	} rows[] = {
	    {"MEM 1.0 2.123", RECORD_BAD},
	    {"MEM 1.0 2.1234", RECORD_TAKEN},
	    {"MEM 1.0 2.12345", RECORD_TAKEN},
	    {"MEM 1.0 2.1234", RECORD_BAD}, /* the latest had five */
	    {"CHLD 7 1.0 2.1234", RECORD_BAD},
	    {"CHLD 7 1.0 2.12345", RECORD_TAKEN},
	    {"PEAK 1.0 2.1234", RECORD_BAD},
	    {"PEAK 1.0 2.12345", RECORD_TAKEN},
	    {"PEAK 1.0 2.12345 since=", RECORD_BAD},
	    {"FUNC f 1.0 2.0 1.0 2.1234", RECORD_BAD},
	    {"FUNC f 1.0 2.0 1.0 2.12345", RECORD_TAKEN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (read_it(rows[i].line, true) != rows[i].want)
			fail_msg("%zu: %s", i, rows[i].line);
	}
	/* With levels, a call without its level may have lost it. */
	take("FUNC f 1.0 2.0 1.0 2.12345 0");
	assert_int_equal(
	    read_it("FUNC f 1.0 2.0 1.0 2.12345", true), RECORD_BAD);
	assert_int_equal(
	    read_it("FUNC f 1.0 2.0 1.0 2.12345 0", true), RECORD_TAKEN);
	assert_int_equal(
	    read_it("FUNC f 1.0 2.0 1.0 2.12345 1", true), RECORD_TAKEN);
	take("MEM 1.0 200");
	assert_int_equal(read_it("MEM 1.0 21", true), RECORD_BAD);
	assert_int_equal(read_it("MEM 1.0 210", true), RECORD_TAKEN);
}

static void a_call_has_a_name_with_blanks(void **state)
{
	struct run *run = take("FUNC my f  1.5 10.0 2.5 11.0 3");
	const struct call *call;

	(void)state;
	take("FUNC g 1.5 10.0 2.5 11.0");
	take("FUNC 7 8 1.5 10.0 2.5 11.0");
	take("CALL;name=h;end=12.0;mib1=4.0;level=2;pid=5;tid=6 3.0 11.5");
	take("CALL;name=i;end=12.0 3.0 11.5");
	assert_int_equal(run->calls.len, 5);
	call = run->calls.items;
	assert_string_equal(call[0].name, "my f");
	assert_int_equal(call[0].level, 3);
	assert_true(call[0].enter_mib == 1.5 && call[0].enter_s == 10);
	assert_true(call[0].leave_mib == 2.5 && call[0].leave_s == 11);
	assert_string_equal(call[1].name, "g");
	assert_int_equal(call[1].level, -1);
	assert_string_equal(call[2].name, "7 8");
	assert_string_equal(call[3].name, "h");
	assert_true(call[3].enter_mib == 3 && call[3].enter_s == 11.5);
	assert_true(call[3].leave_mib == 4 && call[3].leave_s == 12);
	assert_int_equal(call[3].level, 2);
	assert_int_equal(call[3].pid, 5);
	assert_int_equal(call[3].tid, 6);
	assert_true(call[4].leave_mib == 3);
	assert_int_equal(call[4].level, -1);
}

static void an_end_has_a_status_and_a_limit(void **state)
{
	static const struct {
		const char *of;
		enum limit_of want;
	} limits[] = {{"", LIMIT_OF_UNKNOWN}, {";of=cgroup", LIMIT_OF_CGROUP},
	    {";of=address-space", LIMIT_OF_ADDRESS_SPACE},
	    {";of=machine", LIMIT_OF_MACHINE},
	    {";of=cgroups", LIMIT_OF_UNKNOWN}, {";of=x", LIMIT_OF_UNKNOWN}};
	struct run *run;

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		char line[128];

		snprintf(line, sizeof(line),
		    "EXIT;pid=0;signal=9;oom=1;limit=64.0%s 3.0 4.0",
		    limits[i].of);
		run = take(line);
		assert_int_equal(run->exit.limit_of, limits[i].want);
	}
	assert_true(run->exit.recorded && run->exit.known && run->exit.oom);
	assert_int_equal(run->exit.signal, 9);
	assert_int_equal(run->exit.code, -1);
	assert_true(run->exit.limit_mib == 64 && run->exit.mib == 3);
	assert_true(run->exit.time_s == 4);
	take("EXIT;pid=0 3.0 4.0");
	assert_true(run->exit.recorded);
	assert_false(run->exit.known || run->exit.oom);
	assert_true(run->exit.limit_mib == 0);
	take("EXIT;pid=0;status=3;oom=0 3.0 4.0");
	assert_int_equal(run->exit.code, 3);
	assert_true(run->exit.known);
	assert_false(run->exit.oom);
	assert_int_equal(run->processes.len, 0);
}

/* The program is the first PROC, and has no line of its own among CHLD. */
static void the_programs_end_is_the_runs(void **state)
{
	struct run *run = take("PROC;pid=7;start=55;ppid=1;name=a;cmd=a%20b "
			       "1.0 2.0");

	(void)state;
	take("PROC;pid=8;ppid=7;name=c 1.0 2.0");
	take("CHLD 8 1.0 2.0");
	take("EXIT;pid=8;status=1 1.0 3.0");
	assert_false(run->exit.recorded);
	take("EXIT;pid=7;status=2 1.0 3.0");
	assert_int_equal(run->exit.code, 2);
	assert_int_equal(run->processes.len, 2);
	assert_int_equal(run->processes.items[0].exit.code, 2);
	assert_int_equal(run->processes.items[1].exit.code, 1);
	assert_int_equal(run->processes.items[0].ppid, 1);
	assert_string_equal(run->processes.items[0].command, "a b");
	assert_string_equal(run->processes.items[1].name, "c");
	assert_null(run->processes.items[1].command);
}

static void a_peak_has_its_reading_before(void **state)
{
	struct run *run = take("PEAK;since=1.5 3.0 2.0");

	(void)state;
	assert_true(run_peak_since_s(run, &run->peaks.items[0]) == 1.5);
	take("PEAK;since=2.5 3.0 3.0"); /* no higher */
	assert_true(run_peak_since_s(run, &run->peaks.items[1]) == 2.5);
	take("PEAK 4.0 4.0");
	assert_true(run_peak_since_s(run, &run->peaks.items[2]) == 4);
	take("PEAK;since=6.0 5.0 5.0"); /* it can't be later */
	assert_int_equal(run->peak_sinces.len, 2);
	assert_int_equal(run->peaks.len, 4);
	assert_true(run->peaks.items[2].mib == 4);
}

static void info_tells_of_the_whole(void **state)
{
	struct run *run = take("INFO;backend=pss;interval=0.5;host=h;version=1;"
			       "start=s;job=j;rank=2;ranks=4;alone=1 1.0 2.0");

	(void)state;
	assert_string_equal(run->info.backend, "pss");
	assert_string_equal(run->info.host, "h");
	assert_string_equal(run->info.version, "1");
	assert_string_equal(run->info.start, "s");
	assert_string_equal(run->info.job, "j");
	assert_true(run->info.interval_s == 0.5);
	assert_int_equal(run->info.rank, 2);
	assert_int_equal(run->info.ranks, 4);
	assert_true(run->info.alone);
	assert_false(run->info.sum);
	take("INFO;backend=rss 1.0 2.0");
	assert_false(run->info.alone);
	assert_true(run->info.sum);
	take("INFO 1.0 2.0 backend=rss host=k"); /* of 0.1.0 */
	assert_false(run->info.sum);
	assert_string_equal(run->info.host, "k");
	take("THIN;stretch=4;until=9.5 1.0 2.0");
	assert_true(run->info.stretch_s == 4 && run->info.until_s == 9.5);
}

/* Without a stretch and its end, or with impossible ones, nothing says what is
 * missing between samples; the counts are true all the same. */
static void a_thinned_run_tells_what_was_left_out(void **state)
{
	static const char *const bad[] = {"THIN;stretch=4 1.0 2.0",
	    "THIN;until=9.5 1.0 2.0", "THIN;stretch=0;until=9.5 1.0 2.0",
	    "THIN;stretch=-4;until=9.5 1.0 2.0",
	    "THIN;stretch=inf;until=9.5 1.0 2.0",
	    "THIN;stretch=4;until=nan;runs=7 1.0 2.0"};
	struct run *run = take(
	    "THIN;stretch=4;until=9.5;processes=1;marks=2;snapshots=3;runs=4;"
	    "highest=5.5 1.0 2.0");
	const struct thinned *left = &run->info.left;

	(void)state;
	assert_int_equal(left->processes, 1);
	assert_int_equal(left->marks, 2);
	assert_int_equal(left->snapshots, 3);
	assert_int_equal(left->runs, 4);
	assert_true(left->highest_mib == 5.5);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		take("THIN;stretch=4;until=9.5 1.0 2.0");
		assert_true(run->info.stretch_s == 4);
		assert_int_equal(read_it(bad[i], false), RECORD_BAD);
		assert_true(run->info.stretch_s == 0);
	}
	assert_int_equal(left->runs, 7);
	take("SIZE;why=full%20of%20calls 1.0 2.0");
	assert_string_equal(run->info.oversize, "full of calls");
	assert_int_equal(read_it("SIZE;y=x 1.0 2.0", false), RECORD_BAD);
}

/* The peak that thinning told has the name and the command of its record; a
 * lower one changes nothing. */
static void a_told_peak_has_its_name(void **state)
{
	struct run *run =
	    take("PROC;pid=7;start=5;name=a;cmd=a%20x;peak=2.0 1.0 2.0");
	const struct process *process = &run->processes.items[0];

	(void)state;
	assert_true(process->thinned_mib == 2 && process->high_mib == 2);
	assert_string_equal(process->high_name, "a");
	assert_string_equal(process->high_command, "a x");
	take("PROC;pid=7;start=5;name=b;cmd=b%20x;peak=2.0 1.0 2.0");
	assert_string_equal(process->high_name, "a");
	take("PROC;pid=7;start=5;name=c;cmd=c%20x;peak=2.5 1.0 2.0");
	assert_true(process->thinned_mib == 2.5 && process->high_mib == 2.5);
	assert_string_equal(process->high_name, "c");
	assert_string_equal(process->high_command, "c x");
	take("PROC;pid=8;peak=1.0 1.0 2.0");
	process = &run->processes.items[1];
	assert_true(process->thinned_mib == 1);
	assert_null(process->high_name);
	assert_null(process->high_command);
	assert_int_equal(run->processes.len, 2);
}

static void readings_belong_to_a_process_or_the_whole(void **state)
{
	struct run *run = take("USAGE;cpu=1.5;threads=3;gpu=7.0 1.0 2.0");
	const struct usage_series *usage;

	(void)state;
	take("USAGE;pid=8;threads=4;cpu=nan;gpu=x 1.0 3.0");
	take("USAGE;cpu=-1;threads=2 1.0 4.0");
	take("SHARE;pss=1.5;processes=2 3.0 5.0");
	take("SHARE;pss=1.5 3.0 6.0");
	usage = run->usage;
	assert_non_null(usage);
	assert_int_equal(usage->figures[FIGURE_CPU].len, 1);
	assert_true(usage->figures[FIGURE_CPU].items[0].mib == 1.5);
	assert_true(usage->figures[FIGURE_CPU].items[0].time_s == 2);
	assert_int_equal(usage->figures[FIGURE_THREADS].len, 2);
	assert_int_equal(usage->figures[FIGURE_GPU].len, 1);
	assert_int_equal(run->processes.len, 1);
	usage = run->processes.items[0].usage;
	assert_int_equal(usage->figures[FIGURE_THREADS].len, 1);
	assert_int_equal(usage->figures[FIGURE_CPU].len, 0);
	assert_int_equal(usage->figures[FIGURE_GPU].len, 0);
	assert_int_equal(run->shares.len, 2);
	assert_true(run->shares.items[0].pss_mib == 1.5);
	assert_true(run->shares.items[0].mib == 3);
	assert_int_equal(run->shares.items[0].processes, 2);
	assert_int_equal(run->shares.items[1].processes, 0);
}

static void a_frame_is_split_at_its_line(void **state)
{
	static const struct {
		const char *text, *file, *function;
		int line;
	} rows[] = {
	    {"a.py:3:f", "a.py", "f", 3},
	    {"c:/a.py:30:f", "c:/a.py", "f", 30},
	    {"a.py:3:f:4:g", "a.py", "f:4:g", 3},
	    {"a./:1234:f", "a./", "f", 1234},
	    {"std::sort", "", "std::sort", 0},
	    {"a:b:3", "", "a:b:3", 0},
	    {"a.py:3:", "a.py", "", 3},
	    {"a::5:f", "a:", "f", 5},
	    {"a.py:3f:4:g", "a.py:3f", "g", 4},
	    {"plain", "", "plain", 0},
	    {"a%2cb.py:0:f%3a", "a,b.py", "f:", 0},
	    {"/srv/./app:6:g", "/srv/app", "g", 6},
	};
	struct run *run = take("STACK;id=1;pid=5;thread=6;frames=<mprof>:1:x,,"
			       "a.py:3:f,<mprof>:2:y,b.py:4:g 1.5 2.0");

	(void)state;
	take("STACK;id=1;frames=other 2.5 3.0"); /* it is known */
	assert_int_equal(run->stacks.len, 1);
	assert_int_equal(run->stacks.items[0].len, 2);
	assert_string_equal(run->stacks.items[0].frames[1].file, "b.py");
	assert_int_equal(run->stack_samples.len, 2);
	assert_int_equal(run->stack_samples.items[0].pid, 5);
	assert_int_equal(run->stack_samples.items[0].thread, 6);
	assert_true(run->stack_samples.items[0].mib == 1.5);
	assert_int_equal(run->stack_samples.items[1].pid, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct frame *frame;
		char line[128];

		snprintf(line, sizeof(line), "STACK;id=%zu;frames=%s 1.0 2.0",
		    i + 2, rows[i].text);
		take(line);
		assert_int_equal(run->stacks.items[i + 1].len, 1);
		frame = run->stacks.items[i + 1].frames;
		assert_string_equal(frame->file, rows[i].file);
		assert_string_equal(frame->function, rows[i].function);
		assert_int_equal(frame->line, rows[i].line);
	}
}

static void an_end_may_be_earlier_than_its_reading(void **state)
{
	const struct allocation *items =
	    take("ALLOC;id=1;site=1 2.0 5.0")->allocations.items;

	(void)state;
	take("ALLOC;id=2;site=1 2.0 5.0");
	take("FREE;id=1;ended=1;read=7.0 0.0 6.0");
	take("FREE;id=2;read=7.0 0.0 6.0"); /* it did not end */
	for (int i = 0; i < 2; i++) {
		assert_true(items[i].freed_s == 6);
		assert_true(items[i].read_s == (i == 0 ? 7 : 6));
		assert_int_equal(items[i].ended, i == 0);
	}
}

static void frames_of_samples_have_numbers(void **state)
{
	struct run *run = take("ALLOC;id=1;site=9;size=1048576;pid=5;"
			       "frames=#4:lib.so:0:+0x12,#5:a.py:3:f,x,#,#y,"
			       "#6:<mprof>:1:w,#7:/tmp/perf-8.map:0:jit "
			       "2.0 3.0");
	const struct site_frame *code = run->code.items;

	(void)state;
	take("TOUCH;id=1;site=10;size=524288;frames=#5,#8:b.so:2:+0x9 1.0 3.0");
	take("ALLOC;id=2;site=9;frames=#5 2.0 3.0"); /* the site is known */
	code = run->code.items;
	assert_int_equal(run->sites.len, 2);
	assert_int_equal(run->code.len, 5);
	assert_int_equal(run->site_codes.len, 5); /* but mprof's own */
	assert_string_equal(code[0].own.module, "lib.so");
	assert_null(code[1].own.module);
	assert_string_equal(code[1].own.function, "f");
	assert_string_equal(code[3].own.module, "/tmp/perf-8.map");
	assert_null(code[4].own.module); /* it has a line */
	assert_int_equal(run->allocations.len, 2);
	assert_int_equal(run->touches.len, 1);
	assert_true(run->allocations.items[0].size_mib == 1);
	assert_true(run->allocations.items[0].mib == 2);
	assert_int_equal(run->allocations.items[0].pid, 5);
	assert_true(run->touches.items[0].size_mib == 0.5);
	take("LEFT;id=1 0.0 4.0");
	take("FREE;id=1-2;ended=1 0.0 5.0");
	assert_true(run->touches.items[0].freed_s == 4);
	assert_false(run->touches.items[0].ended);
	for (size_t i = 0; i < 2; i++) {
		assert_true(run->allocations.items[i].freed_s == 5);
		assert_true(run->allocations.items[i].ended);
	}
	take("NAME;frame=4;frames=src.c:5:inner,src.c:9:outer 0.0 3.0");
	take("NAME;frame=4;frames=late 0.0 3.0");
	take("NAME;frame=77;frames=src.c:5:alone 0.0 3.0");
	code = run->code.items;
	assert_int_equal(code[0].names.len, 2);
	assert_string_equal(code[0].names.items[1].function, "outer");
	assert_string_equal(code[0].names.items[1].module, "lib.so");
	assert_string_equal(code[5].names.items[0].module, "src.c");
	/* Code in no file: a script has no module. */
	take("ALLOC;id=3;site=11;size=1;frames=#9::0:+0x12,#10::0:+0x13 1.0 "
	     "3.0");
	take("NAME;frame=10;frames=/srv/a.js:5:load 0.0 3.0");
	code = run->code.items;
	assert_string_equal(code[7].own.module, "");
	assert_null(code[7].names.items[0].module);
	assert_int_equal(code[7].names.items[0].line, 5);
}

static void the_state_of_sampling_is_read(void **state)
{
	struct run *run = take("HELD;by=malloc;period=4096 1.0 2.0");

	(void)state;
	take("HELD;pid=8;name=a;by=own;period=1;every=2;failed=3 1.0 3.0");
	take("FAULTS;period=4096;lost=5;failed=6 1.0 4.0");
	assert_int_equal(run->hooked.len, 2);
	assert_int_equal(run->hooked.items[0].every, 1);
	assert_int_equal(run->hooked.items[0].pid, 0);
	assert_null(run->hooked.items[0].name);
	assert_true(run->hooked.items[0].period == 4096);
	assert_int_equal(run->hooked.items[1].every, 2);
	assert_int_equal(run->hooked.items[1].failed, 3);
	assert_int_equal(run->hooked.items[1].pid, 8);
	assert_string_equal(run->hooked.items[1].name, "a");
	assert_true(run->faults.known);
	assert_true(run->faults.period == 4096);
	assert_int_equal(run->faults.lost, 5);
	assert_int_equal(run->faults.failed, 6);
	take("FAULTS;period=1 1.0 5.0");
	assert_int_equal(run->faults.lost, 0);
}

static void a_snapshot_has_its_types(void **state)
{
	struct run *run = take("HEAP;id=3;types=2;label=a%20b;pid=7;asked=1.5;"
			       "pause=0.25;python=3.13;rss=2.0;files=1.0 "
			       "0.5 2.0");
	const struct heap_snapshot *snapshot;

	(void)state;
	take("TYPE;heap=3;count=2;size=30;name=dict 0.5 2.0");
	assert_int_equal(
	    read_it("TYPE;heap=4;count=1;size=1;name=x 0.5 2.0", false),
	    RECORD_BAD);
	assert_int_equal(
	    read_it("TYPE;heap=3;count=9223372036854775808;size=1;name=x "
		    "0.5 2.0",
		false),
	    RECORD_BAD);
	snapshot = run->snapshots.items;
	assert_int_equal(run->snapshots.len, 1);
	assert_string_equal(snapshot->label, "a b");
	assert_true(snapshot->asked_s == 1.5);
	assert_int_equal(snapshot->types, 2);
	assert_int_equal(snapshot->read, 1);
	assert_int_equal(snapshot->heap.pid, 7);
	assert_int_equal(snapshot->heap.pause_ns, 250000000);
	assert_int_equal(snapshot->heap.wall_ns, 2000000000);
	assert_string_equal(snapshot->heap.python, "3.13");
	assert_true(snapshot->heap.has_rss);
	assert_int_equal(snapshot->heap.rss_kib, 2048);
	assert_false(snapshot->heap.has_parts);
	assert_int_equal(snapshot->heap.rows.items[0].bytes, 30);
	run = take("HEAP;id=4;types=0;label=x;pause=-1;rss=2.0;files=1.0;"
		   "free=0.5 0.5 3.0");
	snapshot = &run->snapshots.items[1];
	assert_true(snapshot->asked_s == 3);
	assert_int_equal(snapshot->heap.pause_ns, 0);
	assert_true(snapshot->heap.has_parts);
	assert_int_equal(snapshot->heap.files_kib, 1024);
	assert_int_equal(snapshot->heap.free_kib, 512);
	take("HEAP;id=5;types=0;label=x 0.5 9000000000.0"); /* the latest */
	assert_int_equal(run->snapshots.len, 3);
}

/* Plain lines up to the first that is another, or may be incomplete. */
static void plain_lines_are_read_at_once(void **state)
{
	static const struct {
		const char *line;
		bool plain;
	} rows[] = {
	    {"MEM 1.500000 1700000000.0000\n", true},
	    {"MEM 1.5 2\n", true},
	    {"CHLD 7 1.500000 1700000000.0000\n", true},
	    {"CHLD 7 1.5 2.5\n", true},
	    {"CHLD 0 1.5 2.5\n", false},
	    {"CHLD x 1.5 2.5\n", false},
	    {"CHLD 7: 1.5 2.5\n", false},
	    {"CHLD 7/ 1.5 2.5\n", false},
	    {"CHLD  7 1.5 2.5\n", false},
	    {"MEM  1.5 2.5\n", false},
	    {"MEM 1.5 2.5 \n", false},
	    {"MEM 1.5\t2.5\n", false},
	    {"MEM -1.5 2.5\n", false},
	    {"CHLD 7 nan 2.5\n", false},
	    {"PEAK 1.5 2.5\n", false},
	    {"MEM 1.5 2.5", false},
	};
	char bytes[256];

	(void)state;
	take("CMDLINE x");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i].line), lines = profile.lines;
		const char *got;

		memset(bytes, '\n', sizeof(bytes));
		memcpy(bytes, rows[i].line, len);
		got = record_read_plain(&reader, bytes, bytes + len);
		if (got != bytes + (rows[i].plain ? len : 0))
			fail_msg("%s", rows[i].line);
		assert_int_equal(profile.lines, lines + rows[i].plain);
		record_measure_time(&reader);
	}
	assert_int_equal(reader.run->total.len, 2);
	assert_int_equal(reader.run->processes.items[0].memory.len, 2);
}

/* A block may end anywhere: all lines before its last newline are taken. */
static void a_block_is_read_up_to_its_last_newline(void **state)
{
	char text[4096] = "", bytes[4200];
	size_t len = 0;

	(void)state;
	take("CMDLINE x");
	for (int i = 0; i < 70; i++) /* more than are handed on together */
		len += (size_t)sprintf(
		    text + len, "MEM %d.500000 %d.0000\n", i, 1700000000 + i);
	for (int i = 0; i < 3; i++)
		len += (size_t)sprintf(
		    text + len, "CHLD 77 %d.5 17000000%d.5\nMEM 1 2\n", i, i);
	for (size_t cut = 0; cut <= len; cut++) {
		size_t whole = cut, before = profile.lines, lines = 0;

		while (whole > 0 && text[whole - 1] != '\n')
			whole--;
		for (size_t i = 0; i < whole; i++)
			lines += text[i] == '\n';
		memset(bytes, '\n', sizeof(bytes));
		memcpy(bytes, text, cut);
		if (record_read_plain(&reader, bytes, bytes + cut) !=
			bytes + whole ||
		    profile.lines != before + lines)
			fail_msg("cut at %zu", cut);
		record_measure_time(&reader);
	}
}

static void bounds_of_figures_and_lists(void **state)
{
	struct run *run = take("INFO;interval=0.000000000000000000000000000000"
			       "00000000000000000000000000000025 1.0 2.0");
	char line[2048] = "NAME;frame=1;frames=a:1:f";

	(void)state;
	assert_true(run->info.interval_s > 0);
	take("INFO;interval=0.00000000000000000000000000000000000000000000000"
	     "0000000000000005 1.0 2.0");
	assert_true(run->info.interval_s < 3e-61); /* too long: it stays */
	take("INFO;interval= 1.0 2.0");
	assert_true(run->info.interval_s < 3e-61);
	take("HELD;by=x;every=;failed=7x 1.0 2.0");
	assert_int_equal(run->hooked.items[0].every, 1);
	assert_int_equal(run->hooked.items[0].failed, 0);
	take("HEAP;id=1;types=0;label=x;pause=999999.5;rss=4398046511103.0 "
	     "0.5 2.0");
	assert_int_equal(
	    run->snapshots.items[0].heap.pause_ns, INT64_C(999999500000000));
	assert_true(run->snapshots.items[0].heap.has_rss);
	take("HEAP;id=2;types=0;label=x;pause=1000000;rss=4503599627370497.0 "
	     "0.5 2.0");
	assert_int_equal(run->snapshots.items[1].heap.pause_ns, 0);
	assert_false(run->snapshots.items[1].heap.has_rss);
	for (int i = 0; i < 70; i++)
		strcat(line, ",a:2:g");
	strcat(line, " 0.0 3.0");
	take(line);
	assert_int_equal(run->code.items[0].names.len, 64);
	assert_int_equal(
	    read_it("HEAP;id=3;types=0;label=x 0.5 -9000000001.0", false),
	    RECORD_BAD);
	take("HEAP;id=3;types=0;label=x 0.5 -9000000000.0");
	take("TYPE;heap=3;count=9223372036854775807;size=0;name=x 0.5 2.0");
	assert_int_equal(
	    read_it("TYPE;heap=3;count=1;size=9223372036854775808;name=x "
		    "0.5 2.0",
		false),
	    RECORD_BAD);
}

/* Pid 0 without memory is memory_profiler's record of lost children. */
static void lost_children_are_no_process(void **state)
{
	struct run *run = take("MEM 1.0 2.0");

	(void)state;
	take("CHLD 0 1.0 2.0");
	assert_false(run->state.lost);
	take("CHLD 0 0.0 3.0");
	assert_true(run->state.lost);
	assert_int_equal(run->processes.items[0].memory.len, 1);
	take("CHLD 5 0.0 2.0");
	assert_int_equal(run->processes.items[run->processes.len - 1].pid, 5);
	assert_int_equal(
	    run->processes.items[run->processes.len - 1].memory.len, 1);
	assert_int_equal(read_it("CHLD 5\\x 1.0 2.0", false), RECORD_TAKEN);
}

/* A command line begins a run, unless the run has nothing but functions. */
static void a_command_begins_a_run(void **state)
{
	(void)state;
	take("FUNC f 1.0 2.0 1.0 3.0");
	take("CMDLINE a");
	assert_int_equal(profile.runs.len, 1);
	assert_string_equal(profile.runs.items[0].command, "a");
	assert_int_equal(profile.runs.items[0].calls.len, 1);
	take("CMDLINE b");
	assert_int_equal(profile.runs.len, 2);
	take("CHLD 5 1.0 2.0");
	take("CMDLINE");
	assert_int_equal(profile.runs.len, 3);
	assert_string_equal(profile.runs.items[2].command, "");
	take("MEM 1.0 2.0");
	take("CMDLINE  c ");
	assert_int_equal(profile.runs.len, 4);
	assert_string_equal(profile.runs.items[3].command, " c ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_can_not_be_a_record_is_none),
	    TEST(what_a_later_version_wrote_is_unknown),
	    TEST(what_says_nothing_is_taken),
	    TEST(a_mark_of_an_editor_and_a_return_are_no_text),
	    TEST(a_torn_line_may_be_whole),
	    TEST(a_call_has_a_name_with_blanks),
	    TEST(an_end_has_a_status_and_a_limit),
	    TEST(the_programs_end_is_the_runs),
	    TEST(a_peak_has_its_reading_before),
	    TEST(info_tells_of_the_whole),
	    TEST(a_thinned_run_tells_what_was_left_out),
	    TEST(a_told_peak_has_its_name),
	    TEST(readings_belong_to_a_process_or_the_whole),
	    TEST(a_frame_is_split_at_its_line),
	    TEST(frames_of_samples_have_numbers),
	    TEST(an_end_may_be_earlier_than_its_reading),
	    TEST(the_state_of_sampling_is_read),
	    TEST(a_snapshot_has_its_types),
	    TEST(plain_lines_are_read_at_once),
	    TEST(a_block_is_read_up_to_its_last_newline),
	    TEST(bounds_of_figures_and_lists),
	    TEST(lost_children_are_no_process),
	    TEST(a_command_begins_a_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
