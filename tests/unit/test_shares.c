// SPDX-License-Identifier: MIT
//
// Readings of PSS beside RSS, over a directory that stands for /proc: which are
// taken, and what they say.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "fake_proc.h"
#include "recorder/shares.h"

enum { FORKED = 0x40, ENDING = 4, MIB = 1024, TRIES = 30000 };

static struct procfs fs;
static struct members members;
static struct shares shares;
static int64_t now_ns;

static void set_rollup(int pid, int rss_kib, int pss_kib)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "%d/smaps_rollup", pid);
	snprintf(text, sizeof(text),
	    "0-1 ---p 0 00:00 0 [rollup]\nRss: %d kB\nPss: %d kB\n", rss_kib,
	    pss_kib);
	fake_write(path, text);
}

/* One segment, of which all but pss_kib is shared with others. */
static void set_maps(int pid, int inode, int rss_kib, int pss_kib)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "%d/maps", pid);
	snprintf(text, sizeof(text), "1000-2000 rw-p 00000000 08:01 %d %s\n",
	    inode, inode ? "/file" : "");
	fake_write(path, text);
	snprintf(text, sizeof(text),
	    "1000-2000 rw-p 00000000 08:01 %d %s\nRss: %d kB\nPss: %d kB\n"
	    "VmFlags: rd\n",
	    inode, inode ? "/file" : "", rss_kib, pss_kib);
	snprintf(path, sizeof(path), "%d/smaps", pid);
	fake_write(path, text);
}

#define STEP_NS (NS_PER_S / 10)

/* A forked process of that size, half of which is shared. */
static struct member *add(int pid, int ppid, int mib)
{
	struct proc_stat stat;
	struct member *member;

	fake_process((struct fake_process){
	    .pid = pid, .ppid = ppid, .pages = 1, .flags = FORKED});
	set_rollup(pid, mib * MIB, mib * MIB / 2);
	set_maps(pid, 0, mib * MIB, mib * MIB / 2);
	assert_true(procfs_stat(&fs, pid, &stat));
	member = members_add(&members, &stat);
	member->kib = mib * MIB;
	return member;
}

static struct member *at(size_t position)
{
	return &members.list.items[position];
}

static bool step(struct shares_reading *reading)
{
	now_ns += STEP_NS;
	return shares_step(&shares, &members, now_ns, reading);
}

/* Whether a step begins a reading; it is not waited for. */
static bool begins(void)
{
	struct shares_reading unused;

	return !step(&unused) && shares.reading;
}

/* The end of the reading that is under way; false where it said nothing. */
static bool ends(struct shares_reading *reading)
{
	assert_true(shares.reading);
	for (int i = 0; i < TRIES && shares.reading; i++) {
		if (shares_step(&shares, &members, now_ns, reading))
			return true;
		usleep(1000);
	}
	assert_false(shares.reading);
	return false;
}

static int begin(void **state)
{
	struct err e;

	(void)state;
	if (procfs_init(&fs, fake_root, &e) != 0)
		return -1;
	now_ns = NS_PER_S;
	shares_init(&shares, &fs, 0, now_ns);
	return 0;
}

static int end(void **state)
{
	static const char *const files[] = {"smaps_rollup", "smaps", "maps"};
	struct shares_reading unused;
	char path[256];

	(void)state;
	shares_finish(&shares, &unused);
	for (int pid = 100; pid < 120; pid++) {
		for (size_t i = 0; i < 3; i++) {
			snprintf(path, sizeof(path), "%s/%d/%s", fake_root, pid,
			    files[i]);
			remove(path);
		}
		fake_gone(pid);
	}
	members_finish(&members);
	procfs_finish(&fs);
	return 0;
}

static void a_reading_sums_all_processes(void **state)
{
	int64_t before_ns = clock_ns(CLOCK_BOOTTIME);
	struct shares_reading reading;

	(void)state;
	add(100, 1, 40);
	add(101, 100, 30);
	assert_true(begins());
	assert_true(ends(&reading));
	assert_true(shares.spent_ns > 0);
	assert_true(shares.cost_ns > 0);
	assert_int_equal(shares.cost_kib, 70 * MIB);
	assert_int_equal(reading.rss_kib, 70 * MIB);
	assert_int_equal(reading.pss_kib, 35 * MIB);
	assert_int_equal(reading.sharers, 2);
	assert_int_equal(shares.pss_kib, 35 * MIB);
	assert_in_range(reading.boot_ns, before_ns, clock_ns(CLOCK_BOOTTIME));
}

static void processes_of_another_family_share_no_fork(void **state)
{
	struct shares_reading reading;

	(void)state;
	add(100, 1, 40);
	add(101, 100, 30);
	add(102, 101, 20);
	add(103, 1, 10);
	assert_true(begins());
	assert_true(ends(&reading));
	assert_int_equal(reading.sharers, 3);
	/* The longest wait is that of a tree which stays as it is. */
	assert_true(shares.wait_ns < 30 * NS_PER_S);
}

/* One that has executed a program shares nothing with its parent by forks. */
static void a_family_begins_where_a_program_was_executed(void **state)
{
	struct shares_reading reading;

	(void)state;
	add(100, 1, 40);
	add(101, 100, 30);
	add(102, 101, 60);
	fake_process(
	    (struct fake_process){.pid = 101, .ppid = 100, .pages = 1});
	assert_true(begins());
	assert_true(ends(&reading));
	assert_int_equal(reading.sharers, 2);
}

static void who_maps_the_largest_file_is_counted(void **state)
{
	struct shares_reading reading;

	(void)state;
	add(100, 1, 40);
	add(101, 1, 30);
	add(102, 1, 20);
	set_maps(100, 7, 40 * MIB, 20 * MIB);
	set_maps(101, 8, 30 * MIB, 15 * MIB);
	set_maps(102, 7, 20 * MIB, 10 * MIB);
	/* A larger one shares less. */
	add(103, 1, 60);
	set_rollup(103, 60 * MIB, 58 * MIB);
	set_maps(103, 9, 60 * MIB, 58 * MIB);
	assert_true(begins());
	assert_true(ends(&reading));
	assert_int_equal(reading.sharers, 2);
}

static void one_process_or_a_small_tree_is_not_read(void **state)
{
	struct shares_reading unused;

	(void)state;
	add(100, 1, 100);
	assert_false(begins());
	assert_false(step(&unused));
	add(101, 100, 1)->zombie = true;
	assert_false(begins());
	at(1)->zombie = false;
	at(1)->borrows = true;
	assert_false(begins());
	at(1)->borrows = false;
	at(0)->kib = at(1)->kib = 8 * MIB - 1;
	shares.highest_kib = 0; /* as if it had never been larger */
	assert_false(begins());
	at(0)->kib = at(1)->kib = 8 * MIB;
	assert_true(begins());
}

static void far_below_the_highest_total_nothing_is_read(void **state)
{
	(void)state;
	add(100, 1, 40);
	add(101, 100, 40);
	shares.highest_kib = 90 * MIB;
	assert_false(begins());
	shares.highest_kib = 88 * MIB;
	assert_true(begins());
}

/* Files and shared memory are known from the tick: where they and a fork can't
 * make a difference nothing is read. */
static void programs_of_their_own_are_not_read(void **state)
{
	struct shares_reading reading;

	(void)state;
	add(100, 1, 40);
	add(101, 100, 1);
	assert_false(begins());
	assert_int_equal(shares.wait_ns, NS_PER_S / 5);
	fake_process((struct fake_process){
	    .pid = 101, .ppid = 100, .pages = 1, .flags = 0});
	fake_process((struct fake_process){
	    .pid = 100, .ppid = 1, .pages = 1, .flags = 0});
	at(1)->kib = 40 * MIB;
	set_rollup(101, 40 * MIB, 20 * MIB);
	assert_true(begins());
	assert_false(ends(&reading));
}

/* Two programs of which one or both have files or shared memory. */
static bool reads_with_shared(int64_t first_kib, int64_t second_kib)
{
	struct shares_reading reading;

	add(100, 1, 40);
	add(101, 100, 40);
	for (int pid = 100; pid <= 101; pid++)
		fake_process(
		    (struct fake_process){.pid = pid, .ppid = 1, .pages = 1});
	at(0)->shared_kib = first_kib;
	at(1)->shared_kib = second_kib;
	assert_true(begins());
	return ends(&reading);
}

static void what_two_may_share_is_read(void **state)
{
	(void)state;
	assert_true(reads_with_shared(30 * MIB, 30 * MIB));
}

static void what_one_has_alone_is_not_read(void **state)
{
	(void)state;
	assert_false(reads_with_shared(30 * MIB, 0));
}

/* The sum of a reading is the tick's, or at most 1/32 below or 1/8 above it. */
static void a_tree_that_changed_meanwhile_says_nothing(void **state)
{
	static const struct {
		int kib;
		bool taken;
	} cases[] = {
	    {38399, false}, {38400, true}, {51200, true}, {51201, false}};
	struct shares_reading reading;

	(void)state;
	add(100, 1, 40);
	add(101, 100, 40);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set_rollup(101, cases[i].kib, 20 * MIB);
		shares_init(&shares, &fs, 0, now_ns);
		assert_true(begins());
		assert_int_equal(ends(&reading), cases[i].taken);
		assert_int_equal(reading.rss_kib, 40 * MIB + cases[i].kib);
		shares_finish(&shares, &reading);
	}
}

static void who_ended_or_was_replaced_is_left_out(void **state)
{
	struct shares_reading reading;

	(void)state;
	add(100, 1, 100);
	add(101, 100, 100);
	add(102, 100, 3);
	add(103, 100, 3);
	fake_process((struct fake_process){
	    .pid = 102, .ppid = 100, .started = 9, .flags = FORKED});
	fake_process((struct fake_process){
	    .pid = 103, .ppid = 100, .flags = FORKED | ENDING});
	assert_true(begins());
	assert_true(ends(&reading));
	assert_int_equal(reading.rss_kib, 200 * MIB);
	assert_int_equal(reading.sharers, 2);
}

/* The same total is read again after a wait, which grows while page faults show
 * no change. */
static void without_a_change_nothing_is_read_twice(void **state)
{
	struct shares_reading reading;
	int64_t wait_ns;

	(void)state;
	add(100, 1, 40);
	add(101, 100, 40);
	assert_true(begins());
	assert_true(ends(&reading));
	assert_false(begins());
	wait_ns = shares.wait_ns;
	now_ns += wait_ns;
	assert_true(begins());
	assert_false(ends(&reading));
	assert_true(reading.same);
	assert_false(reading.taken);
	assert_true(shares.wait_ns >= 2 * wait_ns);
}

static void growth_is_read_again(void **state)
{
	struct shares_reading reading;

	(void)state;
	add(100, 1, 40);
	add(101, 100, 40);
	assert_true(begins());
	assert_true(ends(&reading));
	at(0)->kib += 3 * MIB; /* less than a twentieth of it all */
	assert_false(begins());
	at(0)->kib += 20 * MIB; /* and while it grows fast a half */
	assert_false(begins());
	at(0)->kib += 20 * MIB;
	assert_true(begins());
}

/* After the wait, a total that grows by no more than half a percent. */
static void a_total_that_settled_is_read_again(void **state)
{
	struct shares_reading reading;

	(void)state;
	add(100, 1, 40);
	add(101, 100, 40);
	assert_true(begins());
	assert_true(ends(&reading));
	now_ns += 40 * NS_PER_S;
	at(1)->kib += 80 * MIB / 200 + 1;
	assert_false(begins());
	at(1)->kib += shares.before_kib / 200;
	shares.read_ns = now_ns + STEP_NS - shares.wait_ns + 1;
	assert_false(begins());
	shares.read_ns = now_ns + STEP_NS - shares.wait_ns;
	assert_true(begins());
}

static void the_budget_bounds_readings(void **state)
{
	(void)state;
	add(100, 1, 40);
	add(101, 100, 40);
	shares.spent_ns = NS_PER_S / 10 + NS_PER_S / 500;
	assert_false(begins()); /* 0.1 s have earned 2 ms: spent */
	now_ns += 10 * NS_PER_S;
	assert_true(begins());
}

/* A budget is left for a peak at the end: of 11 readings, growth by a
 * seventh is read, of the last five, growth by a third. */
static void the_less_is_left_the_larger_are_the_steps(void **state)
{
	static const struct {
		double readings;
		int part;
	} rows[] = {{12, 20}, {11.9, 7}, {6, 7}, {5.9, 3}, {1, 3}};
	const int64_t total_kib = 80 * MIB;
	const int64_t cost_ns = 2 * 100000 + total_kib * 30;
	struct shares_reading reading;

	(void)state;
	add(100, 1, 40);
	add(101, 100, 40);
	for (size_t i = 0; i < 10; i++) {
		int part = rows[i / 2].part;

		shares.cost_kib = 0; /* none was measured */
		shares.began_ns = shares.read_ns = now_ns;
		shares.wait_ns = NS_PER_S;
		shares.before_kib = total_kib;
		shares.spent_ns =
		    NS_PER_S / 10 + NS_PER_S / 500 -
		    (int64_t)(rows[i / 2].readings * (double)cost_ns);
		shares.read_kib =
		    total_kib * part / (part + 1) + (i % 2 ? -2 : 2);
		assert_int_equal(begins(), i % 2);
		if (i % 2)
			ends(&reading);
	}
}

/* Two processes, and 30 ns for a KiB: 0.1 s have earned 2 ms. */
static void a_reading_may_take_all_that_is_left(void **state)
{
	const int64_t costs_ns = 2 * 100000 + 80 * MIB * 30;

	(void)state;
	add(100, 1, 40);
	add(101, 100, 40);
	shares.spent_ns = NS_PER_S / 10 + NS_PER_S / 500 - costs_ns + 1;
	assert_false(begins());
	shares.spent_ns = NS_PER_S / 10 + NS_PER_S / 250 - costs_ns;
	assert_true(begins());
}

static void the_last_reading_is_had_at_the_end(void **state)
{
	struct shares_reading reading;
	bool got = false;

	(void)state;
	add(100, 1, 40);
	add(101, 100, 40);
	assert_false(shares_finish(&shares, &reading));
	assert_true(begins());
	for (int i = 0; i < TRIES && !got; i++) {
		struct shares copy = shares;

		usleep(1000);
		got = shares_step(&copy, &members, now_ns, &reading);
	}
	assert_true(got);
	assert_true(shares_finish(&shares, &reading));
	assert_int_equal(reading.pss_kib, 40 * MIB);
	assert_false(shares_finish(&shares, &reading));
}

static void set_faults(int pid, int faults)
{
	fake_process((struct fake_process){.pid = pid,
	    .ppid = pid - 1,
	    .pages = 1,
	    .flags = FORKED,
	    .faults = faults});
}

/* Whether the next reading that is due finds a change. */
static bool changed(void)
{
	struct shares_reading reading;
	bool got;

	now_ns += shares.wait_ns;
	assert_true(begins());
	got = ends(&reading);
	assert_int_equal(reading.same, !got);
	return got;
}

/* Each brings four pages at most, and a fiftieth of it all is a change, also
 * one that comes in parts. */
static void faults_show_what_may_have_changed(void **state)
{
	const int few = 80 * MIB / 50 / (4 * (int)fs.page_kib);
	struct shares_reading reading;

	(void)state;
	add(100, 1, 40);
	add(101, 100, 40);
	set_faults(100, 10000);
	set_faults(101, 10000);
	assert_true(begins());
	assert_true(ends(&reading));
	assert_false(changed());
	set_faults(101, 10000 + few);
	assert_false(changed());
	set_faults(100, 10001);
	assert_true(changed());
	assert_false(changed());
	set_faults(101, 10000);
	assert_false(changed());
	set_faults(101, 9999);
	assert_true(changed());
}

/* A later sum is of the processes that are left. */
/* A PSS that is another by a fiftieth of the total or less has not changed: the
 * wait grows. */
static void a_pss_that_hardly_changes_is_read_less_often(void **state)
{
	static const struct {
		int by_kib;
		bool changed;
	} rows[] = {{80 * MIB / 50, false}, {80 * MIB / 50 + 1, true},
	    {-80 * MIB / 50, false}, {-80 * MIB / 50 - 1, true}};
	struct shares_reading reading;
	int faults = 0, pss_kib = 20 * MIB;

	(void)state;
	add(100, 1, 40);
	add(101, 100, 40);
	assert_true(begins());
	assert_true(ends(&reading));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set_faults(101, faults += 1000000);
		set_rollup(101, 40 * MIB, pss_kib += rows[i].by_kib);
		shares.wait_ns = 10 * NS_PER_S;
		now_ns += 40 * NS_PER_S;
		assert_true(begins());
		assert_true(ends(&reading));
		assert_int_equal(
		    shares.wait_ns < 10 * NS_PER_S, rows[i].changed);
	}
}

static void one_that_has_ended_is_in_no_sum(void **state)
{
	struct shares_reading reading;

	(void)state;
	add(100, 1, 40);
	add(101, 100, 40);
	add(102, 100, 5);
	assert_true(begins());
	assert_true(ends(&reading));
	assert_int_equal(reading.rss_kib, 85 * MIB);
	assert_int_equal(reading.sharers, 3);
	at(2)->gone = true;
	set_faults(101, 5000);
	now_ns += shares.wait_ns;
	assert_true(begins());
	assert_true(ends(&reading));
	assert_int_equal(reading.rss_kib, 80 * MIB);
	assert_int_equal(reading.pss_kib, 40 * MIB);
	assert_int_equal(reading.sharers, 2);
}

/* If the mappings of one can't be read, it is not known how many map the
 * largest segment. */
static void unknown_mappings_are_no_count(void **state)
{
	struct shares_reading reading;
	char path[256];

	(void)state;
	add(100, 1, 40);
	add(101, 1, 30);
	set_maps(100, 7, 40 * MIB, 20 * MIB);
	set_maps(101, 7, 30 * MIB, 15 * MIB);
	snprintf(path, sizeof(path), "%s/101/maps", fake_root);
	assert_int_equal(remove(path), 0);
	assert_int_equal(mkdir(path, 0700), 0); /* EISDIR */
	assert_true(begins());
	assert_true(ends(&reading));
	assert_int_equal(reading.sharers, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_reading_sums_all_processes),
	    TEST(processes_of_another_family_share_no_fork),
	    TEST(a_family_begins_where_a_program_was_executed),
	    TEST(who_maps_the_largest_file_is_counted),
	    TEST(one_process_or_a_small_tree_is_not_read),
	    TEST(far_below_the_highest_total_nothing_is_read),
	    TEST(programs_of_their_own_are_not_read),
	    TEST(what_two_may_share_is_read),
	    TEST(what_one_has_alone_is_not_read),
	    TEST(a_tree_that_changed_meanwhile_says_nothing),
	    TEST(who_ended_or_was_replaced_is_left_out),
	    TEST(without_a_change_nothing_is_read_twice),
	    TEST(growth_is_read_again),
	    TEST(a_total_that_settled_is_read_again),
	    TEST(the_budget_bounds_readings),
	    TEST(the_less_is_left_the_larger_are_the_steps),
	    TEST(a_reading_may_take_all_that_is_left),
	    TEST(the_last_reading_is_had_at_the_end),
	    TEST(faults_show_what_may_have_changed),
	    TEST(a_pss_that_hardly_changes_is_read_less_often),
	    TEST(one_that_has_ended_is_in_no_sum),
	    TEST(unknown_mappings_are_no_count),
	};

	return cmocka_run_group_tests(tests, fake_begin, fake_end);
}
