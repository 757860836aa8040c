// SPDX-License-Identifier: MIT
//
// The sink writes lines of a recording; this tests which samples it holds back
// and when it writes them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "dat/reader.h"
#include "dat/thin.h"
#include "profile/resource.h"
#include "recorder/dat_sink.h"
#include "scratch.h"

static char path[SCRATCH_MAX];
static struct dat_sink recording;

static void tick(int64_t s, int64_t kib)
{
	struct sink_tick now = {
	    .time_ns = s * NS_PER_S, .total_kib = kib, .sampled = true};

	recording.sink.tick(recording.sink.context, &now);
}

/* The keywords and times of the file's lines but INFO: "MEM1 MEM3 EXIT4". */
static void expect_lines(const char *want)
{
	char line[256], got[256] = "", last[32];
	FILE *file;
	struct err e;

	assert_int_equal(dat_sink_finish(&recording, &e), 0);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "CMDLINE", 7) == 0 ||
		    strncmp(line, "INFO", 4) == 0)
			continue;
		snprintf(last, sizeof(last), "%s%.*s%d", got[0] ? " " : "",
		    (int)strcspn(line, "; "), line,
		    (int)atof(strrchr(line, ' ')));
		strcat(got, last);
	}
	fclose(file);
	assert_string_equal(got, want);
}

static void an_unchanged_sample_is_written_where_it_changes(void **state)
{
	(void)state;
	for (int s = 1; s < 6; s++)
		tick(s, 1024);
	tick(6, 2048);
	tick(7, 2048);
	expect_lines("MEM1 MEM5 MEM6 MEM7");
}

/* CPU time and the like change all the time: if each reading wrote the held
 * sample, no sample would ever be left out. */
static void a_reading_of_usage_writes_no_held_sample(void **state)
{
	double figures[FIGURES];
	struct sink_usage usage = {.figures = figures};

	(void)state;
	for (size_t i = 0; i < FIGURES; i++)
		figures[i] = NAN;
	for (int s = 1; s < 6; s++) {
		tick(s, 1024);
		usage.time_ns = s * NS_PER_S;
		figures[FIGURE_CPU] = s % 2 ? NAN : s;
		recording.sink.usage(recording.sink.context, &usage);
	}
	tick(6, 2048);
	expect_lines("MEM1 USAGE2 USAGE4 MEM5 MEM6");
}

/* Else the recording would seem to end at the last change. */
static void a_held_sample_is_written_before_the_end(void **state)
{
	struct sink_exit end = {.time_ns = 5 * NS_PER_S,
	    .pid = 7,
	    .is_root = true,
	    .has_status = true,
	    .peak_kib = 1024};

	(void)state;
	for (int s = 1; s < 5; s++)
		tick(s, 1024);
	recording.sink.exit(recording.sink.context, &end);
	expect_lines("MEM1 MEM4 EXIT5");
}

/* No longer than ten minutes, which a kill would lose. */
static void a_sample_is_not_held_for_ever(void **state)
{
	(void)state;
	tick(1, 1024);
	tick(600, 1024);
	tick(601, 1024);
	tick(602, 1024);
	tick(603, 2048);
	expect_lines("MEM1 MEM601 MEM602 MEM603");
}

/* The whole text of the recording, with "|" in place of newlines. */
static void expect_text(const char *want)
{
	char text[2048];
	size_t len;
	FILE *file;
	struct err e;

	assert_int_equal(dat_sink_finish(&recording, &e), 0);
	file = fopen(path, "r");
	assert_non_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			text[i] = '|';
	}
	assert_string_equal(text, want);
}

static void expect_ends(const char *want)
{
	recording.informed = true; /* its host and time are not ours to know */
	recording.sink.flush(recording.sink.context);
	expect_text(want);
}

static void end_of(struct sink_exit end)
{
	end.time_ns = 5 * NS_PER_S;
	recording.sink.exit(recording.sink.context, &end);
}

static void an_end_says_how(void **state)
{
	(void)state;
	recording.informed = true;
	end_of((struct sink_exit){.pid = 7,
	    .is_root = true,
	    .has_status = true,
	    .status = 3 << 8,
	    .peak_kib = 1024});
	end_of((struct sink_exit){.pid = 7,
	    .is_root = true,
	    .has_status = true,
	    .status = 9,
	    .oom = true,
	    .peak_kib = 2048,
	    .limit_kib = 3072,
	    .limit_of = "cgroup"});
	end_of((struct sink_exit){.pid = 7, .is_root = true, .limit_kib = 1});
	end_of((struct sink_exit){.pid = 7,
	    .is_root = true,
	    .until_ns = 5 * NS_PER_S + NS_PER_S / 2});
	end_of((struct sink_exit){
	    .pid = 7, .is_root = true, .until_ns = 5 * NS_PER_S});
	expect_ends("CMDLINE x|EXIT;pid=7;status=3 1.000000 5.0000|"
		    "EXIT;pid=7;signal=9;oom=1;limit=3.000000;of=cgroup "
		    "2.000000 5.0000|"
		    "EXIT;pid=7;limit=0.000977 0.000000 5.0000|"
		    "EXIT;pid=7;until=5.5000 0.000000 5.0000|"
		    "EXIT;pid=7 0.000000 5.0000|");
}

/* A descendant's end is written with -M, where it is known. */
static void a_descendants_end_needs_a_status(void **state)
{
	(void)state;
	recording.informed = true;
	end_of((struct sink_exit){.pid = 8, .has_status = true, .status = 9});
	recording.each = true;
	end_of((struct sink_exit){.pid = 9});
	end_of((struct sink_exit){.pid = 9, .has_status = true, .status = 9});
	expect_ends("CMDLINE x|EXIT;pid=9;signal=9 0.000000 5.0000|");
}

static void a_name_is_hostile_text(void **state)
{
	const struct sink_process process = {.pid = 7,
	    .ppid = 6,
	    .start_ticks = 55,
	    .kib = 512,
	    .name = "a;b c"};
	struct sink_process other = process;
	struct sink_introduction introduction = {.time_ns = 5 * NS_PER_S,
	    .process = &process,
	    .command = "a;b c --x=1"};

	(void)state;
	recording.informed = true;
	recording.sink.introduce(recording.sink.context, &introduction);
	other.start_ticks = 0;
	introduction = (struct sink_introduction){
	    .time_ns = 5 * NS_PER_S, .process = &other, .command = ""};
	recording.sink.introduce(recording.sink.context, &introduction);
	expect_ends("CMDLINE x|"
		    "PROC;pid=7;start=55;ppid=6;name=a%3bb%20c;"
		    "cmd=a%3bb%20c%20--x%3d1 0.500000 5.0000|"
		    "PROC;pid=7;ppid=6;name=a%3bb%20c 0.500000 5.0000|");
}

static void peaks_marks_and_shares_are_records(void **state)
{
	const struct sink_peak peaks[] = {{5 * NS_PER_S, 4 * NS_PER_S, 1024},
	    {.time_ns = 5 * NS_PER_S, .kib = 1024}};
	const struct sink_share shares[] = {
	    {5 * NS_PER_S, 2048, 1024, 2}, {5 * NS_PER_S, 2048, 2048, 0}};

	(void)state;
	recording.informed = true;
	for (size_t i = 0; i < 2; i++) {
		recording.sink.peak(recording.sink.context, &peaks[i]);
		recording.sink.share(recording.sink.context, &shares[i]);
	}
	recording.sink.mark(
	    recording.sink.context, 5 * NS_PER_S, 1024, "load done");
	assert_int_equal(recording.shares.len, 1);
	assert_true(recording.shares.items[0].mib == 2);
	assert_true(recording.shares.items[0].pss_mib == 2);
	assert_true(recording.shares.items[0].time_s == 5);
	expect_ends("CMDLINE x|PEAK;since=4.0000 1.000000 5.0000|"
		    "SHARE;pss=1.000000;processes=2 2.000000 5.0000|"
		    "PEAK 1.000000 5.0000|"
		    "SHARE;pss=2.000000 2.000000 5.0000|"
		    "MARK;label=load%20done 1.000000 5.0000|");
}

static void a_stack_has_its_frames_once(void **state)
{
	const struct sink_frame frames[] = {
	    {"a,b.py", "f", 3}, {"c.py", "<module>", 40}};
	struct sink_stack stack = {.time_ns = 5 * NS_PER_S,
	    .kib = 1024,
	    .id = 1,
	    .frames = frames,
	    .count = 2};

	(void)state;
	recording.informed = true;
	recording.sink.stack(recording.sink.context, &stack);
	stack.frames = NULL;
	stack.pid = 8;
	stack.thread = 9;
	recording.sink.stack(recording.sink.context, &stack);
	expect_ends("CMDLINE x|"
		    "STACK;id=1;frames=a%2cb.py:3:f,c.py:40:<module> "
		    "1.000000 5.0000|"
		    "STACK;id=1;pid=8;thread=9 1.000000 5.0000|");
}

static void consecutive_freed_ids_are_a_range(void **state)
{
	static const uint32_t ids[] = {3, 4, 5, 9, 11, 12};
	struct sink_freed freed = {.time_ns = 5 * NS_PER_S,
	    .kib = 1024,
	    .pid = 8,
	    .ids = ids,
	    .count = sizeof(ids) / sizeof(ids[0])};

	(void)state;
	recording.informed = true;
	recording.sink.freed(recording.sink.context, &freed);
	freed.ids = ids + 3;
	freed.count = 2;
	recording.sink.freed(recording.sink.context, &freed);
	freed.count = 1;
	freed.pid = 0;
	freed.ended = true;
	recording.sink.freed(recording.sink.context, &freed);
	freed.read_ns = 6 * NS_PER_S;
	recording.sink.freed(recording.sink.context, &freed);
	expect_ends("CMDLINE x|"
		    "FREE;id=3-5,9,11-12;pid=8 1.000000 5.0000|"
		    "FREE;id=9,11;pid=8 1.000000 5.0000|"
		    "FREE;id=9;ended=1 1.000000 5.0000|"
		    "FREE;id=9;ended=1;read=6.0000 1.000000 5.0000|");
}

/* The text of a frame is written once, whichever record has it first. */
static void a_sample_has_its_frames_by_number(void **state)
{
	const struct sink_frame frames[] = {{"a.py", "f", 3}, {"b.py", "g", 4}};
	const uint32_t numbers[] = {1, 2}, more[] = {2, 3};
	struct sink_allocation taken = {.time_ns = 5 * NS_PER_S,
	    .kib = 1024,
	    .size = 4096,
	    .id = 1,
	    .site = 1,
	    .frames = frames,
	    .numbers = numbers,
	    .count = 2};

	(void)state;
	recording.informed = true;
	recording.sink.allocation(recording.sink.context, &taken);
	taken.frames = NULL;
	taken.pid = 8;
	taken.id = 2;
	recording.sink.touched(recording.sink.context, &taken);
	taken.frames = frames;
	taken.numbers = more;
	taken.site = 2;
	taken.id = 3;
	recording.sink.touched(recording.sink.context, &taken);
	expect_ends(
	    "CMDLINE x|"
	    "ALLOC;id=1;site=1;size=4096;frames=#1:a.py:3:f,#2:b.py:4:g "
	    "1.000000 5.0000|"
	    "TOUCH;id=2;site=1;size=4096;pid=8 1.000000 5.0000|"
	    "TOUCH;id=3;site=2;size=4096;pid=8;frames=#2,#3:b.py:4:g "
	    "1.000000 5.0000|");
}

static void what_left_and_the_state_of_sampling_are_records(void **state)
{
	static const uint32_t ids[] = {3, 4};
	const struct sink_freed left = {
	    .time_ns = 5 * NS_PER_S, .kib = 1024, .ids = ids, .count = 2};
	struct sink_faults faults = {
	    .time_ns = 5 * NS_PER_S, .kib = 1024, .period = 4096};
	struct sink_held held = {.time_ns = 5 * NS_PER_S,
	    .kib = 1024,
	    .by = "malloc,python",
	    .period = 65536,
	    .every = 1};

	(void)state;
	recording.informed = true;
	recording.sink.left(recording.sink.context, &left);
	recording.sink.faults(recording.sink.context, &faults);
	faults.lost = 7;
	faults.failed = 8;
	recording.sink.faults(recording.sink.context, &faults);
	recording.sink.held(recording.sink.context, &held);
	held.pid = 8;
	held.name = "a b";
	held.every = 2;
	held.failed = 1;
	recording.sink.held(recording.sink.context, &held);
	held.failed = 0;
	held.lost = 9;
	recording.sink.held(recording.sink.context, &held);
	expect_ends("CMDLINE x|LEFT;id=3-4 1.000000 5.0000|"
		    "FAULTS;period=4096 1.000000 5.0000|"
		    "FAULTS;period=4096;lost=7;failed=8 1.000000 5.0000|"
		    "HELD;by=malloc,python;period=65536 1.000000 5.0000|"
		    "HELD;pid=8;name=a%20b;by=malloc,python;period=65536;"
		    "every=2;failed=1 1.000000 5.0000|"
		    "HELD;pid=8;name=a%20b;by=malloc,python;period=65536;"
		    "every=2;lost=9 1.000000 5.0000|");
}

/* Records of others are copied, behind a sample that is held back. */
static void records_are_copied(void **state)
{
	(void)state;
	recording.informed = true;
	tick(1, 1024);
	tick(2, 1024);
	recording.sink.records(
	    recording.sink.context, "HEAP;id=1 1.0 2.0\nTYPE\nmore", 23);
	expect_ends("CMDLINE x|MEM 1.000000 1.0000|MEM 1.000000 2.0000|"
		    "HEAP;id=1 1.0 2.0|TYPE|");
}

static void a_reading_has_its_process_and_figures(void **state)
{
	double figures[FIGURES];
	struct sink_usage usage = {
	    .time_ns = 5 * NS_PER_S, .kib = 1024, .figures = figures};

	(void)state;
	recording.informed = true;
	for (size_t i = 0; i < FIGURES; i++)
		figures[i] = NAN;
	recording.sink.usage(recording.sink.context, &usage);
	figures[FIGURE_CPU] = 1.25;
	figures[FIGURE_THREADS] = 3;
	recording.sink.usage(recording.sink.context, &usage);
	usage.pid = 8;
	recording.sink.usage(recording.sink.context, &usage);
	expect_ends("CMDLINE x|USAGE;cpu=1.250;threads=3 1.000000 5.0000|"
		    "USAGE;pid=8;cpu=1.250;threads=3 1.000000 5.0000|");
}

/* Wherever they stand in the list. */
static void of_descendants_the_first_and_the_last_count(void **state)
{
	struct sink_process processes[] = {
	    {.pid = 8, .kib = 512}, {.pid = 9, .kib = 256}};
	struct sink_tick now = {.time_ns = NS_PER_S,
	    .total_kib = 1536,
	    .sampled = true,
	    .processes = processes,
	    .count = 2};

	(void)state;
	recording.informed = recording.each = true;
	for (int i = 0; i < 3; i++, now.time_ns += NS_PER_S)
		recording.sink.tick(recording.sink.context, &now);
	processes[1].kib = 128;
	recording.sink.tick(recording.sink.context, &now);
	expect_ends("CMDLINE x|MEM 1.500000 1.0000|CHLD 8 0.500000 1.0000|"
		    "CHLD 9 0.250000 1.0000|"
		    "MEM 1.500000 3.0000|CHLD 8 0.500000 3.0000|"
		    "CHLD 9 0.250000 3.0000|"
		    "MEM 1.500000 4.0000|CHLD 8 0.500000 4.0000|"
		    "CHLD 9 0.125000 4.0000|");
}

/* With -M; the program itself and what can't be measured have no line. */
static void each_descendant_has_a_line(void **state)
{
	struct sink_process processes[] = {
	    {.pid = 7, .kib = 1024, .is_root = true}, {.pid = 8, .kib = 512},
	    {.pid = 9, .kib = -1}};
	struct sink_tick now = {.time_ns = NS_PER_S,
	    .total_kib = 1536,
	    .sampled = true,
	    .processes = processes,
	    .count = 3};

	(void)state;
	recording.informed = recording.each = true;
	for (int i = 0; i < 3; i++, now.time_ns += NS_PER_S)
		recording.sink.tick(recording.sink.context, &now);
	processes[0].kib -= 256; /* the sum stays, the parts change */
	processes[1].kib += 256;
	recording.sink.tick(recording.sink.context, &now);
	now.time_ns += NS_PER_S;
	processes[1].pid = 10;
	recording.sink.tick(recording.sink.context, &now);
	now.time_ns += NS_PER_S;
	now.count = 1;
	recording.sink.tick(recording.sink.context, &now);
	expect_ends("CMDLINE x|MEM 1.500000 1.0000|CHLD 8 0.500000 1.0000|"
		    "MEM 1.500000 3.0000|CHLD 8 0.500000 3.0000|"
		    "MEM 1.500000 4.0000|CHLD 8 0.750000 4.0000|"
		    "MEM 1.500000 5.0000|CHLD 10 0.750000 5.0000|"
		    "MEM 1.500000 6.0000|");
}

static void introduce(pid_t pid, int64_t kib)
{
	const struct sink_process process = {.pid = pid,
	    .ppid = 1,
	    .start_ticks = (uint64_t)pid,
	    .kib = kib,
	    .name = pid == 8 ? "part" : "main"};
	const struct sink_introduction introduction = {
	    .time_ns = NS_PER_S, .process = &process, .command = "word"};

	recording.sink.introduce(recording.sink.context, &introduction);
}

/* The file with that ending, without its INFO and with "|" for newlines; it is
 * removed. */
static void expect_rotated(const char *ending, const char *want)
{
	char name[256], line[512], got[1024] = "";
	size_t infos = 0;
	FILE *file;

	snprintf(name, sizeof(name), "%s%s", path, ending);
	file = fopen(name, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		infos += strncmp(line, "INFO;", 5) == 0;
		if (strncmp(line, "INFO;", 5) == 0)
			continue;
		line[strcspn(line, "\n")] = '|';
		strcat(got, line);
	}
	fclose(file);
	assert_string_equal(got, want);
	assert_int_equal(infos, 1);
	if (ending[0])
		unlink(name);
}

/* A file that can't be kept small says so from then on, and the writer knows
 * who lives. */
/* Once each time. */
static void what_kept_a_file_large_is_a_record(void **state)
{
	struct err e;

	(void)state;
	recording.informed = true;
	assert_int_equal(dat_writer_bound(&recording.writer, 1 << 20, &e), 0);
	err_set(&recording.writer.trouble, "no room");
	for (int s = 1; s < 5; s++) {
		recording.writer.troubles = s < 4 ? 1 : 2;
		tick(s, s * 1024);
	}
	expect_ends("CMDLINE x|SIZE;most=1048576;why=no%20room 1.000000 1.0000|"
		    "MEM 1.000000 1.0000|MEM 2.000000 2.0000|"
		    "MEM 3.000000 3.0000|"
		    "SIZE;most=1048576;why=no%20room 4.000000 4.0000|"
		    "MEM 4.000000 4.0000|");
}

static void a_file_that_is_too_large_says_so(void **state)
{
	struct sink_process process = {
	    .pid = 7, .start_ticks = 7, .kib = 1024, .is_root = true};
	struct sink_tick now = {.total_kib = 1024,
	    .sampled = true,
	    .processes = &process,
	    .count = 1};
	struct err e;

	(void)state;
	recording.each = true;
	recording.skip_unchanged = false;
	for (int i = 0; i < 20; i++)
		recording.sink.mark(
		    recording.sink.context, NS_PER_S, 1024, "label");
	assert_int_equal(dat_writer_bound(&recording.writer, 100, &e), 0);
	for (int i = 1; i < 4; i++) {
		now.time_ns = i * NS_PER_S;
		recording.sink.tick(recording.sink.context, &now);
		assert_int_equal(recording.writer.living_count, 1);
		assert_int_equal(recording.writer.living[0], 7);
		recording.sink.flush(recording.sink.context);
		while (recording.writer.thin &&
		       !thin_is_done(recording.writer.thin))
			usleep(100);
		recording.sink.flush(recording.sink.context);
	}
	assert_int_equal(recording.writer.troubles, 1);
	assert_int_equal(dat_sink_finish(&recording, &e), 0);
	{
		struct profile profile;
		const struct run *run;

		assert_int_equal(dat_read(&profile, path, &e), 0);
		assert_int_equal(profile.unknown, 0);
		run = &profile.runs.items[0];
		assert_string_equal(run->info.oversize,
		    "the running processes and the newest "
		    "records alone need more");
		assert_int_equal(run->total.len, 3);
		assert_int_equal(run->marks.len, 20);
		profile_finish(&profile);
	}
}

/* Each file ends like a recording whose program lives on, and the next one
 * begins with the processes that are still there. */
static void a_full_file_is_followed_by_a_next(void **state)
{
	static char *words[] = {"x", NULL};
	struct sink_process processes[] = {{.pid = 7,
					       .start_ticks = 7,
					       .kib = 1024,
					       .peak_kib = 2048,
					       .is_root = true},
	    {.pid = 8, .start_ticks = 8, .kib = 512}};
	struct sink_tick now = {.time_ns = NS_PER_S,
	    .total_kib = 1536,
	    .sampled = true,
	    .processes = processes,
	    .count = 2};
	struct sink_peak peak = {.time_ns = 2 * NS_PER_S, .kib = 4096};
	struct err e;

	(void)state;
	recording.command = words;
	assert_int_equal(
	    dat_writer_bound_files(&recording.writer, 1, 3, &e), 0);
	introduce(7, 256);
	introduce(8, 256);
	introduce(8, 512); /* its newest name counts */
	for (int i = 0; i < 3; i++, now.time_ns += NS_PER_S) {
		if (i == 2)
			processes[1].start_ticks++; /* of another process */
		recording.sink.flush(recording.sink.context);
		recording.sink.tick(recording.sink.context, &now);
	}
	recording.sink.peak(recording.sink.context, &peak);
	peak.time_ns = 3 * NS_PER_S;
	recording.sink.peak(recording.sink.context, &peak);
	assert_int_equal(dat_sink_finish(&recording, &e), 0);
	expect_rotated(".2",
	    "CMDLINE x|"
	    "PROC;pid=7;start=7;ppid=1;name=main;cmd=word 0.250000 1.0000|"
	    "PROC;pid=8;start=8;ppid=1;name=part;cmd=word 0.250000 1.0000|"
	    "PROC;pid=8;start=8;ppid=1;name=part;cmd=word 0.500000 1.0000|"
	    "MEM 1.500000 1.0000|EXIT;pid=7 2.000000 2.0000|");
	expect_rotated(".1",
	    "CMDLINE x|"
	    "PROC;pid=7;start=7;ppid=1;name=main;cmd=word 1.000000 2.0000|"
	    "PROC;pid=8;start=8;ppid=1;name=part;cmd=word 0.500000 2.0000|"
	    "MEM 1.500000 2.0000|EXIT;pid=7 2.000000 3.0000|");
	expect_rotated("",
	    "CMDLINE x|"
	    "PROC;pid=7;start=7;ppid=1;name=main;cmd=word 1.000000 3.0000|"
	    "MEM 1.500000 3.0000|PEAK 4.000000 3.0000|");
}

/* With room for one older file, too. */
static void the_next_file_introduces_its_processes(void **state)
{
	static char *words[] = {"x", NULL};
	struct sink_process process = {
	    .pid = 7, .start_ticks = 7, .kib = 1024, .is_root = true};
	struct sink_tick now = {.time_ns = NS_PER_S,
	    .total_kib = 1024,
	    .sampled = true,
	    .processes = &process,
	    .count = 1};
	struct err e;

	(void)state;
	recording.command = words;
	assert_int_equal(
	    dat_writer_bound_files(&recording.writer, 1, 1, &e), 0);
	introduce(7, 128);
	introduce(7, 256);
	for (int i = 0; i < 2; i++, now.time_ns += NS_PER_S) {
		recording.sink.flush(recording.sink.context);
		recording.sink.tick(recording.sink.context, &now);
	}
	assert_int_equal(dat_sink_finish(&recording, &e), 0);
	expect_rotated("",
	    "CMDLINE x|"
	    "PROC;pid=7;start=7;ppid=1;name=main;cmd=word 1.000000 2.0000|"
	    "MEM 1.000000 2.0000|");
	expect_rotated(".1",
	    "CMDLINE x|"
	    "PROC;pid=7;start=7;ppid=1;name=main;cmd=word 0.125000 1.0000|"
	    "PROC;pid=7;start=7;ppid=1;name=main;cmd=word 0.250000 1.0000|"
	    "MEM 1.000000 1.0000|EXIT;pid=7 0.000000 2.0000|");
}

static void without_skip_each_sample_is_written(void **state)
{
	(void)state;
	recording.skip_unchanged = false;
	for (int s = 1; s < 4; s++)
		tick(s, 1024);
	expect_lines("MEM1 MEM2 MEM3");
}

/* INFO as it stands in the file, without its host, version and start. */
static void expect_info(const char *want)
{
	static const char *const ours[] = {";host=", ";version=", ";start="};
	char line[512] = "", *part;
	FILE *file;
	struct err e;

	tick(1, 1024);
	tick(2, 2048);
	assert_int_equal(dat_sink_finish(&recording, &e), 0);
	file = fopen(path, "r");
	assert_non_null(file);
	while (strncmp(line, "INFO", 4) != 0 && fgets(line, sizeof(line), file))
		;
	fclose(file);
	for (size_t i = 0; i < 3; i++) {
		size_t len;

		part = strstr(line, ours[i]);
		assert_non_null(part);
		len = strcspn(part + 1, "; ") + 1;
		memmove(part, part + len, strlen(part + len) + 1);
	}
	assert_string_equal(line, want);
}

static void info_says_how_it_is_recorded(void **state)
{
	(void)state;
	recording.interval_ns = NS_PER_S / 100;
	recording.alone = true;
	expect_info("INFO;backend=rss;interval=0.01;alone=1 1.000000 1.0000\n");
}

static void a_launchers_variables_are_its_rank_and_job(void **state)
{
	(void)state;
	recording.launched = true;
	setenv("OMPI_COMM_WORLD_RANK", "x", 1);
	setenv("OMPI_COMM_WORLD_SIZE", "4", 1);
	setenv("PMI_RANK", "3", 1);
	setenv("PMI_SIZE", "4", 1);
	setenv("SLURM_PROCID", "1", 1);
	setenv("SLURM_STEP_NUM_TASKS", "2", 1);
	setenv("SLURM_JOB_ID", "", 1);
	setenv("PBS_JOBID", "77.host", 1);
	setenv("LSB_JOBID", "5", 1);
	expect_info("INFO;backend=rss;interval=1;rank=3;ranks=4;job=77.host "
		    "1.000000 1.0000\n");
}

static void what_is_attached_to_has_no_rank(void **state)
{
	(void)state;
	expect_info("INFO;backend=rss;interval=1 1.000000 1.0000\n");
}

/* Names of processes that have ended are dropped from time to time. */
static void names_for_the_next_file_are_those_of_the_living(void **state)
{
	struct sink_process process = {
	    .pid = 107, .start_ticks = 107, .is_root = true};
	struct sink_tick now = {.time_ns = NS_PER_S,
	    .sampled = true,
	    .processes = &process,
	    .count = 1};
	struct err e;

	(void)state;
	assert_int_equal(
	    dat_writer_bound_files(&recording.writer, 1 << 30, 1, &e), 0);
	recording.sink.tick(recording.sink.context, &now);
	for (pid_t pid = 100; pid < 166; pid++)
		introduce(pid, 1);
	recording.sink.tick(recording.sink.context, &now);
	assert_int_equal(recording.procs.len, 66);
	introduce(166, 1);
	assert_int_equal(recording.procs.len, 67);
	process.kib = 5;
	recording.sink.tick(recording.sink.context, &now);
	assert_int_equal(recording.procs.len, 1);
	assert_int_equal(recording.procs.items[0].pid, 107);
	assert_int_equal(recording.procs.items[0].kib, 5);
	assert_int_equal(dat_sink_finish(&recording, &e), 0);
}

static int begin(void **state)
{
	static char *words[] = {"x", NULL};
	struct err e;
	int fd = scratch_file(path);

	(void)state;
	dat_sink_init(&recording);
	recording.backend = "rss";
	recording.interval_ns = NS_PER_S;
	recording.skip_unchanged = true;
	if (fd < 0 || close(fd) != 0 ||
	    dat_writer_open(&recording.writer, path, &e) != 0)
		return -1;
	dat_write_command(&recording.writer, words);
	return 0;
}

static int end(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		an_unchanged_sample_is_written_where_it_changes, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_reading_of_usage_writes_no_held_sample, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_held_sample_is_written_before_the_end, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_sample_is_not_held_for_ever, begin, end),
	    cmocka_unit_test_setup_teardown(an_end_says_how, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_descendants_end_needs_a_status, begin, end),
	    cmocka_unit_test_setup_teardown(a_name_is_hostile_text, begin, end),
	    cmocka_unit_test_setup_teardown(
		peaks_marks_and_shares_are_records, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_stack_has_its_frames_once, begin, end),
	    cmocka_unit_test_setup_teardown(
		consecutive_freed_ids_are_a_range, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_sample_has_its_frames_by_number, begin, end),
	    cmocka_unit_test_setup_teardown(
		what_left_and_the_state_of_sampling_are_records, begin, end),
	    cmocka_unit_test_setup_teardown(records_are_copied, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_reading_has_its_process_and_figures, begin, end),
	    cmocka_unit_test_setup_teardown(
		of_descendants_the_first_and_the_last_count, begin, end),
	    cmocka_unit_test_setup_teardown(
		each_descendant_has_a_line, begin, end),
	    cmocka_unit_test_setup_teardown(
		what_kept_a_file_large_is_a_record, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_file_that_is_too_large_says_so, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_full_file_is_followed_by_a_next, begin, end),
	    cmocka_unit_test_setup_teardown(
		the_next_file_introduces_its_processes, begin, end),
	    cmocka_unit_test_setup_teardown(
		names_for_the_next_file_are_those_of_the_living, begin, end),
	    cmocka_unit_test_setup_teardown(
		without_skip_each_sample_is_written, begin, end),
	    cmocka_unit_test_setup_teardown(
		info_says_how_it_is_recorded, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_launchers_variables_are_its_rank_and_job, begin, end),
	    cmocka_unit_test_setup_teardown(
		what_is_attached_to_has_no_rank, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
