// SPDX-License-Identifier: MIT
//
// The kernel's events of forks say which processes belong; a directory stands
// for /proc.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_proc.h"
#include "recorder/fork_events.h"

/* Above every pid that a kernel gives, so that nothing lives there. */
enum { ENDED = 99999999 };

static struct procfs fs;
static struct tree tree;
static struct fork_events events;

static void sent(pid_t parent, pid_t pid)
{
	*array_push(&events.connector.forks) =
	    (struct connector_event){.parent = parent, .pid = pid};
	events.forked = true;
}

static size_t scan(void)
{
	return fork_events_scan(&events, &tree, tree.scanned_ns + 1, INT64_MAX);
}

/* Its fork is sent while the events of its own birth are looked through. */
static void a_process_that_ends_meanwhile_has_its_children(void **state)
{
	(void)state;
	sent(100, ENDED);
	assert_int_equal(scan(), 1);
	assert_int_equal(tree.members.list.len, 1);
	fake_process((struct fake_process){
	    .pid = 102, .ppid = 1, .pages = 9, .started = 102});
	sent(ENDED, 102);
	assert_int_equal(scan(), 0);
	assert_int_equal(tree.members.list.len, 2);
	assert_int_equal(tree.members.list.items[1].pid, 102);
	fake_gone(102);
}

/* Its pid may be anybody's after that. */
static void it_has_them_no_longer_than_that(void **state)
{
	size_t before = tree.members.list.len;

	(void)state;
	sent(100, ENDED);
	assert_int_equal(scan(), 1);
	events.forked = true;
	assert_int_equal(scan(), 0);
	fake_process((struct fake_process){
	    .pid = 103, .ppid = 1, .pages = 9, .started = 103});
	sent(ENDED, 103);
	assert_int_equal(scan(), 0);
	assert_int_equal(tree.members.list.len, before);
	fake_gone(103);
}

static int begin(void **state)
{
	struct err e;

	if (fake_begin(state) != 0 || procfs_init(&fs, fake_root, &e) != 0)
		return -1;
	fake_process((struct fake_process){
	    .pid = 100, .ppid = (int)getpid(), .pages = 900, .started = 100});
	fake_newest(100, 50);
	tree_init(&tree, &fs, 100, true, true);
	/* A descriptor that no event comes from. */
	events.connector.fd = dup(STDIN_FILENO);
	return events.connector.fd < 0 ? -1 : 0;
}

static int end(void **state)
{
	tree_finish(&tree);
	fork_events_finish(&events);
	procfs_finish(&fs);
	fake_gone(100);
	return fake_end(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_process_that_ends_meanwhile_has_its_children),
	    cmocka_unit_test(it_has_them_no_longer_than_that),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
