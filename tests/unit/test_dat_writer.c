// SPDX-License-Identifier: MIT
#undef _FORTIFY_SOURCE /* it would put a function of its own before our openat \
			*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/random.h"
#include "base/io.h"
#include "dat/reader.h"
#include "dat/thin.h"
#include "dat/writer.h"
#include "scratch.h"

#define TIME_NS INT64_C(1795358001104349999)

static const char *vanishes; /* a file that is removed before its renaming */

/* In place of libc's. */
int renameat(
    int from_directory, const char *from, int to_directory, const char *to)
{
	if (vanishes && strcmp(from, vanishes) == 0)
		unlinkat(from_directory, from, 0);
	return (int)syscall(
	    SYS_renameat2, from_directory, from, to_directory, to, 0);
}

/* Whether another program creates each file a moment before, and how often. */
static bool is_overtaken;
static int overtaken;

static bool has_no_descriptors; /* for new files */

/* In place of libc's. */
int openat(int in, const char *path, int flags, ...)
{
	va_list rest;
	mode_t mode;

	va_start(rest, flags);
	mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
	va_end(rest);
	if (is_overtaken && flags & O_EXCL) {
		overtaken++;
		errno = EEXIST;
		return -1;
	}
	if (has_no_descriptors && flags & O_EXCL) {
		errno = EMFILE;
		return -1;
	}
	return (int)syscall(SYS_openat, in, path, flags, mode);
}

static char *content(const char *path)
{
	static char text[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	assert_true(got >= 0);
	close(fd);
	text[got] = 0;
	return text;
}

static void open_new(struct dat_writer *writer, const char *path)
{
	struct err e;

	unlink(path);
	assert_int_equal(dat_writer_open(writer, path, &e), 0);
}

static void close_well(struct dat_writer *writer)
{
	struct err e;

	assert_int_equal(dat_writer_close(writer, &e), 0);
}

static void records_are_as_the_format_says(void **state)
{
	char *words[] = {
	    "sh", "-c", "a b", "x\ny\x01", "caf\xc3\xa9\xff", NULL};
	struct dat_writer writer;

	(void)state;
	open_new(&writer, "a.dat");
	dat_write_command(&writer, words);
	dat_write_memory(&writer, 21 * 1024 + 512, TIME_NS);
	dat_write_child(&writer, 4711, 1, TIME_NS);
	dat_write_begin(&writer, "PEAK");
	dat_write_time(&writer, "since", TIME_NS - 1000000);
	dat_write_end(&writer, 1 << 20, TIME_NS);
	dat_write_begin(&writer, "PROC");
	dat_write_whole(&writer, "pid", 12);
	dat_write_text(&writer, "name", "a,b %=;\n\xff\xc3\xa9MEMEM MEME");
	dat_write_mib(&writer, "limit", 512 * 1024);
	dat_write_end(&writer, 0, TIME_NS);
	dat_write_begin(&writer, "STACK");
	dat_write_text(&writer, "frames", "");
	dat_write_part(&writer, "a,b=MEM");
	dat_write_raw(&writer, ":1:");
	dat_write_part(&writer, "f");
	dat_write_end(&writer, 0, TIME_NS);
	close_well(&writer);
	assert_string_equal(content("a.dat"),
	    "CMDLINE sh -c 'a b' x\\ny\\x01 caf\xc3\xa9\\xff\n"
	    "MEM 21.500000 1795358001.1043\n"
	    "CHLD 4711 0.000977 1795358001.1043\n"
	    "PEAK;since=1795358001.1033 1024.000000 1795358001.1043\n"
	    "PROC;pid=12;name=a,b%20%25%3d%3b%0a%ff\xc3\xa9%4DE%4DEM%20%4DEME;"
	    "limit=512.000000 0.000000 1795358001.1043\n"
	    "STACK;frames=a%2cb%3d%4DEM:1:f 0.000000 1795358001.1043\n");
	unlink("a.dat");
}

/* Each byte that a name can hold, through writer and reader. */
static void names_come_back_as_they_were(void **state)
{
	char name[2 * 255 + 8], label[sizeof(name)];
	struct dat_writer writer;
	struct profile profile;
	struct err e;
	size_t len = 0;

	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		name[len++] = (char)byte;
		name[len++] = "MEM,"[byte % 4];
	}
	strcpy(name + len, "%4DEMEM");
	strcpy(label, "MEM");
	open_new(&writer, "b.dat");
	dat_write_begin(&writer, "PROC");
	dat_write_whole(&writer, "pid", 12);
	dat_write_text(&writer, "name", name);
	dat_write_end(&writer, 1, TIME_NS);
	dat_write_begin(&writer, "STACK");
	dat_write_whole(&writer, "id", 1);
	dat_write_text(&writer, "frames", "");
	dat_write_part(&writer, name);
	dat_write_raw(&writer, ",");
	dat_write_part(&writer, label);
	dat_write_end(&writer, 1, TIME_NS);
	close_well(&writer);
	assert_null(strstr(content("b.dat"), "MEM"));
	assert_int_equal(dat_read(&profile, "b.dat", &e), 0);
	assert_string_equal(
	    profile.runs.items[0].processes.items[0].name, name);
	assert_int_equal(profile.runs.items[0].stacks.items[0].len, 2);
	assert_string_equal(
	    profile.runs.items[0].stacks.items[0].frames[0].function, name);
	assert_string_equal(
	    profile.runs.items[0].stacks.items[0].frames[1].function, label);
	profile_finish(&profile);
	unlink("b.dat");
}

static void times_below_a_millisecond_have_six_decimals(void **state)
{
	struct dat_writer writer;

	(void)state;
	open_new(&writer, "p.dat");
	writer.precise = true;
	dat_write_memory(&writer, 1024, TIME_NS);
	dat_write_memory(&writer, 1024, INT64_C(1999999999999999999));
	close_well(&writer);
	assert_string_equal(content("p.dat"),
	    "MEM 1.000000 1795358001.104350\n"
	    "MEM 1.000000 2000000000.000000\n");
	unlink("p.dat");
}

static void figures_are_what_printf_would_write(void **state)
{
	struct dat_writer writer;
	uint64_t random = 1;
	char expected[64];

	(void)state;
	open_new(&writer, "f.dat");
	for (int i = 0; i < 20000; i++) {
		int64_t kib =
		    i < 4096 ? i
			     : (int64_t)(random_next(&random) >> (24 + i % 40));

		writer.buffer.len = 0;
		dat_write_memory(&writer, kib, 0);
		dat_write_raw(&writer, "");
		*(char *)(writer.buffer.text + writer.buffer.len - 1) = 0;
		snprintf(expected, sizeof(expected), "MEM %.6f 0.0000",
		    (double)kib / 1024);
		assert_string_equal(writer.buffer.text, expected);
	}
	writer.buffer.len = 0;
	close_well(&writer);
	unlink("f.dat");
}

static void a_missing_newline_is_made_up_for(void **state)
{
	struct dat_writer writer;
	FILE *file = fopen("n.dat", "w");
	struct err e;

	(void)state;
	fputs("CMDLINE x\nMEM 1.000000 1.0000", file);
	fclose(file);
	assert_int_equal(dat_writer_open(&writer, "n.dat", &e), 0);
	assert_false(writer.created);
	dat_write_memory(&writer, 2048, 2000000000);
	close_well(&writer);
	assert_string_equal(content("n.dat"),
	    "CMDLINE x\nMEM 1.000000 1.0000\nMEM 2.000000 2.0000\n");
	unlink("n.dat");
}

static void what_is_no_recording_is_left_alone(void **state)
{
	struct dat_writer writer;
	FILE *file = fopen("notes", "w");
	struct err e;

	(void)state;
	fputs("my only copy", file);
	fclose(file);
	assert_int_equal(dat_writer_open(&writer, "notes", &e), -1);
	assert_non_null(strstr(e.text, "is not a recording"));
	assert_string_equal(content("notes"), "my only copy");
	unlink("notes");
	assert_int_equal(mkdir("dir", 0700), 0);
	assert_int_equal(dat_writer_open(&writer, "dir", &e), -1);
	assert_string_equal(e.text, "dir: is a directory; name a file in it");
	rmdir("dir");
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(dat_writer_open(&writer, "fifo", &e), -1);
	assert_non_null(strstr(e.text, "nobody reads it"));
	unlink("fifo");
	assert_int_equal(dat_writer_open(&writer, "no/such", &e), -1);
}

/* Two descriptors of one process are as apart as two processes' are. */
static void a_recording_is_locked_until_it_ends(void **state)
{
	struct dat_writer first, second, third;
	struct err e;
	int fd;

	(void)state;
	open_new(&first, "l.dat");
	fd = open("l.dat", O_RDONLY | O_CLOEXEC);
	assert_true(file_lock_is_held(fd));
	assert_true(file_lock_is_held(fd));
	assert_int_equal(dat_writer_open(&second, "l.dat", &e), 0);
	assert_string_equal(second.path, "l.2.dat");
	assert_true(second.created);
	assert_int_equal(dat_writer_open(&third, "l.dat", &e), 0);
	assert_string_equal(third.path, "l.3.dat");
	dat_writer_discard(&third);
	assert_int_equal(access("l.3.dat", F_OK), -1);
	dat_write_memory(&first, 1024, TIME_NS);
	dat_write_memory(&second, 2048, TIME_NS);
	close_well(&first);
	assert_false(file_lock_is_held(fd));
	assert_int_equal(dat_writer_open(&first, "l.dat", &e), 0);
	assert_string_equal(first.path, "l.dat");
	close_well(&first);
	close_well(&second);
	assert_string_equal(content("l.dat"), "MEM 1.000000 1795358001.1043\n");
	assert_string_equal(
	    content("l.2.dat"), "MEM 2.000000 1795358001.1043\n");
	close(fd);
	unlink("l.dat");
	unlink("l.2.dat");
}

/* As by /dev/stdout: others write on behind it, and find no lock. */
static void an_open_file_is_written_on(void **state)
{
	struct dat_writer writer;
	char path[64];
	struct err e;
	int fd = open("open.dat", O_RDWR | O_CREAT | O_TRUNC, 0644);
	int reader = open("open.dat", O_RDONLY | O_CLOEXEC);

	(void)state;
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	assert_int_equal(dat_writer_open(&writer, path, &e), 0);
	assert_false(writer.created);
	assert_int_equal(dat_writer_bound(&writer, 1 << 20, &e), -1);
	assert_non_null(strstr(e.text, "name a file"));
	dat_write_memory(&writer, 1024, TIME_NS);
	assert_true(file_lock_is_held(reader));
	close_well(&writer);
	assert_false(file_lock_is_held(reader));
	assert_int_equal(write(fd, "after", 5), 5);
	assert_string_equal(
	    content("open.dat"), "MEM 1.000000 1795358001.1043\nafter");
	close(fd);
	close(reader);
	unlink("open.dat");
}

static void what_has_no_locks_is_written_all_the_same(void **state)
{
	struct dat_writer first, second;
	struct err e;

	(void)state;
	assert_int_equal(dat_writer_open(&first, "/dev/null", &e), 0);
	assert_int_equal(dat_writer_open(&second, "/dev/null", &e), 0);
	assert_string_equal(second.path, "/dev/null");
	close_well(&first);
	close_well(&second);
}

static void default_names_move_to_the_next_second(void **state)
{
	struct dat_writer first, second;
	struct err e;

	(void)state;
	setenv("TZ", "UTC", 1);
	assert_int_equal(
	    symlink("elsewhere", "mprofile_20261122000000.dat"), 0);
	assert_int_equal(dat_writer_open_default(&first, 1795305600, &e), 0);
	assert_int_equal(dat_writer_open_default(&second, 1795305600, &e), 0);
	assert_string_equal(first.path, "mprofile_20261122000001.dat");
	assert_string_equal(second.path, "mprofile_20261122000002.dat");
	assert_int_equal(access("elsewhere", F_OK), -1);
	dat_writer_discard(&first);
	dat_writer_discard(&second);
	assert_int_equal(access("mprofile_20261122000001.dat", F_OK), -1);
	unlink("mprofile_20261122000000.dat");
}

static void discarding_keeps_a_file_that_was_there(void **state)
{
	struct dat_writer writer;
	FILE *file = fopen("old.dat", "w");
	struct err e;

	(void)state;
	fputs("CMDLINE x\n", file);
	fclose(file);
	assert_int_equal(dat_writer_open(&writer, "old.dat", &e), 0);
	dat_write_memory(&writer, 1, 1);
	dat_writer_discard(&writer);
	assert_string_equal(content("old.dat"), "CMDLINE x\n");
	unlink("old.dat");
}

/* A limit on the file's size stands for a full disk: it takes a part of a
 * write, then none, and later there is room again. */
static void a_full_disk_tears_no_line(void **state)
{
	struct rlimit before, small;
	struct dat_writer writer;
	struct err e;
	size_t lines = 0;
	char *text;

	(void)state;
	open_new(&writer, "full.dat");
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 100;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	for (int64_t i = 0; i < 40; i++) {
		dat_write_memory(&writer, 1024 * i, i * 1000000000);
		dat_writer_flush(&writer);
	}
	assert_int_equal(strlen(content("full.dat")), 100);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(dat_writer_close(&writer, &e), 0);
	text = content("full.dat");
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		char expected[64];

		snprintf(expected, sizeof(expected), "MEM %zu.000000 %zu.0000",
		    lines, lines);
		assert_string_equal(line, expected);
		lines++;
	}
	assert_int_equal(lines, 40);
	unlink("full.dat");
}

static void what_does_not_fit_in_memory_is_dropped_whole(void **state)
{
	struct rlimit before, small;
	struct dat_writer writer;
	struct profile profile;
	uint64_t lost;
	struct err e;

	(void)state;
	open_new(&writer, "gap.dat");
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 50;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	for (int64_t i = 0; i < 20000; i++) {
		dat_write_memory(&writer, 1024, i * 1000000000);
		dat_writer_flush(&writer);
	}
	setrlimit(RLIMIT_FSIZE, &before);
	assert_true(writer.lost > 5000);
	lost = writer.lost;
	assert_int_equal(dat_writer_close(&writer, &e), -1);
	assert_non_null(strstr(e.text, "samples are missing"));
	assert_int_equal(dat_read(&profile, "gap.dat", &e), 0);
	assert_int_equal(profile.skipped, 0);
	assert_true(profile.runs.items[0].total.len > 5000);
	assert_int_equal(profile.runs.items[0].total.len + lost, 20000);
	profile_finish(&profile);
	unlink("gap.dat");
}

/* If descriptors run out between the renaming and the new file, the file has
 * its name again, and the next attempt succeeds. Failures push only one file
 * out. */
static void a_rotation_that_failed_is_done_later(void **state)
{
	struct dat_writer writer;
	struct stat at_first, then;
	struct err e;

	(void)state;
	open_new(&writer, "full.dat");
	assert_int_equal(dat_writer_bound_files(&writer, 1, 3, &e), 0);
	dat_write_memory(&writer, 1024, TIME_NS);
	dat_writer_flush(&writer);
	assert_int_equal(fstat(writer.fd, &at_first), 0);
	scratch_put("full.dat.1", "one");
	scratch_put("full.dat.2", "two");
	scratch_put("full.dat.3", "three");
	has_no_descriptors = true;
	for (int i = 0; i < 3; i++) {
		assert_false(dat_writer_rotate(&writer));
		assert_non_null(
		    strstr(writer.trouble.text, "no new file can be made"));
	}
	has_no_descriptors = false;
	assert_int_equal(stat("full.dat", &then), 0);
	assert_int_equal(then.st_ino, at_first.st_ino);
	assert_int_equal(access("full.dat.1", F_OK), -1);
	assert_true(dat_writer_rotate(&writer));
	dat_write_memory(&writer, 2048, TIME_NS);
	close_well(&writer);
	assert_non_null(strstr(content("full.dat.1"), "MEM 1.000000"));
	assert_non_null(strstr(content("full.dat"), "MEM 2.000000"));
	assert_string_equal(content("full.dat.2"), "one");
	assert_string_equal(content("full.dat.3"), "two");
	unlink("full.dat");
	unlink("full.dat.1");
	unlink("full.dat.2");
	unlink("full.dat.3");
}

static void a_name_is_tried_for_a_while(void **state)
{
	struct dat_writer writer;
	struct err e;

	(void)state;
	is_overtaken = true;
	assert_int_equal(dat_writer_open(&writer, "race.dat", &e), -1);
	is_overtaken = false;
	assert_string_equal(e.text, "race.dat: can't be written: File exists");
	assert_int_equal(overtaken, 100);
	assert_int_equal(access("race.dat", F_OK), -1);
}

/* Before it exceeds its bound, to half of that, by a thread beside. */
static void a_bounded_file_is_thinned(void **state)
{
	struct dat_writer writer;
	struct profile profile;
	struct stat about;
	struct err e;
	int i = 0;

	(void)state;
	open_new(&writer, "thin.dat");
	assert_int_equal(dat_writer_bound(&writer, 20000, &e), 0);
	for (; !writer.thin; i++) {
		assert_int_equal(fstat(writer.fd, &about), 0);
		assert_true(about.st_size < 17500); /* an eighth less */
		dat_write_memory(
		    &writer, 1024 + i % 7, TIME_NS + i * INT64_C(1000000000));
		dat_writer_flush(&writer);
	}
	while (!thin_is_done(writer.thin))
		usleep(1000);
	dat_write_memory(&writer, 7777, TIME_NS + i * INT64_C(1000000000));
	dat_writer_flush(&writer);
	assert_null(writer.thin);
	assert_string_equal(writer.trouble.text, "");
	assert_int_equal(fstat(writer.fd, &about), 0);
	assert_in_range(about.st_size, 2000, 10500);
	close_well(&writer);
	assert_int_equal(dat_read(&profile, "thin.dat", &e), 0);
	assert_true(fabs(series_peak(&profile.runs.items[0].total)->mib -
			 7777 / 1024.0) < 1e-3);
	profile_finish(&profile);
	unlink("thin.dat");
}

static void a_thinning_that_was_begun_leaves_no_file(void **state)
{
	struct dat_writer writer;
	struct dirent **names;
	struct err e;
	int count;

	(void)state;
	open_new(&writer, "thin.dat");
	assert_int_equal(dat_writer_bound(&writer, 20000, &e), 0);
	for (int i = 0; !writer.thin; i++) {
		dat_write_memory(
		    &writer, 1024 + i % 7, TIME_NS + i * INT64_C(1000000000));
		dat_writer_flush(&writer);
	}
	close_well(&writer);
	count = scandir(".", &names, NULL, NULL);
	assert_int_equal(count, 3); /* with . and .. */
	while (count-- > 0)
		free(names[count]);
	free(names);
	unlink("thin.dat");
}

/* Someone else removes a file while all are renamed. */
static void an_older_file_may_vanish_meanwhile(void **state)
{
	struct dat_writer writer;
	struct err e;

	(void)state;
	open_new(&writer, "full.dat");
	assert_int_equal(dat_writer_bound_files(&writer, 1, 3, &e), 0);
	dat_write_memory(&writer, 1024, TIME_NS);
	dat_writer_flush(&writer);
	scratch_put("full.dat.1", "one");
	scratch_put("full.dat.2", "two");
	vanishes = "full.dat.1";
	assert_true(dat_writer_rotate(&writer));
	assert_non_null(strstr(content("full.dat.1"), "MEM 1.000000"));
	assert_int_equal(access("full.dat.2", F_OK), -1);
	assert_string_equal(content("full.dat.3"), "two");
	/* the recording itself is not passed over */
	vanishes = "full.dat";
	assert_false(dat_writer_rotate(&writer));
	assert_non_null(strstr(writer.trouble.text, "can't be renamed"));
	vanishes = NULL;
	assert_int_equal(dat_writer_close(&writer, &e), -1);
	assert_int_equal(access("full.dat", F_OK), -1);
	unlink("full.dat.1");
	unlink("full.dat.2");
	unlink("full.dat.3");
}

static void a_removed_file_is_reported(void **state)
{
	struct dat_writer writer;
	struct err e;

	(void)state;
	open_new(&writer, "gone.dat");
	dat_write_memory(&writer, 1024, 1);
	dat_writer_flush(&writer);
	unlink("gone.dat");
	assert_int_equal(dat_writer_close(&writer, &e), -1);
	assert_non_null(strstr(e.text, "removed"));
}

static void numbers_and_words_are_as_the_format_says(void **state)
{
	char *words[] = {"\x1f", "\x7f", "~", "a\tb", "", "\x80", "d\\n", NULL};
	struct dat_writer writer;

	(void)state;
	open_new(&writer, "w.dat");
	dat_write_command(&writer, words);
	dat_write_begin(&writer, "X");
	dat_write_whole(&writer, "a", 0);
	dat_write_whole(&writer, "b", -1);
	dat_write_whole(&writer, "c", INT64_MIN);
	dat_write_whole(&writer, "d", INT64_MAX);
	dat_write_mib(&writer, "e", -5);
	dat_write_text(&writer, "f", "\x1f \x7f~!ME");
	dat_write_end(&writer, INT64_MAX, INT64_MAX);
	close_well(&writer);
	assert_string_equal(content("w.dat"),
	    "CMDLINE \\x1f \\x7f ~ 'a\\tb'  \\x80 d\\n\n"
	    "X;a=0;b=-1;c=-9223372036854775808;d=9223372036854775807;"
	    "e=0.000000;f=%1f%20%7f~!ME 9007199254740991.999023 "
	    "9223372036.8548\n");
	unlink("w.dat");
}

/* Records begin on a line of their own, whatever is there. */
static void a_file_is_gone_on_with_at_a_line(void **state)
{
	static const struct {
		const char *before, *after;
	} rows[] = {
	    {"", "MEM 1.000000 1.0000\n"},
	    {"CMDLINE x\n", "CMDLINE x\nMEM 1.000000 1.0000\n"},
	    {"CMDLINE x", "CMDLINE x\nMEM 1.000000 1.0000\n"},
	};
	struct dat_writer writer;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scratch_put("go.dat", rows[i].before);
		assert_int_equal(dat_writer_open(&writer, "go.dat", &e), 0);
		assert_false(writer.created);
		dat_write_memory(&writer, 1024, 1000000000);
		close_well(&writer);
		assert_string_equal(content("go.dat"), rows[i].after);
	}
	unlink("go.dat");
}

/* The umask says who may read it. */
static void a_new_file_has_the_usual_mode(void **state)
{
	mode_t before = umask(0);
	struct dat_writer writer;
	struct stat about;
	struct err e;

	(void)state;
	open_new(&writer, "mode.dat");
	assert_int_equal(fstat(writer.fd, &about), 0);
	assert_int_equal(about.st_mode, S_IFREG | 0666);
	dat_writer_discard(&writer);
	setenv("TZ", "UTC", 1);
	assert_int_equal(dat_writer_open_default(&writer, 1795305600, &e), 0);
	assert_int_equal(fstat(writer.fd, &about), 0);
	assert_int_equal(about.st_mode, S_IFREG | 0666);
	dat_writer_discard(&writer);
	umask(before);
	scratch_put("short.dat", "x"); /* one byte may be someone's */
	assert_int_equal(dat_writer_open(&writer, "short.dat", &e), -1);
	assert_string_equal(content("short.dat"), "x");
	unlink("short.dat");
}

/* The number stands before the ending of a recording, or at the end. */
static void a_name_beside_keeps_its_ending(void **state)
{
	static const char *const rows[][2] = {{"run.dat", "run.2.dat"},
	    {"run", "run.2"}, {"run.data", "run.data.2"}};
	struct dat_writer first, second;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		open_new(&first, rows[i][0]);
		assert_int_equal(dat_writer_open(&second, rows[i][0], &e), 0);
		assert_string_equal(second.path, rows[i][1]);
		dat_writer_discard(&second);
		dat_writer_discard(&first);
		assert_int_equal(access(rows[i][0], F_OK), -1);
	}
}

/* Seven eighths of what it may have, and no record waits. */
static void a_file_is_full_before_its_bound(void **state)
{
	struct dat_writer writer;
	struct err e;

	(void)state;
	open_new(&writer, "b.dat");
	assert_int_equal(dat_writer_bound_files(&writer, 32, 1, &e), 0);
	assert_int_equal(writer.thin_at, 28);
	dat_write_raw(&writer, "MEM 1.000000 1.0000\n1234567");
	dat_writer_flush(&writer);
	assert_false(dat_writer_is_full(&writer));
	dat_write_raw(&writer, "\n");
	assert_false(dat_writer_is_full(&writer));
	dat_writer_flush(&writer);
	assert_true(dat_writer_is_full(&writer));
	dat_write_raw(&writer, "MEM");
	assert_false(dat_writer_is_full(&writer));
	writer.buffer.len = 0;
	writer.keeps = 0;
	assert_false(dat_writer_is_full(&writer));
	close_well(&writer);
	unlink("b.dat");
	assert_int_equal(dat_writer_open(&writer, "/dev/null", &e), 0);
	assert_int_equal(dat_writer_bound(&writer, 32, &e), -1);
	assert_string_equal(
	    e.text, "/dev/null: is not a regular file: it can't be thinned");
	close_well(&writer);
}

static void the_next_file_has_the_mode_of_the_last(void **state)
{
	struct dat_writer writer;
	struct stat about;
	struct err e;
	int other;

	(void)state;
	open_new(&writer, "m.dat");
	assert_int_equal(dat_writer_bound_files(&writer, 32, 1, &e), 0);
	assert_int_equal(fchmod(writer.fd, 0600), 0);
	writer.thin_at = 1;
	assert_true(dat_writer_rotate(&writer));
	assert_int_equal(writer.thin_at, 28);
	assert_int_equal(fstat(writer.fd, &about), 0);
	assert_int_equal(about.st_mode, S_IFREG | 0600);
	other = open("m.dat", O_RDONLY | O_CLOEXEC);
	assert_true(file_lock_is_held(other));
	close(other);
	/* Someone else's file has its name. */
	assert_int_equal(rename("m.dat", "other.dat"), 0);
	scratch_put("m.dat", "mine");
	assert_false(dat_writer_rotate(&writer));
	assert_string_equal(writer.trouble.text, "it was renamed or removed");
	assert_int_equal(writer.thin_at, 56);
	assert_string_equal(content("m.dat"), "mine");
	close_well(&writer);
	unlink("m.dat");
	unlink("m.dat.1");
	unlink("other.dat");
}

/* The next try is at twice the size. */
static void a_thinning_that_can_not_begin_is_tried_later(void **state)
{
	struct dat_writer writer;
	struct err e;

	(void)state;
	open_new(&writer, "t.dat");
	assert_int_equal(dat_writer_bound(&writer, 16, &e), 0);
	assert_int_equal(rename("t.dat", "other.dat"), 0);
	scratch_put("t.dat", "mine");
	dat_write_memory(&writer, 1024, 1000000000);
	dat_writer_flush(&writer);
	assert_null(writer.thin);
	assert_non_null(
	    strstr(writer.trouble.text, "it was renamed or removed"));
	assert_int_equal(writer.thin_at, 2 * strlen("MEM 1.000000 1.0000\n"));
	assert_string_equal(content("t.dat"), "mine");
	close_well(&writer);
	unlink("t.dat");
	unlink("other.dat");
}

static void one_sample_may_be_missing(void **state)
{
	struct rlimit before, none;
	struct dat_writer writer;
	struct err e;

	(void)state;
	open_new(&writer, "one.dat");
	getrlimit(RLIMIT_FSIZE, &before);
	none = before;
	none.rlim_cur = 0;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &none);
	dat_write_memory(&writer, 1024, 1);
	dat_write_raw(&writer, "MARK;label=MEM 1.000000 1.0000\nMEMO 1 1\n");
	assert_int_equal(dat_writer_close(&writer, &e), -1);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_string_equal(e.text, "one.dat: 1 sample is missing, it could "
				    "not be written: File too large");
	unlink("one.dat");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(records_are_as_the_format_says),
	    cmocka_unit_test(names_come_back_as_they_were),
	    cmocka_unit_test(times_below_a_millisecond_have_six_decimals),
	    cmocka_unit_test(figures_are_what_printf_would_write),
	    cmocka_unit_test(a_missing_newline_is_made_up_for),
	    cmocka_unit_test(what_is_no_recording_is_left_alone),
	    cmocka_unit_test(a_recording_is_locked_until_it_ends),
	    cmocka_unit_test(an_open_file_is_written_on),
	    cmocka_unit_test(what_has_no_locks_is_written_all_the_same),
	    cmocka_unit_test(default_names_move_to_the_next_second),
	    cmocka_unit_test(discarding_keeps_a_file_that_was_there),
	    cmocka_unit_test(a_full_disk_tears_no_line),
	    cmocka_unit_test(what_does_not_fit_in_memory_is_dropped_whole),
	    cmocka_unit_test(a_rotation_that_failed_is_done_later),
	    cmocka_unit_test(a_name_is_tried_for_a_while),
	    cmocka_unit_test(a_bounded_file_is_thinned),
	    cmocka_unit_test(a_thinning_that_was_begun_leaves_no_file),
	    cmocka_unit_test(an_older_file_may_vanish_meanwhile),
	    cmocka_unit_test(a_removed_file_is_reported),
	    cmocka_unit_test(numbers_and_words_are_as_the_format_says),
	    cmocka_unit_test(a_file_is_gone_on_with_at_a_line),
	    cmocka_unit_test(a_new_file_has_the_usual_mode),
	    cmocka_unit_test(a_name_beside_keeps_its_ending),
	    cmocka_unit_test(a_file_is_full_before_its_bound),
	    cmocka_unit_test(the_next_file_has_the_mode_of_the_last),
	    cmocka_unit_test(a_thinning_that_can_not_begin_is_tried_later),
	    cmocka_unit_test(one_sample_may_be_missing),
	};

	return cmocka_run_group_tests(
	    tests, scratch_enter, scratch_remove_empty);
}
