// SPDX-License-Identifier: MIT
//
// Facts from the beginning and the end of a recording, from files that say when
// their runs began in one way or another.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dat/begin.h"
#include "dat/reader.h"
#include "scratch.h"

static char path[SCRATCH_MAX];

static int begin_file(void **state)
{
	int fd = scratch_file(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int end_file(void **state)
{
	(void)state;
	return unlink(path);
}

/* The text, and between its two halves so many MiB of samples. */
static int put(const char *first, int mib, const char *last)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(first, file);
	for (int i = 0; i < mib << 15; i++)
		fprintf(file, "MEM 1.000000 1700000000.0000\n%s",
		    i % 16 ? "" : "MEM 2.0 1700000001.00000000000\n");
	fputs(last, file);
	assert_int_equal(fclose(file), 0);
	return open(path, O_RDONLY);
}

static struct dat_begin begin_of_text(const char *text)
{
	struct dat_begin begin;
	int fd = put(text, 0, "");

	assert_true(dat_begin_read(&begin, fd));
	close(fd);
	return begin;
}

static void assert_none(const char *text)
{
	struct dat_begin begin;
	int fd = put(text, 0, "");

	assert_false(dat_begin_read(&begin, fd));
	assert_false(dat_begin_first(&begin, fd));
	close(fd);
}

static void the_first_sample_says_it(void **state)
{
	struct dat_begin begin = begin_of_text(
	    "CMDLINE a\nMEM 1.0 1700000000.2500\nMEM 1.0 1700000009.0000\n");

	(void)state;
	assert_true(begin.last_s == 1700000000.25);
	assert_string_equal(begin.start, "");
}

/* If a run has no sample yet, its INFO says when it began. */
static void else_its_info_does(void **state)
{
	static const struct {
		const char *start;
		double s;
	} rows[] = {
	    {"2026-11-22T14:33:21+0000", 1795358001},
	    {"2026-11-22T14:33:21", 1795358001},
	    {"2026-11-22T14:33:21+0100", 1795358001 - 3600},
	    {"2026-11-22T14:33:21-0100", 1795358001 + 3600},
	    {"2026-11-22T14:33:21+0530", 1795358001 - 5.5 * 3600},
	    {"2026-11-22T14:33:21-0015", 1795358001 + 900},
	    {"2026-11-22T14:33:21Z", 1795358001},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[128];
		struct dat_begin begin;

		snprintf(text, sizeof(text), "CMDLINE a\nINFO;start=%s 0 0\n",
		    rows[i].start);
		begin = begin_of_text(text);
		if (begin.last_s != rows[i].s)
			fail_msg("%s: %f", rows[i].start, begin.last_s);
		assert_string_equal(begin.start, rows[i].start);
	}
}

static void no_time_is_none(void **state)
{
	(void)state;
	assert_none("CMDLINE a\n");
	assert_none("CMDLINE a\nINFO;start=yesterday 0 0\n");
	assert_none("my novel\nMEM 1.0 1700000000.0\n");
	assert_none("");
	assert_none("\n\n");
}

static void the_last_run_is_found(void **state)
{
	struct dat_begin begin = begin_of_text(
	    "CMDLINE a\nINFO;start=2023-11-14T22:13:20+0000 0 0\n"
	    "MEM 1.0 1700000000.0\n"
	    "CMDLINE b\nMEM 1.0 1700000100.0\n"
	    "CMDLINE c\nMEM 1.0 1700000200.5\nMEM 1.0 1700000300.0\n");
	int fd = open(path, O_RDONLY);

	(void)state;
	assert_true(begin.last_s == 1700000200.5);
	assert_string_equal(begin.start, "2023-11-14T22:13:20+0000");
	assert_true(dat_begin_first(&begin, fd));
	assert_true(begin.last_s == 1700000000.0);
	close(fd);
}

/* A run that has just begun has no time yet; a clock that was set back makes no
 * run the last one. */
static void a_later_run_without_a_later_time_changes_nothing(void **state)
{
	struct dat_begin begin =
	    begin_of_text("CMDLINE a\nMEM 1.0 1700000000.0\nCMDLINE b\n");

	(void)state;
	assert_true(begin.last_s == 1700000000.0);
	begin = begin_of_text("CMDLINE a\nMEM 1.0 1700000000.0\n"
			      "CMDLINE b\nMEM 1.0 1600000000.0\n");
	assert_true(begin.last_s == 1700000000.0);
}

/* A keyword of a later version is no command line. */
static void a_longer_word_begins_no_run(void **state)
{
	struct dat_begin begin =
	    begin_of_text("CMDLINE a\nMEM 1.0 1700000000.0\n"
			  "CMDLINE b\nMEM 1.0 1700000100.0\n"
			  "CMDLINES x\nxCMDLINE c\nMEM 1.0 1700000200.0\n");

	(void)state;
	assert_true(begin.last_s == 1700000100.0);
}

static void of_a_long_file_both_ends_are_read(void **state)
{
	struct dat_begin begin;
	int fd = put("CMDLINE a\nMEM 1.0 1700000000.0\n", 1,
	    "CMDLINE b\nMEM 1.0 1700009999.0\n");

	(void)state;
	assert_true(dat_begin_read(&begin, fd));
	assert_true(begin.last_s == 1700009999.0);
	close(fd);
	fd = put("CMDLINE a\nMEM 1.0 1700000000.0\nCMDLINE b\n"
		 "MEM 1.0 1700000777.0\n",
	    1, "");
	assert_true(dat_begin_read(&begin, fd));
	assert_true(begin.last_s == 1700000777.0);
	close(fd);
}

/* Only the last 16 MiB are searched: here behind a hole. */
static void a_very_long_file_is_searched_at_its_end(void **state)
{
	static const char last[] = "\nCMDLINE b\nMEM 1.0 1700009999.0\n";
	static const double want[] = {1700009999.0, 1700000000.0};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct dat_begin begin;
		int fd = put("CMDLINE a\nMEM 1.0 1700000000.0\n", 0, "");
		FILE *file = fopen(path, "r+");

		assert_non_null(file);
		assert_int_equal(fseek(file, 3 << 20, SEEK_SET), 0);
		fputs(last, file);
		assert_int_equal(fclose(file), 0);
		assert_int_equal(truncate(path, (18 + 2 * i) << 20), 0);
		assert_true(dat_begin_read(&begin, fd));
		assert_true(begin.last_s == want[i]);
		close(fd);
	}
}

/* Pieces of 64 KiB overlap: a CMDLINE on any border is found. */
static void no_border_hides_a_run(void **state)
{
	(void)state;
	for (int behind = (64 << 10) - 48; behind < (64 << 10) + 2; behind++) {
		struct dat_begin begin;
		FILE *file = fopen(path, "w");
		int fd;

		assert_non_null(file);
		fputs("CMDLINE a\nMEM 1.0 1700000000.0\n", file);
		for (int i = 0; i < 4000; i++)
			fputs("MEM 1.0 1700000000.0\n", file);
		fputs("CMDLINE b\nMEM 1.0 1700009999.0\nX", file);
		for (int i = 0; i < behind; i++)
			fputc('x', file);
		fputc('\n', file);
		assert_int_equal(fclose(file), 0);
		fd = open(path, O_RDONLY);
		assert_true(dat_begin_read(&begin, fd));
		if (begin.last_s != 1700009999.0)
			fail_msg("%d behind: %f", behind, begin.last_s);
		close(fd);
	}
}

static void assert_content(const char *text, enum dat_content expected)
{
	int fd = put(text, 0, "");

	assert_int_equal(dat_content(fd), expected);
	close(fd);
}

static void content_is_known_by_the_first_line(void **state)
{
	int fd;

	(void)state;
	assert_content("MEM 1.0 2.0\n", DAT_CONTENT_RECORD);
	assert_content(" \t\r\n CMDLINE a", DAT_CONTENT_RECORD);
	assert_content("novel\nMEM 1.0 2.0\n", DAT_CONTENT_OTHER);
	assert_content("", DAT_CONTENT_OTHER);
	assert_content(" \n", DAT_CONTENT_OTHER);
	/* A NUL is no blank. */
	fd = put("", 0, "");
	assert_int_equal(close(fd), 0);
	fd = open(path, O_RDWR);
	assert_int_equal(write(fd, "\0\nMEM 1.0 2.0\n", 14), 14);
	assert_int_equal(dat_content(fd), DAT_CONTENT_OTHER);
	assert_int_equal(pwrite(fd, " \0MEM 1.0 2.0\n", 14, 0), 14);
	assert_int_equal(dat_content(fd), DAT_CONTENT_OTHER);
	close(fd);
	fd = open(path, O_WRONLY);
	assert_int_equal(dat_content(fd), DAT_CONTENT_UNREADABLE);
	assert_int_equal(errno, EBADF);
	close(fd);
}

static void assert_command(const char *text, const char *expected)
{
	char command[64];

	close(put(text, 0, ""));
	dat_command_line(path, command, sizeof(command));
	assert_string_equal(command, expected);
}

static void the_command_is_that_of_the_first_run(void **state)
{
	char command[64] = "x";

	(void)state;
	assert_command("CMDLINE a b\nMEM 1.0 2.0\nCMDLINE c\n", "a b");
	assert_command("CMDLINE a\033[1m\n", "a\\x1b[1m");
	assert_command("MEM 1.0 2.0\n", "");
	assert_command("novel\n", "");
	dat_command_line("/none", command, sizeof(command));
	assert_string_equal(command, "");
}

/* The first sample is read whole wherever the first block of 4 KiB ends. */
static void the_first_block_cuts_no_sample(void **state)
{
	(void)state;
	for (int blanks = 4040; blanks < 4110; blanks++) {
		char text[4200];
		struct dat_begin begin;

		snprintf(text, sizeof(text),
		    "CMDLINE a%*s\nMEM 1.000000 1700000000.1234567\n", blanks,
		    "b");
		begin = begin_of_text(text);
		if (begin.last_s != 1700000000.1234567)
			fail_msg("%d blanks: %f", blanks, begin.last_s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_sample_says_it),
	    cmocka_unit_test(else_its_info_does),
	    cmocka_unit_test(no_time_is_none),
	    cmocka_unit_test(the_last_run_is_found),
	    cmocka_unit_test(a_later_run_without_a_later_time_changes_nothing),
	    cmocka_unit_test(a_longer_word_begins_no_run),
	    cmocka_unit_test(of_a_long_file_both_ends_are_read),
	    cmocka_unit_test(a_very_long_file_is_searched_at_its_end),
	    cmocka_unit_test(no_border_hides_a_run),
	    cmocka_unit_test(content_is_known_by_the_first_line),
	    cmocka_unit_test(the_command_is_that_of_the_first_run),
	    cmocka_unit_test(the_first_block_cuts_no_sample),
	};

	return cmocka_run_group_tests(tests, begin_file, end_file);
}
