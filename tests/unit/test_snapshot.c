// SPDX-License-Identifier: MIT
// The copy of a process's memory: that it is of one moment, that no page comes
// into being by it, and that the process goes on.
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "python/remote/snapshot.h"
#include "python/remote/remote.h"

enum { PAGE = 4096, PAGES = 8192, LAST = PAGES - 2 };

/* Before the fork, so that the child has it at the same place. Its even pages
 * are written by the child, the odd ones never. */
static uint8_t *memory;
static struct python_target target;

static uint64_t address(size_t page)
{
	return (uint64_t)(uintptr_t)memory + page * PAGE;
}

/* Counts in the first page and then in the last, without end. */
static void count(void)
{
	volatile uint64_t *first = (uint64_t *)memory;
	volatile uint64_t *last = (uint64_t *)(memory + LAST * PAGE);

	for (uint64_t i = 1;; i++) {
		*first = i;
		__sync_synchronize();
		*last = i;
		__sync_synchronize();
	}
}

/* The state of a collector that rests, in each child too. */
static const uint32_t collecting;

static pid_t start_one(void (*run)(void))
{
	int ready[2];
	pid_t child;
	char byte;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (size_t i = 0; i < PAGES; i += 2)
			memset(memory + i * PAGE, (int)(i / 2 % 251 + 1), PAGE);
		if (write(ready[1], "!", 1) != 1)
			_exit(1);
		run();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	target = (struct python_target){.pid = child,
	    .thread = child,
	    .interpreter = (uintptr_t)&collecting,
	    .memory = remote_memory(child)};
	target.offsets.interpreter_gc = 0;
	return child;
}

static pid_t start(void)
{
	return start_one(count);
}

static void stop_child(pid_t child)
{
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static int set_up(void **state)
{
	(void)state;
	/* The second half is room for it to grow. */
	memory = mmap(NULL, 2 * (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return -1;
	munmap(memory + (size_t)PAGES * PAGE, (size_t)PAGES * PAGE);
	return madvise(memory, (size_t)PAGES * PAGE, MADV_NOHUGEPAGE);
}

/* A figure of a file of /proc/PID. */
static long figure_of(pid_t pid, const char *name, const char *format)
{
	char path[64], line[256];
	long value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	file = fopen(path, "r");
	assert_non_null(file);
	while (value < 0 && fgets(line, sizeof(line), file))
		if (sscanf(line, format, &value) != 1)
			value = -1;
	fclose(file);
	return value;
}

static void the_copy_is_of_one_moment(void **state)
{
	pid_t child = start();
	struct snapshot snapshot;
	struct err e;

	(void)state;
	for (int i = 0; i < 20; i++) {
		uint64_t first, last;

		assert_int_equal(
		    snapshot_take(&snapshot, &target, &e), PYTHON_OK);
		first = snapshot_u64(&snapshot, address(0));
		last = snapshot_u64(&snapshot, address(LAST));
		assert_true(first == last || first == last + 1);
		assert_true(snapshot.pause_ns > 0);
		snapshot_finish(&snapshot);
	}
	stop_child(child);
}

static void pages_are_copied_and_none_is_made(void **state)
{
	pid_t child = start();
	struct snapshot snapshot;
	long before;
	struct err e;

	(void)state;
	/* Counted page by page: VmRSS may be behind on each processor. */
	before = figure_of(child, "smaps_rollup", "Rss: %ld");
	assert_int_equal(snapshot_take(&snapshot, &target, &e), PYTHON_OK);
	for (size_t i = 2; i < LAST; i++) {
		const uint8_t *at = snapshot_at(&snapshot, address(i), PAGE);
		uint8_t byte = i % 2 ? 0 : (uint8_t)(i / 2 % 251 + 1);

		assert_non_null(at);
		assert_int_equal(at[0], byte);
		assert_int_equal(at[PAGE - 1], byte);
	}
	assert_true(snapshot.copied >= (uint64_t)PAGES / 2 * PAGE);
	assert_true(snapshot.copied < (uint64_t)PAGES * PAGE);
	assert_in_range(
	    figure_of(child, "smaps_rollup", "Rss: %ld"), 0, before + 1024);
	snapshot_finish(&snapshot);
	stop_child(child);
}

static void it_runs_on(void **state)
{
	pid_t child = start();
	uint64_t first = 0, then = 0;
	struct snapshot snapshot;
	struct err e;

	(void)state;
	assert_int_equal(snapshot_take(&snapshot, &target, &e), PYTHON_OK);
	assert_int_equal(figure_of(child, "status", "TracerPid: %ld"), 0);
	first = snapshot_u64(&snapshot, address(0));
	for (int i = 0; i < 30000 && then <= first; i++) {
		usleep(1000);
		assert_int_equal(
		    memory_u64(&target.memory, address(0), &then), 0);
	}
	assert_true(then > first);
	snapshot_finish(&snapshot);
	stop_child(child);
}

static void what_is_not_there_is_no_copy(void **state)
{
	pid_t child = start();
	struct python_memory view;
	struct snapshot snapshot;
	char byte;
	struct err e;

	(void)state;
	assert_int_equal(snapshot_take(&snapshot, &target, &e), PYTHON_OK);
	assert_null(snapshot_at(&snapshot, 8, 8));
	assert_null(snapshot_at(&snapshot, UINT64_MAX, 1));
	assert_null(snapshot_at(&snapshot, address(0), (uint64_t)1 << 60));
	assert_null(snapshot_at(&snapshot, address(0), UINT64_MAX));
	assert_int_equal(snapshot_u64(&snapshot, 0), 0);
	view = snapshot_memory(&snapshot);
	assert_int_equal(memory_read(&view, 8, &byte, 1), -1);
	/* This program's own text is not written: asked of the process. */
	assert_int_equal(
	    memory_read(&view, (uint64_t)(uintptr_t)stop_child, &byte, 1), 0);
	assert_int_equal(snapshot.failed, 0);
	stop_child(child);
	assert_int_equal(
	    memory_read(&view, (uint64_t)(uintptr_t)stop_child, &byte, 1), -1);
	assert_int_equal(snapshot.failed, ESRCH);
	snapshot_finish(&snapshot);
	assert_int_equal(snapshot_take(&snapshot, &target, &e), PYTHON_GONE);
}

/* Its mapping gets longer, page by page. All of it is written first: large
 * pages are asked for the copy of that part alone. */
static void grow(void)
{
	memset(memory, 2, (size_t)PAGES * PAGE);
	for (uint8_t *at = memory + (size_t)PAGES * PAGE;; at += PAGE) {
		if (mmap(at, PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			0) != at)
			pause();
		*at = 1;
		usleep(20);
	}
}

static void what_grows_meanwhile_is_copied(void **state)
{
	pid_t child = start_one(grow);
	struct snapshot snapshot;
	struct err e;

	(void)state;
	for (int i = 0; i < 20; i++) {
		enum python_result result =
		    snapshot_take(&snapshot, &target, &e);

		if (result != PYTHON_OK)
			fail_msg("look %d: %s", i, e.text);
		assert_int_equal(snapshot_u64(&snapshot, address(2)) & 255, 2);
		snapshot_finish(&snapshot);
	}
	stop_child(child);
}

/* Stops the process for half a second, as a debugger or mprof's own stacks
 * may do; says when it has. */
static pid_t start_tracer(pid_t traced)
{
	int ready[2];
	pid_t tracer;
	char byte;

	assert_int_equal(pipe(ready), 0);
	tracer = fork();
	assert_true(tracer >= 0);
	if (tracer == 0) {
		struct remote_thread thread = {0};

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (remote_stop(&thread, traced, INT64_C(60000000000)) < 0 ||
		    write(ready[1], "!", 1) != 1)
			_exit(1);
		usleep(500000);
		remote_resume(&thread);
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return tracer;
}

static void a_tracer_that_passes_is_waited_for(void **state)
{
	pid_t child = start(), tracer = start_tracer(child);
	struct snapshot snapshot;
	int status;
	struct err e;

	(void)state;
	if (snapshot_take(&snapshot, &target, &e) != PYTHON_OK)
		fail_msg("%s", e.text);
	snapshot_finish(&snapshot);
	assert_int_equal(waitpid(tracer, &status, 0), tracer);
	assert_int_equal(status, 0);
	stop_child(child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_copy_is_of_one_moment),
	    cmocka_unit_test(pages_are_copied_and_none_is_made),
	    cmocka_unit_test(it_runs_on),
	    cmocka_unit_test(what_is_not_there_is_no_copy),
	    cmocka_unit_test(what_grows_meanwhile_is_copied),
	    cmocka_unit_test(a_tracer_that_passes_is_waited_for),
	};

	alarm(600);
	return cmocka_run_group_tests(tests, set_up, NULL);
}
