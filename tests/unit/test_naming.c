// SPDX-License-Identifier: MIT
//
// The process that finds names has a limit of CPU time, one of the time that it
// sleeps, and a much longer one of time, as many of them may run at once.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <link.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "dat/reader.h"
#include "proc/procfs.h"
#include "scratch.h"
#include "symbols/naming.h"

/* The process that finds the names reports here, in memory that it shares with
 * the test: its limit of CPU time, and its pid once it has found them. */
struct told {
	rlim_t cpu_s;
	_Atomic pid_t done;
};

static struct told *told;

static long wait_s;  /* the time from the first reading of the clock on */
static int readings; /* of the clock */
static int waited_ms;

/* The state which that process stays in at its end: S or R; 0: it ends. */
static volatile char state;

/* In place of libc's. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, clock, now);

	if (clock == CLOCK_MONOTONIC && readings++ > 0)
		now->tv_sec += wait_s + waited_ms / 1000;
	return result;
}

/* Replaces libc's: if the process stays, the timeout is over as soon as the
 * process is in the wanted state. */
int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	struct proc_stat stat = {.state = 0};
	const struct timespec moment = {0, 1000000};
	int ready = ppoll(fds, count, &moment, NULL);

	while (ready == 0 && state == 0)
		ready = ppoll(fds, count, &moment, NULL);
	if (ready != 0)
		return ready;
	while (told->done == 0 || (procfs_stat_once(told->done, &stat) == 0 &&
				      stat.state != state))
		nanosleep(&moment, NULL);
	waited_ms += timeout_ms;
	return 0;
}

void _exit(int status)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CPU, &limit) == 0)
		told->cpu_s = limit.rlim_cur;
	told->done = getpid();
	while (state == 'S')
		pause();
	while (state == 'R')
		;
	syscall(SYS_exit_group, status);
	abort();
}

static void named_function(void)
{
}

/* The address at which this program is loaded. */
static int bias_take(struct dl_phdr_info *info, size_t size, void *bias)
{
	(void)size;
	*(uintptr_t *)bias = info->dlpi_addr;
	return 1;
}

/* Whether a sample in named_function() gets its name. */
static bool is_named(void)
{
	char path[SCRATCH_MAX], program[PATH_MAX] = {0};
	FILE *file = fdopen(scratch_file(path), "w");
	const struct naming_means none = {0};
	struct strbuf records = {0};
	struct profile profile;
	uintptr_t bias = 0;
	struct err e;
	bool is_there;

	dl_iterate_phdr(bias_take, &bias);
	assert_true(readlink("/proc/self/exe", program, PATH_MAX - 1) > 0);
	fprintf(file,
	    "CMDLINE x\nMEM 1.000000 9000000000.0000\n"
	    "ALLOC;id=1;site=1;size=1048576;frames=#1:%s:0:+0x%llx "
	    "1.000000 9000000000.0000\n",
	    program, (unsigned long long)((uintptr_t)named_function - bias));
	assert_int_equal(fclose(file), 0);
	assert_int_equal(dat_read(&profile, path, &e), 0);
	assert_int_equal(unlink(path), 0);
	readings = waited_ms = 0;
	naming_find(&profile.runs.items[0], &none, &records);
	strbuf_add(&records, "");
	is_there = strstr(records.text, "named_function") != NULL;
	profile_finish(&profile);
	strbuf_finish(&records);
	return is_there;
}

static int begin(void **context)
{
	(void)context;
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	wait_s = 0;
	state = 0;
	return told == MAP_FAILED;
}

static int end(void **context)
{
	(void)context;
	return munmap(told, sizeof(*told));
}

static void a_name_is_found_within_a_limit_of_cpu_time(void **context)
{
	(void)context;
	assert_true(is_named());
	assert_int_equal(told->cpu_s, 10);
}

/* On a machine where much is running. */
static void names_may_take_long(void **context)
{
	(void)context;
	wait_s = 15;
	assert_true(is_named());
}

static void names_are_given_up_after_a_minute(void **context)
{
	(void)context;
	wait_s = 61;
	assert_false(is_named());
}

/* As for a server that doesn't answer. */
static void names_are_given_up_after_ten_seconds_of_sleep(void **context)
{
	(void)context;
	state = 'S';
	assert_true(is_named()); /* it was told before */
	assert_int_equal(waited_ms, 10000);
}

static void waiting_for_a_processor_is_no_sleep(void **context)
{
	(void)context;
	state = 'R';
	wait_s = 40;
	assert_true(is_named());
	assert_in_range(waited_ms, 15000, 21000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_name_is_found_within_a_limit_of_cpu_time, begin, end),
	    cmocka_unit_test_setup_teardown(names_may_take_long, begin, end),
	    cmocka_unit_test_setup_teardown(
		names_are_given_up_after_a_minute, begin, end),
	    cmocka_unit_test_setup_teardown(
		names_are_given_up_after_ten_seconds_of_sleep, begin, end),
	    cmocka_unit_test_setup_teardown(
		waiting_for_a_processor_is_no_sleep, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
