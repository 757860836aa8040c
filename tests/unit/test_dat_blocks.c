// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "dat/reader.h"
#include "scratch.h"

enum { LINES = 300000, LINE = 31, FIRST_LINE = 10 };

/* The file that shrinks to cut_size as soon as a part of it is read. */
static const char *cut_path;
static off_t cut_size;

/* A signal ends as many readings; then as many succeed, and all others fail;
 * -1: none fails. */
static int interrupted, readable = -1;

/* In place of libc's. */
ssize_t read(int fd, void *bytes, size_t size)
{
	ssize_t got;

	if (interrupted > 0) {
		interrupted--;
		errno = EINTR;
		return -1;
	}
	if (readable == 0) {
		errno = EIO;
		return -1;
	}
	readable -= readable > 0;
	got = syscall(SYS_read, fd, bytes, size);
	if (cut_path) {
		assert_int_equal(truncate(cut_path, cut_size), 0);
		cut_path = NULL;
	}
	return got;
}

static double mib_of(size_t i)
{
	return 100 + (double)(i % 800);
}

/* The result of dat_read() for a file of those bytes, which is cut behind the
 * size-th of them meanwhile where size is not 0. */
static struct profile read_bytes(const char *bytes, size_t len, off_t size)
{
	char path[SCRATCH_MAX];
	int fd = scratch_file(path);
	struct profile profile;
	struct err e;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
	cut_size = size;
	cut_path = size > 0 ? path : NULL;
	assert_int_equal(dat_read(&profile, path, &e), 0);
	assert_null(cut_path);
	unlink(path);
	assert_int_equal(profile.runs.len, 1);
	return profile;
}

/* A recording of many blocks, cut where size is not 0. */
static struct profile read_cut(off_t size)
{
	struct profile profile;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	fputs("CMDLINE x\n", out);
	for (size_t i = 0; i < LINES; i++)
		fprintf(
		    out, "MEM %.6f %.4f\n", mib_of(i), 1.7e9 + (double)i / 10);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(len, FIRST_LINE + LINES * LINE);
	profile = read_bytes(text, len, size);
	free(text);
	return profile;
}

static void assert_first(const struct profile *profile, size_t count)
{
	const struct series *total = &profile->runs.items[0].total;

	assert_int_equal(total->len, count);
	for (size_t i = 0; i < count; i++)
		assert_true(total->items[i].mib == mib_of(i));
}

/* The records before the error are kept; an incomplete line is ignored. */
static void test_a_reading_that_fails(void **state)
{
	static const char text[] = "CMDLINE x\nMEM 1.0 1.0\nMEM 2.0 2.0";
	char path[SCRATCH_MAX], want[240];
	int fd = scratch_file(path);
	struct profile profile;
	struct err e;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	snprintf(
	    want, sizeof(want), "%s: can't be read: %s", path, strerror(EIO));
	for (int i = 0; i < 2; i++) {
		interrupted = 2;
		readable = i == 0 ? 1 : -1;
		assert_int_equal(dat_read(&profile, path, &e), i == 0 ? -1 : 0);
		assert_int_equal(interrupted, 0);
		if (i == 0)
			assert_string_equal(e.text, want);
		assert_int_equal(profile.runs.len, 1);
		assert_int_equal(profile.runs.items[0].total.len, 1 + i);
		profile_finish(&profile);
	}
	readable = -1;
	unlink(path);
}

static void test_whole(void **state)
{
	struct profile profile = read_cut(0);

	(void)state;
	assert_first(&profile, LINES);
	assert_int_equal(profile.lines, LINES + 1);
	assert_int_equal(profile.skipped, 0);
	profile_finish(&profile);
}

/* The file ends inside a line, or where a line begins. */
static void test_cut_while_it_is_read(void **state)
{
	static const off_t sizes[] = {
	    1 << 20, (4 << 20) - 7, FIRST_LINE + 40000 * LINE};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct profile profile = read_cut(sizes[i]);

		assert_first(&profile, (size_t)(sizes[i] - FIRST_LINE) / LINE);
		assert_true(profile.skipped <= 1);
		profile_finish(&profile);
	}
}

/* A file that is cut to less than was read of it is known as such. */
static void test_cut_before_what_was_read(void **state)
{
	static const off_t sizes[] = {1, 1000, FIRST_LINE};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct profile profile = read_cut(sizes[i]);
		size_t count = profile.runs.items[0].total.len;

		assert_true(count > 1000 / LINE && count < LINES);
		assert_first(&profile, count);
		assert_true(profile.skipped <= 1);
		profile_finish(&profile);
	}
}

/* All kinds of lines in a file of several blocks, one of them longer than a
 * block: each is taken once, wherever a block ends. */
static void test_lines_across_blocks(void **state)
{
	enum { ROUNDS = 60000, LONG = 5 << 20 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct profile profile;
	struct run *run;

	(void)state;
	fputs("CMDLINE x\n", out);
	for (int i = 0; i < ROUNDS; i++) {
		fprintf(out,
		    "MEM %d.5 %d\nCHLD 7 %d.250000 %d.0000\n"
		    "FUNC f 1.0 %d.0 2.0 %d.5 0\nMEM 1.000000 %d.5000\nhm\n",
		    i, 1700000000 + i, i, 1700000000 + i, i, i, 1700000000 + i);
		if (i == ROUNDS / 2)
			fprintf(out, "%0*d\n", LONG, 0);
	}
	fclose(out);
	profile = read_bytes(text, len, 0);
	run = &profile.runs.items[0];
	assert_int_equal(run->total.len, 2 * ROUNDS);
	assert_true(run->total.items[2 * ROUNDS - 2].mib == ROUNDS - 0.5);
	assert_int_equal(run->calls.len, ROUNDS);
	assert_int_equal(run->processes.len, 1);
	assert_int_equal(run->processes.items[0].memory.len, ROUNDS);
	assert_int_equal(profile.skipped, ROUNDS + 1);
	assert_int_equal(profile.first_skipped, 6);
	assert_int_equal(profile.lines, 5 * ROUNDS + 2);
	profile_finish(&profile);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_reading_that_fails),
	    cmocka_unit_test(test_whole),
	    cmocka_unit_test(test_lines_across_blocks),
	    cmocka_unit_test(test_cut_while_it_is_read),
	    cmocka_unit_test(test_cut_before_what_was_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
