// SPDX-License-Identifier: MIT
//
// The use of processes is counted, also of those that have ended; a directory
// stands for /proc.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "fake_proc.h"
#include "recorder/usage.h"

static struct procfs fs;
static struct members members;
static struct usage_tracker tracker;

struct counts {
	int pid, ppid;
	int64_t ticks, waited; /* 100 a second */
	int threads;
};

static void put(struct counts c)
{
	char path[256], text[512];

	snprintf(path, sizeof(path), "%s/%d", fake_root, c.pid);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%d/stat", c.pid);
	snprintf(text, sizeof(text),
	    "%d (p) S %d 1 1 0 -1 0 7 0 1 0 %" PRIu64 " 0 %" PRId64
	    " 0 20 0 %d 0 %d 4096 10 0\n",
	    c.pid, c.ppid, (uint64_t)c.ticks, c.waited, c.threads, c.pid);
	fake_write(path, text);
}

static void put_io(int pid, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%d/io", pid);
	fake_write(path, text);
}

static void join(int pid, int ppid)
{
	members_add(&members,
	    &(struct proc_stat){
		.pid = pid, .ppid = ppid, .started = (uint64_t)pid})
	    ->kib = 40;
}

static void leave(int pid)
{
	members_lose(&members, members_find(&members, pid));
	usage_tracker_close(&tracker, &members);
	members_sweep(&members);
}

static double seconds(void)
{
	return usage_tracker_read(&tracker, &members, 0)[FIGURE_CPU];
}

static int begin(void **state)
{
	(void)state;
	members = (struct members){0};
	if (procfs_init(&fs, fake_root, NULL) != 0)
		return -1;
	usage_tracker_init(&tracker, &fs,
	    1U << RESOURCE_CPU | 1U << RESOURCE_THREADS | 1U << RESOURCE_IO, 0,
	    0);
	return 0;
}

static int finish(void **state)
{
	char path[256];

	(void)state;
	members_finish(&members);
	procfs_finish(&fs);
	for (int pid = 100; pid < 104; pid++) {
		snprintf(path, sizeof(path), "%s/%d/io", fake_root, pid);
		remove(path);
		fake_gone(pid);
	}
	return 0;
}

/* 100 has a child 101, which has a child 102. */
static void family(void)
{
	put((struct counts){100, 1, 100, 0, 1});
	put((struct counts){101, 100, 200, 0, 2});
	put((struct counts){102, 101, 50, 0, 3});
	join(100, 1);
	join(101, 100);
	join(102, 101);
}

static void the_whole_is_the_sum(void **state)
{
	(void)state;
	family();
	assert_true(seconds() == 3.5);
	assert_true(tracker.whole[FIGURE_THREADS] == 6);
	assert_true(usage_tracker_figures(
			&tracker, &members.list.items[1])[FIGURE_CPU] == 2);
	assert_true(isnan(tracker.whole[FIGURE_FILES]));
}

/* Waited for or not: it counts once. */
static void what_ended_still_counts(void **state)
{
	(void)state;
	family();
	seconds();
	leave(102);
	assert_true(seconds() == 3.5);
	put((struct counts){101, 100, 200, 60, 2}); /* 0.1 s were not seen */
	assert_true(seconds() == 3.6);
	leave(101);
	put((struct counts){100, 1, 100, 260, 1});
	assert_true(seconds() == 3.6);
	assert_true(tracker.whole[FIGURE_THREADS] == 1);
}

static void nobody_waits_for_a_child(void **state)
{
	(void)state;
	family();
	seconds();
	leave(101);
	put((struct counts){100, 1, 150, 0, 1});
	put((struct counts){102, 1, 50, 0, 1});
	assert_true(seconds() == 4);
	leave(102); /* its parent is not there */
	assert_true(seconds() == 4);
}

static void a_family_ends_at_once(void **state)
{
	struct launch_event event = {.cpu_us = 3700000};

	(void)state;
	family();
	seconds();
	usage_tracker_add_waited(&tracker, &members.list.items[0], &event);
	for (size_t i = 0; i < 3; i++)
		members_lose(&members, i);
	usage_tracker_close(&tracker, &members);
	members_sweep(&members);
	assert_true(seconds() == 3.7);
	assert_true(isnan(tracker.whole[FIGURE_THREADS]));
	event.cpu_us = 100000; /* an orphan that nobody saw */
	usage_tracker_add_waited(&tracker, NULL, &event);
	assert_true(seconds() > 3.79 && seconds() < 3.81);
}

static void older_processes_begin_at_0(void **state)
{
	(void)state;
	family();
	tracker.began = 101;
	assert_true(seconds() == 0.5);
	put((struct counts){100, 1, 150, 30, 1});
	assert_true(seconds() == 1.3);
}

/* Nor does what an older process had waited for; a count of 1 is one. */
static void what_older_processes_waited_for_is_not_counted(void **state)
{
	(void)state;
	put((struct counts){100, 1, 100, 60, 1});
	join(100, 1);
	tracker.began = 101;
	tracker.set |= 1U << RESOURCE_FAULTS;
	assert_true(seconds() == 0);
	assert_true(tracker.whole[FIGURE_MAJOR_FAULTS] == 0);
	put((struct counts){100, 1, 110, 80, 1});
	assert_true(seconds() == 0.3);
	put((struct counts){100, 1, 0, 80, 1});
	assert_true(isnan(seconds()));
}

/* Beside those of others that are there. */
static void one_that_was_never_read_has_what_wait_tells(void **state)
{
	const struct launch_event event = {.minor_faults = 5};

	(void)state;
	family();
	tracker.set |= 1U << RESOURCE_FAULTS;
	assert_true(seconds() == 3.5);
	join(103, 100);
	usage_tracker_add_waited(&tracker, &members.list.items[3], &event);
	assert_null(usage_tracker_figures(&tracker, &members.list.items[3]));
	assert_true(seconds() == 3.5);
	assert_true(tracker.whole[FIGURE_MINOR_FAULTS] == 21);
	leave(103);
	assert_true(seconds() == 3.5);
	assert_true(tracker.whole[FIGURE_MINOR_FAULTS] == 26);
}

static void one_that_is_gone_is_not_read(void **state)
{
	struct member *gone;

	(void)state;
	family();
	seconds();
	gone = &members.list.items[1];
	members_lose(&members, 1);
	put((struct counts){101, 100, 900, 0, 2});
	seconds();
	assert_true(usage_tracker_figures(&tracker, gone)[FIGURE_CPU] == 2);
}

/* Its pid may be another one's parent again. */
static void a_closed_account_takes_nothing(void **state)
{
	(void)state;
	family();
	seconds();
	members_lose(&members, 1);
	usage_tracker_close(&tracker, &members);
	assert_int_equal(tracker.ended[FIGURE_CPU], 0); /* 100 has it */
	members_lose(&members, 2);
	usage_tracker_close(&tracker, &members);
	assert_int_equal(tracker.ended[FIGURE_CPU], 500000);
	members_sweep(&members);
	assert_true(seconds() == 3.5);
}

/* What may not be read of it is not counted, not even as 1. */
static void an_unknown_count_that_ends_adds_nothing(void **state)
{
	(void)state;
	family();
	put_io(101, "rchar: 1048576\n");
	put_io(102, "rchar: 0\n");
	seconds();
	assert_true(isnan(tracker.whole[FIGURE_READ]));
	leave(100);
	seconds();
	assert_true(tracker.whole[FIGURE_READ] == 1);
	assert_true(usage_tracker_figures(
			&tracker, &members.list.items[1])[FIGURE_READ] == 0);
}

static void a_count_never_steps_back(void **state)
{
	(void)state;
	family();
	seconds();
	put((struct counts){101, 100, 20, 0, 2});
	assert_true(seconds() == 3.5);
	put((struct counts){101, 100, 30, 0, 2});
	assert_true(seconds() == 3.6);
}

/* A count is no figure when it has wrapped below 0, or when it is so large that
 * sums of it would. */
static void a_count_that_wraps_is_a_gap(void **state)
{
	static const int64_t wrapped[] = {
	    -5, INT64_MIN, INT64_MAX, INT64_MAX / 10000 + 1};

	(void)state;
	family();
	assert_true(seconds() == 3.5);
	for (size_t i = 0; i < sizeof(wrapped) / sizeof(wrapped[0]); i++) {
		put((struct counts){101, 100, wrapped[i], 0, 2});
		assert_true(isnan(seconds()));
		assert_true(isnan(usage_tracker_figures(
		    &tracker, &members.list.items[1])[FIGURE_CPU]));
		assert_true(tracker.whole[FIGURE_THREADS] == 6);
	}
	put((struct counts){101, 100, 210, 0, 2});
	assert_true(seconds() == 3.6);
	put_io(100, "rchar: 18446744073709551615\nwchar: 1048576\n");
	put_io(101, "rchar: 0\nwchar: 0\n");
	put_io(102, "rchar: 0\nwchar: 9223372036854775807\n");
	seconds();
	assert_true(isnan(tracker.whole[FIGURE_READ]));
	assert_true(isnan(tracker.whole[FIGURE_WRITTEN]));
}

/* One that has less than when the recording began has started anew. */
static void an_older_count_that_steps_back_is_a_gap(void **state)
{
	(void)state;
	family();
	tracker.began = 101;
	assert_true(seconds() == 0.5);
	put((struct counts){100, 1, 40, 0, 1});
	assert_true(isnan(seconds()));
	put((struct counts){100, 1, 130, 0, 1});
	assert_true(seconds() == 0.8);
}

static void put_group(const char *events, const char *pressure)
{
	fake_write("memory.events", events);
	fake_write("memory.pressure", pressure);
	seconds();
}

/* Its file then says what came since: a reader sees the step, and knows that
 * what lies between is unknown (test_resource.c). */
static void a_count_of_the_group_that_steps_back_begins_anew(void **state)
{
	struct cgroup group = {
	    .directory = open(fake_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	    .current = -1,
	    .v2 = true};
	const double *whole = tracker.whole;

	(void)state;
	tracker.set |= 1U << RESOURCE_CGROUP;
	tracker.group = &group;
	put_group("max 10\noom 3\n", "some avg10=0.00 total=2000000\n");
	assert_true(whole[FIGURE_EVENTS_MAX] == 0);
	assert_true(whole[FIGURE_PRESSURE_SOME] == 0);
	put_group("max 15\noom 3\n", "some avg10=0.00 total=3500000\n");
	assert_true(whole[FIGURE_EVENTS_MAX] == 5);
	assert_true(whole[FIGURE_PRESSURE_SOME] == 1.5);
	put_group("max 2\noom 3\n", "some avg10=0.00 total=2500000\n");
	assert_true(whole[FIGURE_EVENTS_MAX] == 0);
	assert_true(whole[FIGURE_EVENTS_OOM] == 0);
	assert_true(whole[FIGURE_PRESSURE_SOME] == 0.5);
	put_group("max 6\noom x\n", "some avg10=0.00\n");
	assert_true(whole[FIGURE_EVENTS_MAX] == 4);
	assert_true(isnan(whole[FIGURE_EVENTS_OOM]));
	assert_true(isnan(whole[FIGURE_PRESSURE_SOME]));
	put_group("max 18446744073709551615\n", "some total=3000000\n");
	assert_true(isnan(whole[FIGURE_EVENTS_MAX]));
	assert_true(whole[FIGURE_PRESSURE_SOME] == 1);
	/* Others are of the moment. */
	fake_write("memory.stat", "anon 2097152\nfile 1048576\n");
	seconds();
	assert_true(whole[FIGURE_GROUP_ANON] == 2);
	fake_write("memory.stat", "anon 3145728\nfile 0\n");
	seconds();
	assert_true(whole[FIGURE_GROUP_ANON] == 3);
	assert_true(whole[FIGURE_GROUP_FILE] == 0);
	unlinkat(group.directory, "memory.stat", 0);
	unlinkat(group.directory, "memory.events", 0);
	unlinkat(group.directory, "memory.pressure", 0);
	close(group.directory);
}

/* Beside a group's and the GPUs', which no process has. */
static void what_was_not_asked_for_is_unknown(void **state)
{
	char path[256];

	(void)state;
	put((struct counts){100, 1, 100, 0, 1});
	put_io(100, "rchar: 0\nwchar: 0\nread_bytes: 0\nwrite_bytes: 0\n");
	fake_write("100/status", "VmSwap:\t0 kB\n");
	snprintf(path, sizeof(path), "%s/100/fd", fake_root);
	mkdir(path, 0700);
	join(100, 1);
	for (size_t i = 0; i < RESOURCES; i++) {
		const struct resource *asked = &resources[i];
		const double *whole, *one;

		free(members.list.items[0].usage);
		members.list.items[0].usage = NULL;
		usage_tracker_init(&tracker, &fs, 1U << i, 0, 0);
		whole = usage_tracker_read(&tracker, &members, 0);
		one = usage_tracker_figures(&tracker, &members.list.items[0]);
		for (size_t j = 0; j < FIGURES; j++) {
			bool known = i < RESOURCE_CGROUP && j >= asked->first &&
				     j < asked->first + asked->count;

			assert_int_equal(!isnan(whole[j]), known);
			assert_int_equal(!isnan(one[j]), known);
		}
	}
	rmdir(path);
}

static void what_may_not_be_read_is_no_zero(void **state)
{
	(void)state;
	family();
	put_io(100, "rchar: 1048576\nwchar: 0\nread_bytes: 4096\n");
	seconds();
	assert_true(isnan(tracker.whole[FIGURE_READ]));
	put_io(101, "rchar: 2097152\nwchar: 0\nread_bytes: 0\n");
	put_io(102, "rchar: 0\nwchar: 0\nread_bytes: 0\n");
	seconds();
	assert_true(tracker.whole[FIGURE_READ] == 3);
	assert_true(isnan(tracker.whole[FIGURE_DISK_WRITTEN]));
	leave(102); /* its parent's account has it */
	seconds();
	assert_true(tracker.whole[FIGURE_READ] == 3);
}

static void another_process_with_the_pid_is_not_read(void **state)
{
	(void)state;
	family();
	members.list.items[1].started = 7;
	assert_true(seconds() == 1.5);
}

/* A quarter of the time that has passed, from 0.1 to 1 s, and half of 0.1 s
 * early. */
static void later_readings_are_rarer(void **state)
{
	static const struct {
		int64_t now_ms, next_ms;
	} rows[] = {{0, 50}, {400, 450}, {404, 455}, {2000, 2450}, {3996, 4945},
	    {4000, 4950}, {100000, 100950}};

	(void)state;
	assert_true(usage_tracker_is_due(&tracker, 0));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t next_ns = rows[i].next_ms * 1000000;

		usage_tracker_read(
		    &tracker, &members, rows[i].now_ms * 1000000);
		assert_false(usage_tracker_is_due(&tracker, next_ns - 1));
		assert_true(usage_tracker_is_due(&tracker, next_ns));
	}
	/* The time has begun with the recording. */
	usage_tracker_init(&tracker, &fs, 1, 0, NS_PER_S);
	assert_false(usage_tracker_is_due(&tracker, NS_PER_S - 1));
	assert_true(usage_tracker_is_due(&tracker, NS_PER_S));
	usage_tracker_read(&tracker, &members, 2 * NS_PER_S);
	assert_false(
	    usage_tracker_is_due(&tracker, 2200 * (NS_PER_S / 1000) - 1));
	assert_true(usage_tracker_is_due(&tracker, 2200 * (NS_PER_S / 1000)));
	tracker.set = 0;
	assert_false(usage_tracker_is_due(&tracker, INT64_MAX));
}

/* Not what it has waited for, either. */
static void alone_the_program_counts(void **state)
{
	struct launch_event event = {.cpu_us = 9000000};
	struct member *items;

	(void)state;
	family();
	put((struct counts){100, 1, 100, 300, 1});
	tracker.alone = true;
	items = members.list.items;
	items[0].is_root = true;
	assert_true(seconds() == 1);
	assert_true(tracker.whole[FIGURE_THREADS] == 1);
	assert_non_null(usage_tracker_figures(&tracker, &items[0]));
	assert_null(usage_tracker_figures(&tracker, &items[1]));
	usage_tracker_add_waited(&tracker, NULL, &event);
	usage_tracker_add_waited(&tracker, &items[0], &event);
	usage_tracker_add_waited(&tracker, &items[1], &event);
	assert_true(seconds() == 1);
	leave(102);
	assert_true(seconds() == 1);
	leave(100);
	assert_true(seconds() == 1);
	assert_true(isnan(tracker.whole[FIGURE_THREADS]));
}

/* A process without memory is about to end. */
static void what_is_about_to_end_may_have_no_figure(void **state)
{
	(void)state;
	family();
	put_io(100, "rchar: 1048576\n");
	put_io(102, "rchar: 3145728\n");
	members.list.items[1].kib = -1;
	seconds();
	assert_true(tracker.whole[FIGURE_READ] == 4);
	members.list.items[1].kib = 0;
	seconds();
	assert_true(isnan(tracker.whole[FIGURE_READ]));
}

/* wait() reports what a member and its children had together. */
static void wait_may_know_of_more(void **state)
{
	struct launch_event event = {.minor_faults = 5, .major_faults = 1};

	(void)state;
	family();
	tracker.set |= 1U << RESOURCE_FAULTS;
	seconds();
	assert_true(tracker.whole[FIGURE_MINOR_FAULTS] == 21);
	assert_true(tracker.whole[FIGURE_MAJOR_FAULTS] == 3);
	usage_tracker_add_waited(&tracker, &members.list.items[0], &event);
	seconds();
	assert_true(tracker.whole[FIGURE_MINOR_FAULTS] == 21);
	event.minor_faults = 70;
	event.major_faults = 9;
	usage_tracker_add_waited(&tracker, &members.list.items[0], &event);
	assert_true(seconds() == 3.5);
	assert_true(tracker.whole[FIGURE_MINOR_FAULTS] == 84);
	assert_true(tracker.whole[FIGURE_MAJOR_FAULTS] == 11);
	event.minor_faults = 1000;
	usage_tracker_add_waited(&tracker, NULL, &event);
	seconds();
	assert_true(tracker.whole[FIGURE_MINOR_FAULTS] == 1084);
	assert_true(tracker.whole[FIGURE_MAJOR_FAULTS] == 20);
}

/* The kernel adds a child's input and output to its parent's. */
static void a_childs_input_is_its_parents(void **state)
{
	static const enum resource_figure_id figures[] = {
	    FIGURE_READ, FIGURE_WRITTEN, FIGURE_DISK_READ, FIGURE_DISK_WRITTEN};
	static const char one[] =
	    "rchar: 1048576\nwchar: 1048576\nread_bytes: 1048576\n"
	    "write_bytes: 1048576\n";
	static const char two[] =
	    "rchar: 2097152\nwchar: 2097152\nread_bytes: 2097152\n"
	    "write_bytes: 2097152\n";

	(void)state;
	family();
	for (int pid = 100; pid < 103; pid++)
		put_io(pid, one);
	seconds();
	for (size_t i = 0; i < 4; i++)
		assert_true(tracker.whole[figures[i]] == 3);
	put_io(101, two);
	leave(102);
	assert_true(seconds() == 3.5);
	for (size_t i = 0; i < 4; i++)
		assert_true(tracker.whole[figures[i]] == 3);
}

static void who_has_ended_has_no_figures(void **state)
{
	(void)state;
	family();
	assert_null(usage_tracker_figures(&tracker, &members.list.items[1]));
	seconds();
	members_lose(&members, 1);
	assert_non_null(
	    usage_tracker_figures(&tracker, &members.list.items[1]));
	usage_tracker_close(&tracker, &members);
	assert_null(usage_tracker_figures(&tracker, &members.list.items[1]));
	usage_tracker_close(&tracker, &members); /* it counts once */
	members_sweep(&members);
	assert_true(seconds() == 3.5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)
	const struct CMUnitTest tests[] = {
	    TEST(the_whole_is_the_sum),
	    TEST(what_ended_still_counts),
	    TEST(nobody_waits_for_a_child),
	    TEST(a_family_ends_at_once),
	    TEST(older_processes_begin_at_0),
	    TEST(what_older_processes_waited_for_is_not_counted),
	    TEST(one_that_was_never_read_has_what_wait_tells),
	    TEST(one_that_is_gone_is_not_read),
	    TEST(a_closed_account_takes_nothing),
	    TEST(an_unknown_count_that_ends_adds_nothing),
	    TEST(a_count_never_steps_back),
	    TEST(a_count_that_wraps_is_a_gap),
	    TEST(an_older_count_that_steps_back_is_a_gap),
	    TEST(a_count_of_the_group_that_steps_back_begins_anew),
	    TEST(what_was_not_asked_for_is_unknown),
	    TEST(what_may_not_be_read_is_no_zero),
	    TEST(another_process_with_the_pid_is_not_read),
	    TEST(later_readings_are_rarer),
	    TEST(alone_the_program_counts),
	    TEST(what_is_about_to_end_may_have_no_figure),
	    TEST(wait_may_know_of_more),
	    TEST(a_childs_input_is_its_parents),
	    TEST(who_has_ended_has_no_figures),
	};

	return cmocka_run_group_tests(tests, fake_begin, fake_end);
}
