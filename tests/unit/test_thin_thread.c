// SPDX-License-Identifier: MIT
//
// A recording that is thinned by a thread beside its recorder, with failures of
// either.
#include "dat/thin.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/mem.h"
#include "scratch.h"

enum { TICKS = 4000, MOST = 20000, PATIENCE_S = 60 };

/* The thread waits before its first line until it is let go or stopped. */
static struct {
	struct thin thin;
	atomic_bool is_held;
	int sync;        /* errno with which the end of the copy fails */
	bool blocks_all; /* the thread blocks signals */
} world;

/* In place of libc's. */
int fseeko(FILE *file, off_t offset, int whence)
{
	if (file == world.thin.copy.from) {
		sigset_t blocked;

		pthread_sigmask(SIG_SETMASK, NULL, &blocked);
		world.blocks_all = sigismember(&blocked, SIGTERM) == 1 &&
				   sigismember(&blocked, SIGINT) == 1;
		for (int i = 0;
		     i < PATIENCE_S * 1000 && atomic_load(&world.is_held) &&
		     !atomic_load(&world.thin.stop);
		     i++)
			usleep(1000);
	}
	return fseek(file, offset, whence);
}

int fdatasync(int fd)
{
	if (world.sync) {
		errno = world.sync;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

static int set_up(void **state)
{
	memset(&world, 0, sizeof(world));
	return scratch_enter(state);
}

static off_t size_of(const char *path)
{
	struct stat about;

	assert_int_equal(stat(path, &about), 0);
	return about.st_size;
}

static int put_recording(void)
{
	FILE *file = fopen("a.dat", "w");
	int fd;

	assert_non_null(file);
	fputs("CMDLINE x\n", file);
	for (int i = 0; i < TICKS; i++)
		fprintf(file, "MEM %d.0 %d.0\n", 10 + i % 7, 1000 + i);
	assert_int_equal(fclose(file), 0);
	fd = open("a.dat", O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(file_lock_take(fd), FILE_LOCK_TAKEN);
	return fd;
}

static void begin_well(int fd)
{
	const struct thin_wish wish = {.path = "a.dat", .fd = fd, .most = MOST};
	struct err e;

	assert_int_equal(thin_begin(&world.thin, &wish, &e), 0);
}

static void wait_for_it(void)
{
	for (int i = 0; i < PATIENCE_S * 1000 && !thin_is_done(&world.thin);
	     i++)
		usleep(1000);
	assert_true(thin_is_done(&world.thin));
}

/* More than the buffer with which it is copied. */
static void what_is_recorded_meanwhile_is_copied(void **state)
{
	int fd = put_recording(), old = fd, reader;
	char *text = mem_zero(1 << 20, 1), line[64];
	struct err e;
	ssize_t len;

	(void)state;
	reader = open("a.dat", O_RDONLY | O_CLOEXEC);
	atomic_store(&world.is_held, true);
	begin_well(fd);
	for (int i = 0; i < 3000; i++)
		assert_true(dprintf(fd, "MEM 9.0 %d.0\n", 10000 + i) > 0);
	assert_false(thin_is_done(&world.thin));
	atomic_store(&world.is_held, false);
	wait_for_it();
	assert_true(world.blocks_all);
	assert_int_equal(dprintf(fd, "MEM 8.0 20000.0\n"), 16);
	assert_int_equal(thin_commit(&world.thin, &fd, &e), 0);
	assert_true(fd != old && fd >= 0);
	assert_int_equal(dprintf(fd, "MEM 7.0 20001.0\n"), 16);
	assert_true(size_of("a.dat") < MOST + 3002 * 16);
	assert_false(file_lock_is_held(reader)); /* it is the old file */
	close(reader);
	reader = open("a.dat", O_RDONLY | O_CLOEXEC);
	assert_true(file_lock_is_held(reader));
	len = read(reader, text, (1 << 20) - 1);
	assert_true(len > 3002 * 16);
	text = text + len - 3002 * 16;
	for (int i = 0; i < 3000; i++) {
		snprintf(line, sizeof(line), "MEM 9.0 %d.0\n", 10000 + i);
		assert_memory_equal(text + 16 * i, line, 16);
	}
	assert_string_equal(
	    text + 3000 * 16, "MEM 8.0 20000.0\nMEM 7.0 20001.0\n");
	free(text - (len - 3002 * 16));
	close(reader);
	close(fd);
}

static void signals_are_left_to_the_recorder(void **state)
{
	int fd = put_recording();
	sigset_t before, after;

	(void)state;
	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &before), 0);
	begin_well(fd);
	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
	for (int number = 1; number < NSIG; number++)
		assert_int_equal(
		    sigismember(&before, number), sigismember(&after, number));
	wait_for_it();
	assert_true(world.blocks_all);
	assert_int_equal(world.thin.result, 0);
	thin_abandon(&world.thin);
	close(fd);
}

/* In the middle of it, and of an end that was not waited for. */
static void what_is_abandoned_stops(void **state)
{
	int fd = put_recording();
	off_t size = size_of("a.dat");

	(void)state;
	atomic_store(&world.is_held, true);
	begin_well(fd);
	thin_abandon(&world.thin);
	assert_true(thin_is_done(&world.thin));
	assert_int_equal(world.thin.result, -1);
	assert_string_equal(world.thin.e.text, "was cut");
	assert_false(world.thin.threaded);
	assert_null(world.thin.copy.from);
	assert_null(world.thin.copy.to);
	thin_abandon(&world.thin);
	assert_int_equal(size_of("a.dat"), size);
	assert_true(write(fd, "MEM", 3) == 3);
	close(fd);
}

/* Of the disk, say, or of another program that removed the recording. */
static void what_fails_leaves_the_old_file(void **state)
{
	int fd = put_recording(), old = fd;
	off_t size = size_of("a.dat");
	struct rlimit before, small;
	struct err e;

	(void)state;
	world.sync = ENOSPC;
	begin_well(fd);
	assert_int_equal(thin_commit(&world.thin, &fd, &e), -1);
	assert_string_equal(
	    e.text, "can't be written: No space left on device");
	world.sync = 0;
	begin_well(fd);
	wait_for_it();
	for (int i = 0; i < 3000; i++)
		assert_true(dprintf(fd, "MEM 9.0 %d.0\n", 10000 + i) > 0);
	size += 3000 * 16;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = MOST;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(thin_commit(&world.thin, &fd, &e), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_string_equal(e.text, "can't be written: File too large");
	begin_well(fd);
	assert_int_equal(rename("a.dat", "b.dat"), 0);
	assert_int_equal(thin_commit(&world.thin, &fd, &e), -1);
	assert_string_equal(e.text, "it was renamed or removed");
	assert_int_equal(fd, old);
	assert_int_equal(size_of("b.dat"), size);
	assert_int_equal(dprintf(fd, "MEM 9.0 1.0\n"), 12);
	assert_int_equal(size_of("b.dat"), size + 12);
	close(fd);
}

static int lowest_free(void)
{
	int fd = open("/", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	close(fd);
	return fd;
}

/* The new file's descriptor takes the place of the old one's. */
static void at_the_end_one_more_is_needed(void **state)
{
	int fd = put_recording(), old = fd;
	off_t size = size_of("a.dat");
	struct rlimit before, few;
	struct err e = {""};

	(void)state;
	begin_well(fd);
	wait_for_it();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = (rlim_t)lowest_free();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(thin_commit(&world.thin, &fd, &e), -1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_string_equal(e.text, "can't be written: Too many open files");
	assert_int_equal(fd, old);
	assert_int_equal(size_of("a.dat"), size);
	close(fd);
}

/* However many there are, none is lost. */
static void descriptors_may_run_out(void **state)
{
	int fd = put_recording(), lowest = lowest_free(), more = 0, result = -1;
	const struct thin_wish wish = {.path = "a.dat", .fd = fd, .most = MOST};
	struct rlimit before, few;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	for (; result != 0 && more < 20; more++) {
		struct err e = {""};

		few.rlim_cur = (rlim_t)(lowest + more);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		result = thin_begin(&world.thin, &wish, &e);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		if (result == 0)
			continue;
		assert_non_null(strstr(e.text, "Too many open files"));
		assert_int_equal(lowest_free(), lowest);
	}
	assert_int_equal(result, 0);
	assert_true(more > 3);
	thin_abandon(&world.thin);
	assert_int_equal(lowest_free(), lowest);
	close(fd);
}

#define THREAD_TEST(name) \
	cmocka_unit_test_setup_teardown(name, set_up, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    THREAD_TEST(what_is_recorded_meanwhile_is_copied),
	    THREAD_TEST(signals_are_left_to_the_recorder),
	    THREAD_TEST(what_is_abandoned_stops),
	    THREAD_TEST(what_fails_leaves_the_old_file),
	    THREAD_TEST(at_the_end_one_more_is_needed),
	    THREAD_TEST(descriptors_may_run_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
