// SPDX-License-Identifier: MIT
//
// High-water marks over a folder that stands for /proc: whose status is read
// again, and whose can't have changed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "fake_proc.h"
#include "recorder/peak_tracker.h"

enum { PID = 100 };

static struct procfs fs;
static struct meter meter;
static struct high_water high_water;
static struct members members;

static void set_mark(int kib, int threads)
{
	char text[128];

	snprintf(text, sizeof(text),
	    "Name:\tprogram\nVmHWM:\t%8d kB\nThreads:\t%d\nend:\t0\n", kib,
	    threads);
	fake_write("100/status", text);
}

static int64_t look(void)
{
	const struct high_water_look now = {1, true};

	return high_water_all(&high_water, &members, &now).kib;
}

static int begin(void **state)
{
	struct proc_stat stat;
	struct err e;

	(void)state;
	fake_process((struct fake_process){.pid = PID, .ppid = 1, .pages = 9});
	if (procfs_init(&fs, fake_root, &e) != 0 ||
	    !procfs_stat(&fs, PID, &stat))
		return -1;
	members_add(&members, &stat);
	meter_init(&meter, &fs, metric_find("rss"));
	high_water_init(&high_water, &meter, metric_find("rss"));
	return 0;
}

static int end(void **state)
{
	char path[256];

	(void)state;
	members_finish(&members);
	procfs_finish(&fs);
	snprintf(path, sizeof(path), "%s/100/schedstat", fake_root);
	remove(path);
	return 0;
}

static void what_has_not_run_has_not_grown(void **state)
{
	(void)state;
	fake_write("100/schedstat", "500 0 1\n");
	set_mark(1000, 1);
	assert_int_equal(look(), 1000);
	set_mark(2000, 1);
	assert_int_equal(look(), 2000); /* the account begins here */
	set_mark(3000, 1);
	assert_int_equal(look(), -1);
	assert_int_equal(members.list.items[0].peak_kib, 2000);
	fake_write("100/schedstat", "501 0 2\n");
	assert_int_equal(look(), 3000);
	assert_int_equal(members.list.items[0].peak_kib, 3000);
}

/* The moment of a mark is that of the highest sample since it was read. */
static void a_mark_has_the_moment_of_the_highest_sample(void **state)
{
	struct member *member = &members.list.items[0];
	struct high_water_mark mark;

	(void)state;
	set_mark(2000, 2);
	member->kib = 900;
	highest_restart(&member->high, 900, 10);
	highest_take(&member->high, 1500, 20);
	highest_take(&member->high, 1400, 30);
	mark = high_water_all(
	    &high_water, &members, &(struct high_water_look){40, true});
	assert_int_equal(mark.kib, 2000);
	assert_int_equal(mark.high.time_ns, 20);
	assert_int_equal(mark.high.since_ns, 10);
	assert_int_equal(mark.high.kib, 1500);
	/* Then no sample, and a mark: it was set since it was read. */
	mark = high_water_all(
	    &high_water, &members, &(struct high_water_look){50, false});
	assert_int_equal(mark.high.time_ns, 40);
	assert_int_equal(mark.high.since_ns, 40);
	mark = high_water_all(
	    &high_water, &members, &(struct high_water_look){60, false});
	assert_int_equal(mark.high.time_ns, 50);
	assert_int_equal(mark.high.kib, -1);
}

/* The main thread's account says nothing of the others. */
static void of_several_threads_any_may_have_run(void **state)
{
	(void)state;
	fake_write("100/schedstat", "500 0 1\n");
	for (int kib = 1000; kib < 5000; kib += 1000) {
		set_mark(kib, 2);
		assert_int_equal(look(), kib);
	}
}

static void without_an_account_all_are_read(void **state)
{
	(void)state;
	for (int kib = 1000; kib < 5000; kib += 1000) {
		set_mark(kib, 1);
		assert_int_equal(look(), kib);
	}
	fake_write("100/schedstat", "0 0 0\n");
	for (int kib = 5000; kib < 9000; kib += 1000) {
		set_mark(kib, 1);
		assert_int_equal(look(), kib);
	}
}

/* Each of several has its turn, the last one too. */
static void the_last_process_has_its_turn(void **state)
{
	static const char text[] = "VmHWM:\t%8d kB\nThreads:\t2\n";
	struct proc_stat stat;
	char status[64];

	(void)state;
	set_mark(1000, 2);
	fake_process(
	    (struct fake_process){.pid = 101, .ppid = PID, .pages = 9});
	assert_true(procfs_stat(&fs, 101, &stat));
	members_add(&members, &stat);
	for (int kib = 2000; kib < 6000; kib += 1000) {
		snprintf(status, sizeof(status), text, kib);
		fake_write("101/status", status);
		assert_int_equal(look(), kib);
		assert_int_equal(members.list.items[1].peak_kib, kib);
	}
	/* With as little time as is one's turn, one after the other. */
	high_water.credit = 0;
	for (int kib = 6000; kib < 9000; kib += 1000) {
		const struct high_water_look now = {1, true};

		set_mark(kib, 2);
		snprintf(status, sizeof(status), text, kib + 500);
		fake_write("101/status", status);
		assert_int_equal(
		    high_water_step(&high_water, &members, NS_PER_S / 2, &now)
			.kib,
		    kib);
		assert_int_equal(
		    high_water_step(&high_water, &members, NS_PER_S / 2, &now)
			.kib,
		    kib + 500);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_mark_has_the_moment_of_the_highest_sample, begin, end),
	    cmocka_unit_test_setup_teardown(
		what_has_not_run_has_not_grown, begin, end),
	    cmocka_unit_test_setup_teardown(
		of_several_threads_any_may_have_run, begin, end),
	    cmocka_unit_test_setup_teardown(
		without_an_account_all_are_read, begin, end),
	    cmocka_unit_test_setup_teardown(
		the_last_process_has_its_turn, begin, end),
	};

	return cmocka_run_group_tests(tests, fake_begin, fake_end);
}
