// SPDX-License-Identifier: MIT
//
// The list of processes that belong, and those of them that live on when the
// program has ended, over a directory that stands for /proc.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>

#include "fake_proc.h"
#include "recorder/members.h"

static struct procfs fs;
static struct members members;

static struct member *add(pid_t pid, pid_t ppid)
{
	struct proc_stat stat = {.pid = pid, .ppid = ppid, .name = "old"};

	return members_add(&members, &stat);
}

static struct member *at(size_t position)
{
	return &members.list.items[position];
}

static int begin(void **state)
{
	struct err e;

	(void)state;
	return procfs_init(&fs, fake_root, &e);
}

static int end(void **state)
{
	char path[256];

	(void)state;
	for (int pid = 100; pid < 110; pid++) {
		snprintf(path, sizeof(path), "%s/%d/schedstat", fake_root, pid);
		remove(path);
		fake_gone(pid);
	}
	members_finish(&members);
	procfs_finish(&fs);
	return 0;
}

static void one_is_found_until_it_is_gone(void **state)
{
	(void)state;
	assert_true(members_find(&members, 100) == MEMBERS_NONE);
	for (pid_t pid = 100; pid < 300; pid++)
		add(pid, 1);
	for (pid_t pid = 100; pid < 300; pid++)
		assert_int_equal(members_find(&members, pid), pid - 100);
	members_lose(&members, 50);
	assert_true(members_find(&members, 150) == MEMBERS_NONE);
	add(150, 2);
	assert_int_equal(members_find(&members, 150), 200);
	members_sweep(&members);
	assert_int_equal(members.list.len, 200);
	assert_int_equal(members_find(&members, 149), 49);
	assert_int_equal(members_find(&members, 151), 50);
	assert_int_equal(members_find(&members, 150), 199);
	assert_int_equal(at(199)->ppid, 2);
	assert_false(members.any_gone);
}

static void a_new_one_has_no_figures(void **state)
{
	struct proc_stat stat = {.pid = 100,
	    .ppid = 7,
	    .started = 55,
	    .is_forked = true,
	    .name = "program"};
	struct member *member = members_add(&members, &stat);

	(void)state;
	assert_int_equal(member->ppid, 7);
	assert_int_equal(member->namespace_pid, 100);
	assert_int_equal(member->task, 100);
	assert_int_equal(member->started, 55);
	assert_int_equal(member->kib, -1);
	assert_int_equal(member->peak_kib, -1);
	assert_int_equal(member->base_kib, -1);
	assert_true(member->forked);
	assert_false(member->owns);
	assert_string_equal(member->name, "program");
	stat.is_forked = false;
	assert_true(members_add(&members, &stat)->owns);
}

static void one_that_is_lost_holds_no_file(void **state)
{
	int files[3];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		files[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	add(100, 1);
	at(0)->fd = files[0];
	at(0)->status_fd = files[1];
	at(0)->schedstat_fd = files[2];
	members_lose(&members, 0);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(fcntl(files[i], F_GETFD), -1);
	assert_int_equal(at(0)->fd, -1);
	assert_true(members.any_gone);
	members_sweep(&members);
	add(100, 1)->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	add(101, 1)->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	files[0] = at(0)->fd;
	files[1] = at(1)->fd;
	members_finish(&members);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(fcntl(files[i], F_GETFD), -1);
	assert_int_equal(members.list.len, 0);
}

static void who_lives_on_is_counted_and_named(void **state)
{
	struct member_alive alive[MEMBERS_NAMED] = {0};

	(void)state;
	for (pid_t pid = 100; pid < 104; pid++)
		add(pid, 1);
	at(0)->is_root = true;
	at(1)->zombie = true;
	at(2)->killed = true;
	at(3)->gone = true;
	assert_int_equal(members_alive(&members), 0);
	for (pid_t pid = 104; pid < 111; pid++)
		add(pid, 1);
	fake_process((struct fake_process){.pid = 105, .name = "new"});
	assert_int_equal(members_alive(&members), 7);
	members_name_alive(&fs, &members, alive);
	for (size_t i = 0; i < MEMBERS_NAMED; i++) {
		assert_int_equal(alive[i].pid, 104 + i);
		assert_string_equal(alive[i].name, i == 1 ? "new" : "old");
	}
}

/* A zombie whose parent belongs waits for that one, which may never look. */
static void what_was_killed_ends_soon(void **state)
{
	(void)state;
	add(100, 1);
	add(101, 100);
	assert_false(members_any_dying(&members, false));
	at(1)->killed = true;
	assert_true(members_any_dying(&members, false));
	at(1)->zombie = true;
	assert_false(members_any_dying(&members, false));
	at(1)->ppid = 1;
	assert_true(members_any_dying(&members, false));
	at(1)->gone = true;
	assert_false(members_any_dying(&members, false));
	at(0)->killed = true;
	assert_true(members_any_dying(&members, false));
}

static void an_orphan_that_is_a_zombie_is_reaped_soon(void **state)
{
	(void)state;
	add(100, 1);
	add(101, 100);
	assert_false(members_any_dying(&members, true));
	at(1)->zombie = true;
	assert_false(members_any_dying(&members, true));
	at(1)->ppid = 1;
	assert_true(members_any_dying(&members, true));
	assert_false(members_any_dying(&members, false));
	at(1)->gone = true;
	assert_false(members_any_dying(&members, true));
}

static void set_ran(int pid, unsigned long ns)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "%d/schedstat", pid);
	snprintf(text, sizeof(text), "%lu 5 6\n", ns);
	fake_write(path, text);
}

static bool stirs(void)
{
	return members_any_stirs(&fs, &members);
}

static void who_sleeps_does_not_stir(void **state)
{
	(void)state;
	add(100, 1);
	assert_false(stirs()); /* it is not there any more */
	fake_process((struct fake_process){.pid = 100});
	set_ran(100, 1000);
	assert_true(stirs()); /* the first time */
	assert_false(stirs());
	set_ran(100, 1001);
	assert_true(stirs());
	assert_false(stirs());
	fake_process((struct fake_process){.pid = 100, .state = 'R'});
	assert_true(stirs());
	fake_process((struct fake_process){.pid = 100, .state = 'D'});
	assert_true(stirs());
	at(0)->zombie = true;
	assert_false(stirs());
	at(0)->zombie = false;
	at(0)->gone = true;
	assert_false(stirs());
}

/* Each is asked at each call, not up to the first that stirs. */
static void who_runs_for_long_has_work_of_its_own(void **state)
{
	(void)state;
	for (int pid = 100; pid < 102; pid++) {
		add(pid, 1);
		fake_process((struct fake_process){.pid = pid, .state = 'R'});
		set_ran(pid, 5000000000);
	}
	assert_true(stirs());
	set_ran(100, 5000000000 + 66000000);
	set_ran(101, 5000000000 + 67000000);
	assert_true(stirs());
	set_ran(100, 5000000000 + 67000000);
	assert_false(stirs());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(one_is_found_until_it_is_gone),
	    TEST(a_new_one_has_no_figures),
	    TEST(one_that_is_lost_holds_no_file),
	    TEST(who_lives_on_is_counted_and_named),
	    TEST(what_was_killed_ends_soon),
	    TEST(an_orphan_that_is_a_zombie_is_reaped_soon),
	    TEST(who_sleeps_does_not_stir),
	    TEST(who_runs_for_long_has_work_of_its_own),
	};

	return cmocka_run_group_tests(tests, fake_begin, fake_end);
}
