// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/io.h"
#include "recorder/marks.h"
#include "scratch.h"

enum { WATCHED = 999999998 }; /* nobody's pid */

/* In place of libc's: it stands still. */
time_t time(time_t *now)
{
	if (now)
		*now = 1700000000;
	return 1700000000;
}

static bool no_watch; /* no file can be watched any more */

int inotify_add_watch(int fd, const char *path, uint32_t events)
{
	errno = ENOSPC;
	return no_watch ? -1
			: (int)syscall(SYS_inotify_add_watch, fd, path, events);
}

/* The second look at a name finds another file there. */
static char taker[192], taken[192];
static int looks;

int fstatat(int directory, const char *name, struct stat *about, int flags)
{
	int fd, got;

	if (taker[0] && ++looks == 2)
		assert_int_equal(rename(taker, taken), 0);
	fd = openat(directory, name,
	    O_PATH | O_CLOEXEC |
		(flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0));
	if (fd < 0)
		return -1;
	got = fstat(fd, about);
	close(fd);
	return got;
}

/* Recorders of other tests share no directory with these. */
static char own_directory[SCRATCH_MAX];

static char told[4096];
static int64_t told_ns;
static struct marks marks;
static struct sampler_hook hook;

static void take_mark(
    void *context, int64_t time_ns, int64_t kib, const char *label)
{
	size_t used = strlen(told);

	(void)context;
	assert_true(time_ns >= told_ns);
	told_ns = time_ns;
	snprintf(told + used, sizeof(told) - used, "[%.40s %lld]", label,
	    (long long)kib);
}

static const struct sink sink = {.mark = take_mark};

static void tick_at(int64_t time_ns)
{
	struct sink_tick now = {time_ns, 7, true, NULL, 0, NULL, 0, 0};

	hook.tick(hook.context, &now, &sink);
}

static void tick(void)
{
	tick_at(clock_wall_ns());
}

static int open_one(void **state)
{
	struct err e;

	(void)state;
	unsetenv("XDG_RUNTIME_DIR");
	told[0] = 0;
	told_ns = 0;
	assert_int_equal(marks_open(&marks, getpid(), WATCHED, &e), 0);
	hook = marks_hook(&marks);
	return 0;
}

static int close_one(void **state)
{
	(void)state;
	marks_close(&marks);
	return 0;
}

static void put(const char *text)
{
	int fd = open(marks.path, O_WRONLY | O_APPEND);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* A line that asks for a snapshot: the label of its mark, and what waits. */
static void a_line_asks_for_a_snapshot(void **state)
{
	struct snapshots snapshots;

	(void)state;
	snapshots_init(&snapshots, "/nowhere/x.mark", false);
	assert_string_equal(
	    snapshots_read_line(&snapshots, "@heaped", 7), "@heaped");
	assert_int_equal(snapshots.len, 0);
	assert_string_equal(
	    snapshots_read_line(&snapshots, "@heap", 7), "heap");
	assert_string_equal(
	    snapshots_read_line(&snapshots, "@heap  two words", 8),
	    "two words");
	assert_string_equal(snapshots_read_line(&snapshots,
				"@heap;new=1;pid=17;answer=a1B2 x", 9),
	    "x");
	assert_string_equal(
	    snapshots_read_line(&snapshots, "@heap;answer=../a", 9), "heap");
	assert_int_equal(snapshots.len, 4);
	assert_string_equal(snapshots.waiting[0].label, "heap");
	assert_int_equal(snapshots.waiting[1].asked_ns, 8);
	assert_int_equal(snapshots.waiting[1].pid, 0);
	assert_int_equal(snapshots.waiting[2].pid, 17);
	assert_string_equal(snapshots.waiting[2].answer, "a1B2");
	assert_string_equal(snapshots.waiting[3].answer, "");
	snapshots_finish(&snapshots);
}

static void ten_snapshots_wait(void **state)
{
	struct snapshots snapshots;
	struct err e;

	(void)state;
	snapshots_init(&snapshots, "/nowhere/x.mark", false);
	for (int i = 0; i < 30; i++)
		snapshots_read_line(&snapshots, "@heap x", 7);
	assert_int_equal(snapshots.len, SNAPSHOTS_WAITING);
	assert_int_equal(snapshots.left_out, 20);
	for (int i = 0; i < SNAPSHOTS_NOTICES; i++) {
		assert_true(snapshots_notice(&snapshots, &e));
		assert_string_equal(e.text,
		    "@heap x: left out, 10 snapshots are waiting already");
	}
	assert_false(snapshots_notice(&snapshots, &e));
	snapshots_finish(&snapshots);
}

static void lines_become_marks(void **state)
{
	(void)state;
	tick();
	assert_string_equal(told, "");
	put("one\ntw");
	tick();
	assert_string_equal(told, "[one 7]");
	put("o\r\n\n\nthree\n");
	tick();
	assert_string_equal(told, "[one 7][two 7][three 7]");
}

static void the_end_takes_what_is_left(void **state)
{
	struct sink_tick now = {clock_wall_ns(), 9, true, NULL, 0, NULL, 0, 0};

	(void)state;
	put("last, without a newline");
	hook.end(hook.context, &now, &sink);
	assert_string_equal(told, "[last, without a newline 9]");
}

static void a_long_line_is_cut(void **state)
{
	char line[3000];

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = 0;
	put(line);
	put("\nnext\n");
	tick();
	assert_non_null(strstr(told, "[next 7]"));
	assert_int_equal(marks.used, 0);
}

static void a_truncated_file_is_read_anew(void **state)
{
	(void)state;
	put("something long\n");
	tick();
	assert_int_equal(truncate(marks.path, 0), 0);
	put("b\n");
	tick();
	assert_string_equal(told, "[something long 7][b 7]");
}

/* A second name may stand where others read or write it. */
static void a_file_with_a_second_name_is_refused(void **state)
{
	char second[512];
	struct err e;

	(void)state;
	snprintf(second, sizeof(second), "%s.second", marks.path);
	assert_int_equal(link(marks.path, second), 0);
	assert_int_equal(marks_write(marks.path, "x", &e), -1);
	assert_non_null(strstr(e.text, "is not a mark file"));
	unlink(second);
	assert_int_equal(marks_write(marks.path, "x", &e), 0);
	tick();
	assert_string_equal(told, "[x 7]");
}

static void the_file_is_ours_alone_and_goes(void **state)
{
	struct stat file;
	char path[512];

	(void)state;
	assert_int_equal(stat(marks.path, &file), 0);
	assert_int_equal(file.st_mode & 0777, 0600);
	snprintf(path, sizeof(path), "%s", marks.path);
	marks_close(&marks);
	assert_int_equal(access(path, F_OK), -1);
}

static void it_is_found_by_either_pid(void **state)
{
	struct err e;
	char *path = marks_find(getpid(), &e);

	(void)state;
	assert_string_equal(path, marks.path);
	free(path);
	path = marks_find(WATCHED, &e);
	assert_string_equal(path, marks.path);
	free(path);
	assert_null(marks_find(999999999, &e));
}

/* Files that a killed recorder with that pid has left are passed over. */
static void of_several_the_one_with_a_recorder_is_found(void **state)
{
	struct err e;
	char path[2][192], *found;

	(void)state;
	for (int i = 0; i < 2; i++) {
		snprintf(path[i], sizeof(path[i]), "%s/mprof-%u-%d-%d-0.mark",
		    own_directory, (unsigned)geteuid(), (int)getpid(), i);
		close(open(path[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	}
	found = marks_find(getpid(), &e);
	for (int i = 0; i < 2; i++)
		assert_int_equal(unlink(path[i]), 0);
	assert_string_equal(found, marks.path);
	free(found);
}

/* Nor written to. */
static void a_mark_file_of_another_user_is_refused(void **state)
{
	struct err e;

	(void)state;
	if (geteuid() != 0 || chown(marks.path, 12345, (gid_t)-1) != 0)
		skip();
	assert_int_equal(marks_write(marks.path, "x", &e), -1);
	assert_non_null(strstr(e.text, "is not a mark file of this user"));
	assert_int_equal(chown(marks.path, 0, (gid_t)-1), 0);
	assert_int_equal(marks_write(marks.path, "x", &e), 0);
}

static void a_name_says_whose_it_is(void **state)
{
	(void)state;
	assert_int_equal(marks_recorder(marks.path), getpid());
	assert_int_equal(marks_recorder("/run/mprof-1000-77-x.mark"), 77);
	assert_int_equal(marks_recorder("/run/mprof-1000.mark"), 0);
	assert_int_equal(marks_recorder("mprof-77"), 0);
}

static void labels_are_written_as_one_line(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(marks_write(marks.path, "a\nb", &e), 0);
	tick();
	assert_string_equal(told, "[a b 7]");
}

static void other_files_are_not_written(void **state)
{
	char directory[SCRATCH_MAX], plain[160], linked[160];
	struct err e;

	(void)state;
	assert_int_equal(scratch_directory(directory), 0);
	snprintf(plain, sizeof(plain), "%s/plain", directory);
	snprintf(linked, sizeof(linked), "%s/mprof-1.mark", directory);
	close(open(plain, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(symlink(plain, linked), 0);
	assert_int_equal(marks_write(plain, "x", &e), -1);
	assert_int_equal(marks_write(linked, "x", &e), -1);
	assert_int_equal(marks_write("/dev/null", "x", &e), -1);
	unlink(linked);
	assert_int_equal(mkfifo(linked, 0600), 0);
	assert_int_equal(marks_write(linked, "x", &e), -1);
	unlink(linked);
	unlink(plain);
	rmdir(directory);
}

static char left[SCRATCH_MAX];
static char removed[1024];

static void note_removed(const char *path)
{
	strncat(removed, strrchr(path, '/') + 1, sizeof(removed) / 4);
	strcat(removed, " ");
	assert_int_equal(access(path, F_OK), 0); /* it goes behind this */
}

/* A file of this user's in the directory; its name ends so. */
static int put_left(const char *ending, int age_s)
{
	const struct timespec times[2] = {
	    {.tv_sec = time(NULL) - age_s}, {.tv_sec = time(NULL) - age_s}};
	char path[192];
	int fd;

	snprintf(path, sizeof(path), "%s/mprof-%u-%s", left,
	    (unsigned)geteuid(), ending);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(futimens(fd, times), 0);
	return fd;
}

static bool stays(const char *ending)
{
	char path[192];
	bool there;

	snprintf(path, sizeof(path), "%s/mprof-%u-%s", left,
	    (unsigned)geteuid(), ending);
	there = access(path, F_OK) == 0;
	unlink(path);
	return there;
}

/* Its recorder was killed: nobody has its lock. */
static void a_file_without_a_lock_is_removed(void **state)
{
	char want[192], path[192], other[192];
	int held;

	(void)state;
	assert_int_equal(scratch_directory(left), 0);
	close(put_left("1-0-abcdef.mark", 0));
	held = put_left("2-0-abcdef.mark", 0);
	assert_int_equal(file_lock_take(held), FILE_LOCK_TAKEN);
	close(put_left("3-0-abcdef.tables", 0));
	close(put_left("4-0-abcdef.mark.000001", 3600));
	close(put_left("5-0-abcdef.mark.000002", 3601));
	close(put_left("6-0-abcdef.mark", 0)); /* has two names */
	snprintf(path, sizeof(path), "%s/mprof-%u-6-0-abcdef.mark", left,
	    (unsigned)geteuid());
	snprintf(other, sizeof(other), "%s/other", left);
	assert_int_equal(link(path, other), 0);
	snprintf(path, sizeof(path), "%s/mprof-%u-7-0-abcdef.mark", left,
	    (unsigned)geteuid());
	assert_int_equal(mkdir(path, 0700), 0);
	marks_remove_left(left, note_removed);
	snprintf(want, sizeof(want), "mprof-%u-1-0-abcdef.mark ",
	    (unsigned)geteuid());
	assert_string_equal(removed, want);
	assert_false(stays("1-0-abcdef.mark"));
	assert_true(stays("2-0-abcdef.mark"));
	assert_true(stays("3-0-abcdef.tables"));
	assert_true(stays("4-0-abcdef.mark.000001"));
	assert_false(stays("5-0-abcdef.mark.000002"));
	assert_true(stays("6-0-abcdef.mark"));
	assert_int_equal(rmdir(path), 0);
	close(held);
	unlink(other);
	assert_int_equal(rmdir(left), 0);
	marks_remove_left("/none", note_removed);
}

/* A directory that others may exchange files in is none, nor one that is not
 * there. */
static void the_directory_is_the_users_or_sticky(void **state)
{
	char own[SCRATCH_MAX];

	(void)state;
	assert_int_equal(scratch_directory(own), 0);
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("TMPDIR");
	assert_string_equal(marks_directory(), "/tmp");
	setenv("TMPDIR", own, 1);
	assert_string_equal(marks_directory(), own);
	setenv("XDG_RUNTIME_DIR", "/none", 1);
	assert_string_equal(marks_directory(), own);
	setenv("XDG_RUNTIME_DIR", ".", 1);
	assert_string_equal(marks_directory(), own);
	setenv("XDG_RUNTIME_DIR", "/etc/passwd", 1);
	assert_string_equal(marks_directory(), own);
	setenv("XDG_RUNTIME_DIR", own, 1);
	setenv("TMPDIR", "/tmp", 1);
	assert_string_equal(marks_directory(), own);
	unsetenv("XDG_RUNTIME_DIR");
	assert_string_equal(marks_directory(), "/tmp");
	/* a user namespace may have no other user */
	if (geteuid() == 0 && chown(own, 65534, (gid_t)-1) == 0) {
		setenv("TMPDIR", own, 1);
		assert_string_equal(marks_directory(), "/tmp");
	}
	unsetenv("TMPDIR");
	assert_int_equal(rmdir(own), 0);
}

/* No two files have one name, whatever the pids. */
static void a_name_has_a_random_part(void **state)
{
	struct marks other;
	const char *first, *second;
	struct err e;

	(void)state;
	assert_int_equal(marks_open(&other, getpid(), WATCHED, &e), 0);
	first = strrchr(marks.path, '-') + 1;
	second = strrchr(other.path, '-') + 1;
	assert_int_equal(strspn(first, "abcdefghijklmnopqrstuvwxyz012345"), 6);
	assert_string_equal(first + 6, ".mark");
	assert_string_not_equal(first, second);
	marks_close(&other);
}

/* The hook is only called if there is a line to read. */
static void it_is_due_where_a_line_came(void **state)
{
	struct sink_tick now = {clock_wall_ns(), 7, true, NULL, 0, NULL, 0, 0};

	(void)state;
	assert_false(hook.is_due(hook.context, &now));
	put("one\n");
	assert_true(hook.is_due(hook.context, &now));
	tick();
	assert_false(hook.is_due(hook.context, &now));
}

/* Appends, as if at that time. */
static void put_at(const char *text, int64_t time_ns)
{
	const struct timespec at = {
	    .tv_sec = time_ns / NS_PER_S, .tv_nsec = time_ns % NS_PER_S};
	const struct timespec times[2] = {at, at};

	put(text);
	assert_int_equal(utimensat(AT_FDCWD, marks.path, times, 0), 0);
}

/* A mark has the time of the file: none before what was reported, or before a
 * tick that found nothing, nor after its tick. */
static void a_mark_has_the_time_of_its_file(void **state)
{
	static const struct {
		int64_t written_ms, tick_ms, want_ns; /* written 0: none */
	} rows[] = {
	    {100500, 200000, INT64_C(100500000000)},
	    {0, 300000, 0},
	    {250500, 400000, INT64_C(300000100000)},
	    {500000, 600000, INT64_C(500000000000)},
	    {0, 700000, 0},
	    {900000, 800000, INT64_C(800000000000)},
	    {850500, 900000, INT64_C(850500000000)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t before_ns = told_ns;

		if (rows[i].written_ms)
			put_at("x\n", rows[i].written_ms * 1000000);
		tick_at(rows[i].tick_ms * 1000000);
		if (!rows[i].written_ms)
			assert_int_equal(told_ns, before_ns);
		else
			assert_int_equal(told_ns, rows[i].want_ns);
	}
}

static void a_label_has_511_bytes(void **state)
{
	char line[MARKS_LABEL + 8];
	size_t len;

	(void)state;
	for (size_t more = 0; more < 3; more++) {
		len = MARKS_LABEL - 2 + more;
		memset(line, 'x', len);
		strcpy(line + len, "\n");
		put(line);
		told[0] = 0;
		tick();
		assert_int_equal(strlen(marks.label),
		    len < MARKS_LABEL ? len : MARKS_LABEL - 1);
		assert_false(marks.cut);
	}
	put("next\r\n");
	told[0] = 0;
	tick();
	assert_string_equal(told, "[next 7]");
}

/* 16 KiB at a tick, all at the end. */
static void very_many_lines_are_read_in_parts(void **state)
{
	struct sink_tick now = {clock_wall_ns(), 7, true, NULL, 0, NULL, 0, 0};

	(void)state;
	for (int i = 0; i < 5000; i++)
		put("123456789012345\n");
	tick();
	assert_int_equal(marks.offset, 16 << 10);
	assert_true(hook.is_due(hook.context, &now));
	tick();
	assert_int_equal(marks.offset, 32 << 10);
	now.time_ns = clock_wall_ns();
	hook.end(hook.context, &now, &sink);
	assert_int_equal(marks.offset, 80000);
}

static bool has_watches(void)
{
	int fd = inotify_init1(IN_CLOEXEC);
	bool has =
	    fd >= 0 && inotify_add_watch(fd, own_directory, IN_MODIFY) >= 0;

	if (fd >= 0)
		close(fd);
	return has;
}

/* The kernel tells of it, unless it has no more room for watches. */
static void what_is_written_wakes_the_recorder(void **state)
{
	struct pollfd news = {.fd = marks.news, .events = POLLIN};

	(void)state;
	if (!has_watches())
		skip();
	assert_true(marks.news > 0);
	assert_int_equal(hook.wake, marks.news);
	assert_int_equal(poll(&news, 1, 0), 0);
	for (int i = 0; i < 200; i++)
		put(i % 2 ? "x" : "\n");
	assert_int_equal(poll(&news, 1, 0), 1);
	tick();
	assert_int_equal(poll(&news, 1, 0), 0);
}

static void without_a_watch_a_mark_is_found_at_the_next_tick(void **state)
{
	struct err e;

	marks_close(&marks);
	no_watch = true;
	assert_int_equal(open_one(state), 0);
	no_watch = false;
	assert_int_equal(marks.news, -1);
	assert_int_equal(hook.wake, 0);
	assert_int_equal(marks_write(marks.path, "x", &e), 0);
	tick();
	assert_string_equal(told, "[x 7]");
}

/* Descriptors run out: for the file, and for reading it. */
static void with_few_descriptors_there_are_no_marks(void **state)
{
	int next = open("/", O_RDONLY | O_CLOEXEC), got = -1;
	struct rlimit before, few;
	struct marks none;
	struct err e;

	(void)state;
	assert_int_equal(close(next), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	for (int more = 0; got != 0; more++) {
		few.rlim_cur = (rlim_t)(next + more);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		got = marks_open(&none, 1, 2, &e);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		if (got == 0)
			break;
		assert_int_equal(none.news, -1);
		assert_non_null(strstr(e.text, strerror(EMFILE)));
		assert_int_equal(none.fd, -1);
		assert_null(none.path);
		marks_close(&none);
		assert_int_equal(open("/", O_RDONLY | O_CLOEXEC), next);
		close(next);
	}
	assert_non_null(strstr(e.text, ": marks can't be read: "));
	marks_close(&none);
}

static void whether_its_recorder_lives_is_known_by_the_lock(void **state)
{
	char path[512], other[512], want[700];
	struct err e;

	(void)state;
	assert_false(marks_is_left(marks.path));
	assert_false(marks_is_left("/none"));
	snprintf(path, sizeof(path), "%s", marks.path);
	snprintf(other, sizeof(other), "%s/mprof-1-x.mark", marks_directory());
	close(open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	assert_true(marks_is_left(other));
	assert_int_equal(marks_write(other, "x", &e), -1);
	snprintf(want, sizeof(want),
	    "%s: its recorder has ended, so nobody reads marks", other);
	assert_string_equal(e.text, want);
	unlink(other);
	assert_int_equal(symlink(path, other), 0);
	assert_false(marks_is_left(other));
	unlink(other);
	marks_close(&marks);
	assert_int_equal(marks_write(path, "x", &e), -1);
	snprintf(want, sizeof(want),
	    "%s: does not exist any more; the recording has ended", path);
	assert_string_equal(e.text, want);
	assert_null(marks_find(999999999, &e));
	assert_string_equal(e.text,
	    "pid 999999999: is not recorded, or not by this user; give the "
	    "pid of the program or of its recorder");
}

/* The tick has no program; at the end none is begun. */
static void a_snapshot_that_is_asked_for_is_left_out(void **state)
{
	struct sink_tick now = {clock_wall_ns(), 9, true, NULL, 0, NULL, 0, 0};
	struct err e;

	(void)state;
	put("@heap one\n");
	tick();
	assert_string_equal(told, "[one 7]");
	assert_int_equal(marks.snapshots.len, 0);
	assert_int_equal(marks.snapshots.left_out, 1);
	assert_true(snapshots_notice(&marks.snapshots, &e));
	assert_string_equal(e.text, "@heap one: the program has ended");
	put("@heap two\n");
	now.time_ns = clock_wall_ns(); /* behind the tick */
	hook.end(hook.context, &now, &sink);
	assert_string_equal(told, "[one 7][two 9]");
	assert_int_equal(marks.snapshots.len, 0);
	assert_true(snapshots_notice(&marks.snapshots, &e));
	assert_string_equal(e.text, "@heap two: the recording has ended");
}

static void an_empty_label_marks_nothing(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(marks_write(marks.path, "", &e), 0);
	assert_int_equal(marks_write(marks.path, "a\n", &e), 0);
	assert_int_equal(marks_write(marks.path, "\nb", &e), 0);
	tick();
	assert_string_equal(told, "[a  7][ b 7]");
}

static void ignore_removed(const char *path)
{
	assert_non_null(path);
}

/* The file that was opened and locked no longer has that name. */
static void a_file_that_took_the_name_stays(void **state)
{
	char folder[SCRATCH_MAX];

	(void)state;
	assert_int_equal(scratch_directory(folder), 0);
	snprintf(taken, sizeof(taken), "%s/mprof-%u-5-0-abcdef.mark", folder,
	    (unsigned)geteuid());
	snprintf(taker, sizeof(taker), "%s/other", folder);
	close(open(taken, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	close(open(taker, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	looks = 0;
	marks_remove_left(folder, ignore_removed);
	taker[0] = 0;
	assert_int_equal(looks, 2);
	assert_int_equal(unlink(taken), 0);
	assert_int_equal(rmdir(folder), 0);
}

/* At most 500 files are opened at a start. */
static void of_very_many_left_files_some_stay(void **state)
{
	char folder[SCRATCH_MAX], path[192];
	int stayed = 0;

	(void)state;
	assert_int_equal(scratch_directory(folder), 0);
	for (int i = 0; i < 503; i++) {
		snprintf(path, sizeof(path), "%s/mprof-%u-%d-0-abcdef.mark",
		    folder, (unsigned)geteuid(), i);
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	}
	marks_remove_left(folder, ignore_removed);
	for (int i = 0; i < 503; i++) {
		snprintf(path, sizeof(path), "%s/mprof-%u-%d-0-abcdef.mark",
		    folder, (unsigned)geteuid(), i);
		stayed += unlink(path) == 0;
	}
	assert_int_equal(stayed, 3);
	assert_int_equal(rmdir(folder), 0);
}

static int begin_all(void **state)
{
	(void)state;
	unsetenv("XDG_RUNTIME_DIR");
	return scratch_directory(own_directory) == 0
		   ? setenv("TMPDIR", own_directory, 1)
		   : -1;
}

static int end_all(void **state)
{
	(void)state;
	return rmdir(own_directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_asks_for_a_snapshot),
	    cmocka_unit_test(ten_snapshots_wait),
	    cmocka_unit_test_setup_teardown(
		lines_become_marks, open_one, close_one),
	    cmocka_unit_test_setup_teardown(
		the_end_takes_what_is_left, open_one, close_one),
	    cmocka_unit_test_setup_teardown(
		a_long_line_is_cut, open_one, close_one),
	    cmocka_unit_test_setup_teardown(
		a_truncated_file_is_read_anew, open_one, close_one),
	    cmocka_unit_test_setup_teardown(
		the_file_is_ours_alone_and_goes, open_one, close_one),
	    cmocka_unit_test_setup_teardown(
		a_file_with_a_second_name_is_refused, open_one, close_one),
	    cmocka_unit_test_setup_teardown(
		it_is_found_by_either_pid, open_one, close_one),
	    cmocka_unit_test_setup_teardown(
		of_several_the_one_with_a_recorder_is_found, open_one,
		close_one),
	    cmocka_unit_test_setup_teardown(
		a_mark_file_of_another_user_is_refused, open_one, close_one),
	    cmocka_unit_test_setup_teardown(
		a_name_says_whose_it_is, open_one, close_one),
	    cmocka_unit_test_setup_teardown(
		labels_are_written_as_one_line, open_one, close_one),
	    cmocka_unit_test_setup_teardown(
		other_files_are_not_written, open_one, close_one),
	    cmocka_unit_test_setup_teardown(
		a_name_has_a_random_part, open_one, close_one),
	    cmocka_unit_test_setup_teardown(
		it_is_due_where_a_line_came, open_one, close_one),
	    cmocka_unit_test_setup_teardown(
		a_mark_has_the_time_of_its_file, open_one, close_one),
	    cmocka_unit_test_setup_teardown(
		a_label_has_511_bytes, open_one, close_one),
	    cmocka_unit_test_setup_teardown(
		very_many_lines_are_read_in_parts, open_one, close_one),
	    cmocka_unit_test_setup_teardown(
		what_is_written_wakes_the_recorder, open_one, close_one),
	    cmocka_unit_test_setup_teardown(
		without_a_watch_a_mark_is_found_at_the_next_tick, open_one,
		close_one),
	    cmocka_unit_test_setup_teardown(
		with_few_descriptors_there_are_no_marks, open_one, close_one),
	    cmocka_unit_test_setup_teardown(
		whether_its_recorder_lives_is_known_by_the_lock, open_one,
		close_one),
	    cmocka_unit_test_setup_teardown(
		a_snapshot_that_is_asked_for_is_left_out, open_one, close_one),
	    cmocka_unit_test_setup_teardown(
		an_empty_label_marks_nothing, open_one, close_one),
	    cmocka_unit_test(a_file_that_took_the_name_stays),
	    cmocka_unit_test(of_very_many_left_files_some_stay),
	    cmocka_unit_test(a_file_without_a_lock_is_removed),
	    cmocka_unit_test(the_directory_is_the_users_or_sticky),
	};

	return cmocka_run_group_tests(tests, begin_all, end_all);
}
