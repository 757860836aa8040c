// SPDX-License-Identifier: MIT
//
// The writer is tested with pipes and devices, and with system calls that fail
// or are interrupted.
#undef _FORTIFY_SOURCE
#include "dat/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/mem.h"
#include "dat/thin.h"
#include "scratch.h"

#define KEPT ((size_t)256 * 1024) /* bytes that wait at most */

static struct {
	int interrupts;  /* writes that are interrupted */
	int unreadable;  /* errno with which reading fails */
	int uncloseable; /* the same of closing that descriptor */
	int closed_fd;
	int closed_twice;    /* descriptors that were none */
	const char *removed; /* it is removed before it is locked */
	bool is_made_anew;   /* and made again */
	int64_t step_ns;     /* by which the clock goes on at each reading */
	int64_t now_ns;      /* 0: the clock is true */
} world;

static void make(const char *name)
{
	int fd = (int)syscall(
	    SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	syscall(SYS_close, fd);
}

/* In place of libc's. */
ssize_t write(int fd, const void *bytes, size_t len)
{
	if (world.interrupts > 0) {
		world.interrupts--;
		errno = EINTR;
		return -1;
	}
	return syscall(SYS_write, fd, bytes, len);
}

ssize_t pread(int fd, void *bytes, size_t len, off_t at)
{
	if (world.unreadable) {
		errno = world.unreadable;
		return -1;
	}
	return syscall(SYS_pread64, fd, bytes, len, at);
}

int close(int fd)
{
	int got = (int)syscall(SYS_close, fd);

	world.closed_twice += got != 0;
	if (world.uncloseable && fd == world.closed_fd) {
		errno = world.uncloseable;
		return -1;
	}
	return got;
}

/* A moment before a file is locked. */
int fcntl(int fd, int command, ...)
{
	va_list rest;
	void *argument;

	va_start(rest, command);
	argument = va_arg(rest, void *);
	va_end(rest);
	if (world.removed && command == F_OFD_SETLK) {
		unlink(world.removed);
		if (world.is_made_anew)
			make(world.removed);
		else
			world.removed = NULL;
	}
	return (int)syscall(SYS_fcntl, fd, command, argument);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	if (world.now_ns == 0)
		return (int)syscall(SYS_clock_gettime, clock, time);
	world.now_ns += world.step_ns;
	time->tv_sec = world.now_ns / 1000000000;
	time->tv_nsec = world.now_ns % 1000000000;
	return 0;
}

static int set_up(void **state)
{
	memset(&world, 0, sizeof(world));
	return scratch_enter(state);
}

static int tear_down(void **state)
{
	return scratch_remove(state) != 0 || world.closed_twice ? -1 : 0;
}

static void open_well(struct dat_writer *writer, const char *path)
{
	struct err e;

	assert_int_equal(dat_writer_open(writer, path, &e), 0);
}

static size_t size_of(const char *path)
{
	struct stat about;

	assert_int_equal(stat(path, &about), 0);
	return (size_t)about.st_size;
}

static void close_with(struct dat_writer *writer, const char *want)
{
	struct err e = {""};

	assert_int_equal(dat_writer_close(writer, &e), want ? -1 : 0);
	assert_string_equal(e.text, want ? want : "");
	assert_int_equal(writer->fd, -1);
}

static void a_signal_interrupts_no_record(void **state)
{
	struct dat_writer writer;

	(void)state;
	open_well(&writer, "a.dat");
	dat_write_memory(&writer, 1024, 1000000000);
	world.interrupts = 3;
	dat_writer_flush(&writer);
	assert_int_equal(world.interrupts, 0);
	assert_int_equal(writer.buffer.len, 0);
	assert_int_equal(size_of("a.dat"), 20);
	close_with(&writer, NULL);
}

static void what_can_not_be_read_is_no_recording(void **state)
{
	struct dat_writer writer;
	struct err e;

	(void)state;
	scratch_put("a.dat", "MEM 1.0 1.0\n");
	world.unreadable = EIO;
	assert_int_equal(dat_writer_open(&writer, "a.dat", &e), -1);
	assert_string_equal(e.text, "a.dat: can't be read: Input/output error");
	assert_int_equal(writer.fd, -1);
	assert_null(writer.path);
	assert_int_equal(size_of("a.dat"), 12);
}

static void closing_may_fail(void **state)
{
	struct dat_writer writer;

	(void)state;
	for (int i = 0; i < 2; i++) {
		open_well(&writer, "a.dat");
		world.closed_fd = writer.fd;
		world.uncloseable = i ? EINTR : EIO;
		close_with(&writer,
		    i ? NULL : "a.dat: not written: Input/output error");
	}
}

/* Another recorder that had nothing to record removes its file. */
static void a_file_may_vanish_while_it_is_opened(void **state)
{
	struct dat_writer writer;
	struct err e = {""};
	struct stat about;

	(void)state;
	scratch_put("a.dat", "MEM 1.0 1.0\n");
	world.removed = "a.dat";
	open_well(&writer, "a.dat");
	assert_null(world.removed);
	assert_true(writer.created);
	assert_int_equal(fstat(writer.fd, &about), 0);
	assert_int_equal(about.st_nlink, 1);
	assert_int_equal(about.st_size, 0);
	close_with(&writer, NULL);
	world.removed = "a.dat";
	world.is_made_anew = true;
	assert_int_equal(dat_writer_open(&writer, "a.dat", &e), -1);
	assert_string_equal(
	    e.text, "a.dat: is removed again and again by another program");
}

/* The descriptor and the lock are given back. */
static void what_is_discarded_is_free(void **state)
{
	struct dat_writer writer;
	int other, fd;

	(void)state;
	scratch_put("a.dat", "MEM 1.0 1.0\n");
	open_well(&writer, "a.dat");
	fd = writer.fd;
	other = open("a.dat", O_RDONLY | O_CLOEXEC);
	assert_true(file_lock_is_held(other));
	dat_writer_discard(&writer);
	assert_false(file_lock_is_held(other));
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(writer.fd, -1);
	assert_int_equal(size_of("a.dat"), 12);
	close(other);
}

/* The recorder doesn't wait while it records; at the end it lets a slow reader
 * catch up. */
static void a_pipe_has_all_in_the_end(void **state)
{
	enum {
		RECORDS = 10000
	}; /* more than a pipe holds, less than is kept */
	struct dat_writer writer;
	int fd, status;
	pid_t pid;

	(void)state;
	assert_int_equal(mkfifo("pipe", 0600), 0);
	fd = open("pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	open_well(&writer, "pipe");
	assert_false(writer.created);
	for (int i = 0; i < RECORDS; i++)
		dat_write_memory(&writer, 1024, 1000000000);
	dat_writer_flush(&writer);
	assert_true(writer.buffer.len > 0);
	assert_int_equal(writer.cause, EAGAIN);
	world.now_ns = 1; /* it waits for as long as it takes */
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		size_t len = 0;
		char text[4096];
		ssize_t got;

		syscall(SYS_close, writer.fd);
		fcntl(fd, F_SETFL, 0);
		while ((got = read(fd, text, sizeof(text))) > 0)
			len += (size_t)got;
		_exit(got == 0 && len == 20 * RECORDS ? 0 : 1);
	}
	close(fd);
	close_with(&writer, NULL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* For a second. */
static void a_reader_that_stands_still_is_left(void **state)
{
	struct dat_writer writer;
	size_t left;
	char *want;
	int fd;

	(void)state;
	assert_int_equal(mkfifo("pipe", 0600), 0);
	fd = open("pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	open_well(&writer, "pipe");
	for (int i = 0; i < 10000; i++)
		dat_write_memory(&writer, 1024, 1000000000);
	dat_writer_flush(&writer);
	left = writer.buffer.len;
	assert_true(left > 0);
	world.step_ns = 300000000;
	world.now_ns = 1;
	want = mem_format("pipe: %zu samples are missing, they could not be "
			  "written: Resource temporarily unavailable",
	    left / 20);
	close_with(&writer, want);
	/* The end, then at 0.3, 0.6, 0.9 and 1.2 seconds. */
	assert_int_equal(world.now_ns, 1 + 5 * world.step_ns);
	free(want);
	close(fd);
}

/* Up to the bound all waits for room; then the newest is dropped, and what is a
 * sample is counted. */
static void what_waits_is_bounded(void **state)
{
	char *filler = mem_zero(KEPT, 1);
	struct dat_writer writer;

	(void)state;
	open_well(&writer, "/dev/full");
	memset(filler, 'x', KEPT - 21);
	strcpy(filler + KEPT - 21, "\n");
	dat_write_raw(&writer, filler);
	dat_writer_flush(&writer);
	assert_int_equal(writer.cause, ENOSPC);
	assert_int_equal(writer.flushed, KEPT - 20);
	dat_write_memory(&writer, 1024, 1000000000);
	dat_writer_flush(&writer);
	assert_int_equal(writer.buffer.len, KEPT);
	assert_int_equal(writer.lost, 0);
	dat_write_raw(&writer, "MEM 1.0 1.0\nCHLD 7 MEM 1.0\nMEM \nMEMO\nMEM ");
	dat_writer_flush(&writer);
	assert_int_equal(writer.lost, 2);
	assert_int_equal(writer.buffer.len, KEPT);
	dat_write_raw(&writer, "MEM 1.0 2.0\n");
	dat_writer_flush(&writer);
	assert_int_equal(writer.lost, 3);
	close_with(&writer, "/dev/full: 4 samples are missing, they could not "
			    "be written: No space left on device");
	/* A record that is no sample is reported without a number. */
	open_well(&writer, "/dev/full");
	dat_write_raw(&writer, "MARK;label=x 1.0 1.0\n");
	close_with(&writer, "/dev/full: some records could not be written: No "
			    "space left on device");
	/* However long what comes first is. */
	open_well(&writer, "/dev/full");
	dat_write_memory(&writer, 1024, 1000000000);
	dat_write_raw(&writer, filler);
	dat_writer_flush(&writer);
	assert_int_equal(writer.lost, 0);
	assert_int_equal(writer.buffer.len, KEPT);
	dat_write_raw(&writer, "MARK;label=x 1.0 1.0\n");
	dat_writer_flush(&writer);
	assert_int_equal(writer.lost, 0);
	assert_int_equal(writer.buffer.len, KEPT);
	close_with(&writer, "/dev/full: 1 sample is missing, it could not be "
			    "written: No space left on device");
	free(filler);
}

/* An hour of names is tried. */
static void all_default_names_may_be_taken(void **state)
{
	const int64_t start_s = 1795305600;
	struct dat_writer writer;
	char name[64];
	struct err e;

	(void)state;
	setenv("TZ", "UTC", 1);
	for (int i = 0; i < 3600; i++) {
		snprintf(name, sizeof(name), "mprofile_2026112200%02d%02d.dat",
		    i / 60, i % 60);
		assert_int_equal(symlink("none", name), 0);
	}
	assert_int_equal(dat_writer_open_default(&writer, start_s, &e), -1);
	assert_string_equal(
	    e.text, "mprofile_20261122005959.dat: can't be made: File exists");
	assert_int_equal(writer.fd, -1);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(dat_writer_open_default(&writer, start_s, &e), 0);
	assert_string_equal(writer.path, name);
	assert_true(writer.created);
	dat_writer_discard(&writer);
	/* A directory that is gone has no later name. */
	assert_int_equal(mkdir("gone", 0700), 0);
	assert_int_equal(chdir("gone"), 0);
	assert_int_equal(rmdir("../gone"), 0);
	assert_int_equal(dat_writer_open_default(&writer, start_s, &e), -1);
	assert_string_equal(e.text, "mprofile_20261122000000.dat: can't be "
				    "made: No such file or directory");
	assert_int_equal(chdir(scratch), 0);
}

/* Seven eighths of the bound; where that can't succeed, at twice the size. */
static void thinning_begins_at_a_size(void **state)
{
	struct dat_writer writer;
	struct err e;

	(void)state;
	open_well(&writer, "a.dat");
	scratch_put("a.dat.thinning.012345", "");
	assert_int_equal(dat_writer_bound(&writer, 32, &e), 0);
	assert_int_equal(access("a.dat.thinning.012345", F_OK), -1);
	assert_int_equal(writer.thin_at, 28);
	scratch_put("a.dat.thinning.012345", "");
	dat_write_raw(&writer, "CMDLINE an unthinnable one\n");
	dat_writer_flush(&writer);
	assert_int_equal(size_of("a.dat"), 27);
	assert_null(writer.thin);
	dat_write_raw(&writer, "\n");
	dat_writer_flush(&writer);
	assert_non_null(writer.thin);
	assert_int_equal(access("a.dat.thinning.012345", F_OK), -1);
	while (!thin_is_done(writer.thin))
		usleep(1000);
	dat_write_raw(&writer, "\n");
	dat_writer_flush(&writer);
	assert_null(writer.thin);
	assert_int_equal(writer.troubles, 1);
	assert_string_equal(writer.trouble.text, "no sample can be left out");
	assert_int_equal(writer.thin_at, 2 * 29);
	/* and that is said no more after another bound */
	assert_int_equal(dat_writer_bound(&writer, 1000, &e), 0);
	assert_string_equal(writer.trouble.text, "");
	assert_int_equal(writer.thin_at, 875);
	assert_int_equal(dat_writer_bound(&writer, 1, &e), 0);
	dat_write_raw(&writer, "\n");
	dat_writer_flush(&writer);
	assert_non_null(writer.thin);
	close_with(&writer, NULL);
}

#define CALLS_TEST(name) \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CALLS_TEST(a_signal_interrupts_no_record),
	    CALLS_TEST(what_can_not_be_read_is_no_recording),
	    CALLS_TEST(closing_may_fail),
	    CALLS_TEST(a_file_may_vanish_while_it_is_opened),
	    CALLS_TEST(what_is_discarded_is_free),
	    CALLS_TEST(a_pipe_has_all_in_the_end),
	    CALLS_TEST(a_reader_that_stands_still_is_left),
	    CALLS_TEST(what_waits_is_bounded),
	    CALLS_TEST(all_default_names_may_be_taken),
	    CALLS_TEST(thinning_begins_at_a_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
