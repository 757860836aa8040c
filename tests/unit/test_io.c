// SPDX-License-Identifier: MIT
#undef _FORTIFY_SOURCE /* it would put a function of its own before our openat \
			*/
//
// Files that are read and made, also where nothing more can be written: a full
// disk, by way of a limit that any user may set.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "scratch.h"

/* How many names that are tried exist already; what else fails. */
static int taken, tried, no_open, no_mode, no_name, no_random, no_stat;

/* At most as many bytes are written at once; 0: as many as there are. A signal
 * ends as many writes before their first byte. */
static size_t most_written;
static int interrupted;

/* In place of libc's. */
int openat(int in, const char *path, int flags, ...)
{
	va_list rest;
	mode_t mode;

	va_start(rest, flags);
	mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
	va_end(rest);
	if (flags & O_EXCL) {
		tried++;
		errno = no_open ? EACCES : EEXIST;
		if (no_open || tried <= taken)
			return -1;
	}
	return (int)syscall(SYS_openat, in, path, flags, mode);
}

int fstat(int fd, struct stat *about)
{
	errno = EIO;
	return no_stat ? -1 : fstatat(fd, "", about, AT_EMPTY_PATH);
}

int fchmod(int fd, mode_t mode)
{
	errno = EPERM;
	return no_mode ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int renameat(
    int from_directory, const char *from, int to_directory, const char *to)
{
	errno = ENOSPC;
	return no_name ? -1
		       : (int)syscall(SYS_renameat2, from_directory, from,
			     to_directory, to, 0);
}

ssize_t getrandom(void *bytes, size_t len, unsigned flags)
{
	errno = ENOSYS;
	return no_random ? -1 : syscall(SYS_getrandom, bytes, len, flags);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
	if (interrupted > 0) {
		interrupted--;
		errno = EINTR;
		return -1;
	}
	if (most_written > 0 && len > most_written)
		len = most_written;
	return syscall(SYS_write, fd, bytes, len);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void what_is_whole_is_put_in_place(void **state)
{
	struct io_output out;
	struct err e;

	(void)state;
	scratch_put("out", "old");
	assert_int_equal(io_output_open(&out, "out", &e), 0);
	fputs("new text", out.stream);
	scratch_expect("out", "old");
	assert_int_equal(io_output_commit(&out, &e), 0);
	scratch_expect("out", "new text");
}

/* All of it is in the stream's buffer until the stream is closed. */
static void a_failure_to_close_leaves_the_old_file(void **state)
{
	struct io_output out;
	struct err e;
	int got;

	(void)state;
	scratch_put("out", "old");
	assert_int_equal(io_output_open(&out, "out", &e), 0);
	fputs("new text", out.stream);
	limit_files(0);
	got = io_output_commit(&out, &e);
	limit_files(RLIM_INFINITY);
	assert_int_equal(got, -1);
	assert_non_null(strstr(e.text, "out: not written"));
	scratch_expect("out", "old");
	/* Nothing else is left beside it. */
	assert_int_equal(unlink("out"), 0);
	assert_int_equal(scratch_remove_empty(state), 0);
	assert_int_equal(scratch_enter(state), 0);
}

/* Then closing is what succeeds. */
static void a_failure_to_write_is_remembered(void **state)
{
	struct io_output out;
	struct err e;
	int got;

	(void)state;
	scratch_put("out", "old");
	assert_int_equal(io_output_open(&out, "out", &e), 0);
	limit_files(0);
	fputs("new text", out.stream);
	fflush(out.stream);
	limit_files(RLIM_INFINITY);
	got = io_output_commit(&out, &e);
	assert_int_equal(got, -1);
	scratch_expect("out", "old");
}

static void a_discarded_output_leaves_nothing(void **state)
{
	struct io_output out;
	struct err e;

	(void)state;
	scratch_put("out", "old");
	assert_int_equal(io_output_open(&out, "out", &e), 0);
	fputs("new text", out.stream);
	io_output_discard(&out);
	io_output_discard(&out);
	scratch_expect("out", "old");
	assert_int_equal(unlink("out"), 0);
	assert_int_equal(io_output_open(&out, "out", &e), 0);
	io_output_discard(&out);
	assert_int_equal(access("out", F_OK), -1);
}

static mode_t mode_of(const char *name)
{
	struct stat about;

	assert_int_equal(lstat(name, &about), 0);
	return about.st_mode;
}

static void write_out(const char *name, const char *text)
{
	struct io_output out;
	struct err e;

	assert_int_equal(io_output_open(&out, name, &e), 0);
	fputs(text, out.stream);
	assert_int_equal(io_output_commit(&out, &e), 0);
}

static void the_mode_is_the_old_files_or_the_umasks(void **state)
{
	(void)state;
	umask(0);
	unlink("out");
	write_out("out", "0");
	assert_int_equal(mode_of("out") & 0777, 0666);
	umask(027);
	unlink("out");
	write_out("out", "1");
	assert_int_equal(mode_of("out") & 0777, 0640);
	assert_int_equal(umask(027), 027); /* it stays */
	assert_int_equal(chmod("out", 0604), 0);
	write_out("out", "2");
	assert_int_equal(mode_of("out") & 0777, 0604);
	umask(022);
}

static void through_a_link_its_file_is_replaced(void **state)
{
	(void)state;
	scratch_put("out", "old");
	assert_int_equal(symlink("out", "link"), 0);
	write_out("link", "new");
	assert_true(S_ISLNK(mode_of("link")));
	scratch_expect("out", "new");
	assert_int_equal(unlink("link"), 0);
}

static void a_fifo_is_written_straight(void **state)
{
	char got[8] = "";
	struct io_output out;
	struct err e;
	int reader;

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(io_output_open(&out, "fifo", &e), -1);
	assert_non_null(strstr(e.text, "nobody reads it"));
	reader = open("fifo", O_RDONLY | O_NONBLOCK);
	write_out("fifo", "text");
	assert_int_equal(read(reader, got, sizeof(got)), 4);
	assert_string_equal(got, "text");
	close(reader);
	assert_true(S_ISFIFO(mode_of("fifo")));
	assert_int_equal(unlink("fifo"), 0);
}

/* Whoever has the file open goes on where the output ended. */
static void own_descriptors_are_written_on(void **state)
{
	static const char *const names[] = {"/dev/fd/%d", "/proc/self/fd/%d",
	    "/proc/thread-self/fd/%d", "link"};
	char path[64];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int fd = open("out", O_RDWR | O_CREAT | O_TRUNC, 0644);

		snprintf(path, sizeof(path), "/dev/fd/%d", fd);
		if (i == 3)
			assert_int_equal(symlink(path, "link"), 0);
		snprintf(path, sizeof(path), names[i], fd);
		assert_true(path_is_stream(path));
		assert_int_equal(write(fd, "before ", 7), 7);
		write_out(path, "text");
		assert_int_equal(write(fd, " after", 6), 6);
		close(fd);
		scratch_expect("out", "before text after");
	}
	assert_int_equal(unlink("link"), 0);
	assert_false(path_is_stream("out"));
	assert_false(path_is_stream("."));
	assert_false(path_is_stream("none"));
}

/* The output waits for room, though others' writes to that pipe don't. */
static void a_pipe_that_refuses_when_full_is_waited_for(void **state)
{
	struct io_output out;
	char path[64];
	struct err e;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[1]);
	assert_int_equal(io_output_open(&out, path, &e), 0);
	assert_int_equal(fcntl(fileno(out.stream), F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	io_output_discard(&out);
	close(ends[0]);
	close(ends[1]);
}

/* Another process's open file is the same file afterwards. */
static void descriptors_of_others_are_written_straight(void **state)
{
	struct stat before, after;
	int fd = open("out", O_RDWR | O_CREAT | O_TRUNC, 0644);
	pid_t child = fork();
	char path[64];

	(void)state;
	if (child == 0)
		for (;;)
			pause();
	assert_int_equal(write(fd, "what was there", 14), 14);
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)child, fd);
	write_out(path, "text");
	assert_int_equal(fstatat(fd, "", &before, AT_EMPTY_PATH), 0);
	assert_int_equal(stat("out", &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	close(fd);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	scratch_expect("out", "text");
}

static void expect_refusal(const char *path, const char *want)
{
	struct io_output out;
	struct err e;

	assert_int_equal(io_output_open(&out, path, &e), -1);
	assert_string_equal(e.text, want);
	assert_null(out.stream);
}

static void what_can_not_be_written_is_refused(void **state)
{
	int fd = open("out", O_RDONLY | O_CREAT, 0644);
	char path[64], want[128];

	(void)state;
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	snprintf(want, sizeof(want), "%s: can't be written: %s", path,
	    "Bad file descriptor");
	expect_refusal(path, want);
	close(fd);
	expect_refusal("", "the output's name is empty; name a file");
	expect_refusal(".", ".: is a directory; name a file in it");
	expect_refusal("none/out",
	    "none/out: can't be written: No such file or directory");
	if (geteuid() == 0)
		return;
	scratch_put("out", "old");
	assert_int_equal(chmod("out", 0400), 0);
	expect_refusal("out", "out: can't be written: Permission denied");
	unlink("out");
}

static void a_dash_is_standard_output(void **state)
{
	struct io_output out;
	struct err e;

	(void)state;
	assert_int_equal(io_output_open(&out, "-", &e), 0);
	assert_ptr_equal(out.stream, stdout);
	assert_int_equal(io_output_commit(&out, &e), 0);
	assert_true(fcntl(STDOUT_FILENO, F_GETFD) >= 0);
}

/* Text that waits in the stream until the commit. */
static void a_full_standard_output_is_a_failure(void **state)
{
	int status, full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	pid_t child;

	(void)state;
	if (full < 0)
		skip();
	fflush(stdout);
	child = fork();
	if (child == 0) {
		struct io_output out;
		struct err e;

		dup2(full, STDOUT_FILENO);
		if (io_output_open(&out, "-", &e) != 0 ||
		    fputs("text", out.stream) < 0)
			_exit(1);
		_exit(io_output_commit(&out, &e) == -1 &&
			      strcmp(e.text, "standard output: not written: "
					     "No space left on device") == 0 &&
			      !ferror(stdout) && fflush(stdout) == 0
			  ? 0
			  : 2);
	}
	close(full);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void a_stat_that_fails_says_why(void **state)
{
	struct err e;

	(void)state;
	scratch_put("out", "old");
	no_stat = 1;
	assert_int_equal(io_open_input("out", &e), -1);
	no_stat = 0;
	assert_string_equal(e.text, "out: can't be read: Input/output error");
}

static bool is_nowhere(int fd)
{
	struct stat about, null;

	return fstat(fd, &about) == 0 && stat("/dev/null", &null) == 0 &&
	       about.st_rdev == null.st_rdev;
}

static void silent_streams_go_nowhere(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		int other = open("/", O_PATH), next = dup(other);

		close(next);
		for (int fd = 0; fd < 3; fd++)
			dup2(other, fd);
		io_silence_streams();
		for (int fd = 0; fd < 3; fd++)
			if (!is_nowhere(fd) || fcntl(fd, F_GETFD) != 0)
				_exit(1 + fd);
		_exit(open("/", O_PATH) == next ? 0 : 4);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void inputs_are_files_and_pipes(void **state)
{
	struct err e;
	int fd;

	(void)state;
	scratch_put("out", "old");
	fd = io_open_input("out", &e);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	fd = io_open_input("fifo", &e);
	assert_true(fd >= 0);
	close(fd);
	unlink("fifo");
	assert_int_equal(io_open_input(".", &e), -1);
	assert_string_equal(e.text, ".: is a directory; name a recording");
	assert_int_equal(io_open_input("/dev/null", &e), -1);
	assert_string_equal(e.text, "/dev/null: is a device; name a recording");
	assert_int_equal(io_open_input("none", &e), -1);
	assert_string_equal(
	    e.text, "none: can't be read: No such file or directory");
}

/* A pipe takes less than what is written to it at once. */
static void short_writes_are_gone_on_with(void **state)
{
	static const char bytes[] = "these bytes are written in pieces";
	char got[2 * sizeof(bytes)];
	int pipes[2];

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	for (size_t most = 1; most <= sizeof(bytes); most++) {
		most_written = most;
		interrupted = 2;
		assert_int_equal(
		    io_write_all(pipes[1], bytes, sizeof(bytes)), 0);
		most_written = 0;
		assert_int_equal(interrupted, 0);
		assert_int_equal(
		    read(pipes[0], got, sizeof(got)), sizeof(bytes));
		assert_memory_equal(got, bytes, sizeof(bytes));
	}
	close(pipes[0]);
	close(pipes[1]);
	assert_int_equal(io_write_all(-1, bytes, 1), -1);
	assert_int_equal(io_write_all(-1, bytes, 0), 0);
}

/* A closed stream is taken by something that can't be written. */
static void closed_streams_are_guarded(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		close(0);
		close(2);
		io_guard_streams();
		_exit((fcntl(0, F_GETFL) & O_PATH) == 0 ||
		      (fcntl(2, F_GETFL) & O_PATH) == 0 ||
		      open("/", O_PATH) <= 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static int begin(void **state)
{
	signal(SIGXFSZ, SIG_IGN);
	return scratch_enter(state);
}

static int end(void **state)
{
	unlink("out");
	return scratch_remove_empty(state);
}

/* How many files there are in this directory. */
static int files(void)
{
	DIR *dir = opendir(".");
	int count = 0;

	assert_non_null(dir);
	for (struct dirent *one; (one = readdir(dir));)
		count += one->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* A name beside the target is tried a hundred times, and not at all again where
 * no file can be made. */
static void names_that_are_taken_are_left(void **state)
{
	struct io_output out;
	struct err e;

	(void)state;
	unlink("out");
	for (taken = 0; taken < 100; taken += 33) {
		tried = 0;
		no_random = taken == 33;
		write_out("out", "text");
		assert_int_equal(tried, taken + 1);
		scratch_expect("out", "text");
	}
	no_random = 0;
	taken = 100;
	tried = 0;
	assert_int_equal(io_output_open(&out, "out", &e), -1);
	assert_string_equal(e.text, "out: can't be written: File exists");
	assert_int_equal(tried, 100);
	taken = tried = 0;
	no_open = 1;
	assert_int_equal(io_output_open(&out, "out", &e), -1);
	assert_string_equal(e.text, "out: can't be written: Permission denied");
	assert_int_equal(tried, 1);
	assert_null(out.partial);
	no_open = 0;
	assert_int_equal(files(), 1);
}

/* An output that can't get its mode or its name is removed. */
static void what_fails_leaves_nothing(void **state)
{
	struct io_output out;
	struct err e;

	(void)state;
	scratch_put("out", "old");
	no_mode = 1;
	assert_int_equal(io_output_open(&out, "out", &e), -1);
	assert_string_equal(
	    e.text, "out: can't be written: Operation not permitted");
	no_mode = 0;
	assert_int_equal(files(), 1);
	assert_int_equal(io_output_open(&out, "out", &e), 0);
	assert_int_equal(files(), 2);
	fputs("new", out.stream);
	no_name = 1;
	assert_int_equal(io_output_commit(&out, &e), -1);
	assert_string_equal(
	    e.text, "out: not written: No space left on device");
	no_name = 0;
	assert_int_equal(files(), 1);
	scratch_expect("out", "old");
	assert_null(out.partial);
	assert_null(out.stream);
}

static bool is_mine(const char *name)
{
	return strncmp(name, "mine", 4) == 0;
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static void make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

/* Neither a link to one, nor another user's; files of others keep it. */
static void own_directories_are_removed(void **state)
{
	(void)state;
	assert_int_equal(mkdir("own", 0700), 0);
	make_file("own/mine");
	assert_int_equal(symlink("own", "link"), 0);
	io_remove_own_directory("link", is_mine);
	io_remove_own_directory("none", is_mine);
	if (geteuid() == 0 && chown("own", 54321, 54321) == 0) {
		io_remove_own_directory("own", is_mine);
		assert_int_equal(chown("own", geteuid(), getegid()), 0);
	}
	assert_true(exists("own/mine"));
	make_file("own/mine-too");
	make_file("own/other");
	io_remove_own_directory("own", is_mine);
	assert_false(exists("own/mine") || exists("own/mine-too"));
	assert_int_equal(unlink("own/other"), 0);
	io_remove_own_directory("own", is_mine);
	assert_false(exists("own"));
	assert_int_equal(unlink("link"), 0);
	scratch_put("out", "old");
	io_remove_own_directory("out", is_mine);
	scratch_expect("out", "old");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_whole_is_put_in_place),
	    cmocka_unit_test(a_failure_to_close_leaves_the_old_file),
	    cmocka_unit_test(a_failure_to_write_is_remembered),
	    cmocka_unit_test(a_discarded_output_leaves_nothing),
	    cmocka_unit_test(the_mode_is_the_old_files_or_the_umasks),
	    cmocka_unit_test(through_a_link_its_file_is_replaced),
	    cmocka_unit_test(a_fifo_is_written_straight),
	    cmocka_unit_test(own_descriptors_are_written_on),
	    cmocka_unit_test(a_pipe_that_refuses_when_full_is_waited_for),
	    cmocka_unit_test(descriptors_of_others_are_written_straight),
	    cmocka_unit_test(what_can_not_be_written_is_refused),
	    cmocka_unit_test(a_dash_is_standard_output),
	    cmocka_unit_test(a_full_standard_output_is_a_failure),
	    cmocka_unit_test(a_stat_that_fails_says_why),
	    cmocka_unit_test(silent_streams_go_nowhere),
	    cmocka_unit_test(inputs_are_files_and_pipes),
	    cmocka_unit_test(short_writes_are_gone_on_with),
	    cmocka_unit_test(closed_streams_are_guarded),
	    cmocka_unit_test(names_that_are_taken_are_left),
	    cmocka_unit_test(what_fails_leaves_nothing),
	    cmocka_unit_test(own_directories_are_removed),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
