// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "dat/reader.h"
#include "profile/process.h"
#include "scratch.h"

static struct profile read_text(const char *text)
{
	char path[SCRATCH_MAX];
	struct profile profile;
	int fd = scratch_file(path);
	FILE *file = fdopen(fd, "w");
	struct err e;

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(dat_read(&profile, path, &e), 0);
	unlink(path);
	assert_int_equal(profile.skipped, 0);
	return profile;
}

/* Compares a process's memory at each of the ticks; -1: nothing was recorded.
 */
static void check_ticks(
    const struct process *process, const double *expected, size_t count)
{
	struct tick_cursor cursor = {0};

	for (size_t i = 0; i < count; i++) {
		double mib = -1;

		process_at_tick(process, &cursor, i, &mib);
		if (mib != expected[i])
			fail_msg("tick %zu: %g, not %g", i, mib, expected[i]);
	}
}

#define CHECK_TICKS(process, ...)                             \
	check_ticks((process), (const double[]){__VA_ARGS__}, \
	    sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

/* Ticks that share a time of four digits stay two. */
static void a_tick_is_what_follows_a_mem(void **state)
{
	struct profile profile = read_text(
	    "CMDLINE x\nMEM 9 1.0000\nCHLD 5 4 1.0000\nCHLD 6 1 1.0000\n"
	    "MEM 8 1.0000\nCHLD 5 3 1.0000\nMEM 7 1.1000\n"
	    "MEM 9 1.2000\nCHLD 5 2 1.2000\nCHLD 6 6 1.2000\n");
	const struct run *run = &profile.runs.items[0];

	(void)state;
	assert_int_equal(run->processes.len, 2);
	CHECK_TICKS(&run->processes.items[0], 4, 3, -1, 2);
	CHECK_TICKS(&run->processes.items[1], 1, -1, -1, 6);
	profile_finish(&profile);
}

static void a_start_tells_lives_apart(void **state)
{
	struct profile profile = read_text(
	    "CMDLINE x\nINFO;version=9 0 1\nPROC;pid=1;start=10;name=sh 1 1.0\n"
	    "PROC;pid=5;start=20;ppid=1;name=a 3 1.0\nMEM 4 1.0\n"
	    "CHLD 5 3 1.0\nPROC;pid=5;start=20;ppid=1;name=b 3 1.0\n"
	    "MEM 1 1.1\nMEM 4 1.2\nCHLD 5 3 1.2\n"
	    "PROC;pid=5;start=30;ppid=1;name=c 8 1.3\nMEM 9 1.3\n"
	    "CHLD 5 8 1.3\nEXIT;pid=5;status=4 8 1.3\nMEM 3 1.4\n"
	    "CHLD 5 2 1.4\nPROC;pid=5;start=40;ppid=1;name=d 2 1.4\n");
	const struct run *run = &profile.runs.items[0];
	const struct process *five = &run->processes.items[1];

	(void)state;
	assert_int_equal(run->processes.len, 4);
	assert_string_equal(five[0].name, "b");
	CHECK_TICKS(&five[0], 3, -1, 3, -1, -1);
	assert_string_equal(five[1].name, "c");
	assert_int_equal(five[1].start_ticks, 30);
	assert_int_equal(five[1].exit.code, 4);
	CHECK_TICKS(&five[1], -1, -1, -1, 8, -1);
	assert_string_equal(five[2].name, "d");
	CHECK_TICKS(&five[2], -1, -1, -1, -1, 2);
	assert_false(run->exit.recorded);
	profile_finish(&profile);
}

/* Version 0.1.0 wrote no starts, and PROC up to 20 ms behind the first CHLD. */
static void a_second_proc_begins_a_life(void **state)
{
	struct profile profile =
	    read_text("CMDLINE x\nPROC 1 1 pid=1 name=sh\n"
		      "MEM 4 1.0\nCHLD 5 3 1.0\n"
		      "PROC 3 1.0 pid=5 name=a\nMEM 1 1.1\n"
		      "MEM 9 1.2\nCHLD 5 7 1.2\n"
		      "MEM 9 1.3\nCHLD 5 8 1.3\n"
		      "PROC 8 1.3 pid=5 name=b\n"
		      "MEM 9 1.4\nCHLD 5 6 1.4\n"
		      "MEM 1 1.5\nMEM 9 1.6\n"
		      "CHLD 5 5 1.6\n");
	const struct run *run = &profile.runs.items[0];

	(void)state;
	assert_int_equal(run->processes.len, 3);
	assert_string_equal(run->processes.items[1].name, "a");
	CHECK_TICKS(&run->processes.items[1], 3, -1, -1, -1, -1, -1, -1);
	assert_string_equal(run->processes.items[2].name, "b");
	CHECK_TICKS(&run->processes.items[2], -1, -1, 7, 8, 6, -1, 5);
	profile_finish(&profile);
}

/* memory_profiler introduces none; where one child vanishes it loses the
 * others too, and writes a child 0 of no size. */
static void a_gap_ends_a_life_where_none_is_introduced(void **state)
{
	struct profile gap = read_text(
	    "CMDLINE x\nMEM 4 1\nCHLD 5 3 1\nMEM 1 2\nMEM 1 3\nMEM 1 4\n"
	    "MEM 1 5\nMEM 9 6\nCHLD 5 7 6\n");
	struct profile lost = read_text(
	    "CMDLINE x\nMEM 4 1\nCHLD 5 3 1\nMEM 1 2\nCHLD 0 0.0 2\nMEM 1 3\n"
	    "CHLD 0 0.0 3\nMEM 1 4\nCHLD 0 0.0 4\nMEM 1 5\nCHLD 0 0.0 5\n"
	    "MEM 9 6\nCHLD 5 7 6\n");

	(void)state;
	assert_int_equal(gap.runs.items[0].processes.len, 2);
	CHECK_TICKS(&gap.runs.items[0].processes.items[0], 3, -1, -1, -1);
	CHECK_TICKS(
	    &gap.runs.items[0].processes.items[1], -1, -1, -1, -1, -1, 7);
	assert_int_equal(lost.runs.items[0].processes.len, 2); /* and 0 */
	CHECK_TICKS(
	    &lost.runs.items[0].processes.items[0], 3, -1, -1, -1, -1, 7);
	profile_finish(&gap);
	profile_finish(&lost);
}

/* Times that go backwards: samples are put in order, and so are the ticks. */
static void times_tell_ticks_where_they_go_back(void **state)
{
	struct profile profile =
	    read_text("CMDLINE x\nMEM 9 3\nCHLD 5 4 3\nMEM 8 1\nCHLD 5 3 1\n"
		      "MEM 7 2\nMEM 7 2\nCHLD 6 1 2\nMEM 5 2\nCHLD 6 2 2\n");
	const struct run *run = &profile.runs.items[0];

	(void)state;
	CHECK_TICKS(&run->processes.items[0], 3, -1, -1, -1, 4);
	CHECK_TICKS(&run->processes.items[1], -1, 1, 2, -1, -1);
	profile_finish(&profile);
}

/* A recording of so many ticks: MEM is root and share of what the child has. */
static enum run_total total_of(const char *head, int ticks, double share)
{
	char text[16384], *at = text;
	struct profile profile;
	enum run_total total;

	at += sprintf(at, "CMDLINE x\n%s", head);
	for (int i = 0; i < ticks; i++) {
		double child = i % 7 ? 3 * (i % 7) : 0;

		at += sprintf(
		    at, "MEM %f %d\n", 20 + i % 2 + share * child, i + 1);
		if (child > 0)
			at += sprintf(at, "CHLD 5 %f %d\n", child, i + 1);
	}
	profile = read_text(text);
	total = run_total_of(&profile.runs.items[0]);
	profile_finish(&profile);
	return total;
}

static void mem_is_known_by_what_moves_with_it(void **state)
{
	(void)state;
	assert_int_equal(total_of("", 50, 1), RUN_TOTAL_ALL);
	assert_int_equal(total_of("", 50, 0), RUN_TOTAL_PROGRAM);
	assert_int_equal(total_of("", 4, 1), RUN_TOTAL_UNKNOWN);
	assert_int_equal(
	    total_of("PROC;pid=4;start=9 1 1\n", 4, 1), RUN_TOTAL_ALL);
	assert_int_equal(total_of("", 0, 0), RUN_TOTAL_UNKNOWN);
}

static enum run_total total_of_text(const char *text)
{
	struct profile profile = read_text(text);
	enum run_total total = run_total_of(&profile.runs.items[0]);

	profile_finish(&profile);
	return total;
}

/* As memory_profiler recorded a program that forks at once, with -C -M and with
 * -M: what its two children held never changed. */
static void mem_is_known_by_the_end_of_constant_children(void **state)
{
	(void)state;
	assert_int_equal(
	    total_of_text("CMDLINE x\nMEM 6.417969 1.0\nMEM 77.562500 1.1\n"
			  "CHLD 8 24.839844 1.2\nCHLD 9 24.839844 1.2\n"
			  "MEM 77.562500 1.3\n"
			  "CHLD 8 24.839844 1.4\nCHLD 9 24.839844 1.4\n"
			  "MEM 27.882812 1.5\n"
			  "CHLD 8 0.000000 1.6\nCHLD 9 0.000000 1.6\n"),
	    RUN_TOTAL_ALL);
	assert_int_equal(
	    total_of_text("CMDLINE x\nMEM 6.417969 1.0\nMEM 57.882812 1.1\n"
			  "CHLD 8 24.839844 1.2\nMEM 57.882812 1.3\n"
			  "CHLD 8 24.839844 1.4\nMEM 57.882812 1.5\n"
			  "MEM 57.882812 1.7\n"),
	    RUN_TOTAL_PROGRAM);
}

static void mem_is_unknown_beside_what_proves_nothing(void **state)
{
	(void)state;
	/* The children were there from the first tick to the last. */
	assert_int_equal(total_of_text("CMDLINE x\nMEM 57 1.0\nCHLD 8 24 1.1\n"
				       "MEM 57 1.3\nCHLD 8 24 1.4\n"),
	    RUN_TOTAL_UNKNOWN);
	/* The child ended between MEM and CHLD. */
	assert_int_equal(total_of_text("CMDLINE x\nMEM 57 1.0\nCHLD 8 24 1.1\n"
				       "MEM 57 1.3\nMEM 33 1.5\n"),
	    RUN_TOTAL_UNKNOWN);
	/* The program changed at both turns. */
	assert_int_equal(
	    total_of_text("CMDLINE x\nMEM 6 1.0\nMEM 57 1.1\nCHLD 8 24 1.2\n"
			  "MEM 40 1.3\nMEM 40 1.4\n"),
	    RUN_TOTAL_UNKNOWN);
	/* It did once as a sum does, and once as what it holds itself. */
	assert_int_equal(
	    total_of_text("CMDLINE x\nMEM 57 1.1\nCHLD 8 24 1.2\nMEM 33 1.3\n"
			  "MEM 33 1.4\nCHLD 9 30 1.5\nMEM 33 1.6\n"
			  "CHLD 9 30 1.7\n"),
	    RUN_TOTAL_UNKNOWN);
	/* A change this small may be noise. */
	assert_int_equal(total_of_text("CMDLINE x\nMEM 57 1.0\nCHLD 8 .4 1.1\n"
				       "MEM 56.6 1.3\nMEM 56.6 1.5\n"),
	    RUN_TOTAL_UNKNOWN);
}

/* One tick at which the descendants exceed MEM turns nothing. */
static void one_tick_above_proves_nothing(void **state)
{
	struct profile profile =
	    read_text("CMDLINE x\nPROC;pid=4;start=9 1 1\nMEM 5 1\nCHLD 5 4 1\n"
		      "MEM 5 2\nCHLD 5 40 2\nMEM 5 3\nCHLD 5 4 3\n"
		      "MEM 5 4\nCHLD 5 4 4\n");

	(void)state;
	assert_int_equal(run_total_of(&profile.runs.items[0]), RUN_TOTAL_ALL);
	profile_finish(&profile);
}

/* It held as much under each name, so that of most samples is the name. */
static void a_title_that_is_found_late_is_the_name(void **state)
{
	struct profile profile = read_text(
	    "CMDLINE x\nPROC;pid=1;start=1;name=sh 1 1.0\nMEM 4 1.0\n"
	    "CHLD 5 3 1.0\nPROC;pid=5;start=2;name=master 3 1.0\nMEM 4 1.1\n"
	    "CHLD 5 3 1.1\nPROC;pid=5;start=2;name=worker 3 1.1\nMEM 4 1.2\n"
	    "CHLD 5 3 1.2\nMEM 4 1.3\nCHLD 5 3 1.3\nMEM 4 1.4\n"
	    "CHLD 5 3 1.4\nPROC;pid=5;start=2;name=stopping 3 1.4\n"
	    "MEM 4 1.5\nCHLD 5 3 1.5\n");

	(void)state;
	assert_string_equal(
	    profile.runs.items[0].processes.items[1].name, "worker");
	profile_finish(&profile);
}

/* A process has the name that it had at its highest. */
static void the_name_is_that_of_the_peak(void **state)
{
	struct profile profile = read_text(
	    "CMDLINE x\nPROC;pid=1;start=1;name=sh 1 1.0\nMEM 4 1.0\n"
	    "CHLD 5 3 1.0\nPROC;pid=5;start=2;name=sh;cmd=shim.sh 3 1.0\n"
	    "MEM 4 1.1\nCHLD 5 3 1.1\nMEM 90 1.2\nCHLD 5 80 1.2\n"
	    "PROC;pid=5;start=2;name=java;cmd=java%20x 80 1.2\n"
	    "MEM 9 1.3\nCHLD 5 8 1.3\n"
	    "PROC;pid=5;start=2;name=java;cmd=stopping 8 1.3\n"
	    "MEM 9 1.4\nCHLD 5 9 1.4\n"
	    "PROC;pid=1;start=1;name=make 1 1.4\n");
	const struct run *run = &profile.runs.items[0];

	(void)state;
	assert_int_equal(run->processes.len, 2);
	assert_string_equal(run->processes.items[0].name, "make");
	assert_string_equal(run->processes.items[1].name, "java");
	assert_string_equal(run->processes.items[1].command, "java x");
	profile_finish(&profile);
}

static void another_start_is_another_process(void **state)
{
	struct profile profile = read_text("CMDLINE x\nMEM 9 1.0000\n");
	struct run *run = &profile.runs.items[0];
	static const uint64_t starts[] = {100, 100, 0, 101, 0};
	static const size_t counts[] = {1, 1, 1, 2, 2};

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		const struct process *process =
		    run_process_of(run, "5", 1, starts[i]);

		assert_int_equal(run->processes.len, counts[i]);
		assert_int_equal(process->start_ticks, 99 + counts[i]);
	}
	profile_finish(&profile);
}

/* Two processes have the same pid, one after the other: two snapshots are of
 * the first process, and one is of the second. */
static void a_snapshot_is_of_the_process_of_its_time(void **state)
{
	struct profile profile =
	    read_text("CMDLINE x\nPROC;pid=1;start=1;name=sh 1 1.0\nMEM 4 1.0\n"
		      "CHLD 5 3 1.0\nPROC;pid=5;start=2;name=a 3 1.0\n"
		      "HEAP;id=1;types=0;label=x;pid=5 3 1.1\n"
		      "HEAP;id=2;types=0;label=x;pid=5 3 1.2\n"
		      "EXIT;pid=5;status=0 3 1.3\nMEM 4 1.4\nCHLD 5 3 1.4\n"
		      "PROC;pid=5;start=3;name=b 3 1.4\n"
		      "HEAP;id=3;types=0;label=x;pid=5 3 1.5\n"
		      "HEAP;id=4;types=0;label=x;pid=9 3 1.5\n");
	const struct run *run = &profile.runs.items[0];

	(void)state;
	assert_int_equal(run->processes.len, 3);
	assert_int_equal(run->snapshots.len, 4);
	assert_int_equal(run->snapshots.items[0].process, 2);
	assert_int_equal(run->snapshots.items[1].process, 2);
	assert_int_equal(run->snapshots.items[2].process, 3);
	assert_int_equal(run->snapshots.items[3].process, 0);
	profile_finish(&profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(another_start_is_another_process),
	    cmocka_unit_test(a_tick_is_what_follows_a_mem),
	    cmocka_unit_test(a_start_tells_lives_apart),
	    cmocka_unit_test(a_second_proc_begins_a_life),
	    cmocka_unit_test(a_gap_ends_a_life_where_none_is_introduced),
	    cmocka_unit_test(times_tell_ticks_where_they_go_back),
	    cmocka_unit_test(mem_is_known_by_what_moves_with_it),
	    cmocka_unit_test(the_name_is_that_of_the_peak),
	    cmocka_unit_test(a_title_that_is_found_late_is_the_name),
	    cmocka_unit_test(mem_is_known_by_the_end_of_constant_children),
	    cmocka_unit_test(mem_is_unknown_beside_what_proves_nothing),
	    cmocka_unit_test(one_tick_above_proves_nothing),
	    cmocka_unit_test(a_snapshot_is_of_the_process_of_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
