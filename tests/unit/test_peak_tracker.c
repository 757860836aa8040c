// SPDX-License-Identifier: MIT
//
// The peak, of sums and of high-water marks, over a directory that stands for
// /proc: whose status is read again, and whose can't have changed.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "fake_proc.h"
#include "recorder/meter.h"

enum { PID = 100 };

static struct procfs fs;
static struct meter meter;
static struct high_water high_water;
static struct members members;

static int marks_opened;

/* In place of libc's. */
int openat(int directory, const char *path, int flags, ...)
{
	if (strstr(path, "/status"))
		marks_opened++;
	return (int)syscall(SYS_openat, directory, path, flags, 0);
}

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
	const struct high_water_moment now = {1, true};

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
	highest_add(&member->high, 1500, 20);
	highest_add(&member->high, 1400, 30);
	mark = high_water_all(
	    &high_water, &members, &(struct high_water_moment){40, true});
	assert_int_equal(mark.kib, 2000);
	assert_int_equal(mark.high.time_ns, 20);
	assert_int_equal(mark.high.since_ns, 10);
	assert_int_equal(mark.high.kib, 1500);
	/* Then no sample, and a mark: it was set since it was read. */
	mark = high_water_all(
	    &high_water, &members, &(struct high_water_moment){50, false});
	assert_int_equal(mark.high.time_ns, 40);
	assert_int_equal(mark.high.since_ns, 40);
	mark = high_water_all(
	    &high_water, &members, &(struct high_water_moment){60, false});
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
		const struct high_water_moment now = {1, true};

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

static struct peak_tracker peaks;

static void begin_peaks(bool attached)
{
	peaks = (struct peak_tracker){.marks = high_water};
	peak_tracker_init(&peaks, NULL, 1000, attached);
}

static void expect_peak(int64_t kib, int64_t time_ns, int64_t since_ns)
{
	assert_int_equal(peaks.peak.kib, kib);
	assert_int_equal(peaks.peak.time_ns, time_ns);
	assert_int_equal(peaks.peak.since_ns, since_ns);
}

static void the_highest_sum_is_the_peak(void **state)
{
	(void)state;
	begin_peaks(false);
	assert_int_equal(peaks.peak.kib, -1);
	peak_tracker_add_sum(&peaks, 0, 1500);
	expect_peak(0, 1500, 1000);
	peak_tracker_add_sum(&peaks, 500, 2000);
	peak_tracker_add_sum(&peaks, 500, 3000);
	peak_tracker_add_sum(&peaks, 400, 4000);
	expect_peak(500, 2000, 1000);
	assert_false(peaks.unreported);
	peaks.read_ns = 4500;
	peak_tracker_add_sum(&peaks, 501, 5000);
	expect_peak(501, 5000, 4500);
}

static void add_mark(int64_t kib, int64_t high_kib)
{
	const struct high_water_mark mark = {kib, {high_kib, 7000, 6000}};

	peak_tracker_add_mark(&peaks, &mark);
}

/* Above the highest sum a mark is the peak, with the moment of its process's
 * highest sample. */
static void a_mark_above_all_sums_is_the_peak(void **state)
{
	(void)state;
	begin_peaks(false);
	peak_tracker_add_sum(&peaks, 500000, 2000);
	add_mark(500000, 1);
	add_mark(-1, -1);
	assert_false(peaks.unreported);
	add_mark(600000, 500);
	expect_peak(600000, 7000, 6000);
	assert_true(peaks.unreported);
	peak_tracker_add_sum(&peaks, 600001, 8000);
	expect_peak(600001, 8000, 1000);
	assert_false(peaks.unreported);
}

/* A mark that is a little above the peak, of a process that held much less
 * since it was read, is of that peak: 2 MiB and 1/128 are the kernel's
 * imprecision. */
static void a_mark_of_the_known_peak_keeps_its_moment(void **state)
{
	const int64_t slack = 2048 + 500000 / 128;

	(void)state;
	begin_peaks(false);
	peak_tracker_add_sum(&peaks, 500000, 2000);
	add_mark(500000 + slack, 500000 - slack - 1);
	expect_peak(500000 + slack, 2000, 1000);
	begin_peaks(false);
	peak_tracker_add_sum(&peaks, 500000, 2000);
	add_mark(500000 + slack, 500000 - slack);
	expect_peak(500000 + slack, 7000, 6000);
	begin_peaks(false);
	peak_tracker_add_sum(&peaks, 500000, 2000);
	add_mark(500000 + slack + 1, 0);
	expect_peak(500000 + slack + 1, 7000, 6000);
}

static void the_first_mark_needs_no_sum(void **state)
{
	(void)state;
	begin_peaks(false);
	add_mark(3, -1);
	expect_peak(3, 7000, 6000);
}

static void a_new_process_was_not_there_before(void **state)
{
	struct member *member = &members.list.items[0];
	struct members none = {0};

	(void)state;
	begin_peaks(false);
	member->kib = 40;
	peak_tracker_add_members(&peaks, &members, 2000);
	assert_int_equal(member->high.since_ns, 1000);
	assert_int_equal(member->high.time_ns, 2000);
	assert_int_equal(member->high.kib, 40);
	peak_tracker_add_members(&peaks, &members, 2500);
	assert_int_equal(member->high.time_ns, 2000);
	member->kib = 50;
	peak_tracker_add_members(&peaks, &members, 2600);
	assert_int_equal(member->high.time_ns, 2600);
	member->kib = 40;
	peak_tracker_add_members(&peaks, &members, 2700);
	assert_int_equal(member->high.kib, 50);
	assert_int_equal(member->high.time_ns, 2600);
	assert_int_equal(member->high.since_ns, 1000);
	peak_tracker_add_sum(&peaks, 40, 2000);
	member->high = (struct highest){0};
	peak_tracker_add_members(&peaks, &members, 3000);
	assert_int_equal(member->high.since_ns, 2000);
	/* nor when all marks were read, at the start of a phase */
	peak_tracker_read_all(&peaks, &none, 3500);
	member->high = (struct highest){0};
	peak_tracker_add_members(&peaks, &members, 4000);
	assert_int_equal(member->high.since_ns, 3500);
	member->gone = true;
	member->kib = 90;
	peak_tracker_add_members(&peaks, &members, 4000);
	assert_int_equal(member->high.kib, 40);
}

static void all_new_processes_were_not_there_before(void **state)
{
	struct proc_stat stat;

	(void)state;
	begin_peaks(false);
	fake_process(
	    (struct fake_process){.pid = 101, .ppid = PID, .pages = 9});
	assert_true(procfs_stat(&fs, 101, &stat));
	members_add(&members, &stat);
	members.list.items[0].kib = 40;
	members.list.items[1].kib = 50;
	peak_tracker_add_members(&peaks, &members, 2000);
	for (int i = 0; i < 2; i++) {
		const struct highest *high = &members.list.items[i].high;

		assert_int_equal(high->since_ns, 1000);
		assert_int_equal(high->time_ns, 2000);
		assert_int_equal(high->kib, 40 + 10 * i);
	}
}

/* At most once a second, and only where a mark is the peak. */
static void a_peak_of_a_mark_is_reported_at_times(void **state)
{
	struct sink_tick tick = {.time_ns = NS_PER_S};

	(void)state;
	begin_peaks(false);
	set_mark(1000, 2);
	peak_tracker_add_sum(&peaks, 10, tick.time_ns);
	assert_false(peak_tracker_read(&peaks, &members, NS_PER_S / 2, &tick));
	assert_int_equal(peaks.read_ns, 1000);
	assert_false(peak_tracker_read(&peaks, &members, NS_PER_S / 2, &tick));
	assert_int_equal(peaks.read_ns, NS_PER_S);
	assert_true(peaks.unreported);
	tick.time_ns += 1000;
	assert_true(peak_tracker_read(&peaks, &members, 1000, &tick));
	tick.time_ns += NS_PER_S - 1;
	assert_false(peak_tracker_read(&peaks, &members, 1000, &tick));
	tick.time_ns += 1;
	assert_true(peak_tracker_read(&peaks, &members, 1000, &tick));
	peaks.unreported = false;
	tick.time_ns += NS_PER_S;
	assert_false(peak_tracker_read(&peaks, &members, 1000, &tick));
}

/* A process that ran before it was attached to may have had its peak then. */
static void marks_from_before_are_of_another_time(void **state)
{
	struct sink_tick tick = {.time_ns = 2000};

	(void)state;
	high_water.began = 100; /* the process started at 0 */
	begin_peaks(true);
	set_mark(5000, 2);
	peak_tracker_read(&peaks, &members, 0, &tick);
	assert_int_equal(peaks.peak.kib, -1);
	assert_int_equal(members.list.items[0].base_kib, 5000);
	peak_tracker_read_all(&peaks, &members, 3000);
	assert_int_equal(peaks.peak.kib, -1);
	set_mark(5001, 2);
	peak_tracker_read_all(&peaks, &members, 4000);
	assert_int_equal(peaks.peak.kib, 5001);
	assert_int_equal(peaks.read_ns, 4000);
}

/* The mark of a control group is read each second. A later sum is the highest
 * since then. */
static void a_sum_of_a_group_is_since_its_mark(void **state)
{
	struct cgroup group = {
	    .directory = open(fake_root, O_DIRECTORY | O_CLOEXEC), .v2 = true};
	struct sink_tick tick = {.total_kib = 500};
	struct members none = {0};
	char path[256];

	(void)state;
	fake_write("memory.peak", "512000\n");
	begin_peaks(false);
	peak_tracker_init(&peaks, &group, 1000, false);
	for (int i = 0; i < 3; i++) {
		tick.time_ns += NS_PER_S;
		tick.total_kib++;
		peak_tracker_add_sum(&peaks, tick.total_kib, tick.time_ns);
		peak_tracker_read(&peaks, &none, NS_PER_S, &tick);
		expect_peak(tick.total_kib, tick.time_ns,
		    i > 1 ? tick.time_ns - NS_PER_S : 1000);
	}
	close(group.directory);
	snprintf(path, sizeof(path), "%s/memory.peak", fake_root);
	remove(path);
}

/* The mark of the group may be of an earlier time: one that is no higher than
 * at the start tells nothing. */
static void a_mark_from_before_is_not_the_groups_peak(void **state)
{
	struct cgroup group = {
	    .directory = open(fake_root, O_DIRECTORY | O_CLOEXEC), .v2 = true};
	struct members none = {0};
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/memory.peak", fake_root);
	fake_write("memory.peak", "512000\n");
	peak_tracker_init(&peaks, &group, 1000, false);
	peak_tracker_add_sum(&peaks, 400, 2000);
	peak_tracker_read_all(&peaks, &none, 3000);
	assert_int_equal(peaks.peak.kib, 400);
	peak_tracker_add_sum(&peaks, 350, 3500);
	peak_tracker_add_sum(&peaks, 300, 3600);
	fake_write("memory.peak", "513024\n");
	peak_tracker_read_all(&peaks, &none, 4000);
	expect_peak(501, 3500, 3000); /* the moment of the highest sum */
	remove(path);
	close(group.directory);
}

/* A sum is the highest since the last reading of a mark, be it of nothing. */
static void a_reading_without_a_mark_is_none(void **state)
{
	struct cgroup group = {
	    .directory = open(fake_root, O_DIRECTORY | O_CLOEXEC), .v2 = true};
	struct sink_tick tick = {.time_ns = 2 * NS_PER_S};
	struct members none = {0};
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/memory.peak", fake_root);
	peak_tracker_init(&peaks, &group, 1000, false);
	peak_tracker_read(&peaks, &none, 0, &tick);
	assert_int_equal(peaks.read_ns, 1000);
	fake_write("memory.peak", "0\n");
	tick.time_ns += NS_PER_S;
	peak_tracker_read(&peaks, &none, 0, &tick);
	assert_int_equal(peaks.read_ns, tick.time_ns);
	remove(path);
	close(group.directory);
}

/* If high-water marks are equal, the moment is that of the first one. */
static void of_equal_marks_the_first_counts(void **state)
{
	const struct high_water_moment now = {30, true};
	struct high_water_mark mark;
	struct proc_stat stat;

	(void)state;
	set_mark(1000, 2);
	fake_process(
	    (struct fake_process){.pid = 101, .ppid = PID, .pages = 9});
	fake_write("101/status", "VmHWM:\t    1000 kB\nThreads:\t2\n");
	assert_true(procfs_stat(&fs, 101, &stat));
	members_add(&members, &stat);
	for (int i = 0; i < 2; i++)
		highest_restart(&members.list.items[i].high, 900, 10 + i);
	mark = high_water_all(&high_water, &members, &now);
	assert_int_equal(mark.kib, 1000);
	assert_int_equal(mark.high.time_ns, 10);
}

/* With the program alone others' marks are read, and are not the peak. */
static void of_the_program_alone_its_mark_counts(void **state)
{
	(void)state;
	high_water.alone = true;
	set_mark(1000, 2);
	assert_int_equal(look(), -1);
	assert_int_equal(members.list.items[0].peak_kib, 1000);
	members.list.items[0].is_root = true;
	assert_int_equal(look(), 1000);
}

static void who_has_no_memory_of_its_own_has_no_mark(void **state)
{
	struct member *member = &members.list.items[0];

	(void)state;
	set_mark(1000, 2);
	member->owns = false;
	assert_int_equal(look(), -1);
	member->owns = true;
	member->zombie = true;
	assert_int_equal(look(), -1);
	member->zombie = false;
	member->gone = true;
	assert_int_equal(look(), -1);
	member->gone = false;
	assert_int_equal(look(), 1000);
	high_water.key = NULL;
	assert_int_equal(look(), -1);
}

/* With few descriptors left, none is kept open. */
static void without_descriptors_files_are_opened_each_time(void **state)
{
	(void)state;
	high_water.keep_below = 0;
	set_mark(1000, 1);
	assert_int_equal(look(), 1000);
	assert_int_equal(members.list.items[0].status_fd, -1);
	set_mark(2000, 1);
	assert_int_equal(look(), 2000);
}

/* However long ago the last step was, and with nothing left for the next. */
static void each_is_read_once_a_step(void **state)
{
	const struct high_water_moment now = {1, true};
	int once;

	(void)state;
	marks_opened = 0;
	high_water.keep_below = 0;
	set_mark(1000, 2);
	look();
	once = marks_opened;
	high_water_step(&high_water, &members, 10 * NS_PER_S, &now);
	assert_int_equal(marks_opened, 2 * once);
	high_water_step(&high_water, &members, 0, &now);
	assert_int_equal(marks_opened, 2 * once);
}

/* An account that can't be read says nothing of a process. */
static void an_account_may_end(void **state)
{
	(void)state;
	fake_write("100/schedstat", "500 0 1\n");
	set_mark(1000, 1);
	look();
	set_mark(2000, 1);
	assert_int_equal(look(), 2000);
	fake_write("100/schedstat", "");
	set_mark(3000, 1);
	assert_int_equal(look(), 3000);
}

/* All are read at the first tick, others in turn. */
static void when_attached_all_marks_are_read_at_first(void **state)
{
	struct sink_tick tick = {.time_ns = 2000};

	(void)state;
	begin_peaks(true);
	set_mark(1000, 2);
	peak_tracker_add_sum(&peaks, 10, tick.time_ns);
	peak_tracker_read(&peaks, &members, 0, &tick);
	assert_int_equal(peaks.peak.kib, 1000);
	set_mark(2000, 2);
	tick.time_ns++;
	peak_tracker_add_sum(&peaks, 10, tick.time_ns);
	peak_tracker_read(&peaks, &members, 0, &tick);
	assert_int_equal(peaks.peak.kib, 1000);
	assert_int_equal(members.list.items[0].high.time_ns, 2000);
	begin_peaks(false);
	peak_tracker_add_sum(&peaks, 10, tick.time_ns);
	peak_tracker_read(&peaks, &members, 0, &tick);
	assert_int_equal(peaks.peak.kib, 10);
}

static void a_mark_of_nothing_is_one_too(void **state)
{
	(void)state;
	high_water.began = 100;
	set_mark(0, 2);
	assert_int_equal(look(), -1);
	assert_int_equal(members.list.items[0].base_kib, 0);
	set_mark(500, 2);
	assert_int_equal(look(), 500);
}

/* A sum that is read for a mark of the user is reported like a mark. */
static void a_sum_between_ticks_is_unreported(void **state)
{
	(void)state;
	begin_peaks(false);
	peak_tracker_add_sum(&peaks, 500, 2000);
	peak_tracker_add_unsampled(&peaks, 500, 3000);
	assert_false(peaks.unreported);
	peak_tracker_add_unsampled(&peaks, 600, 4000);
	expect_peak(600, 4000, 1000);
	assert_true(peaks.unreported);
	assert_int_equal(peaks.ticked_ns, 2000);
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
	    cmocka_unit_test_setup_teardown(
		the_highest_sum_is_the_peak, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_mark_above_all_sums_is_the_peak, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_mark_of_the_known_peak_keeps_its_moment, begin, end),
	    cmocka_unit_test_setup_teardown(
		the_first_mark_needs_no_sum, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_new_process_was_not_there_before, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_peak_of_a_mark_is_reported_at_times, begin, end),
	    cmocka_unit_test_setup_teardown(
		marks_from_before_are_of_another_time, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_sum_of_a_group_is_since_its_mark, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_mark_from_before_is_not_the_groups_peak, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_reading_without_a_mark_is_none, begin, end),
	    cmocka_unit_test_setup_teardown(
		of_equal_marks_the_first_counts, begin, end),
	    cmocka_unit_test_setup_teardown(
		of_the_program_alone_its_mark_counts, begin, end),
	    cmocka_unit_test_setup_teardown(
		who_has_no_memory_of_its_own_has_no_mark, begin, end),
	    cmocka_unit_test_setup_teardown(
		without_descriptors_files_are_opened_each_time, begin, end),
	    cmocka_unit_test_setup_teardown(an_account_may_end, begin, end),
	    cmocka_unit_test_setup_teardown(
		each_is_read_once_a_step, begin, end),
	    cmocka_unit_test_setup_teardown(
		all_new_processes_were_not_there_before, begin, end),
	    cmocka_unit_test_setup_teardown(
		when_attached_all_marks_are_read_at_first, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_mark_of_nothing_is_one_too, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_sum_between_ticks_is_unreported, begin, end),
	};

	return cmocka_run_group_tests(tests, fake_begin, fake_end);
}
