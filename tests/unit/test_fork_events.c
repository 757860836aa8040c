// SPDX-License-Identifier: MIT
//
// The kernel's events of forks say which processes belong; a directory stands
// for /proc.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>

#include "fake_proc.h"
#include "recorder/tree.h"

/* Pids above every one that a kernel gives. HIDDEN and FOREIGN live; /proc
 * doesn't show them, and the second is another user's. */
enum { ENDED = 99999999, HIDDEN = 99999998, FOREIGN = 99999997 };

static struct procfs fs;
static struct tree tree;
static struct fork_events events;
static size_t reads;     /* of the connector */
static bool wants_exits; /* it was asked for them */

/* In place of libc's. */
int kill(pid_t pid, int signal)
{
	assert_int_equal(signal, 0);
	errno = pid == FOREIGN ? EPERM : ESRCH;
	return pid == HIDDEN ? 0 : -1;
}

/* In place of proc/connector.c: no event comes but those that a test sends. */
void connector_init(struct connector *connector, bool exits)
{
	*connector =
	    (struct connector){.fd = dup(STDIN_FILENO), .exits = exits};
	wants_exits = exits;
}

void connector_finish(struct connector *connector)
{
	if (connector->fd >= 0)
		close(connector->fd);
	array_free(&connector->forks);
	array_free(&connector->ends);
}

void connector_read(struct connector *connector)
{
	(void)connector;
	reads++;
}

bool connector_pop_end(struct connector *connector, pid_t pid, int *status)
{
	(void)connector;
	(void)pid;
	(void)status;
	return false;
}

static void sent(pid_t parent, pid_t pid)
{
	*array_push(&events.connector.forks) =
	    (struct connector_event){.parent = parent, .pid = pid};
}

static size_t scan(void)
{
	return fork_events_scan(&events, &tree, tree.scanned_ns + 1, INT64_MAX);
}

static void put(int pid, int ppid)
{
	fake_process((struct fake_process){
	    .pid = pid, .ppid = ppid, .pages = 9, .started = pid});
}

static bool has(pid_t pid)
{
	return members_find(&tree.members, pid) != MEMBERS_NONE;
}

/* Its fork is sent while the events of its own birth are looked through. */
static void a_process_that_ends_meanwhile_has_its_children(void **state)
{
	(void)state;
	sent(100, ENDED);
	assert_int_equal(scan(), 1);
	assert_int_equal(tree.members.list.len, 1);
	put(102, 1);
	sent(ENDED, 102);
	assert_int_equal(scan(), 0);
	assert_int_equal(tree.members.list.len, 2);
	assert_true(has(102));
}

/* Its pid may be anybody's after that. */
static void it_has_them_no_longer_than_that(void **state)
{
	(void)state;
	sent(100, ENDED);
	assert_int_equal(scan(), 1);
	assert_int_equal(scan(), 0);
	put(103, 1);
	sent(ENDED, 103);
	assert_int_equal(scan(), 0);
	assert_int_equal(tree.members.list.len, 1);
}

/* A member that has ended is one of those, too. */
static void of_a_member_that_is_gone_the_last_forks_count(void **state)
{
	(void)state;
	put(101, 100);
	put(102, 100);
	sent(100, 101);
	sent(100, 102);
	assert_int_equal(scan(), 0);
	assert_int_equal(tree.members.list.len, 3);
	members_lose(&tree.members, 1);
	members_lose(&tree.members, 2);
	fork_events_sweep(&events, &tree);
	assert_int_equal(tree.members.list.len, 1);
	fake_gone(101);
	fake_gone(102);
	put(103, 1);
	put(104, 1);
	sent(101, 103);
	sent(102, 104);
	assert_int_equal(scan(), 0);
	assert_true(has(103) && has(104));
	put(105, 1);
	sent(101, 105);
	scan();
	assert_false(has(105)); /* the pid is free since */
}

/* Those that were found to have ended in the same scan may have forked since;
 * those before may not. */
static void only_the_newest_ends_are_kept(void **state)
{
	(void)state;
	put(101, 100);
	sent(100, 101);
	scan();
	fake_gone(100);
	fake_gone(101);
	members_lose(&tree.members, 0);
	members_lose(&tree.members, 1);
	sent(100, ENDED);
	sent(101, ENDED - 10);
	assert_int_equal(scan(), 2);
	assert_int_equal(events.ended.len, 2);
	assert_int_equal(tree.lost_next, 2);
	fork_events_sweep(&events, &tree);
	assert_int_equal(tree.lost_next, 2); /* each once */
	for (int pid = 104; pid < 108; pid++)
		put(pid, 1);
	sent(ENDED, 104);
	sent(ENDED - 10, 105);
	sent(101, 106);
	sent(100, 107);
	assert_int_equal(scan(), 0);
	assert_true(has(104) && has(105));
	assert_false(has(106) || has(107));
}

/* Someone else's process may have the pid, and so may a child. */
static void a_pid_that_is_used_again_is_read(void **state)
{
	(void)state;
	put(101, 100);
	sent(100, 101);
	scan();
	members_lose(&tree.members, 1);
	fake_process((struct fake_process){
	    .pid = 101, .ppid = 100, .pages = 9, .started = 500});
	scan();
	fork_events_sweep(&events, &tree);
	assert_int_equal(tree.members.list.len, 2);
	assert_int_equal(tree.members.list.items[1].started, 500);
	/* An event of its first birth comes late. */
	sent(100, 101);
	assert_int_equal(scan(), 0);
	assert_int_equal(tree.members.list.len, 2);
}

static void what_lives_unseen_is_hidden(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		sent(100, HIDDEN);
		sent(100, FOREIGN);
		assert_int_equal(scan(), 0);
		assert_int_equal(events.hidden.list.len, 2);
	}
	assert_int_equal(events.hidden.list.items[0].pid, HIDDEN);
	assert_int_equal(events.hidden.list.items[1].pid, FOREIGN);
	/* Its children belong. */
	put(102, 1);
	sent(HIDDEN, 102);
	assert_int_equal(scan(), 0);
	assert_true(has(102));
}

/* When it executes another program, or gives up privilege. Who started since is
 * another one. */
static void a_hidden_one_may_be_seen_later(void **state)
{
	(void)state;
	fork_events_note_hidden(&events, 100);
	fork_events_note_hidden(&events, 103);
	fork_events_note_hidden(&events, 104);
	fork_events_note_hidden(&events, 105);
	assert_int_equal(events.hidden.list.len, 4);
	scan(); /* the program is a member */
	assert_int_equal(events.hidden.list.len, 3);
	put(104, 1);
	fake_process((struct fake_process){.pid = 105,
	    .ppid = 1,
	    .pages = 9,
	    .started = (int)procfs_ticks() + 100000});
	scan();
	assert_true(has(104));
	assert_false(has(103) || has(105));
	assert_int_equal(events.hidden.list.len, 2);
	assert_int_equal(events.hidden.list.items[0].pid, 103);
	assert_int_equal(events.hidden.list.items[1].pid, 105);
}

static void the_program_may_be_hidden(void **state)
{
	(void)state;
	tree.members.list.items[0].hidden = true;
	fake_gone(100);
	scan();
	assert_int_equal(events.hidden.list.len, 1);
	assert_int_equal(events.hidden.list.items[0].pid, 100);
	tree_finish(&tree);
	tree.members = (struct members){0};
	members_finish(&events.hidden);
	scan();
	assert_int_equal(events.hidden.list.len, 0);
}

/* Their parents have ended: this process adopts them, but for its own child. */
static void orphans_belong_where_they_are_adopted(void **state)
{
	struct aside aside = {.pid = 103};

	(void)state;
	tree.aside = &aside;
	put(102, 1);
	put(103, 1);
	put(104, 1);
	sent(fs.self, 102);
	sent(fs.self, 103);
	assert_int_equal(scan(), 0);
	assert_true(has(102));
	assert_false(has(103));
	tree.adopts = false;
	sent(fs.self, 104);
	sent(7, 104);
	assert_int_equal(scan(), 0);
	assert_false(has(104));
	assert_int_equal(tree.members.list.len, 2);
}

static void ends_of_members_are_kept(void **state)
{
	static const pid_t pids[] = {100, 7, 8, 101, 9};

	(void)state;
	put(101, 100);
	sent(100, 101);
	scan();
	for (size_t i = 0; i < sizeof(pids) / sizeof(pids[0]); i++)
		*array_push(&events.connector.ends) =
		    (struct connector_event){.is_exit = true, .pid = pids[i]};
	fork_events_sweep(&events, &tree);
	assert_int_equal(events.connector.ends.len, 2);
	assert_int_equal(events.connector.ends.items[0].pid, 100);
	assert_int_equal(events.connector.ends.items[1].pid, 101);
}

/* If all forks are sent, none is looked for. After a loss all of /proc is. */
static void lost_events_are_made_up_for_by_a_scan(void **state)
{
	(void)state;
	assert_true(fork_events_are_all(&events));
	put(20, 100);
	put(110, 100);
	fake_newest(110, 50);
	scan();
	assert_false(has(20) || has(110));
	events.connector.lost = true;
	scan();
	assert_false(events.connector.lost || events.complete);
	assert_false(fork_events_are_all(&events));
	scan();
	assert_true(has(20) && has(110));
	assert_true(events.complete);
	assert_false(fork_events_are_all(&events));
}

/* While nothing was forked there is no event to read, but for exits. The event
 * of a fork may come a scan later than its pid. */
static void events_are_read_where_they_are_due(void **state)
{
	(void)state;
	fork_events_finish(&events);
	events = (struct fork_events){.connector.fd = -1};
	assert_false(fork_events_are_all(&events));
	scan();
	scan();
	reads = 0;
	assert_int_equal(scan(), 0);
	assert_int_equal(reads, 0);
	put(101, 100);
	fake_newest(101, 50);
	scan();
	assert_true(has(101));
	assert_int_equal(reads, 1);
	scan();
	assert_int_equal(reads, 2);
	scan();
	assert_int_equal(reads, 2);
	events.connector.exits = true;
	sent(100, ENDED);
	assert_int_equal(scan(), 0);
	assert_int_equal(reads, 3);
	assert_int_equal(events.connector.forks.len, 1); /* they are not due */
	put(102, 100);
	fake_newest(102, 50);
	assert_int_equal(scan(), 1);
	assert_int_equal(events.connector.forks.len, 0);
	assert_int_equal(events.ended.len, 0); /* no later event can name it */
	assert_false(events.complete);
}

/* Their pids are those of the first namespace. */
static void only_the_first_namespace_has_events(void **state)
{
	struct fork_events other;

	(void)state;
	for (int i = 0; i < 2; i++) {
		wants_exits = !i;
		fork_events_init(&other, &fs, i);
		assert_true(other.connector.fd >= 0);
		assert_int_equal(wants_exits, i);
		fork_events_finish(&other);
	}
	fs.other_namespace = true;
	fork_events_init(&other, &fs, true);
	assert_int_equal(other.connector.fd, -1);
	fork_events_finish(&other);
	fs.other_namespace = false;
}

static int begin(void **state)
{
	struct err e;

	(void)state;
	fake_newest(100, 50);
	if (procfs_init(&fs, fake_root, &e) != 0)
		return -1;
	put(100, (int)getpid());
	tree_init(&tree, &fs, 100, true, true);
	fork_events_init(&events, &fs, false);
	scan(); /* from now on all forks are sent */
	reads = 0;
	return tree.members.list.len == 1 && events.complete ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	tree_finish(&tree);
	fork_events_finish(&events);
	procfs_finish(&fs);
	for (int pid = 1; pid < 120; pid++)
		fake_gone(pid);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_process_that_ends_meanwhile_has_its_children),
	    TEST(it_has_them_no_longer_than_that),
	    TEST(of_a_member_that_is_gone_the_last_forks_count),
	    TEST(only_the_newest_ends_are_kept),
	    TEST(a_pid_that_is_used_again_is_read),
	    TEST(what_lives_unseen_is_hidden),
	    TEST(a_hidden_one_may_be_seen_later),
	    TEST(the_program_may_be_hidden),
	    TEST(orphans_belong_where_they_are_adopted),
	    TEST(ends_of_members_are_kept),
	    TEST(lost_events_are_made_up_for_by_a_scan),
	    TEST(events_are_read_where_they_are_due),
	    TEST(only_the_first_namespace_has_events),
	};

	return cmocka_run_group_tests(tests, fake_begin, fake_end);
}
