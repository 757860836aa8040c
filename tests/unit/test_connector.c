// SPDX-License-Identifier: MIT
//
// The kernel's own process connector, where it is offered: what it tells of
// children that this program forks, beside what waitpid() says of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/connector.h"

enum { CHILDREN = 50 };

static void listen_or_skip(struct connector *connector, bool exits)
{
	connector_init(connector, exits);
	if (connector->fd >= 0)
		return;
	connector_finish(connector);
	print_message(
	    "# the kernel offers no process connector here: skipped\n");
	skip();
}

/* Ends by a signal where the number is odd, with a status where it is even. */
static pid_t child_that_ends(int number)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	if (number % 2)
		raise(SIGKILL);
	_exit(number);
}

static size_t forks_of(const struct connector *connector, pid_t pid)
{
	size_t count = 0;

	for (size_t i = 0; i < connector->forks.len; i++) {
		if (connector->forks.items[i].pid != pid)
			continue;
		assert_int_equal(connector->forks.items[i].parent, getpid());
		count++;
	}
	return count;
}

/* The kernel tells of an end once whoever waits for it may know of it. */
static int end_of(struct connector *connector, pid_t pid)
{
	int status;

	for (int i = 0; i < 6000; i++) {
		if (connector_pop_end(connector, pid, &status))
			return status;
		usleep(10000);
		connector_read(connector);
		if (connector->lost)
			skip();
	}
	fail_msg("the end of %d was not told", (int)pid);
	return -1;
}

static void each_child_is_reported_once_with_its_end(void **state)
{
	struct connector connector;
	pid_t pids[CHILDREN];
	int waited[CHILDREN], told;

	(void)state;
	listen_or_skip(&connector, true);
	for (int i = 0; i < CHILDREN; i++) {
		pids[i] = child_that_ends(i);
		assert_int_equal(waitpid(pids[i], &waited[i], 0), pids[i]);
	}
	connector_read(&connector);
	if (connector
		.lost) { /* the machine forked more than the kernel keeps */
		connector_finish(&connector);
		skip();
	}
	for (int i = 0; i < CHILDREN; i++) {
		assert_int_equal(forks_of(&connector, pids[i]), 1);
		assert_int_equal(end_of(&connector, pids[i]), waited[i]);
		assert_false(connector_pop_end(&connector, pids[i], &told));
	}
	connector_finish(&connector);
}

static void *returns(void *argument)
{
	return argument;
}

static void a_thread_is_no_fork(void **state)
{
	struct connector connector;
	pthread_t thread;

	(void)state;
	listen_or_skip(&connector, true);
	assert_int_equal(pthread_create(&thread, NULL, returns, NULL), 0);
	pthread_join(thread, NULL);
	connector_read(&connector);
	for (size_t i = 0; i < connector.forks.len; i++)
		assert_int_not_equal(connector.forks.items[i].parent, getpid());
	connector_finish(&connector);
}

static void ends_are_reported_only_where_they_are_wanted(void **state)
{
	struct connector connector;
	int status;
	pid_t pid;

	(void)state;
	listen_or_skip(&connector, false);
	pid = child_that_ends(0);
	waitpid(pid, &status, 0);
	connector_read(&connector);
	assert_int_equal(connector.ends.len, 0);
	assert_true(connector.lost || forks_of(&connector, pid) == 1);
	connector_finish(&connector);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_child_is_reported_once_with_its_end),
	    cmocka_unit_test(a_thread_is_no_fork),
	    cmocka_unit_test(ends_are_reported_only_where_they_are_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
