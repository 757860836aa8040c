// SPDX-License-Identifier: MIT
//
// High-water marks over a folder that stands for /proc: whose status is read
// again, and whose can't have changed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_proc.h"
#include "recorder/watermarks.h"

enum { PID = 100 };

static struct procfs fs;
static struct meter meter;
static struct watermarks watermarks;
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
	return watermarks_all(&watermarks, &members);
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
	watermarks_init(&watermarks, &meter, metric_find("rss"));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		what_has_not_run_has_not_grown, begin, end),
	    cmocka_unit_test_setup_teardown(
		of_several_threads_any_may_have_run, begin, end),
	    cmocka_unit_test_setup_teardown(
		without_an_account_all_are_read, begin, end),
	};

	return cmocka_run_group_tests(tests, fake_begin, fake_end);
}
