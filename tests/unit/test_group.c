// SPDX-License-Identifier: MIT
//
// The processes that a control group lists are the ones that belong; a
// directory stands for /proc and for the group.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>

#include "base/clock.h"
#include "fake_proc.h"
#include "recorder/tree.h"

/* Pids above every one that a kernel gives. HIDDEN and FOREIGN live; /proc
 * doesn't show them, and the second is another user's. */
enum { ENDED = 99999999, HIDDEN = 99999998, FOREIGN = 99999997, SELF = 54321 };

static struct procfs fs;
static struct tree tree;
static struct fork_events events;
static struct group_scanner group;
static char folder[160];
static int64_t now_ns;

/* In place of libc's: no pid of the processes that the tests make. */
pid_t getpid(void)
{
	return SELF;
}

int kill(pid_t pid, int signal)
{
	assert_int_equal(signal, 0);
	errno = pid == FOREIGN ? EPERM : ESRCH;
	return pid == HIDDEN ? 0 : -1;
}

/* A group, and the pids that it lists. */
static void set_group(const char *name, const char *pids)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", fake_root, name);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/cgroup.procs", name);
	fake_write(path, pids);
}

static void drop_group(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s/cgroup.procs", fake_root, name);
	unlink(path);
	snprintf(path, sizeof(path), "%s/%s", fake_root, name);
	rmdir(path);
}

static void scan_after(int64_t ns)
{
	members_sweep(&tree.members);
	group_scan(&group, &tree, &events, now_ns += ns);
	assert_int_equal(tree.scanned_ns, now_ns);
}

static bool has(pid_t pid)
{
	return members_find(&tree.members, pid) != MEMBERS_NONE;
}

static size_t count(void)
{
	members_sweep(&tree.members);
	return tree.members.list.len;
}

static void those_of_all_subgroups_belong(void **state)
{
	struct aside aside = {.pid = 104};

	(void)state;
	tree.aside = &aside;
	set_group("job", "101\n54321\n0\n104\n99999999\n1\n");
	set_group("job/a", "102\n99999998\n-5\n");
	set_group("job/a/b", "103\n99999997\n");
	set_group("other", "105\n");
	scan_after(1);
	assert_int_equal(count(), 4);
	assert_true(has(1) && has(101) && has(102) && has(103));
	assert_int_equal(events.hidden.list.len, 2);
	assert_true(members_find(&events.hidden, HIDDEN) != MEMBERS_NONE);
	assert_true(members_find(&events.hidden, FOREIGN) != MEMBERS_NONE);
	scan_after(1);
	assert_int_equal(count(), 4);
	assert_int_equal(events.hidden.list.len, 2);
	drop_group("other");
}

static void those_that_leave_do_not(void **state)
{
	(void)state;
	set_group("job", "101\n102\n103\n104\n");
	scan_after(1);
	assert_int_equal(count(), 4);
	set_group("job", "102\n103\n");
	scan_after(1);
	assert_int_equal(count(), 2);
	assert_true(has(102) && has(103));
	set_group("job", "103\n101\n");
	scan_after(1);
	assert_int_equal(count(), 2);
	assert_true(has(101) && has(103));
	set_group("job", "");
	scan_after(1);
	assert_int_equal(count(), 0);
	set_group("job", "101"); /* without a newline */
	scan_after(1);
	assert_true(has(101));
}

/* If three subgroups come as one goes, no count changes: they are found a
 * second after the last listing. */
static void subgroups_are_listed_each_second(void **state)
{
	struct stat about;

	(void)state;
	set_group("job", "");
	set_group("job/a", "101\n");
	now_ns = 5 * NS_PER_S;
	scan_after(0);
	assert_true(has(101));
	drop_group("job/a");
	set_group("job/b", "102\n");
	set_group("job/c", "103\n");
	set_group("job/d", "104\n");
	if (stat(folder, &about) != 0 || about.st_nlink != 5)
		skip();
	scan_after(NS_PER_S - 1);
	assert_int_equal(count(), 0);
	scan_after(1);
	assert_int_equal(count(), 3);
	assert_true(has(102) && has(103) && has(104));
}

/* A directory below it is a link more, where the file system counts them. */
static void a_new_subgroup_is_found_at_once(void **state)
{
	struct stat before, after;

	(void)state;
	set_group("job", "101\n");
	scan_after(1);
	assert_int_equal(stat(folder, &before), 0);
	set_group("job/a", "102\n");
	assert_int_equal(stat(folder, &after), 0);
	if (before.st_nlink == after.st_nlink)
		skip();
	scan_after(1);
	assert_true(has(101) && has(102));
	set_group("job/a/c", "103\n");
	scan_after(1);
	assert_true(has(103));
	drop_group("job/a/c");
	scan_after(1);
	assert_int_equal(count(), 2);
}

/* A group that is being removed has no list. */
static void one_list_may_be_missing(void **state)
{
	char path[256];

	(void)state;
	set_group("job", "101\n");
	set_group("job/a", "102\n");
	snprintf(path, sizeof(path), "%s/job/cgroup.procs", fake_root);
	assert_int_equal(unlink(path), 0);
	scan_after(1);
	assert_int_equal(count(), 1);
	assert_true(has(102));
}

/* They are found by the group alone, not by their parents. */
static void what_a_tree_waits_for_is_forgotten(void **state)
{
	(void)state;
	set_group("job", "101\n");
	*array_push(&tree.again) = 102;
	*array_push(&tree.unrelated) = (struct unrelated){103, 101};
	scan_after(1);
	assert_int_equal(tree.again.len, 0);
	assert_int_equal(tree.unrelated.len, 0);
	assert_int_equal(count(), 1);
}

static int begin(void **state)
{
	struct err e;

	(void)state;
	if (procfs_init(&fs, fake_root, &e) != 0)
		return -1;
	for (int pid = 101; pid < 106; pid++)
		fake_process((struct fake_process){
		    .pid = pid, .ppid = 1, .pages = 9, .started = pid});
	fake_process((struct fake_process){.pid = 1, .pages = 9});
	fake_process((struct fake_process){.pid = SELF, .pages = 9});
	snprintf(folder, sizeof(folder), "%s/job", fake_root);
	tree_init(&tree, &fs, 0, false, false);
	events = (struct fork_events){.connector.fd = -1};
	group_init(&group, folder);
	now_ns = NS_PER_S;
	return 0;
}

static int end(void **state)
{
	static const char *const names[] = {
	    "job/a/b", "job/a/c", "job/a", "job/b", "job/c", "job/d", "job"};

	(void)state;
	group_finish(&group);
	fork_events_finish(&events);
	tree_finish(&tree);
	procfs_finish(&fs);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		drop_group(names[i]);
	for (int pid = 1; pid < 110; pid++)
		fake_gone(pid);
	fake_gone(SELF);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(those_of_all_subgroups_belong),
	    TEST(those_that_leave_do_not),
	    TEST(subgroups_are_listed_each_second),
	    TEST(a_new_subgroup_is_found_at_once),
	    TEST(one_list_may_be_missing),
	    TEST(what_a_tree_waits_for_is_forgotten),
	};

	return cmocka_run_group_tests(tests, fake_begin, fake_end);
}
