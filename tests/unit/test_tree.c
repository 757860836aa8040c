// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/clock.h"
#include "fake_proc.h"
#include "recorder/tree.h"

/* In place of libc's: no pid of the trees that the tests make. */
pid_t getpid(void)
{
	return 54321;
}

/* Time that each look at a clock takes; 0: the clocks are real. */
static int64_t step_ns, passed_ns;

/* In place of libc's. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	if (step_ns == 0)
		return (int)syscall(SYS_clock_gettime, clock, now);
	passed_ns += step_ns;
	now->tv_sec = 1700000000 + passed_ns / NS_PER_S;
	now->tv_nsec = passed_ns % NS_PER_S;
	return 0;
}

static struct procfs fs;
static struct tree tree;

static int open_fake(void **state)
{
	struct err e;

	if (fake_begin(state) != 0)
		return -1;
	fake_newest(100, 50);
	return procfs_init(&fs, fake_root, &e);
}

static int close_fake(void **state)
{
	procfs_finish(&fs);
	return fake_end(state);
}

static void add(int pid, int ppid)
{
	fake_process((struct fake_process){
	    .pid = pid, .ppid = ppid, .started = pid, .pages = 10});
}

static void plant(bool adopts, bool fresh)
{
	fake_newest(100, 50);
	add(100, (int)getpid());
	tree_init(&tree, &fs, 100, adopts, fresh);
	assert_int_equal(tree.members.list.len, 1);
	tree_scan(&tree, tree.scanned_ns + 1, INT64_MAX);
}

static void uproot(void)
{
	tree_finish(&tree);
	for (int pid = 1; pid < 1000; pid++)
		fake_gone(pid);
}

static void look(void)
{
	members_sweep(&tree.members);
	tree_scan(&tree, tree.scanned_ns + 1, INT64_MAX);
}

static bool has(int pid)
{
	return members_find(&tree.members, pid) != MEMBERS_NONE;
}

static void descendants_are_found_to_any_depth(void **state)
{
	(void)state;
	plant(true, true);
	for (int pid = 101; pid <= 400; pid++)
		add(pid, pid - 1);
	add(401, 1);
	add(402, 401);
	fake_newest(402, 1000);
	look();
	assert_int_equal(tree.members.list.len, 301);
	assert_true(has(400));
	assert_false(has(401));
	assert_false(has(402));
	uproot();
}

/* Each has a lower pid than its parent, as pids have begun again. */
static void a_line_of_descent_may_be_read_from_its_end(void **state)
{
	(void)state;
	plant(true, true);
	for (int pid = 150; pid < 155; pid++)
		add(pid, pid == 154 ? 100 : pid + 1);
	fake_newest(154, 50);
	look();
	for (int pid = 150; pid < 155; pid++)
		assert_true(has(pid));
	uproot();
}

static void children_may_have_lower_pids_than_their_parents(void **state)
{
	(void)state;
	plant(true, true);
	add(101, 300);
	add(200, 101);
	add(300, 100);
	fake_newest(300, 1000);
	look();
	assert_int_equal(tree.members.list.len, 4);
	uproot();
}

static void only_new_pids_are_read(void **state)
{
	(void)state;
	plant(true, true);
	add(101, 100);
	fake_newest(101, 50);
	look();
	assert_true(has(101));
	add(90, 100); /* can't be: no pid was given out */
	look();
	assert_false(has(90));
	uproot();
}

static void pids_that_begin_again_are_all_read(void **state)
{
	(void)state;
	plant(true, true);
	fake_newest(900, 5000);
	look();
	add(35, 100);
	fake_newest(40, 50);
	look();
	assert_true(has(35));
	uproot();
}

static void look_after_10_s(int forks)
{
	char text[64];

	snprintf(text, sizeof(text), "cpu 1 2\nctxt 3\nprocesses %d\n", forks);
	fake_write("stat", text);
	members_sweep(&tree.members);
	tree_scan(&tree, tree.scanned_ns + 10000000000, INT64_MAX);
}

/* By the time alone all pids may have been given out since. */
static void far_apart_the_forks_are_counted(void **state)
{
	(void)state;
	plant(true, true);
	look_after_10_s(5000); /* nothing to compare it with: a full look */
	add(20, 100);
	look_after_10_s(5000);
	assert_false(has(20));
	add(101, 100);
	fake_newest(101, 50);
	look_after_10_s(5001);
	assert_true(has(101));
	assert_false(has(20));
	look_after_10_s(5001 + 32768);
	assert_true(has(20));
	uproot();
}

/* 50,000 forks a second, known of no kernel, use up half of all pids in a third
 * of a second; before that, the newest pid says enough. */
static void what_forks_could_use_up_is_scanned(void **state)
{
	const int64_t near_ns = 327679999, far_ns = 327680000;

	(void)state;
	plant(true, true);
	add(20, 100);
	members_sweep(&tree.members);
	tree_scan(&tree, tree.scanned_ns + near_ns, INT64_MAX);
	assert_false(has(20));
	tree_scan(&tree, tree.scanned_ns + far_ns, INT64_MAX);
	assert_true(has(20));
	uproot();
}

static void without_loadavg_all_is_scanned(void **state)
{
	(void)state;
	plant(true, true);
	fake_write("loadavg", "0.00 0.00 0.00 0/0 0\n");
	add(20, 100);
	look();
	assert_true(has(20));
	add(21, 20);
	look();
	assert_true(has(21));
	uproot();
}

static void an_absent_pid_is_read_again_once(void **state)
{
	(void)state;
	plant(true, true);
	fake_newest(102, 50);
	look();
	add(101, 100);
	look();
	assert_true(has(101));
	add(102, 100);
	look();
	assert_false(has(102));
	uproot();
}

static void a_child_is_kept_until_its_late_parent_shows(void **state)
{
	(void)state;
	plant(true, true);
	add(102, 101);
	fake_newest(102, 50);
	look();
	assert_false(has(102));
	add(101, 100);
	look();
	assert_true(has(101));
	assert_true(has(102));
	uproot();
}

/* The parent is the later one of two pids that are not visible yet. */
static void a_child_waits_for_each_late_pid(void **state)
{
	(void)state;
	plant(true, true);
	add(103, 102);
	add(104, 7);
	fake_newest(104, 50);
	look();
	assert_int_equal(tree.members.list.len, 1);
	add(102, 100);
	look();
	assert_true(has(102));
	assert_true(has(103));
	assert_false(has(104));
	uproot();
}

/* wait() has pids of this process's namespace, /proc may have another's. */
static void a_pid_of_another_namespace_is_found(void **state)
{
	(void)state;
	plant(true, true);
	add(101, 100);
	add(102, 100);
	fake_newest(102, 50);
	look();
	assert_int_equal(tree_find_namespace_pid(&tree, 101), 1);
	fs.other_namespace = true;
	for (size_t i = 0; i < 3; i++)
		tree.members.list.items[i].namespace_pid = 3 + (pid_t)i;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
		    tree_find_namespace_pid(&tree, 3 + (pid_t)i), i);
	assert_int_equal(tree_find_namespace_pid(&tree, 101), MEMBERS_NONE);
	members_lose(&tree.members, 1);
	assert_int_equal(tree_find_namespace_pid(&tree, 4), MEMBERS_NONE);
	fs.other_namespace = false;
	uproot();
}

static void the_recorder_and_what_is_aside_do_not_belong(void **state)
{
	struct aside aside = {.pid = 102};
	char path[256];

	(void)state;
	add((int)getpid(), 100); /* it is what started this process */
	add(101, 100);
	add(102, 100);
	add(103, (int)getpid());
	fake_newest(103, 50);
	add(100, 1);
	tree_init(&tree, &fs, 100, false, false);
	tree.aside = &aside;
	look();
	assert_true(has(101));
	assert_false(has((int)getpid()));
	assert_false(has(102));
	assert_false(has(103));
	fake_gone((int)getpid());
	snprintf(path, sizeof(path), "%s/%d", fake_root, (int)getpid());
	assert_int_equal(access(path, F_OK), -1);
	uproot();
}

static void orphans_come_to_us_where_we_adopt(void **state)
{
	(void)state;
	plant(true, true);
	add(101, (int)getpid());
	fake_process((struct fake_process){.pid = 102,
	    .ppid = (int)getpid(),
	    .started = 3, /* before the program: not its child */
	    .pages = 10});
	fake_newest(102, 50);
	look();
	assert_true(has(101));
	assert_false(has(102));
	uproot();
	plant(false, true);
	add(101, (int)getpid());
	fake_newest(101, 50);
	look();
	assert_false(has(101));
	uproot();
}

static void threads_are_no_processes(void **state)
{
	(void)state;
	plant(true, true);
	fake_process((struct fake_process){
	    .pid = 101, .ppid = 100, .exit_signal = -1, .pages = 10});
	fake_newest(101, 50);
	look();
	assert_false(has(101));
	uproot();
}

static void without_a_process_there_is_no_root(void **state)
{
	(void)state;
	tree_init(&tree, &fs, 100, false, true);
	assert_int_equal(tree.members.list.len, 0);
	tree_finish(&tree);
	fake_process((struct fake_process){
	    .pid = 100, .ppid = 1, .exit_signal = -1, .pages = 10});
	tree_init(&tree, &fs, 100, false, true);
	assert_int_equal(tree.members.list.len, 0);
	uproot();
}

static void a_pid_used_again_is_another_process(void **state)
{
	size_t at;

	(void)state;
	plant(true, true);
	add(101, 100);
	fake_newest(101, 50);
	look();
	at = members_find(&tree.members, 101);
	assert_int_not_equal(at, MEMBERS_NONE);
	members_lose(&tree.members, at);
	tree_note_gone(&tree, tree.members.list.items[at].pid);
	assert_false(has(101));
	fake_process((struct fake_process){
	    .pid = 101, .ppid = 100, .started = 500, .pages = 10});
	look();
	assert_true(has(101));
	at = members_find(&tree.members, 101);
	assert_int_equal(tree.members.list.items[at].started, 500);
	members_lose(&tree.members, at);
	tree_note_gone(&tree, tree.members.list.items[at].pid);
	fake_process((struct fake_process){
	    .pid = 101, .ppid = 1, .started = 600, .pages = 10});
	look();
	assert_false(has(101));
	uproot();
}

static void what_is_there_is_attached_to_with_its_descendants(void **state)
{
	(void)state;
	fake_newest(300, 50);
	add(100, 1);
	add(250, 100);
	add(30, 250);
	add(31, 1);
	tree_init(&tree, &fs, 100, false, false);
	tree_scan(&tree, tree.scanned_ns + 1, INT64_MAX);
	assert_int_equal(tree.members.list.len, 3);
	assert_true(has(30));
	assert_false(has(31));
	uproot();
}

/* Their parents are gone, but known to somebody else. */
static void who_is_known_to_belong_is_adopted(void **state)
{
	(void)state;
	plant(false, true);
	add(140, 1);
	assert_false(tree_adopt(&tree, 140, 139)); /* it started at 140 */
	assert_true(tree_adopt(&tree, 140, 140));
	assert_false(tree_adopt(&tree, 141, UINT64_MAX));
	assert_true(has(140));
	add(141, 140);
	fake_newest(141, 50);
	assert_true(tree_scan(&tree, tree.scanned_ns + 1, INT64_MAX));
	assert_true(has(141));
	look(); /* once more for those that were absent */
	assert_false(tree_scan(&tree, tree.scanned_ns + 1, INT64_MAX));
	uproot();
}

/* Beside a storm of forks a look may not take long: it goes on in the next. */
static void a_look_that_is_late_goes_on_in_the_next(void **state)
{
	int looks = 0;

	(void)state;
	fake_newest(200, 500);
	for (int pid = 100; pid <= 200; pid++)
		add(pid, pid == 100 ? 1 : 100);
	tree_init(&tree, &fs, 100, false, false);
	for (; looks < 200 && tree.newest == 0; looks++)
		tree_scan(&tree, tree.scanned_ns + 1, 0);
	assert_in_range(looks, 2, 50);
	assert_int_equal(tree.members.list.len, 101);
	for (int pid = 201; pid <= 300; pid++)
		add(pid, 100);
	fake_newest(300, 500);
	tree_scan(&tree, tree.scanned_ns + 1, 0);
	assert_in_range(tree.members.list.len, 102, 150);
	for (int i = 0; i < 50; i++)
		tree_scan(&tree, tree.scanned_ns + 1, 0);
	assert_int_equal(tree.members.list.len, 201);
	tree.newest = 0;
	tree.position = 0;
	look();
	assert_true(tree.newest > 0);
	uproot();
}

/* If forks are reported, only the pids of those that ended are read. */
static void without_a_look_a_pid_that_is_used_again_is_found(void **state)
{
	(void)state;
	plant(true, true);
	add(101, 100);
	add(102, 100);
	assert_true(tree_adopt(&tree, 101, UINT64_MAX));
	members_lose(&tree.members, members_find(&tree.members, 101));
	tree_note_gone(&tree, 101);
	members_sweep(&tree.members);
	tree_skip(&tree, tree.scanned_ns + 1);
	assert_true(has(101));
	assert_false(has(102));
	uproot();
}

static void members_survive_many_comings_and_goings(void **state)
{
	struct members members = {0};

	(void)state;
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 100; i++) {
			struct proc_stat stat = {.pid = round * 100 + i + 1};

			members_add(&members, &stat);
		}
		for (int i = 0; i < 100; i += 2)
			members_lose(&members,
			    members_find(&members, round * 100 + i + 1));
		members_sweep(&members);
		assert_int_equal(members.list.len, (size_t)(round + 1) * 50);
		for (int pid = 1; pid <= (round + 1) * 100; pid++)
			assert_int_equal(
			    members_find(&members, pid) != MEMBERS_NONE,
			    pid % 2 == 0);
	}
	members_finish(&members);
}

/* A process that may choose pids can bring the newest back to where it was. */
static void more_threads_than_before_are_scanned_for(void **state)
{
	(void)state;
	plant(true, true);
	fake_newest(900, 50);
	look();
	add(35, 100);
	look();
	assert_false(has(35));
	fake_newest(900, 51);
	look();
	assert_true(has(35));
	uproot();
}

static void more_forks_than_pids_are_scanned_for(void **state)
{
	(void)state;
	plant(true, true);
	look_after_10_s(5000);
	look_after_10_s(5000);
	add(20, 100);
	look_after_10_s(5001);
	assert_true(has(20));
	uproot();
}

static void a_pid_of_ours_may_be_used_again_soon(void **state)
{
	(void)state;
	plant(true, true);
	add(101, 100);
	add(102, 100);
	fake_newest(102, 50);
	look();
	fake_gone(101);
	fake_gone(102);
	members_lose(&tree.members, members_find(&tree.members, 101));
	tree_note_gone(&tree, 101);
	members_lose(&tree.members, members_find(&tree.members, 102));
	tree_note_gone(&tree, 102);
	for (int i = 0; i < 3; i++)
		look();
	assert_false(has(101));
	add(101, 100);
	add(102, 100);
	look();
	assert_false(has(101)); /* a hundredth of a second later at most */
	members_sweep(&tree.members);
	tree_scan(&tree, tree.scanned_ns + 10000000, INT64_MAX);
	assert_true(has(101));
	assert_true(has(102));
	uproot();
}

/* A look so much later than the one before. */
static bool look_after(int64_t ns)
{
	members_sweep(&tree.members);
	return tree_scan(&tree, tree.scanned_ns + ns, INT64_MAX);
}

static void set_forks(int64_t forks)
{
	char text[64];

	snprintf(
	    text, sizeof(text), "cpu 1 2\nprocesses %lld\n", (long long)forks);
	fake_write("stat", text);
}

/* Two new pids for each thread there is, and 64. */
static void a_wide_range_of_pids_is_scanned_for(void **state)
{
	(void)state;
	for (int more = 0; more < 2; more++) {
		plant(true, true);
		add(20, 100);
		add(150, 100);
		fake_newest(100 + 2 * 50 + 64 + more, 50);
		look();
		assert_true(has(150));
		assert_int_equal(has(20), more);
		uproot();
	}
}

/* Forks are counted each ten seconds, and those that no new pid shows are
 * scanned for; after a pause so many may have used up all pids. */
static void forks_are_held_against_new_pids(void **state)
{
	static const struct {
		int64_t forks;
		int moved;
		bool far, all; /* of /proc is scanned */
	} rows[] = {
	    {0, 0, false, false},
	    {1, 0, false, true},
	    {69, 5, false, false},
	    {70, 5, false, true},
	    {-1, 0, false, false},
	    {0, 0, true, false},
	    {-1, 0, true, true},
	    {16383, 16319, true, false},
	    {16384, 16320, true, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		plant(true, true);
		set_forks(5000);
		look_after(10 * NS_PER_S);
		look_after(1);
		add(20, 100);
		/* Near enough that by time alone no pid is in doubt. */
		for (int step = 0; step < 49; step++)
			look_after(NS_PER_S / 5);
		set_forks(5000 + rows[i].forks);
		look_after(NS_PER_S / 5 - 2);
		assert_false(has(20));
		fake_newest(100 + rows[i].moved, rows[i].moved ? 9000 : 50);
		look_after(rows[i].far ? NS_PER_S / 2 : 1);
		if (has(20) != rows[i].all)
			fail_msg("%zu: %d", i, has(20));
		uproot();
	}
}

/* For a mere doubt, a thirty-thousandth of the time. */
static void doubts_may_take_a_part_of_the_time(void **state)
{
	(void)state;
	step_ns = 1000;
	plant(true, true);
	add(20, 100);
	fake_newest(100, 51);
	look_after(1);
	assert_true(has(20));
	add(21, 100);
	fake_newest(100, 52);
	look_after(30000 * step_ns - 1);
	assert_false(has(21));
	look_after(1);
	assert_true(has(21));
	look_after(1);
	add(22, 100);
	look_after(30000 * step_ns);
	assert_false(has(22)); /* there is no doubt any more */
	step_ns = 0;
	uproot();
}

/* Behind a scan of all, the last 64 pids are read once more. */
static void what_is_not_visible_yet_is_read_after_a_scan_of_all(void **state)
{
	(void)state;
	for (int newest = 64; newest <= 200; newest += newest < 65 ? 1 : 135) {
		fake_newest(newest, 50);
		add(100, (int)getpid());
		tree_init(&tree, &fs, 100, true, false);
		look();
		for (int pid = 1; pid <= newest; pid++)
			add(pid, pid == 100 ? (int)getpid() : 100);
		look();
		for (int pid = 1; pid <= newest; pid++)
			if (has(pid) !=
			    (pid == 100 || (newest > 64 && pid > newest - 64)))
				fail_msg("%d of %d", pid, newest);
		uproot();
	}
}

/* Sixteen of them, for a second. */
static void the_latest_lost_pids_are_looked_at(void **state)
{
	(void)state;
	plant(true, true);
	look_after(NS_PER_S / 5);
	for (int pid = 1; pid <= 17; pid++)
		tree_note_gone(&tree, pid);
	look_after(1);
	look_after(1);
	for (int pid = 1; pid <= 17; pid++)
		add(pid, 100);
	assert_true(look_after(NS_PER_S / 100));
	assert_false(has(1));
	for (int pid = 2; pid <= 17; pid++)
		assert_true(has(pid));
	uproot();
}

static void a_lost_pid_is_looked_at_for_a_second(void **state)
{
	(void)state;
	for (int more = 0; more < 2; more++) {
		plant(true, true);
		look_after(NS_PER_S / 5);
		tree_note_gone(&tree, 20);
		for (int i = 0; i < 4; i++)
			look_after(NS_PER_S / 5);
		add(20, 100);
		assert_int_equal(look_after(NS_PER_S / 5 - 1 + more), !more);
		assert_int_equal(has(20), !more);
		uproot();
	}
}

static void lost_pids_are_looked_at_each_hundredth(void **state)
{
	(void)state;
	plant(true, true);
	look_after(NS_PER_S / 5);
	tree_note_gone(&tree, 20);
	look_after(1); /* what is lost now, too */
	assert_false(look_after(NS_PER_S / 100 - 1));
	assert_true(look_after(1));
	assert_false(look_after(NS_PER_S / 100 - 1));
	add(20, 100);
	assert_true(look_after(1));
	assert_true(has(20));
	uproot();
}

/* Sixteen at a time while it is late, and after that sixteen more each. */
static void a_late_scan_reads_a_few(void **state)
{
	static const struct {
		int64_t until_ns;
		size_t members;
	} rows[] = {{0, 17}, {0, 33}, {INT64_MAX - 1, 49}, {INT64_MAX - 1, 81},
	    {INT64_MAX - 1, 129}, {0, 145}, {INT64_MAX, 301}};

	(void)state;
	plant(true, true);
	for (int pid = 101; pid <= 400; pid++)
		add(pid, 100);
	fake_newest(400, 1000);
	tree.threads = 1000;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(
		    tree_scan(&tree, tree.scanned_ns + 1, rows[i].until_ns));
		assert_int_equal(tree.members.list.len, rows[i].members);
	}
	uproot();
}

enum { KERNEL_THREAD = 0x00200000 };

static void threads_of_the_kernel_do_not_belong(void **state)
{
	(void)state;
	plant(true, true);
	fake_process((struct fake_process){
	    .pid = 101, .ppid = 100, .started = 101, .flags = KERNEL_THREAD});
	add(102, 101); /* nor what they would have started */
	fake_newest(102, 50);
	look();
	assert_false(has(101));
	assert_false(has(102));
	uproot();
}

/* A program that /proc doesn't show started no earlier than now. */
static void a_hidden_program_is_older_than_its_orphans(void **state)
{
	int now_ticks = (int)procfs_ticks();

	(void)state;
	fake_newest(102, 50);
	tree_init(&tree, &fs, 100, true, true);
	fake_process((struct fake_process){
	    .pid = 101, .ppid = (int)getpid(), .started = 1});
	fake_process((struct fake_process){
	    .pid = 102, .ppid = (int)getpid(), .started = now_ticks + 1000000});
	look();
	assert_false(has(101));
	assert_true(has(102));
	assert_false(tree.members.list.items[0].is_root);
	uproot();
}

/* The program is the first of all, by its pid; who comes later with that pid is
 * another one. */
static void only_the_first_is_the_program(void **state)
{
	(void)state;
	plant(true, true);
	assert_true(tree.members.list.items[0].is_root);
	add(101, 100);
	fake_newest(101, 50);
	look();
	assert_false(tree.members.list.items[1].is_root);
	assert_int_equal(tree.members.list.items[1].seen_ns, tree.scanned_ns);
	members_lose(&tree.members, 0);
	tree_note_gone(&tree, 100);
	fake_process((struct fake_process){
	    .pid = 100, .ppid = 101, .started = 500, .pages = 10});
	look();
	assert_true(has(100));
	assert_int_equal(tree.members.list.len, 2);
	for (size_t i = 0; i < 2; i++)
		assert_false(tree.members.list.items[i].is_root);
	uproot();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(descendants_are_found_to_any_depth),
	    cmocka_unit_test(a_line_of_descent_may_be_read_from_its_end),
	    cmocka_unit_test(children_may_have_lower_pids_than_their_parents),
	    cmocka_unit_test(only_new_pids_are_read),
	    cmocka_unit_test(pids_that_begin_again_are_all_read),
	    cmocka_unit_test(far_apart_the_forks_are_counted),
	    cmocka_unit_test(what_forks_could_use_up_is_scanned),
	    cmocka_unit_test(without_loadavg_all_is_scanned),
	    cmocka_unit_test(an_absent_pid_is_read_again_once),
	    cmocka_unit_test(a_child_is_kept_until_its_late_parent_shows),
	    cmocka_unit_test(a_child_waits_for_each_late_pid),
	    cmocka_unit_test(a_pid_of_another_namespace_is_found),
	    cmocka_unit_test(the_recorder_and_what_is_aside_do_not_belong),
	    cmocka_unit_test(orphans_come_to_us_where_we_adopt),
	    cmocka_unit_test(threads_are_no_processes),
	    cmocka_unit_test(without_a_process_there_is_no_root),
	    cmocka_unit_test(a_pid_used_again_is_another_process),
	    cmocka_unit_test(what_is_there_is_attached_to_with_its_descendants),
	    cmocka_unit_test(who_is_known_to_belong_is_adopted),
	    cmocka_unit_test(a_look_that_is_late_goes_on_in_the_next),
	    cmocka_unit_test(without_a_look_a_pid_that_is_used_again_is_found),
	    cmocka_unit_test(members_survive_many_comings_and_goings),
	    cmocka_unit_test(more_threads_than_before_are_scanned_for),
	    cmocka_unit_test(more_forks_than_pids_are_scanned_for),
	    cmocka_unit_test(a_pid_of_ours_may_be_used_again_soon),
	    cmocka_unit_test(a_wide_range_of_pids_is_scanned_for),
	    cmocka_unit_test(forks_are_held_against_new_pids),
	    cmocka_unit_test(doubts_may_take_a_part_of_the_time),
	    cmocka_unit_test(
		what_is_not_visible_yet_is_read_after_a_scan_of_all),
	    cmocka_unit_test(the_latest_lost_pids_are_looked_at),
	    cmocka_unit_test(a_lost_pid_is_looked_at_for_a_second),
	    cmocka_unit_test(lost_pids_are_looked_at_each_hundredth),
	    cmocka_unit_test(a_late_scan_reads_a_few),
	    cmocka_unit_test(threads_of_the_kernel_do_not_belong),
	    cmocka_unit_test(a_hidden_program_is_older_than_its_orphans),
	    cmocka_unit_test(only_the_first_is_the_program),
	};

	return cmocka_run_group_tests(tests, open_fake, close_fake);
}
