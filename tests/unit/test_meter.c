// SPDX-License-Identifier: MIT
//
// The figure of a process, and whose memory it uses, by the text of statm
// alone, over a directory that stands for /proc.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "fake_proc.h"
#include "recorder/meter.h"
#include "recorder/tree.h"

enum { FORKED = 0x40 };

static struct procfs fs;
static bool is_denied; /* a statm */
static bool is_stat_denied;
static int changes; /* of the figures of process 101, one at each opening */
static bool lender_ends; /* at the next opening of those */

/* Those of process 100, other than its first. */
static const int threads[] = {104, 105, 106};
enum { THREADS = 3 };

static void change_figures(void);

/* In place of libc's. */
int openat(int directory, const char *path, int flags, ...)
{
	if (changes > 0 && strcmp(path, "101/statm") == 0)
		change_figures();
	if (lender_ends && strcmp(path, "101/statm") == 0)
		fake_gone(100);
	if (is_stat_denied && strstr(path, "/stat") &&
	    !strstr(path, "/statm")) {
		errno = EACCES;
		return -1;
	}
	if (is_denied && strstr(path, "/statm")) {
		errno = EACCES;
		return -1;
	}
	return (int)syscall(SYS_openat, directory, path, flags, 0);
}

static struct tree tree;
static struct borrow borrow;

static void put(struct fake_process p)
{
	p.started = p.pid;
	fake_process(p);
}

/* After the last change it has the 900 pages of its parent. */
static void change_figures(void)
{
	changes--;
	put((struct fake_process){
	    .pid = 101, .ppid = 100, .pages = 900 + changes, .flags = FORKED});
}

static void look(int newest)
{
	fake_newest(newest, 50);
	members_sweep(&tree.members);
	tree_scan(&tree, tree.scanned_ns + 1, INT64_MAX);
}

/* A parent in state, and a child with as many pages and these flags. */
static struct member *family(char state, int pages, int flags)
{
	put((struct fake_process){
	    .pid = 100, .ppid = (int)getpid(), .pages = 900, .state = state});
	fake_newest(100, 50);
	tree_init(&tree, &fs, 100, true, true);
	put((struct fake_process){
	    .pid = 101, .ppid = 100, .pages = pages, .flags = flags});
	look(101);
	assert_int_equal(tree.members.list.len, 2);
	borrow_init(&borrow, &fs, false);
	return &tree.members.list.items[1];
}

static size_t parted;

static bool borrows(size_t at)
{
	parted = MEMBERS_NONE;
	return borrow_check(&borrow, &tree.members, at, &parted);
}

static struct member *member_at(size_t at)
{
	return &tree.members.list.items[at];
}

static void end(void)
{
	tree_finish(&tree);
	for (int pid = 100; pid < 120; pid++)
		fake_gone(pid);
}

static void until_it_executes_a_child_has_its_parents_memory(void **state)
{
	struct member *child = family('D', 900, FORKED);

	(void)state;
	assert_false(child->owns);
	child->kib = 5;
	assert_false(borrows(0));
	assert_true(borrows(1));
	assert_int_equal(child->kib, -1);
	assert_int_equal(child->lender, 100);
	put((struct fake_process){.pid = 100, .pages = 900});
	put((struct fake_process){.pid = 101, .ppid = 100, .pages = 30});
	assert_false(borrows(1));
	assert_true(child->owns);
	assert_false(child->borrows);
	end();
}

static void a_program_of_its_own_is_not_asked_about(void **state)
{
	struct member *child = family('D', 900, 0);

	(void)state;
	assert_true(child->owns);
	assert_false(borrows(1));
	end();
}

static void a_plain_fork_has_other_figures(void **state)
{
	struct member *child = family('D', 880, FORKED);

	(void)state;
	assert_false(borrows(1));
	assert_true(child->owns);
	end();
}

static void without_a_parent_that_waits_it_is_asked_again(void **state)
{
	struct member *child = family('S', 900, FORKED);

	(void)state;
	assert_false(borrows(1));
	assert_false(child->owns);
	put((struct fake_process){.pid = 100, .pages = 900, .state = 'D'});
	assert_true(borrows(1));
	end();
}

/* The figures of both are read one after the other, and change meanwhile. */
static void figures_that_change_are_read_three_times(void **state)
{
	struct member *child = family('D', 890, FORKED);

	(void)state;
	changes = 3;
	assert_true(borrows(1));
	assert_int_equal(changes, 0);
	end();
	child = family('D', 890, FORKED);
	changes = 4;
	assert_false(borrows(1));
	assert_int_equal(changes, 1);
	assert_true(child->owns);
	changes = 0;
	end();
}

/* Nobody knows then whose memory it is. */
static void without_figures_it_is_asked_again(void **state)
{
	static const char *const files[] = {"101/statm", "100/statm"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char path[256];
		struct member *child = family('D', 900, FORKED);

		fake_write(files[i], "");
		assert_false(borrows(1));
		assert_false(child->owns);
		snprintf(path, sizeof(path), "%s/%s", fake_root, files[i]);
		assert_int_equal(remove(path), 0);
		assert_false(borrows(1));
		assert_false(child->owns);
		put((struct fake_process){.pid = i == 0 ? 101 : 100,
		    .pages = 900,
		    .state = 'D',
		    .flags = FORKED});
		assert_true(borrows(1));
		end();
	}
}

/* A text without that figure tells nothing. */
static void equal_text_without_figures_proves_nothing(void **state)
{
	struct member *child = family('S', 900, FORKED);

	(void)state;
	fake_write("100/statm", "1000 900\n");
	fake_write("101/statm", "1000 900\n");
	assert_false(borrows(1));
	assert_false(child->owns);
	end();
}

/* In the one thread a state or pages, in the others none. */
static void put_threads(int the_one, char state, int pages)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/100/task", fake_root);
	mkdir(path, 0700);
	for (int i = 0; i < THREADS; i++) {
		bool is_it = threads[i] == the_one;

		put((struct fake_process){.pid = threads[i],
		    .exit_signal = -1,
		    .state = is_it ? state : 'S',
		    .pages = is_it ? pages : 0});
		snprintf(path, sizeof(path), "%s/100/task/%d", fake_root,
		    threads[i]);
		mkdir(path, 0700);
	}
}

static void remove_threads(void)
{
	char path[256];

	for (int i = 0; i < THREADS; i++) {
		snprintf(path, sizeof(path), "%s/100/task/%d", fake_root,
		    threads[i]);
		rmdir(path);
		fake_gone(threads[i]);
	}
	snprintf(path, sizeof(path), "%s/100/task", fake_root);
	rmdir(path);
}

static void any_thread_of_the_parent_may_wait(void **state)
{
	(void)state;
	family('S', 900, FORKED);
	put_threads(0, 'S', 0);
	assert_false(borrows(1));
	for (int i = 0; i < THREADS; i++) {
		member_at(1)->borrows = false;
		put_threads(threads[i], 'D', 0);
		assert_true(borrows(1));
	}
	remove_threads();
	end();
}

/* A parent that doesn't wait, and a clone of it with as many faults. */
static void clone_of(int faults)
{
	family('S', 900, FORKED);
	put((struct fake_process){.pid = 100, .pages = 900, .shared = 400});
	put((struct fake_process){.pid = 101,
	    .ppid = 100,
	    .pages = 900,
	    .shared = 400,
	    .faults = faults,
	    .flags = FORKED});
}

/* A fault maps 16 pages of a file at most: 400 are not there after 24. */
static void pages_that_no_fault_has_brought_are_the_parents(void **state)
{
	(void)state;
	clone_of(24);
	assert_true(borrows(1));
	put((struct fake_process){.pid = 101,
	    .ppid = 100,
	    .pages = 900,
	    .shared = 400,
	    .faults = 700,
	    .flags = FORKED});
	assert_true(borrows(1)); /* its faults are its parent's memory too */
	end();
	clone_of(25);
	assert_false(borrows(1));
	end();
}

static void what_a_lender_leaves_belongs_to_who_borrowed(void **state)
{
	struct member *child = family('D', 900, FORKED);

	(void)state;
	assert_true(borrows(1));
	members_lose(&tree.members, 0);
	tree_note_gone(&tree, tree.members.list.items[0].pid);
	assert_false(borrows(1));
	assert_true(child->owns);
	end();
}

/* The lender's reading in this look may be of the borrower's memory. */
static void a_lender_that_ends_is_to_be_measured_again(void **state)
{
	(void)state;
	family('D', 900, FORKED);
	assert_true(borrows(1));
	assert_int_equal(parted, MEMBERS_NONE);
	put((struct fake_process){.pid = 100, .pages = 0, .flags = 4});
	assert_false(borrows(1));
	assert_int_equal(parted, 0);
	end();
	family('D', 900, FORKED);
	assert_true(borrows(1));
	put((struct fake_process){.pid = 101, .ppid = 100, .pages = 30});
	assert_false(borrows(1));
	assert_int_equal(parted, MEMBERS_NONE);
	end();
}

/* The same holds for a child that is first measured when its lender has already
 * ended. */
static void what_ends_at_the_first_look_has_parted(void **state)
{
	(void)state;
	family('D', 900, FORKED);
	put((struct fake_process){.pid = 100, .pages = 0, .flags = 4});
	assert_false(borrows(1));
	assert_int_equal(parted, 0);
	end();
	family('D', 900, FORKED);
	fake_gone(100);
	assert_false(borrows(1));
	assert_int_equal(parted, 0);
	end();
	family('D', 900, FORKED);
	put((struct fake_process){.pid = 100, .pages = 800});
	assert_false(borrows(1));
	assert_int_equal(parted, MEMBERS_NONE);
	end();
}

static void the_workers_of_a_server_may_look_the_same(void **state)
{
	struct member *second;

	(void)state;
	family('S', 500, FORKED);
	assert_false(borrows(1));
	put((struct fake_process){
	    .pid = 101, .ppid = 100, .pages = 500, .state = 'D'});
	put((struct fake_process){
	    .pid = 102, .ppid = 100, .pages = 500, .flags = FORKED});
	look(102);
	second = &tree.members.list.items[2];
	assert_false(borrows(2));
	assert_true(second->owns);
	end();
}

/* A process with memory of its own, until the end of this one. */
static pid_t start_other(void)
{
	pid_t child = fork();

	if (child == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (child == 0)
		pause();
	return child;
}

static void end_other(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	end();
}

/* The kernel compares; false where it may not be asked here. */
static bool asks(void)
{
	borrow_init(&borrow, &fs, true);
	return syscall(SYS_kcmp, getpid(), getpid(), 1, 0, 0) == 0;
}

static void the_kernel_knows_whose_memory_it_is(void **state)
{
	pid_t other = start_other();

	(void)state;
	family('D', 900, FORKED);
	if (!asks()) {
		end_other(other);
		skip();
	}
	member_at(0)->task = getpid();
	member_at(1)->task = other;
	assert_false(borrows(1)); /* whatever the figures look like */
	assert_true(member_at(1)->owns);
	end();
	family('S', 30, FORKED);
	assert_true(asks());
	member_at(0)->task = member_at(1)->task = getpid();
	assert_true(borrows(1));
	assert_int_equal(member_at(1)->lender, 100);
	end();
	family('D', 900, FORKED);
	assert_true(asks());
	member_at(0)->task = getpid();
	member_at(1)->task = 999999998; /* it has ended */
	assert_false(borrows(1));
	assert_false(member_at(1)->owns);
	member_at(1)->task = 0; /* unknown: the figures tell */
	assert_true(borrows(1));
	member_at(1)->task = getpid();
	member_at(0)->task = 0;
	assert_true(borrows(1));
	if (syscall(SYS_kcmp, 1, getpid(), 1, 0, 0) > 0) {
		member_at(0)->task = 1; /* is a process like any other */
		assert_false(borrows(1));
		member_at(1)->owns = false;
		member_at(0)->task = getpid();
		member_at(1)->task = 1;
		assert_false(borrows(1));
	}
	end_other(other);
}

/* Two that have the memory of a third, which has ended, or has other memory by
 * now. */
static void siblings_may_share_memory(void **state)
{
	pid_t other = start_other();

	(void)state;
	family('S', 30, FORKED);
	if (!asks()) {
		end_other(other);
		skip();
	}
	put((struct fake_process){
	    .pid = 102, .ppid = 100, .pages = 40, .flags = FORKED});
	look(102);
	member_at(0)->task = other;
	member_at(1)->task = member_at(2)->task = getpid();
	member_at(1)->owns = true;
	member_at(1)->zombie = true;
	assert_false(borrows(2));
	member_at(2)->owns = member_at(1)->zombie = false;
	member_at(1)->gone = true;
	assert_false(borrows(2));
	member_at(2)->owns = member_at(1)->gone = false;
	member_at(1)->borrows = true;
	assert_false(borrows(2));
	member_at(2)->owns = member_at(1)->borrows = false;
	member_at(1)->ppid = 1;
	assert_false(borrows(2));
	member_at(2)->owns = false;
	member_at(1)->ppid = 100;
	assert_true(borrows(2));
	assert_int_equal(member_at(2)->lender, 101);
	assert_false(borrows(1)); /* it was found first */
	/* The first of all may be one, too. */
	member_at(2)->borrows = member_at(2)->owns = false;
	member_at(2)->lender = 0;
	member_at(2)->ppid = 1;
	member_at(0)->task = getpid();
	member_at(1)->task = other;
	assert_true(borrows(2));
	assert_int_equal(member_at(2)->lender, 100);
	end_other(other);
}

/* A lender may borrow itself. */
static void the_lender_of_a_lender_is_asked(void **state)
{
	(void)state;
	family('D', 900, FORKED);
	assert_true(borrows(1));
	put((struct fake_process){
	    .pid = 101, .ppid = 100, .pages = 30, .flags = FORKED});
	put((struct fake_process){
	    .pid = 102, .ppid = 101, .pages = 900, .flags = FORKED});
	look(102);
	assert_true(borrows(2));
	assert_int_equal(member_at(2)->lender, 100);
	end();
}

/* The parent and children 101 to last, all of them forks. */
static void large_family(int last)
{
	family('S', 900, FORKED);
	for (int pid = 102; pid <= last; pid++)
		put((struct fake_process){
		    .pid = pid, .ppid = 100, .pages = 30, .flags = FORKED});
	look(last);
	assert_int_equal(tree.members.list.len, last - 99);
}

/* The eighth in a chain of lenders is asked, the ninth is not. */
static void a_chain_of_lenders_has_an_end(void **state)
{
	(void)state;
	large_family(110);
	put((struct fake_process){
	    .pid = 101, .ppid = 100, .pages = 30, .flags = FORKED});
	member_at(10)->lender = 101;
	for (size_t i = 1; i < 9; i++)
		member_at(i)->lender = member_at(i + 1)->pid;
	put((struct fake_process){
	    .pid = 110, .ppid = 100, .pages = 50, .flags = FORKED});
	put((struct fake_process){
	    .pid = 109, .ppid = 100, .pages = 50, .state = 'D'});
	assert_false(borrows(10));
	member_at(10)->owns = false;
	put((struct fake_process){
	    .pid = 108, .ppid = 100, .pages = 50, .state = 'D'});
	assert_true(borrows(10));
	assert_int_equal(member_at(10)->lender, 108);
	end();
}

/* At most 16 siblings are asked. */
static void some_siblings_are_asked(void **state)
{
	pid_t other = start_other();

	(void)state;
	large_family(118);
	if (!asks()) {
		end_other(other);
		skip();
	}
	for (size_t i = 0; i < 18; i++)
		member_at(i)->task = other;
	member_at(1)->task = member_at(18)->task = getpid();
	assert_false(borrows(18));
	member_at(18)->owns = false;
	member_at(2)->task = getpid();
	assert_true(borrows(18));
	assert_int_equal(member_at(18)->lender, 102);
	end_other(other);
}

static void a_lender_that_borrows_has_no_figure_to_part_from(void **state)
{
	(void)state;
	family('D', 900, FORKED);
	assert_true(borrows(1));
	member_at(0)->borrows = true;
	put((struct fake_process){
	    .pid = 101, .ppid = 100, .pages = 30, .flags = FORKED});
	assert_false(borrows(1));
	assert_int_equal(parted, MEMBERS_NONE);
	end();
	family('D', 900, FORKED);
	assert_true(borrows(1));
	put((struct fake_process){
	    .pid = 101, .ppid = 100, .pages = 30, .flags = FORKED});
	assert_false(borrows(1));
	assert_int_equal(parted, 0);
	end();
}

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

static struct meter meter;
static struct members measured;

static void set_statm(int pid, const char *text)
{
	char name[32];

	snprintf(name, sizeof(name), "%d/statm", pid);
	fake_write(name, text);
}

static struct member *one(size_t at)
{
	return &measured.list.items[at];
}

/* Two programs of their own, the first of which is the recorded one. */
static int begin_meter(void **state)
{
	struct proc_stat stat;

	(void)state;
	meter_init(&meter, &fs, metric_find("rss"));
	borrow_init(&meter.borrow, &fs, false);
	for (int pid = 100; pid < 102; pid++) {
		put((struct fake_process){.pid = pid, .ppid = 1, .pages = 9});
		if (!procfs_stat(&fs, pid, &stat))
			return -1;
		members_add(&measured, &stat);
	}
	one(0)->is_root = true;
	return 0;
}

static int end_meter(void **state)
{
	(void)state;
	members_finish(&measured);
	for (int pid = 100; pid < 120; pid++)
		fake_gone(pid);
	return 0;
}

static void a_figure_is_pages_times_their_size(void **state)
{
	(void)state;
	set_statm(100, "1000 70 30 5 0 9 0\n");
	meter_read(&meter, &measured, 0);
	assert_int_equal(one(0)->kib, 70 * fs.page_kib);
	assert_int_equal(one(0)->shared_kib, 30 * fs.page_kib);
	assert_int_equal(one(0)->peak_kib, 70 * fs.page_kib);
	assert_int_equal(one(1)->kib, 9 * fs.page_kib);
	set_statm(100, "1000 60 20 5 0 9 0\n");
	meter_read(&meter, &measured, 1);
	assert_int_equal(one(0)->kib, 70 * fs.page_kib);
	meter_read(&meter, &measured, 0);
	assert_int_equal(one(0)->kib, 60 * fs.page_kib);
	assert_int_equal(one(0)->shared_kib, 20 * fs.page_kib);
	assert_int_equal(one(0)->peak_kib, 70 * fs.page_kib);
}

/* The size of the code is another one's where another program runs. */
static void another_code_is_another_program(void **state)
{
	(void)state;
	set_statm(100, "1000 70 30 5 0 9 0\n");
	meter_read(&meter, &measured, 0);
	assert_false(one(0)->executed);
	meter_read(&meter, &measured, 0);
	assert_false(one(0)->executed);
	set_statm(100, "1000 70 30 0 0 9 0\n");
	meter_read(&meter, &measured, 0);
	assert_false(one(0)->executed);
	set_statm(100, "1000 70 30 6 0 9 0\n");
	meter_read(&meter, &measured, 0);
	assert_true(one(0)->executed);
}

static void a_file_is_kept_while_there_are_descriptors(void **state)
{
	int fd;

	(void)state;
	meter_read(&meter, &measured, 0);
	fd = one(0)->fd;
	assert_true(fd >= 0);
	meter_read(&meter, &measured, 0);
	assert_int_equal(one(0)->fd, fd);
	members_lose(&measured, 0);
	meter.keep_below = 0;
	members_lose(&measured, 1);
	one(1)->gone = false;
	meter_read(&meter, &measured, 1);
	assert_int_equal(one(1)->fd, -1);
	assert_int_equal(one(1)->kib, 9 * fs.page_kib);
}

/* Without a kept file the pid may be another process's by now. */
static void a_pid_that_was_used_again_is_no_measurement(void **state)
{
	(void)state;
	meter.keep_below = 0;
	fake_process((struct fake_process){
	    .pid = 101, .ppid = 1, .pages = 90, .started = 555});
	meter_read(&meter, &measured, 0);
	assert_true(one(1)->gone);
	assert_true(one(1)->kib < 90 * fs.page_kib);
	assert_false(one(0)->gone);
}

static void one_that_is_no_longer_there_is_gone(void **state)
{
	(void)state;
	fake_gone(101);
	meter_read(&meter, &measured, 0);
	assert_true(one(1)->gone);
	assert_true(measured.any_gone);
	assert_int_equal(one(0)->kib, 9 * fs.page_kib);
}

/* The end of a program that was started is reported by wait() alone. */
static void the_program_stays_until_its_end_is_reported(void **state)
{
	(void)state;
	meter.keeps_root = true;
	meter.keep_below = 0;
	meter_read(&meter, &measured, 0);
	assert_int_equal(one(0)->kib, 9 * fs.page_kib);
	fake_gone(100);
	meter_read(&meter, &measured, 0);
	assert_false(one(0)->gone);
	assert_true(one(0)->hidden);
	assert_int_equal(one(0)->kib, -1);
	put((struct fake_process){.pid = 100, .ppid = 1, .pages = 8});
	meter_read(&meter, &measured, 0);
	assert_false(one(0)->hidden);
	assert_int_equal(one(0)->kib, 8 * fs.page_kib);
	meter.keeps_root = false;
	members_lose(&measured, 0);
	one(0)->gone = false;
	fake_gone(100);
	meter_read(&meter, &measured, 0);
	assert_true(one(0)->gone);
}

static void a_zombie_has_nothing(void **state)
{
	(void)state;
	meter_read(&meter, &measured, 0);
	put((struct fake_process){.pid = 101, .ppid = 1, .state = 'Z'});
	meter_read(&meter, &measured, 0);
	assert_true(one(1)->zombie);
	assert_int_equal(one(1)->kib, -1);
	assert_false(one(1)->gone);
	assert_int_equal(one(1)->peak_kib, 9 * fs.page_kib);
	meter_read(&meter, &measured, 0);
	assert_int_equal(one(1)->kib, -1);
	assert_false(one(1)->gone);
}

/* A process that is about to become a zombie has no memory, and neither has a
 * kernel thread. */
static void no_memory_is_no_zombie(void **state)
{
	(void)state;
	put((struct fake_process){.pid = 101, .ppid = 1, .state = 'R'});
	meter_read(&meter, &measured, 0);
	assert_false(one(1)->zombie);
	assert_false(one(1)->gone);
	assert_int_equal(one(1)->kib, -1);
}

/* After the main thread has exited the other threads still have the memory,
 * except those that are about to end. */
static void any_thread_has_the_memory(void **state)
{
	char path[256], file[256];
	ssize_t len;
	int fd = -1;

	(void)state;
	put((struct fake_process){
	    .pid = 100, .ppid = 1, .state = 'Z', .threads = 2});
	for (int i = 0; i < THREADS; i++) {
		put_threads(threads[i], 'S', 30 + i);
		meter_read(&meter, &measured, 0);
		assert_int_equal(one(0)->kib, (30 + i) * fs.page_kib);
		assert_int_equal(one(0)->task, threads[i]);
		assert_false(one(0)->zombie);
		/* Its file is kept open in place of the other one. */
		snprintf(path, sizeof(path), "/proc/self/fd/%d", one(0)->fd);
		len = readlink(path, file, sizeof(file) - 1);
		assert_true(len > 0);
		file[len] = 0;
		snprintf(path, sizeof(path), "/%d/statm", threads[i]);
		assert_non_null(strstr(file, path));
		if (i > 0)
			assert_int_equal(one(0)->fd, fd);
		fd = one(0)->fd;
	}
	remove_threads();
}

/* Even without a file of its own. */
static void with_its_main_thread_a_process_does_not_end(void **state)
{
	char path[256];

	(void)state;
	meter.keep_below = 0;
	put((struct fake_process){
	    .pid = 100, .ppid = 1, .state = 'Z', .threads = 2});
	put_threads(threads[1], 'S', 30);
	snprintf(path, sizeof(path), "%s/100/statm", fake_root);
	for (int i = 0; i < 2; i++) {
		meter_read(&meter, &measured, 0);
		assert_false(one(0)->gone);
		assert_int_equal(one(0)->kib, 30 * fs.page_kib);
		remove(path);
	}
	remove_threads();
}

/* As long as nothing says that it has ended. */
static void without_memory_and_a_state_it_is_still_there(void **state)
{
	(void)state;
	put((struct fake_process){.pid = 101, .ppid = 1, .state = 'R'});
	is_stat_denied = true;
	meter_read(&meter, &measured, 1);
	is_stat_denied = false;
	assert_false(one(1)->gone);
	assert_false(one(1)->zombie);
	assert_int_equal(one(1)->kib, -1);
}

/* The reading may be one of the borrower's memory. */
static void a_lender_that_ends_meanwhile_has_no_figure(void **state)
{
	(void)state;
	family('D', 900, FORKED);
	meter_init(&meter, &fs, metric_find("rss"));
	borrow_init(&meter.borrow, &fs, false);
	meter.keep_below = 0;
	meter_read(&meter, &tree.members, 0);
	assert_int_equal(member_at(0)->kib, 900 * fs.page_kib);
	lender_ends = true;
	meter_read(&meter, &tree.members, 0);
	lender_ends = false;
	assert_int_equal(member_at(0)->kib, -1);
	assert_int_equal(member_at(1)->kib, 900 * fs.page_kib);
	end();
}

static void other_metrics_have_other_figures(void **state)
{
	static const struct {
		const char *metric, *file, *text;
		int64_t kib;
	} rows[] = {
	    {"vms", "100/statm", "1000 70 30 5 0 9 0\n", -1000},
	    {"swap", "100/status", "VmSwap:\t 30 kB\nRssAnon:\t 20 kB\n", 30},
	    {"anon", "100/status", "VmSwap:\t 30 kB\nRssAnon:\t 20 kB\n", 20},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t want =
		    rows[i].kib < 0 ? -rows[i].kib * fs.page_kib : rows[i].kib;
		struct proc_stat stat;

		members_finish(&measured);
		assert_true(procfs_stat(&fs, 100, &stat));
		members_add(&measured, &stat);
		fake_write(rows[i].file, rows[i].text);
		meter_init(&meter, &fs, metric_find(rows[i].metric));
		meter_read(&meter, &measured, 0);
		assert_int_equal(one(0)->kib, want);
		assert_int_equal(one(0)->shared_kib, 0);
	}
}

/* All processes of a group are one; they are read to be seen. */
static void with_the_groups_metric_rss_is_read(void **state)
{
	(void)state;
	meter_init(&meter, &fs, metric_find("cgroup"));
	assert_ptr_equal(meter.metric, metric_find("rss"));
	assert_string_equal(meter.file, "statm");
}

/* How it ended is not known yet: the tick that finds out loses it. */
static void between_ticks_no_member_is_lost(void **state)
{
	struct member *child = family('S', 900, 0);

	(void)state;
	meter_init(&meter, &fs, metric_find("rss"));
	borrow_init(&meter.borrow, &fs, false);
	meter_read(&meter, &tree.members, 0);
	assert_int_equal(child->kib, 900 * fs.page_kib);
	child->borrows = true;
	put((struct fake_process){.pid = 101, .ppid = 100, .pages = 700});
	put((struct fake_process){.pid = 100, .pages = 800});
	meter_read_again(&meter, &tree.members);
	assert_int_equal(member_at(0)->kib, 800 * fs.page_kib);
	assert_int_equal(child->kib, 700 * fs.page_kib);
	assert_false(child->on_loan);
	close(child->fd);
	child->fd = -1;
	fake_gone(101);
	meter_read_again(&meter, &tree.members);
	assert_int_equal(child->kib, -1);
	assert_false(child->gone);
	meter_read(&meter, &tree.members, 0);
	assert_true(child->gone);
	end();
}

static void remove_rollup(void)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/100/smaps_rollup", fake_root);
	remove(path);
}

static void what_may_not_be_read_is_counted(void **state)
{
	(void)state;
	is_denied = true;
	one(1)->kib = 5;
	meter_read(&meter, &measured, 1);
	meter_read(&meter, &measured, 1);
	is_denied = false;
	assert_int_equal(meter.denied, 2);
	assert_true(one(1)->denied);
	assert_false(one(1)->gone);
	assert_int_equal(one(1)->kib, -1);
	assert_false(one(0)->denied);
}

/* All that the hard limit permits, but for some that are kept free. */
static void files_may_be_many(void **state)
{
	struct rlimit before, limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = 100;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	meter_init(&meter, &fs, metric_find("rss"));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_true(limit.rlim_cur == limit.rlim_max);
	if (limit.rlim_cur <= INT_MAX)
		assert_int_equal(meter.keep_below, limit.rlim_cur - 24);
}

/* In place of libc's, as memcheck lets no process lower its hard limit: a limit
 * of told descriptors, which can't be raised; 0: the real one. */
static rlim_t told;

int getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
{
	if (told == 0)
		return prlimit(0, resource, NULL, limit);
	*limit = (struct rlimit){told, told};
	return 0;
}

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	if (told == 0)
		return prlimit(0, resource, limit, NULL);
	if (limit->rlim_max <= told)
		return 0;
	errno = EPERM;
	return -1;
}

/* Numbers of descriptors below which files are kept open, with this limit. */
static int kept_below(rlim_t most)
{
	struct meter limited;

	told = most;
	meter_init(&limited, &fs, metric_find("rss"));
	told = 0;
	return limited.keep_below;
}

static void with_a_small_limit_few_files_are_kept(void **state)
{
	(void)state;
	assert_int_equal(kept_below(100), 76);
	assert_int_equal(kept_below(25), 1);
	assert_int_equal(kept_below(24), 0);
	assert_int_equal(kept_below(20), 0);
}

/* Only a process that is not there has ended. */
static void a_failure_is_no_end(void **state)
{
	char path[256];

	(void)state;
	meter_read(&meter, &measured, 1);
	close(one(1)->fd);
	one(1)->fd = -1;
	snprintf(path, sizeof(path), "%s/101/statm", fake_root);
	assert_int_equal(remove(path), 0);
	assert_int_equal(mkdir(path, 0700), 0); /* EISDIR */
	meter_read(&meter, &measured, 1);
	assert_int_equal(rmdir(path), 0);
	assert_false(one(1)->gone);
	assert_false(one(1)->zombie);
	assert_int_equal(one(1)->kib, -1);
	assert_int_equal(one(1)->peak_kib, 9 * fs.page_kib);
}

/* An open smaps_rollup fails after an exec: each reading opens its own. */
static void a_rollup_is_opened_each_time(void **state)
{
	(void)state;
	meter_init(&meter, &fs, metric_find("pss"));
	fake_write("100/smaps_rollup",
	    "0-1 ---p 0 0:0 0 [rollup]\nRss: 90 kB\nPss: 70 kB\n");
	for (int i = 0; i < 2; i++) {
		meter_read(&meter, &measured, 0);
		assert_int_equal(one(0)->fd, -1);
		assert_int_equal(one(0)->kib, 70);
		assert_false(one(1)->gone); /* it has none, but is there */
		assert_int_equal(one(1)->kib, -1);
	}
	fake_gone(101);
	meter_read(&meter, &measured, 0);
	assert_true(one(1)->gone);
	remove_rollup();
}

/* Swap of nothing is a figure. */
static void nothing_is_a_figure(void **state)
{
	(void)state;
	meter_init(&meter, &fs, metric_find("swap"));
	fake_write("100/status", "VmSwap:\t 0 kB\n");
	meter_read(&meter, &measured, 0);
	assert_int_equal(one(0)->kib, 0);
	assert_int_equal(one(0)->peak_kib, 0);
	assert_false(one(0)->zombie);
}

/* A file that is kept open shows nothing where its process has ended, and the
 * pid may be another's. */
static void an_open_file_may_be_of_an_ended_process(void **state)
{
	(void)state;
	meter_read(&meter, &measured, 0);
	assert_true(one(1)->fd >= 0);
	fake_process((struct fake_process){
	    .pid = 101, .ppid = 1, .pages = 0, .started = 555});
	meter_read(&meter, &measured, 0);
	assert_true(one(1)->gone);
	assert_int_equal(one(1)->kib, -1);
}

static void a_loan_is_known_by_its_second_tick(void **state)
{
	struct member *child = family('D', 900, FORKED);

	(void)state;
	assert_true(borrows(1));
	assert_false(child->on_loan);
	assert_true(borrows(1));
	assert_true(child->on_loan);
	end();
}

/* A reading between two ticks is none. */
static void a_reading_between_ticks_makes_no_loan(void **state)
{
	struct member *child = family('D', 900, FORKED);

	(void)state;
	meter_init(&meter, &fs, metric_find("rss"));
	borrow_init(&meter.borrow, &fs, false);
	meter_read(&meter, &tree.members, 0);
	assert_true(child->borrows);
	meter_read_again(&meter, &tree.members);
	assert_true(child->borrows);
	assert_false(child->on_loan);
	meter_read(&meter, &tree.members, 0);
	assert_true(child->on_loan);
	end();
}

/* With the lender of one known, only who has the same is asked. */
static void siblings_have_the_same_lender(void **state)
{
	pid_t other = start_other();

	(void)state;
	family('S', 30, FORKED);
	if (!asks()) {
		end_other(other);
		skip();
	}
	put((struct fake_process){
	    .pid = 102, .ppid = 100, .pages = 40, .flags = FORKED});
	look(102);
	member_at(0)->task = other;
	member_at(1)->task = member_at(2)->task = getpid();
	member_at(1)->owns = true;
	member_at(1)->lender = 7;
	member_at(2)->lender = 8;
	assert_false(borrows(2));
	member_at(2)->owns = false;
	member_at(1)->lender = 8;
	assert_true(borrows(2));
	assert_int_equal(member_at(2)->lender, 101);
	end_other(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(until_it_executes_a_child_has_its_parents_memory),
	    cmocka_unit_test(a_program_of_its_own_is_not_asked_about),
	    cmocka_unit_test(a_plain_fork_has_other_figures),
	    cmocka_unit_test(without_a_parent_that_waits_it_is_asked_again),
	    cmocka_unit_test(figures_that_change_are_read_three_times),
	    cmocka_unit_test(without_figures_it_is_asked_again),
	    cmocka_unit_test(equal_text_without_figures_proves_nothing),
	    cmocka_unit_test(between_ticks_no_member_is_lost),
	    cmocka_unit_test(pages_that_no_fault_has_brought_are_the_parents),
	    cmocka_unit_test(what_a_lender_leaves_belongs_to_who_borrowed),
	    cmocka_unit_test(a_lender_that_ends_is_to_be_measured_again),
	    cmocka_unit_test(any_thread_of_the_parent_may_wait),
	    cmocka_unit_test(what_ends_at_the_first_look_has_parted),
	    cmocka_unit_test(the_workers_of_a_server_may_look_the_same),
	    cmocka_unit_test(the_kernel_knows_whose_memory_it_is),
	    cmocka_unit_test(siblings_may_share_memory),
	    cmocka_unit_test(the_lender_of_a_lender_is_asked),
	    cmocka_unit_test(a_chain_of_lenders_has_an_end),
	    cmocka_unit_test(some_siblings_are_asked),
	    cmocka_unit_test(a_lender_that_borrows_has_no_figure_to_part_from),
	    cmocka_unit_test_setup_teardown(
		what_may_not_be_read_is_counted, begin_meter, end_meter),
	    cmocka_unit_test_setup_teardown(
		files_may_be_many, begin_meter, end_meter),
	    cmocka_unit_test_setup_teardown(
		a_failure_is_no_end, begin_meter, end_meter),
	    cmocka_unit_test_setup_teardown(
		a_rollup_is_opened_each_time, begin_meter, end_meter),
	    cmocka_unit_test_setup_teardown(
		a_figure_is_pages_times_their_size, begin_meter, end_meter),
	    cmocka_unit_test_setup_teardown(
		another_code_is_another_program, begin_meter, end_meter),
	    cmocka_unit_test_setup_teardown(
		a_file_is_kept_while_there_are_descriptors, begin_meter,
		end_meter),
	    cmocka_unit_test_setup_teardown(
		a_pid_that_was_used_again_is_no_measurement, begin_meter,
		end_meter),
	    cmocka_unit_test_setup_teardown(
		one_that_is_no_longer_there_is_gone, begin_meter, end_meter),
	    cmocka_unit_test_setup_teardown(
		the_program_stays_until_its_end_is_reported, begin_meter,
		end_meter),
	    cmocka_unit_test_setup_teardown(
		a_zombie_has_nothing, begin_meter, end_meter),
	    cmocka_unit_test_setup_teardown(
		no_memory_is_no_zombie, begin_meter, end_meter),
	    cmocka_unit_test_setup_teardown(
		any_thread_has_the_memory, begin_meter, end_meter),
	    cmocka_unit_test_setup_teardown(
		with_a_small_limit_few_files_are_kept, begin_meter, end_meter),
	    cmocka_unit_test_setup_teardown(
		other_metrics_have_other_figures, begin_meter, end_meter),
	    cmocka_unit_test_setup_teardown(
		with_the_groups_metric_rss_is_read, begin_meter, end_meter),
	    cmocka_unit_test_setup_teardown(
		nothing_is_a_figure, begin_meter, end_meter),
	    cmocka_unit_test_setup_teardown(
		an_open_file_may_be_of_an_ended_process, begin_meter,
		end_meter),
	    cmocka_unit_test(a_loan_is_known_by_its_second_tick),
	    cmocka_unit_test(a_reading_between_ticks_makes_no_loan),
	    cmocka_unit_test(siblings_have_the_same_lender),
	    cmocka_unit_test_setup_teardown(
		with_its_main_thread_a_process_does_not_end, begin_meter,
		end_meter),
	    cmocka_unit_test_setup_teardown(
		without_memory_and_a_state_it_is_still_there, begin_meter,
		end_meter),
	    cmocka_unit_test(a_lender_that_ends_meanwhile_has_no_figure),
	};

	return cmocka_run_group_tests(tests, open_fake, close_fake);
}
