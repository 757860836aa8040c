// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "recorder/unsampled.h"

static int told_none;

static void on_held(void *context, const struct sink_held *held)
{
	(void)context;
	told_none += strcmp(held->by, "none") == 0;
}

static bool has_no_table(const void *context, pid_t pid)
{
	(void)context;
	(void)pid;
	return false;
}

/* Looks twice, so long apart that a library would have made its table. */
static void look(struct unsampled *unsampled, pid_t pid)
{
	struct sink_process process = {.pid = pid, .kib = 1 << 20};
	struct sink_tick tick = {.count = 1, .processes = &process};
	const struct sink sink = {.held = on_held};

	for (int i = 1; i <= 2; i++) {
		tick.time_ns = i * 10 * NS_PER_S;
		unsampled_look(unsampled, &tick, &sink, has_no_table, NULL);
	}
}

static void a_process_that_ends_does_not_lack_the_library(void **state)
{
	struct unsampled unsampled = {0};
	siginfo_t ended;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		pause();
		_exit(1);
	}
	look(&unsampled, pid);
	assert_int_equal(told_none, 1);
	unsampled_finish(&unsampled);

	unsampled = (struct unsampled){0};
	kill(pid, SIGKILL);
	assert_int_equal(
	    waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT), 0);
	look(&unsampled, pid);
	assert_int_equal(told_none, 1);
	unsampled_finish(&unsampled);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_process_that_ends_does_not_lack_the_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
