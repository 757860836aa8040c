// SPDX-License-Identifier: MIT
//
// The limit acts on real processes, children of this one that sleep.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recorder/limit.h"

enum { KIB = 1000, CHILDREN = 7 };

static struct procfs fs;
static struct members members;
static pid_t children[CHILDREN];

/* Adds a child that sleeps as a member. */
static void add_child(void)
{
	size_t at = members.list.len;
	struct proc_stat stat;

	children[at] = fork();
	if (children[at] == 0) {
		for (;;)
			pause();
	}
	assert_true(procfs_stat(&fs, children[at], &stat));
	members_add(&members, &stat);
}

static struct member *member(size_t at)
{
	return &members.list.items[at];
}

static struct limit limit_of(enum limit_action action)
{
	return (struct limit){.fs = &fs, .kib = KIB, .action = action};
}

/* The signal that stopped or ended the child. */
static int signal_of(size_t at)
{
	int status;

	assert_int_equal(
	    waitpid(children[at], &status, WUNTRACED), children[at]);
	return WIFSTOPPED(status)    ? WSTOPSIG(status)
	       : WIFSIGNALED(status) ? WTERMSIG(status)
				     : 0;
}

/* Whether the child got no signal: the next one is the first. */
static bool was_spared(size_t at)
{
	kill(children[at], SIGKILL);
	return signal_of(at) == SIGKILL;
}

static int begin(void **state)
{
	struct err e;

	(void)state;
	memset(children, 0, sizeof(children));
	return procfs_init(&fs, "/proc", &e);
}

static int end(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHILDREN; i++) {
		if (children[i] > 0 && kill(children[i], SIGKILL) == 0)
			waitpid(children[i], NULL, 0);
	}
	members_finish(&members);
	procfs_finish(&fs);
	return 0;
}

static void at_the_limit_nothing_happens(void **state)
{
	struct limit limit = limit_of(LIMIT_TERM);

	(void)state;
	add_child();
	assert_false(limit_check(&limit, &members, KIB));
	assert_false(limit.reached);
	assert_false(member(0)->signalled);
	assert_true(was_spared(0));
}

static void above_it_each_process_gets_the_signal(void **state)
{
	static const struct {
		enum limit_action action;
		const char *name;
		int signal;
	} rows[] = {{LIMIT_TERM, "term", SIGTERM},
	    {LIMIT_KILL, "kill", SIGKILL}, {LIMIT_STOP, "stop", SIGSTOP}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct limit limit = limit_of(rows[i].action);

		assert_string_equal(
		    limit_action_name(rows[i].action), rows[i].name);
		add_child();
		add_child();
		assert_true(limit_check(&limit, &members, KIB + 1));
		assert_int_equal(limit.total_kib, KIB + 1);
		assert_int_equal(limit.refusals, 0);
		assert_int_equal(signal_of(2 * i), rows[i].signal);
		assert_int_equal(signal_of(2 * i + 1), rows[i].signal);
		assert_true(member(2 * i)->signalled);
		assert_int_equal(
		    member(2 * i)->killed, rows[i].action == LIMIT_KILL);
		member(2 * i)->gone = member(2 * i + 1)->gone = true;
	}
}

static void each_is_signalled_once(void **state)
{
	struct limit limit = limit_of(LIMIT_STOP);

	(void)state;
	add_child();
	assert_true(limit_check(&limit, &members, KIB + 1));
	assert_int_equal(signal_of(0), SIGSTOP);
	kill(children[0], SIGCONT);
	assert_false(limit_check(&limit, &members, KIB + 1));
	assert_true(was_spared(0));
}

static void a_process_that_comes_later_is_signalled_too(void **state)
{
	struct limit limit = limit_of(LIMIT_TERM);

	(void)state;
	assert_true(limit_check(&limit, &members, KIB + 1));
	add_child();
	assert_false(limit_check(&limit, &members, 1));
	assert_int_equal(limit.total_kib, KIB + 1);
	assert_int_equal(signal_of(0), SIGTERM);
}

static void a_mark_signals_nobody(void **state)
{
	struct limit limit = limit_of(LIMIT_MARK);

	(void)state;
	assert_string_equal(limit_action_name(LIMIT_MARK), "mark");
	add_child();
	assert_true(limit_check(&limit, &members, KIB + 1));
	assert_false(limit_check(&limit, &members, KIB + 1));
	assert_false(member(0)->signalled);
	assert_true(was_spared(0));
}

static void others_are_left_alone(void **state)
{
	struct limit limit = limit_of(LIMIT_TERM);

	(void)state;
	for (size_t i = 0; i < 4; i++)
		add_child();
	member(0)->gone = true;
	member(1)->zombie = true;
	member(2)->started++; /* the pid is another process's by now */
	member(3)->namespace_pid = -1;
	assert_true(limit_check(&limit, &members, KIB + 1));
	assert_false(member(3)->signalled);
	for (size_t i = 0; i < 4; i++)
		assert_true(was_spared(i));
}

enum { NO_OTHER_USER = 77 };

static void run_as_nobody(void)
{
	struct limit limit = limit_of(LIMIT_TERM);

	if (setresuid(65534, 65534, 65534) != 0)
		_exit(errno == EINVAL ? NO_OTHER_USER : 1);
	for (int i = 0; i < 2; i++) {
		if (limit_check(&limit, &members, KIB + 1) != (i == 0) ||
		    limit.refusals != 6 || limit.named != LIMIT_NAMED ||
		    member(0)->signalled || !member(0)->refused ||
		    limit.refused[4].pid != children[4] ||
		    limit.refused[4].cause != EPERM ||
		    strcmp(limit.refused[4].name, member(4)->name) != 0)
			_exit(2 + i);
	}
	member(4)->namespace_pid = getpid();
	if (signal(SIGTERM, SIG_IGN) == SIG_ERR)
		_exit(4);
	limit_check(&limit, &members, KIB + 1);
	if (limit.refusals != 5 || limit.named != 4 || member(4)->refused ||
	    !member(4)->signalled || limit.refused[3].pid != children[3])
		_exit(5);
	_exit(0);
}

/* Another user's processes: it is reported which, and they are tried again. */
static void a_refusal_is_kept_by_name(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < 6; i++)
		add_child();
	pid = fork();
	if (pid == 0)
		run_as_nobody();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_OTHER_USER) {
		print_message("# this user namespace has no other user, whose "
			      "signals would be refused: skipped\n");
		skip();
	}
	assert_int_equal(status, 0);
	for (size_t i = 0; i < 6; i++)
		assert_true(was_spared(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		at_the_limit_nothing_happens, begin, end),
	    cmocka_unit_test_setup_teardown(
		above_it_each_process_gets_the_signal, begin, end),
	    cmocka_unit_test_setup_teardown(each_is_signalled_once, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_process_that_comes_later_is_signalled_too, begin, end),
	    cmocka_unit_test_setup_teardown(a_mark_signals_nobody, begin, end),
	    cmocka_unit_test_setup_teardown(others_are_left_alone, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_refusal_is_kept_by_name, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
