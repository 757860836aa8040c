// SPDX-License-Identifier: MIT
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "analysis/heap_around.h"
#include "dat/reader.h"
#include "scratch.h"

/* The profile that a file of those bytes makes. */
static struct profile read_bytes(const char *bytes, size_t len)
{
	char path[SCRATCH_MAX];
	int fd = scratch_file(path);
	struct profile profile;
	struct err e;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
	assert_int_equal(dat_read(&profile, path, &e), 0);
	unlink(path);
	return profile;
}

static struct profile read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

#define only_run(profile) \
	(assert_int_equal((profile).runs.len, 1), &(profile).runs.items[0])

static void assert_samples(
    const struct series *series, const double (*expected)[2], size_t len)
{
	assert_int_equal(series->len, len);
	for (size_t i = 0; i < len; i++) {
		assert_true(series->items[i].mib == expected[i][0]);
		assert_true(series->items[i].time_s == expected[i][1]);
	}
}

static void test_ordinary(void **state)
{
	static const double total[][2] = {{1.5, 10.25}, {2.25, 11}};
	struct profile profile =
	    read_text("CMDLINE python3 'a b' c\nMEM 1.500000 10.2500\n"
		      "MEM 2.250000 11.0000\nPEAK 3.000000 11.5000\n");
	struct run *run = only_run(profile);

	(void)state;
	assert_string_equal(run->command, "python3 'a b' c");
	assert_samples(&run->total, total, 2);
	assert_int_equal(run->peaks.len, 1);
	assert_true(run->peaks.items[0].mib == 3);
	assert_int_equal(profile.skipped, 0);
	assert_int_equal(profile.lines, 4);
	profile_finish(&profile);
}

/* A snapshot of a later version may have keys more; one that was cut off is
 * read, but not whole. */
static void test_snapshots(void **state)
{
	struct profile profile = read_text(
	    "CMDLINE x\nMEM 1.500000 10.2500\n"
	    "TYPE;heap=1;count=1;size=1;name=lost 0.0 11.0\n"
	    "HEAP;id=1;pid=7;label=a%20b;asked=10.5;new=1;python=3.11.2;"
	    "pause=0.25;rss=2.0;files=1.0;free=0.5;types=2 0.1 11.0\n"
	    "TYPE;heap=1;count=3;size=300;name=m.Lesson 0.0 11.0\n"
	    "TYPE;heap=1;count=2;size=20;name=str 0.0 11.0\n"
	    "TYPE;heap=2;count=2;size=20;name=str 0.0 11.0\n"
	    "TYPE;heap=1;count=-2;size=20;name=str 0.0 11.0\n"
	    "HEAP;id=2;pid=7;label=c;types=2 0.1 12.0\n"
	    "TYPE;heap=2;count=4;size=400;name=m.Lesson 0.0 12.0\n");
	struct run *run = only_run(profile);
	const struct heap_snapshot *one = run->snapshots.items;
	struct heap_around around;
	struct mark marks[] = {{10.5, 1, (char[]){"a b"}}};
	struct err e;

	(void)state;
	assert_int_equal(profile.skipped, 3);
	assert_int_equal(run->snapshots.len, 2);
	assert_string_equal(one->label, "a b");
	assert_true(one->asked_s == 10.5);
	assert_int_equal(one->heap.pid, 7);
	assert_int_equal(one->heap.pause_ns, 250000000);
	assert_int_equal(one->heap.rss_kib, 2048);
	assert_true(one->heap.has_parts);
	assert_int_equal(one->heap.free_kib, 512);
	assert_string_equal(one->heap.python, "3.11.2");
	assert_int_equal(heap_find(&one->heap, "m.Lesson")->count, 3);
	assert_true(heap_snapshot_is_whole(one));
	assert_false(heap_snapshot_is_whole(one + 1));
	assert_int_equal(heap_around_find(&around, run, "a b", &e), -1);
	run->marks.items = marks;
	run->marks.len = 1;
	assert_int_equal(heap_around_find(&around, run, "a b", &e), 0);
	assert_ptr_equal(around.before, one);
	assert_null(around.after);
	run->snapshots.items[1].types = 1;
	assert_int_equal(heap_around_find(&around, run, "a b", &e), 0);
	assert_ptr_equal(around.after, one + 1);
	run->snapshots.items[1].heap.pid = 8;
	assert_int_equal(heap_around_find(&around, run, "a b", &e), 0);
	assert_null(around.after);
	run->marks.items = NULL;
	run->marks.len = 0;
	profile_finish(&profile);
}

static void test_empty(void **state)
{
	struct profile profile = read_text("");

	(void)state;
	assert_int_equal(profile.runs.len, 0);
	assert_int_equal(profile.skipped, 0);
	profile_finish(&profile);
}

static void test_calls_before_command(void **state)
{
	struct profile profile = read_text("FUNC a.b 1.0 10.0 2.0 12.0 3\n"
					   "FUNC <block> of mine 1 10 2 12.5\n"
					   "CMDLINE x\nMEM 1.0 11.0\n"
					   "FUNC f 2 5.0 3.0 4.0 6.0 0\n");
	struct run *run = only_run(profile);

	(void)state;
	assert_int_equal(run->calls.len, 3);
	assert_string_equal(run->calls.items[0].name, "a.b");
	assert_int_equal(run->calls.items[0].level, 3);
	assert_true(run->calls.items[0].enter_mib == 1);
	assert_true(run->calls.items[0].enter_s == 10);
	assert_true(run->calls.items[0].leave_mib == 2);
	assert_true(run->calls.items[0].leave_s == 12);
	assert_string_equal(run->calls.items[1].name, "<block> of mine");
	assert_int_equal(run->calls.items[1].level, -1);
	assert_true(run->calls.items[1].leave_s == 12.5);
	assert_string_equal(run->calls.items[2].name, "f 2");
	assert_int_equal(run->calls.items[2].level, 0);
	assert_int_equal(profile.skipped, 0);
	profile_finish(&profile);
}

static void test_several_runs(void **state)
{
	struct profile profile = read_text(
	    "CMDLINE one\nMEM 1.0 10.0\nMEM 2.0 11.0\n"
	    "FUNC late 1.0 20.1 1.0 20.2 0\nFUNC own 1.0 10.1 1.0 10.2 0\n"
	    "CMDLINE two\nMEM 3.0 20.0\nMEM 4.0 21.0\n");

	(void)state;
	assert_int_equal(profile.runs.len, 2);
	assert_string_equal(profile.runs.items[0].command, "one");
	assert_string_equal(profile.runs.items[1].command, "two");
	assert_int_equal(profile.runs.items[0].calls.len, 1);
	assert_string_equal(profile.runs.items[0].calls.items[0].name, "own");
	assert_int_equal(profile.runs.items[1].calls.len, 1);
	assert_string_equal(profile.runs.items[1].calls.items[0].name, "late");
	profile_finish(&profile);
}

static void test_samples_without_command(void **state)
{
	struct profile profile =
	    read_text("MEM 1.0 10.0\nCMDLINE two\nMEM 3.0 20.0\n");

	(void)state;
	assert_int_equal(profile.runs.len, 2);
	assert_null(profile.runs.items[0].command);
	assert_string_equal(profile.runs.items[1].command, "two");
	profile_finish(&profile);
}

static void test_last_zero_is_no_sample(void **state)
{
	static const double total[][2] = {{1, 10}, {0, 11}, {2, 12}};
	struct profile profile =
	    read_text("CMDLINE x\nMEM 1.0 10.0\nMEM 0.0 11.0\nMEM 2.0 12.0\n"
		      "CHLD 7 1.0 12.0\nMEM 0.000000 13.0\n"
		      "CHLD 7 0.000000 13.0\nCHLD 0 0.000000 13.0\n");
	struct run *run = only_run(profile);

	(void)state;
	assert_samples(&run->total, total, 3);
	assert_int_equal(run->processes.len, 2);
	assert_int_equal(run->processes.items[0].memory.len, 1);
	assert_int_equal(run->processes.items[1].pid, 0);
	assert_int_equal(run->processes.items[1].memory.len, 0);
	profile_finish(&profile);
}

static void test_children_by_index(void **state)
{
	struct profile profile = read_text(
	    "CMDLINE x\nCHLD 0 1.5 10.0\nCHLD 1 2.5 10.0\nCHLD 0 3.5 11.0\n");
	struct run *run = only_run(profile);

	(void)state;
	assert_int_equal(run->processes.len, 2);
	assert_string_equal(run->processes.items[0].key, "0");
	assert_int_equal(run->processes.items[0].memory.len, 2);
	assert_true(run->processes.items[1].memory.items[0].mib == 2.5);
	profile_finish(&profile);
}

static void test_untidy(void **state)
{
	static const double total[][2] = {
	    {1, 10}, {2, 11}, {3, 12}, {1000, 13}, {5, 14}};
	struct profile profile =
	    read_text("CMDLINE x\r\n\r\n  MEM 1.0 10.0\r\n\n\tMEM  2.0\t11.0 \n"
		      "MEM 3.0 12.0 and more\nMEM 1e3 1_3\nMEM nan 14.0\n"
		      "MEM inf 15\nMEM 4 nan\nMEM +5.0 14.0\nTHING 1.0 2.0\n");
	struct run *run = only_run(profile);

	(void)state;
	assert_string_equal(run->command, "x");
	assert_samples(&run->total, total, 5);
	assert_int_equal(profile.skipped, 0);
	assert_int_equal(profile.unknown, 1);
	profile_finish(&profile);
}

static void test_times_backwards(void **state)
{
	static const double total[][2] = {{3, 9}, {1, 10}, {4, 10}, {2, 11}};
	struct profile profile = read_text("CMDLINE x\nMEM 1.0 10.0\n"
					   "MEM 2.0 11.0\nMEM 3.0 9.0\n"
					   "MEM 4.0 10.0\n");

	(void)state;
	assert_samples(&only_run(profile)->total, total, 4);
	profile_finish(&profile);
}

static void test_skipped(void **state)
{
	static const char text[] =
	    "CMDLINE x\nMEM 1.0 10.0\nMEM 0x10 11.0\nMEM 2.0\nCHLD 3 1.0\n"
	    "FUNC 1 2 3 4\nwhat is this\n\0\0\0\nMEM 2.0 12.0\nPROC 1 2 pid=x\n"
	    "MARK 1.0 2.0\nCHLD 5\0 1.0 2.0\n";
	struct profile profile = read_bytes(text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(only_run(profile)->total.len, 2);
	assert_int_equal(profile.skipped, 9);
	assert_int_equal(profile.first_skipped, 3);
	profile_finish(&profile);
}

static size_t samples_of(const char *text)
{
	struct profile profile = read_text(text);
	size_t len = profile.runs.len ? profile.runs.items[0].total.len : 0;

	profile_finish(&profile);
	return len;
}

static void test_torn(void **state)
{
	(void)state;
	assert_int_equal(samples_of("MEM 1.0 1795358001.25\nMEM 2.0 1795"), 1);
	assert_int_equal(
	    samples_of("MEM 1.0 1795358001.25\nMEM 2.0 1795358002.2"), 1);
	assert_int_equal(
	    samples_of("MEM 1.0 1795358001.25\nMEM 2.0 1795358002.25"), 2);
	assert_int_equal(
	    samples_of("MEM 1.0 1795358001.25\nMEM 2.0 1795358002.25\r"), 2);
	assert_int_equal(samples_of("MEM 1 1795358001\nMEM 2 1795358002"), 2);
	assert_int_equal(samples_of("MEM 1 1795358001\nMEM 2 179535800"), 1);
	assert_int_equal(samples_of("MEM 21.7 1795358"), 0);
	assert_int_equal(samples_of("MEM 21.700000 1795358001.1234"), 1);
}

static void test_torn_others(void **state)
{
	struct profile profile = read_text("CMDLINE x\nMEM 1.0 10.00\n"
					   "EXIT 1.0 10.00 pid=12 status=1");

	(void)state;
	assert_false(profile.runs.items[0].exit.known);
	assert_int_equal(profile.skipped, 1);
	assert_int_equal(profile.first_skipped, 3);
	profile_finish(&profile);

	profile = read_text("MEM 1.0 10.00\nEXIT;pid=12;status=1 1.0 10.0");
	assert_false(profile.runs.items[0].exit.recorded);
	profile_finish(&profile);
	profile = read_text("MEM 1.0 10.00\nEXIT;pid=12;status=1 1.0 10.05");
	assert_true(profile.runs.items[0].exit.known);
	profile_finish(&profile);

	profile =
	    read_text("FUNC f 1.0 1.00 1.0 2.00 1\nFUNC f 1.0 1.00 1.0 2");
	assert_int_equal(profile.runs.items[0].calls.len, 1);
	profile_finish(&profile);

	profile = read_text("CMDLINE sleep 10");
	assert_string_equal(profile.runs.items[0].command, "sleep 10");
	profile_finish(&profile);
}

static void test_command_escapes(void **state)
{
	static const char text[] =
	    "CMDLINE a\\nb\\x1b[1m \\d \\x41 \0 \\x00 \\xe9\\\n";
	struct profile profile = read_bytes(text, sizeof(text) - 1);

	(void)state;
	assert_string_equal(profile.runs.items[0].command,
	    "a\nb\x1b[1m \\d \\x41 \\x00 \\x00 \xe9\\");
	profile_finish(&profile);
}

/* As version 0.1.0 wrote it, and as it is written now: the same profile. */
static void check_process_records(const char *text)
{
	struct profile profile = read_text(text);
	struct run *run = only_run(profile);
	struct process *child = &run->processes.items[1];

	assert_int_equal(run->processes.len, 2);
	assert_string_equal(run->info.backend, "pss");
	assert_string_equal(run->info.host, "a b");
	assert_true(run->info.interval_s == 0.0005);
	assert_string_equal(run->processes.items[0].command, "make -j2");
	assert_string_equal(child->name, "c;c");
	assert_int_equal(child->ppid, 100);
	assert_int_equal(child->memory.len, 1);
	assert_int_equal(child->exit.signal, 9);
	assert_int_equal(child->exit.code, -1);
	assert_true(child->exit.oom);
	assert_true(child->exit.limit_mib == 512);
	assert_int_equal(child->exit.limit_of, LIMIT_OF_CGROUP);
	assert_int_equal(run->exit.limit_of, LIMIT_OF_UNKNOWN);
	assert_true(run->exit.known);
	assert_int_equal(run->exit.code, 2);
	assert_int_equal(run->exit.signal, 0);
	assert_true(run->exit.time_s == 12);
	assert_true(run->exit.mib == 1.5);
	assert_int_equal(profile.skipped, 0);
	assert_int_equal(profile.unknown, 0);
	profile_finish(&profile);
}

static void test_process_records(void **state)
{
	(void)state;
	check_process_records(
	    "CMDLINE make\nINFO 0 9.0 backend=pss interval=0.0005 "
	    "host=a%20b version=1.0 start=x\n"
	    "PROC 1.0 10.0 pid=100 ppid=1 name=make cmd=make%20-j2\n"
	    "PROC 2.0 10.1 pid=101 ppid=100 name=c%3Bc new=key\n"
	    "CHLD 101 2.0 10.1\n"
	    "EXIT 2.5 11.0 pid=101 signal=9 oom=1 limit=512 of=cgroup\n"
	    "EXIT 1.5 12.0 pid=100 status=2 of=moon\n");
	check_process_records(
	    "CMDLINE make\nINFO;backend=pss;interval=0.0005;"
	    "host=a%20b;version=1.0;start=x 0 9.0\n"
	    "PROC;pid=100;ppid=1;name=make;cmd=make%20-j2 1.0 10.0\n"
	    "PROC;new=key;;pid=101;odd;ppid=100;name=c%3Bc 2.0 10.1\n"
	    "CHLD 101 2.0 10.1\n"
	    "EXIT;pid=101;signal=9;oom=1;limit=512;of=cgroup 2.5 11.0\n"
	    "EXIT;pid=100;status=2;of=moon 1.5 12.0\n");
}

static void test_a_group_is_no_process(void **state)
{
	struct profile profile =
	    read_text("CMDLINE cgroup /a\nMEM 5.0 2.0\nMEM 6.0 3.0\n"
		      "EXIT;pid=0;limit=100.000000;of=cgroup 0.000000 4.0\n");
	struct run *run = only_run(profile);

	(void)state;
	assert_int_equal(run->processes.len, 0);
	assert_true(run->exit.recorded && !run->exit.known);
	assert_true(run->exit.time_s == 4 && run->exit.limit_mib == 100);
	profile_finish(&profile);
}

/* Below 0 or from 2^63 bytes on: left out and counted, in each record. */
static void test_no_measurements(void **state)
{
	static const double total[][2] = {{5, 2}, {8796093022207.9, 7}};
	struct profile profile = read_text(
	    "CMDLINE x\nMEM 1e308 1.0\nMEM 5.0 2.0\nMEM -1e308 3.0\n"
	    "MEM -0.000001 4.0000\nMEM 8796093022208.000000 1795358001.0000\n"
	    "MEM 8796093022208.0 6.0\nMEM 8796093022207.9 7.0\nMEM nan 8.0\n"
	    "CHLD 7 -1.0 2.0\nCHLD 7 99999999999999.000000 1795358001.0000\n"
	    "MARK -1 2.5 label=z\nPEAK 1e300 3.0\nPEAK;since=1 -2 3.0\n"
	    "FUNC f 1 2 -3 4 0\nFUNC f 1e99 2 3 4 0\nEXIT;pid=1;status=0 -5 "
	    "9\nEXIT;pid=1;status=0;limit=-3 5 9\nSHARE;pss=-1 5 9\n"
	    "CALL;name=f;pid=1;end=3;mib1=1e99 5 2\n");
	struct run *run = only_run(profile);

	(void)state;
	assert_samples(&run->total, total, 2);
	assert_int_equal(run->processes.items[0].memory.len, 0);
	assert_int_equal(run->marks.len, 0);
	assert_int_equal(run->peaks.len, 0);
	assert_int_equal(run->shares.len, 0);
	assert_true(run->exit.mib == 5);
	assert_true(run->exit.limit_mib == 0);
	assert_int_equal(run->calls.len, 0);
	assert_int_equal(profile.skipped, 15);
	profile_finish(&profile);
}

static void test_keys_of_this_version(void **state)
{
	struct profile profile =
	    read_text("CMDLINE x\nPROC;pid=7;start=18446744073709551615 1 1\n"
		      "PEAK;since=8.5 20.0 9.0\nPEAK;since=9.0 19.0 10.0\n"
		      "PEAK;since=10.25 30.0 11.0\nPEAK 30.0 11.0\n"
		      "SHARE;pss=12.5;processes=3 40.0 9.5\n"
		      "SHARE;pss=nan 40.0 9.5\nEXIT;pid=8 2.0 12.0\n"
		      "MEM;x=1 1.0 2.0\nNEWS;x=1 1.0 2.0\n");
	struct run *run = only_run(profile);

	(void)state;
	assert_true(run->processes.items[0].start_ticks == UINT64_MAX);
	assert_int_equal(run->peaks.len, 4);
	assert_true(run->peak_sinces.items[2].since_s == 10.25);
	assert_int_equal(run->shares.len, 1);
	assert_true(run->shares.items[0].pss_mib == 12.5);
	assert_true(run->shares.items[0].mib == 40);
	assert_int_equal(run->shares.items[0].processes, 3);
	/* an end that nobody could tell more of */
	assert_true(run->exit.recorded);
	assert_false(run->exit.known);
	assert_true(run->exit.time_s == 12);
	assert_int_equal(run->total.len, 0);
	assert_int_equal(profile.skipped, 1);
	assert_int_equal(profile.unknown, 2);
	profile_finish(&profile);
}

static void test_exit_of_the_program_alone(void **state)
{
	struct profile profile = read_text("CMDLINE false\nMEM 1.0 10.0\n"
					   "EXIT 1.5 12.0 pid=100 status=1\n");

	(void)state;
	assert_int_equal(only_run(profile)->exit.code, 1);
	profile_finish(&profile);
}

static void check_calls_reported_twice(const char *text)
{
	struct profile profile = read_text(text);
	struct run *run = only_run(profile);

	assert_int_equal(run->calls.len, 3);
	assert_string_equal(run->calls.items[0].name, "my f");
	assert_int_equal(run->calls.items[0].tid, 6);
	assert_int_equal(run->calls.items[1].tid, 7);
	assert_true(run->calls.items[1].leave_mib == 2);
	assert_string_equal(run->calls.items[2].name, "other");
	profile_finish(&profile);
}

static void test_calls_reported_twice(void **state)
{
	(void)state;
	check_calls_reported_twice(
	    "CMDLINE x\nFUNC my_f 1.0 10.0 2.0 11.0 0\n"
	    "CALL 1.0 10.0 name=my%20f pid=5 tid=6 level=0 end=11.0 mib1=2.0\n"
	    "FUNC my_f 1.0 10.0 2.0 11.0 0\n"
	    "CALL 1.0 10.0 name=my%20f pid=5 tid=7 level=0 end=11.0 mib1=2.0\n"
	    "FUNC other 1.0 10.0 2.0 11.0 0\n");
	check_calls_reported_twice(
	    "CMDLINE x\nFUNC my_f 1.0 10.0 2.0 11.0 0\n"
	    "CALL;name=my%20f;pid=5;tid=6;level=0;end=11.0;mib1=2.0 1.0 10.0\n"
	    "FUNC my_f 1.0 10.0 2.0 11.0 0\n"
	    "CALL;name=my%20f;pid=5;tid=7;level=0;end=11.0;mib1=2.0 1.0 10.0\n"
	    "FUNC other 1.0 10.0 2.0 11.0 0\n");
}

/* Their times alone don't make two calls one. */
static void test_calls_of_the_same_time(void **state)
{
	struct profile profile = read_text(
	    "CMDLINE x\n"
	    "FUNC my_f 1.0 10.0 2.0 11.0 0\nFUNC my_g 1.0 10.0 2.0 11.0 0\n"
	    "FUNC my 1.0 10.0 2.0 11.0 0\n"
	    "CALL;name=my%20g;pid=5;tid=6;level=0;end=11.0;mib1=2.0 1.0 10.0\n"
	    "CALL;name=my%20f;pid=5;tid=6;level=1;end=11.0;mib1=2.0 1.0 "
	    "10.0\n");
	struct run *run = only_run(profile);

	(void)state;
	assert_int_equal(run->calls.len, 3);
	assert_string_equal(run->calls.items[0].name, "my");
	assert_string_equal(run->calls.items[1].name, "my g");
	assert_string_equal(run->calls.items[2].name, "my f");
	profile_finish(&profile);
}

static void check_marks_and_stacks(const char *text)
{
	struct profile profile = read_text(text);
	struct run *run = only_run(profile);
	struct frame *frames = run->stacks.items[0].frames;

	assert_int_equal(run->marks.len, 1);
	assert_string_equal(run->marks.items[0].label, "phase 2%");
	assert_int_equal(run->stacks.len, 2);
	assert_int_equal(run->stacks.items[0].len, 3);
	assert_string_equal(frames[0].file, "a;.py");
	assert_int_equal(frames[0].line, 12);
	assert_string_equal(frames[0].function, "f");
	assert_string_equal(frames[1].file, "/b:c.py");
	assert_string_equal(frames[1].function, "g::h");
	assert_string_equal(frames[2].function, "odd");
	assert_int_equal(run->stack_samples.len, 3);
	assert_int_equal(run->stack_samples.items[2].stack, 0);
	assert_true(run->stack_samples.items[2].mib == 3);
	profile_finish(&profile);
}

static void test_marks_and_stacks(void **state)
{
	(void)state;
	check_marks_and_stacks(
	    "CMDLINE x\nMARK 1.5 10.0 label=phase%202%25\n"
	    "STACK 1.0 10.0 id=7 frames=a%3b.py:12:f;/b:c.py:3:g::h;odd\n"
	    "STACK 2.0 11.0 id=8 frames=z.py:1:<module>\n"
	    "STACK 3.0 12.0 id=7\n");
	check_marks_and_stacks(
	    "CMDLINE x\nMARK;label=phase%202%25 1.5 10.0\n"
	    "STACK;id=7;frames=a%3b.py:12:f,/b:c.py:3:g::h,odd 1.0 10.0\n"
	    "STACK;id=8;frames=z.py:1:<module> 2.0 11.0\n"
	    "STACK;id=7 3.0 12.0\n");
}

static void test_allocations(void **state)
{
	struct profile profile = read_text(
	    "CMDLINE x\n"
	    "ALLOC;id=1;site=1;size=100;frames=#1:/lib/"
	    "x.so:0:+0x1f,#2:a.py:3:f "
	    "1.0 10.0\n"
	    "ALLOC;id=2;site=2;size=1048576;pid=7;frames=#2:b.py:9:g,"
	    "#3:[vdso]:0:time,#4:x.py:0:h 1.0 11.0\n"
	    "ALLOC;id=5;site=1;size=1 2.0 12.0\n"
	    "ALLOC;id=5;site=1;size=1 2.0 12.0\n"
	    "ALLOC;id=6;site=0;size=1 2.0 12.0\n"
	    "FREE;id=2-4,6 3.0 13.0\n"
	    "FREE;id=1-18446744073709551615 3.0 14.0\n"
	    "HELD;pid=7;by=malloc;period=65536;every=4 3.0 14.0\n"
	    "NAME;frame=1;frames=a.c:5:in%2cner,a.c:9:outer 0.0 15.0\n");
	struct run *run = only_run(profile);
	const struct allocation *held = run->allocations.items;
	const struct stack *stack;

	(void)state;
	assert_int_equal(profile.skipped, 1); /* the id comes again */
	assert_int_equal(run->allocations.len, 4);
	assert_true(held[0].freed_s == 14 && held[1].freed_s == 13);
	assert_true(held[2].freed_s == 14 && held[3].freed_s == 13);
	assert_true(held[1].pid == 7 && held[1].size_mib == 1);
	stack = &run->sites.items[held[2].site].stack;
	assert_int_equal(stack->len, 3);
	assert_string_equal(stack->frames[0].function, "in,ner");
	assert_string_equal(stack->frames[1].function, "outer");
	assert_string_equal(stack->frames[1].module, "/lib/x.so");
	assert_string_equal(stack->frames[2].function, "f");
	assert_null(stack->frames[2].module);
	stack = &run->sites.items[held[1].site].stack;
	assert_int_equal(stack->len, 3);
	assert_string_equal(stack->frames[0].function, "f"); /* as at first */
	assert_string_equal(stack->frames[1].module, "[vdso]");
	assert_null(stack->frames[2].module);
	assert_int_equal(run->sites.items[held[3].site].stack.len, 0);
	assert_int_equal(run->hooked.items[0].every, 4);
	profile_finish(&profile);
}

/* Each name makes the array of frames longer. */
static void test_names_of_unknown_frames(void **state)
{
	char *text = mem_copy("CMDLINE x\nMEM 1.0 1.0\n");
	struct profile profile;

	(void)state;
	for (int i = 1; i <= 300; i++) {
		char *longer = mem_format(
		    "%sNAME;frame=%d;frames=a.c:%d:f 0.0 2.0\n", text, i, i);

		free(text);
		text = longer;
	}
	profile = read_text(text);
	assert_int_equal(only_run(profile)->code.len, 300);
	assert_int_equal(
	    only_run(profile)->code.items[299].names.items[0].line, 300);
	profile_finish(&profile);
	free(text);
}

/* A profile in words: what each way to read must agree on. */
static void describe(const struct profile *profile, char *out, size_t size)
{
	const struct run *run =
	    profile->runs.len ? &profile->runs.items[0] : NULL;

	snprintf(out, size,
	    "%zu runs, %zu lines, %zu skipped, first %zu, "
	    "%zu samples, %zu marks",
	    profile->runs.len, profile->lines, profile->skipped,
	    profile->first_skipped, run ? run->total.len : 0,
	    run ? run->marks.len : 0);
}

static void read_by_pipe(struct profile *profile, const char *bytes, size_t len)
{
	char path[64];
	struct err e;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(ends[0]);
		for (size_t at = 0; at < len;) {
			ssize_t wrote = write(ends[1], bytes + at, len - at);

			if (wrote <= 0)
				_exit(1);
			at += (size_t)wrote;
		}
		_exit(0);
	}
	close(ends[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	assert_int_equal(dat_read(profile, path, &e), 0);
	close(ends[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* A file that is read in one block or in several, and a pipe, come to the
 * same. */
static void check_each_size(const char *first, const char *line)
{
	static const size_t sizes[] = {
	    0, 100, 60 << 10, 250 << 10, 300 << 10, 3 << 20, 5 << 20};
	size_t most = sizes[6] + 200;
	char *text = mem_zero(most, 1), told[2][200];

	for (size_t i = 0; i < 7; i++) {
		size_t len = strlen(first);
		struct profile profile;

		memcpy(text, first, len);
		for (; len < sizes[i]; len += strlen(line))
			memcpy(text + len, line, strlen(line));
		profile = read_bytes(text, len);
		describe(&profile, told[0], sizeof(told[0]));
		profile_finish(&profile);
		read_by_pipe(&profile, text, len);
		describe(&profile, told[1], sizeof(told[1]));
		profile_finish(&profile);
		assert_string_equal(told[0], told[1]);
	}
	free(text);
}

static void test_each_size(void **state)
{
	static const char *const firsts[] = {"", "\n", "\n\n\n", "\r\n",
	    " \t\n", "\n\nCMDLINE x\n", "junk\n", "x\n\n",
	    "FUNC f 1 1 1 2 0\n\n"};
	static const char *const lines[] = {"\n",
	    "MEM 1.000000 1795358001.0000\n", "\r\n", "junk\n",
	    "MARK;label=x 1.0 2.0\n", "MEM 1 1\n\n", " "};

	(void)state;
	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++)
		check_each_size(firsts[i], lines[1]);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		check_each_size(firsts[1], lines[i]);
}

/* Blocks end anywhere: in a keyword, a number, before a newline. */
static void test_many_blocks(void **state)
{
	enum { COUNT = 60000 };
	char *text = mem_zero(COUNT, 40), *at = text;
	struct profile profile;
	struct run *run;

	(void)state;
	at += sprintf(at, "CMDLINE x\n");
	for (int i = 0; i < COUNT; i++)
		at += sprintf(at, i % 3 ? "MEM %d.5 %d.25\n" : "CHLD 9 %d %d\n",
		    i % 1000, i);
	profile = read_bytes(text, (size_t)(at - text));
	run = only_run(profile);
	assert_int_equal(run->total.len, COUNT / 3 * 2);
	assert_int_equal(run->processes.items[0].memory.len, COUNT / 3);
	assert_int_equal(profile.lines, COUNT + 1);
	for (size_t i = 0; i < run->total.len; i++) {
		const struct sample *sample = &run->total.items[i];
		size_t line = i / 2 * 3 + 1 + i % 2;

		assert_true(sample->time_s == (double)line + 0.25);
		assert_true(sample->mib == (double)(line % 1000) + 0.5);
	}
	profile_finish(&profile);
	free(text);
}

/* Writes rows of 0 to 199 samples with something else behind each; that gap
 * stands before their memory. */
static size_t write_rows(char *text, const char *gap)
{
	static const char *const others[] = {
	    "CHLD 0 0.000000 1700000001.0000\n", "junk\n",
	    "CHLD 9 4.000000 1700000002.0000\n",
	    "MEM 7.000000 1600000000.0000\n", "MEM nan 1700000000.0000\n",
	    "MEM 8.000000 nan\n", "MARK;label=x\n"};
	char *at = text + sprintf(text, "CMDLINE x\n");
	int seconds = 0;

	for (size_t row = 0; row < 200; row++) {
		for (size_t i = 0; i < row; i++, seconds++)
			at += sprintf(at, "MEM %s%zu.500000 17%08d.0000\n", gap,
			    (row + i) % 70, seconds);
		at += sprintf(at, "%s", others[row % 7]);
	}
	return (size_t)(at - text);
}

/* Plain samples, which are taken many at a time, come to the same as others. */
static void test_rows_of_samples(void **state)
{
	char *text = mem_zero(25000, 40);
	struct profile plain = read_bytes(text, write_rows(text, ""));
	struct profile other = read_bytes(text, write_rows(text, " "));
	const struct run *run = only_run(plain), *same = only_run(other);

	(void)state;
	assert_int_equal(run->total.len, 199 * 200 / 2 + 29);
	assert_int_equal(run->total.len, same->total.len);
	for (size_t i = 0; i < run->total.len; i++)
		assert_memory_equal(&run->total.items[i], &same->total.items[i],
		    sizeof(struct sample));
	assert_int_equal(run->state.whole, same->state.whole);
	assert_int_equal(run->state.lost, same->state.lost);
	assert_int_equal(plain.lines, other.lines);
	assert_int_equal(plain.skipped, 29 + 28);
	assert_int_equal(plain.skipped, other.skipped);
	assert_int_equal(plain.first_skipped, other.first_skipped);
	profile_finish(&plain);
	profile_finish(&other);
	free(text);
}

/* The second line would be a record, were only its end read. */
static void test_long_lines(void **state)
{
	size_t len = (size_t)70 << 20;
	char *text = malloc(len);
	struct profile profile;

	(void)state;
	memset(text, ' ', len);
	memset(text, 'a', (size_t)3 << 20);
	memcpy(text, "CMDLINE ", 8);
	text[(size_t)3 << 20] = '\n';
	memcpy(text + len - 25, "MEM 9.0 9.0\nMEM 1.0 10.0\n", 25);
	profile = read_bytes(text, len);
	free(text);
	assert_int_equal(
	    strlen(only_run(profile)->command), ((size_t)3 << 20) - 8);
	assert_int_equal(profile.runs.items[0].total.len, 1);
	assert_int_equal(profile.skipped, 1);
	assert_int_equal(profile.first_skipped, 2);
	assert_int_equal(profile.lines, 3);
	profile_finish(&profile);
}

static void test_many_processes(void **state)
{
	enum { COUNT = 10000 };
	char *text = mem_zero(COUNT, 80), *at = text;
	struct profile profile;

	(void)state;
	for (int i = 0; i < COUNT; i++)
		at += sprintf(at, "CHLD %d 1 1\n", i + 1);
	for (int i = COUNT; i > 0; i--)
		at += sprintf(at, "CHLD %d 2 2\n", i);
	profile = read_bytes(text, (size_t)(at - text));
	free(text);
	assert_int_equal(only_run(profile)->processes.len, COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		struct process *process =
		    &profile.runs.items[0].processes.items[i];

		assert_int_equal(process->pid, i + 1);
		assert_int_equal(process->memory.len, 2);
	}
	profile_finish(&profile);
}

static void test_no_such_file(void **state)
{
	struct profile profile;
	struct err e;

	(void)state;
	assert_int_equal(dat_read(&profile, "/no/such.dat", &e), -1);
	assert_string_equal(
	    e.text, "/no/such.dat: can't be read: No such file or directory");
	profile_finish(&profile);
	assert_int_equal(dat_read(&profile, "/", &e), -1);
	assert_string_equal(e.text, "/: is a directory; name a recording");
	profile_finish(&profile);
	assert_int_equal(dat_read(&profile, "/dev/zero", &e), -1);
	assert_string_equal(e.text, "/dev/zero: is a device; name a recording");
	profile_finish(&profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ordinary),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_calls_before_command),
	    cmocka_unit_test(test_several_runs),
	    cmocka_unit_test(test_samples_without_command),
	    cmocka_unit_test(test_last_zero_is_no_sample),
	    cmocka_unit_test(test_children_by_index),
	    cmocka_unit_test(test_untidy),
	    cmocka_unit_test(test_times_backwards),
	    cmocka_unit_test(test_skipped),
	    cmocka_unit_test(test_torn),
	    cmocka_unit_test(test_torn_others),
	    cmocka_unit_test(test_command_escapes),
	    cmocka_unit_test(test_process_records),
	    cmocka_unit_test(test_a_group_is_no_process),
	    cmocka_unit_test(test_no_measurements),
	    cmocka_unit_test(test_keys_of_this_version),
	    cmocka_unit_test(test_exit_of_the_program_alone),
	    cmocka_unit_test(test_calls_reported_twice),
	    cmocka_unit_test(test_calls_of_the_same_time),
	    cmocka_unit_test(test_marks_and_stacks),
	    cmocka_unit_test(test_allocations),
	    cmocka_unit_test(test_names_of_unknown_frames),
	    cmocka_unit_test(test_each_size),
	    cmocka_unit_test(test_many_blocks),
	    cmocka_unit_test(test_rows_of_samples),
	    cmocka_unit_test(test_long_lines),
	    cmocka_unit_test(test_many_processes),
	    cmocka_unit_test(test_snapshots),
	    cmocka_unit_test(test_no_such_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
