// SPDX-License-Identifier: MIT
/* The resident pages of a process are compared with those that it touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/resident.h"

enum { AREA = 64 << 20 };

static void pages_come_and_go(void **state)
{
	char *area = mmap(NULL, AREA, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct resident resident;
	int64_t before_kib, after_kib;

	(void)state;
	assert_true(area != MAP_FAILED);
	madvise(area, AREA, MADV_NOHUGEPAGE);
	resident_open(&resident, getpid());
	before_kib = resident_kib(&resident);
	memset(area, 1, AREA / 2);
	after_kib = resident_kib(&resident);
	/* The kernel counts in batches on each processor, of 512 pages where
	 * there are 256 of them. */
	assert_true(after_kib - before_kib > AREA / 4096);
	assert_true(resident_has(&resident, (uintptr_t)area));
	if (resident.pagemap >= 0) {
		assert_false(
		    resident_has(&resident, (uintptr_t)area + AREA - 1));
		assert_true(
		    resident_block_kib(&resident, (uintptr_t)area) >= 4);
	}
	madvise(area, AREA, MADV_DONTNEED);
	assert_true(
	    resident.pagemap < 0 || !resident_has(&resident, (uintptr_t)area));
	resident_close(&resident);
	munmap(area, AREA);
}

static void a_process_that_ended_has_none(void **state)
{
	struct resident resident;
	pid_t child = fork();

	(void)state;
	if (child == 0)
		pause();
	assert_true(child > 0);
	resident_open(&resident, child);
	assert_true(resident_kib(&resident) > 0);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(resident_kib(&resident), -1);
	resident_close(&resident);
}

static void *wait_for_ever(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

/* The process lives on in its other threads. */
static void the_main_thread_may_end_first(void **state)
{
	struct resident resident;
	pthread_t thread;
	siginfo_t info;
	char path[64], text[1];
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		pthread_create(&thread, NULL, wait_for_ever, NULL);
		pthread_exit(NULL);
	}
	assert_true(child > 0);
	resident_open(&resident, child);
	/* "0 0 ...": it has ended. */
	snprintf(path, sizeof(path), "/proc/%d/statm", (int)child);
	do {
		FILE *file = fopen(path, "r");

		assert_non_null(file);
		assert_int_equal(fread(text, 1, 1, file), 1);
		fclose(file);
		usleep(1000);
	} while (text[0] != '0');
	assert_true(resident_kib(&resident) > 0);
	assert_true(resident_kib(&resident) > 0);
	kill(child, SIGKILL);
	assert_int_equal(
	    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(resident_kib(&resident), -1); /* a zombie */
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(resident_kib(&resident), -1);
	resident_close(&resident);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pages_come_and_go),
	    cmocka_unit_test(a_process_that_ended_has_none),
	    cmocka_unit_test(the_main_thread_may_end_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
