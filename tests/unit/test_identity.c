// SPDX-License-Identifier: MIT
// Why a look at a process failed: it ended, it executed another program, or
// neither; and by which of its threads it is read.
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "python/remote/identity.h"

static pid_t child;
static int input;

/* A shell that becomes cat at the first line of its input. */
static void begin(void)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[0], 0);
		close(ends[0]);
		close(ends[1]);
		execl("/bin/sh", "sh", "-c", "read line; exec cat", NULL);
		_exit(1);
	}
	close(ends[0]);
	input = ends[1];
}

static void wait_for_name(const char *wanted)
{
	char path[32], name[32];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)child);
	do {
		FILE *file = fopen(path, "re");

		assert_non_null(file);
		if (fscanf(file, "%31s", name) != 1)
			name[0] = 0;
		fclose(file);
		usleep(1000);
	} while (strcmp(name, wanted) != 0);
}

static void finish(void)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(input);
}

static enum python_result explain(
    const struct identity *identity, struct err *e)
{
	err_set(e, "as it was");
	return identity_explain(identity, PYTHON_DENIED, e);
}

static void the_same_process_stays_as_it_was(void **state)
{
	struct identity identity;
	struct err e;

	(void)state;
	begin();
	wait_for_name("sh");
	assert_int_equal(identity_living(child), child);
	identity_read(&identity, child, child);
	assert_int_equal(explain(&identity, &e), PYTHON_DENIED);
	assert_string_equal(e.text, "as it was");
	/* A failed read may say so of a process that is there. */
	assert_int_equal(
	    identity_explain(&identity, PYTHON_GONE, &e), PYTHON_EARLY);
	identity_finish(&identity);
	finish();
}

static void another_program_is_said(void **state)
{
	struct identity identity;
	struct err e;

	(void)state;
	begin();
	wait_for_name("sh");
	identity_read(&identity, child, child);
	assert_int_equal(write(input, "\n", 1), 1);
	wait_for_name("cat");
	assert_int_equal(explain(&identity, &e), PYTHON_EARLY);
	assert_non_null(
	    strstr(e.text, ": replaced its program while it was read"));
	identity_finish(&identity);
	finish();
}

static void an_end_is_said_waited_for_or_not(void **state)
{
	struct identity identity;
	siginfo_t info;
	struct err e;

	(void)state;
	begin();
	wait_for_name("sh");
	identity_read(&identity, child, child);
	kill(child, SIGKILL);
	assert_int_equal(waitid(P_PID, child, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(explain(&identity, &e), PYTHON_GONE);
	assert_non_null(strstr(e.text, ": ended while it was read"));
	waitpid(child, NULL, 0);
	assert_int_equal(explain(&identity, &e), PYTHON_GONE);
	assert_non_null(strstr(e.text, ": ended while it was read"));
	identity_finish(&identity);
	finish();
}

static void *go_on(void *context)
{
	(void)context;
	for (;;)
		pause();
	return NULL;
}

static void without_its_main_thread_another_one_is_read(void **state)
{
	struct identity identity;
	pid_t living = 0;
	struct err e;

	(void)state;
	input = -1;
	child = fork();
	if (child == 0) {
		pthread_t thread;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pthread_create(&thread, NULL, go_on, NULL);
		syscall(SYS_exit, 0);
	}
	for (int i = 0; i < 10000 && !living; i++) {
		living = identity_living(child);
		if (living != child && living > 0)
			break;
		living = 0;
		usleep(1000);
	}
	assert_true(living > 0);
	assert_int_not_equal(living, child);
	identity_read(&identity, child, living);
	assert_true(identity.memory >= 0);
	assert_int_equal(explain(&identity, &e), PYTHON_DENIED);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(explain(&identity, &e), PYTHON_GONE);
	identity_finish(&identity);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_process_stays_as_it_was),
	    cmocka_unit_test(another_program_is_said),
	    cmocka_unit_test(an_end_is_said_waited_for_or_not),
	    cmocka_unit_test(without_its_main_thread_another_one_is_read)};

	alarm(600);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
