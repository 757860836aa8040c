// SPDX-License-Identifier: MIT
//
// Tests whose memory a process uses, by the figures of statm alone, over a
// folder that stands for /proc.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_proc.h"
#include "recorder/meter.h"
#include "recorder/tree.h"

enum { FORKED = 0x40 };

static struct procfs fs;
static struct tree tree;
static struct borrow borrow;

static void put(struct fake_process p)
{
	p.started = p.pid;
	fake_process(p);
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

static void end(void)
{
	tree_finish(&tree);
	for (int pid = 100; pid < 110; pid++)
		fake_gone(pid);
}

static void until_it_executes_a_child_has_its_parents_memory(void **state)
{
	struct member *child = family('D', 900, FORKED);

	(void)state;
	assert_false(child->owns);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(until_it_executes_a_child_has_its_parents_memory),
	    cmocka_unit_test(a_program_of_its_own_is_not_asked_about),
	    cmocka_unit_test(a_plain_fork_has_other_figures),
	    cmocka_unit_test(without_a_parent_that_waits_it_is_asked_again),
	    cmocka_unit_test(what_a_lender_leaves_belongs_to_who_borrowed),
	    cmocka_unit_test(a_lender_that_ends_is_to_be_measured_again),
	    cmocka_unit_test(the_workers_of_a_server_may_look_the_same),
	};

	return cmocka_run_group_tests(tests, open_fake, close_fake);
}
