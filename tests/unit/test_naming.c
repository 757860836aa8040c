// SPDX-License-Identifier: MIT
//
// The process that finds names has a limit of CPU time, and a much longer one
// of time, as many of them may run at once.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <link.h>
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
#include "scratch.h"
#include "symbols/naming.h"

/* The limit of CPU time of the process that finds names, in memory that it
 * shares. */
static rlim_t *cpu_s;

static long wait_s;  /* the time from the first reading of the clock on */
static int readings; /* of the clock */

/* In place of libc's. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, clock, now);

	if (clock == CLOCK_MONOTONIC && readings++ > 0)
		now->tv_sec += wait_s;
	return result;
}

void _exit(int status)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CPU, &limit) == 0)
		*cpu_s = limit.rlim_cur;
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
	readings = 0;
	naming_find(&profile.runs.items[0], 0, &records);
	strbuf_add(&records, "");
	is_there = strstr(records.text, "named_function") != NULL;
	profile_finish(&profile);
	strbuf_finish(&records);
	return is_there;
}

static int begin(void **state)
{
	(void)state;
	cpu_s = mmap(NULL, sizeof(*cpu_s), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	wait_s = 0;
	return cpu_s == MAP_FAILED;
}

static int end(void **state)
{
	(void)state;
	return munmap(cpu_s, sizeof(*cpu_s));
}

static void a_name_is_found_within_a_limit_of_cpu_time(void **state)
{
	(void)state;
	assert_true(is_named());
	assert_int_equal(*cpu_s, 10);
}

/* On a machine where much is running. */
static void names_may_take_long(void **state)
{
	(void)state;
	wait_s = 15;
	assert_true(is_named());
}

static void names_are_given_up_after_a_minute(void **state)
{
	(void)state;
	wait_s = 61;
	assert_false(is_named());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_name_is_found_within_a_limit_of_cpu_time, begin, end),
	    cmocka_unit_test_setup_teardown(names_may_take_long, begin, end),
	    cmocka_unit_test_setup_teardown(
		names_are_given_up_after_a_minute, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
