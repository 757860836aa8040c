// SPDX-License-Identifier: MIT
//
// A recording that is read while it is written: what is new, what is cut, and a
// new file of its name.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "dat/reader.h"
#include "scratch.h"

static char path[160], other[160];
static struct dat_follow *follow;

static int begin(void **state)
{
	if (scratch_make(state) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/a.dat", scratch);
	snprintf(other, sizeof(other), "%s/b.dat", scratch);
	follow = NULL;
	return 0;
}

static int end(void **state)
{
	dat_follow_close(follow);
	return scratch_remove(state);
}

static void put(const char *to, const char *mode, const char *text)
{
	FILE *file = fopen(to, mode);

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void open_it(void)
{
	struct err e;

	follow = dat_follow_open(path, &e);
	assert_non_null(follow);
}

/* Reads what is new; the memory of the last run's samples: "1 2". */
static void expect(bool has_news, size_t runs, const char *want)
{
	const struct profile *profile;
	char got[256] = "", number[32];
	struct err e;
	bool news;

	assert_int_equal(dat_follow_read(follow, &news, &e), 0);
	assert_int_equal(news, has_news);
	profile = dat_follow_profile(follow);
	assert_int_equal(profile->runs.len, runs);
	assert_string_equal(profile->path, path);
	for (size_t i = 0;
	     runs > 0 && i < profile->runs.items[runs - 1].total.len; i++) {
		snprintf(number, sizeof(number), "%s%g", i ? " " : "",
		    profile->runs.items[runs - 1].total.items[i].mib);
		strcat(got, number);
	}
	assert_string_equal(got, want);
}

static void whole_lines_are_news(void **state)
{
	(void)state;
	put(path, "w", "");
	open_it();
	expect(false, 0, "");
	put(path, "a", "CMDLINE x\nMEM 1.0 1.0\nMEM 2.");
	expect(true, 1, "1");
	expect(false, 1, "1");
	put(path, "a", "5 2.0\n");
	expect(true, 1, "1 2.5");
	put(path, "a", "CMDLINE y\nMEM 7.0 9.0\n");
	expect(true, 2, "7");
	assert_int_equal(dat_follow_profile(follow)->lines, 5);
	assert_int_equal(dat_follow_profile(follow)->skipped, 0);
}

static void a_file_that_was_cut_is_read_anew(void **state)
{
	(void)state;
	put(path, "w", "CMDLINE x\nMEM 1.0 1.0\nMEM 2.0 2.0\nMEM");
	open_it();
	expect(true, 1, "1 2");
	put(path, "w", "CMDLINE x\nMEM 3.0 1.0\n");
	expect(true, 1, "3");
	assert_int_equal(dat_follow_profile(follow)->lines, 2);
}

/* As by thinning, or by a rotation. */
static void a_new_file_of_its_name_is_gone_on_with(void **state)
{
	(void)state;
	put(path, "w", "CMDLINE x\nMEM 1.0 1.0\nMEM");
	open_it();
	expect(true, 1, "1");
	put(other, "w", "CMDLINE x\nMEM 5.0 1.0\nMEM 6.0 2.0\nMEM 7.0 3.0\n");
	assert_int_equal(rename(other, path), 0);
	expect(true, 1, "5 6 7");
	expect(false, 1, "5 6 7");
	put(path, "a", "MEM 8.0 4.0\n");
	expect(true, 1, "5 6 7 8");
}

static void a_removed_file_is_read_to_its_end(void **state)
{
	FILE *file;

	(void)state;
	put(path, "w", "CMDLINE x\nMEM 1.0 1.0\n");
	open_it();
	expect(true, 1, "1");
	file = fopen(path, "a");
	assert_non_null(file);
	assert_int_equal(unlink(path), 0);
	fputs("MEM 2.0 2.0\n", file);
	assert_int_equal(fclose(file), 0);
	expect(true, 1, "1 2");
	assert_int_equal(mkdir(path, 0700), 0); /* no file to go on with */
	expect(false, 1, "1 2");
	assert_int_equal(rmdir(path), 0);
}

static bool is_locked_at_once(void)
{
	struct profile profile;
	struct err e;
	bool locked;

	assert_int_equal(dat_read(&profile, path, &e), 0);
	locked = profile.locked;
	profile_finish(&profile);
	return locked;
}

static void a_lock_shows_that_it_is_written(void **state)
{
	int fd;

	(void)state;
	put(path, "w", "CMDLINE x\nMEM 1.0 1.0\n");
	open_it();
	expect(true, 1, "1");
	assert_false(dat_follow_profile(follow)->locked);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(file_lock_take(fd), FILE_LOCK_TAKEN);
	expect(false, 1, "1");
	assert_true(dat_follow_profile(follow)->locked);
	assert_true(is_locked_at_once());
	close(fd);
	assert_false(is_locked_at_once());
	expect(false, 1, "1");
	assert_false(dat_follow_profile(follow)->locked);
}

static void what_can_not_be_followed_is_refused(void **state)
{
	char want[256], pipe_path[64];
	struct err e;
	int ends[2];

	(void)state;
	assert_null(dat_follow_open(path, &e));
	snprintf(want, sizeof(want),
	    "%s: can't be read: No such file or directory", path);
	assert_string_equal(e.text, want);
	assert_int_equal(pipe(ends), 0);
	snprintf(pipe_path, sizeof(pipe_path), "/proc/self/fd/%d", ends[0]);
	assert_null(dat_follow_open(pipe_path, &e));
	assert_non_null(strstr(e.text, "can't be read"));
	close(ends[0]);
	close(ends[1]);
	dat_follow_close(NULL);
}

static void a_thinned_run_has_its_stretch(void **state)
{
	struct profile profile;
	const struct run *run;
	struct err e;

	(void)state;
	put(path, "w",
	    "CMDLINE x\nTHIN;stretch=4;until=9.0 1.0 1.0\nMEM 1.0 1.0\n"
	    "CHLD 7 1.0 1.0\n");
	open_it();
	expect(true, 1, "1");
	run = dat_follow_profile(follow)->runs.items;
	assert_true(run->total.stretch_s == 4);
	assert_true(run->processes.items[0].memory.stretch_s == 4);
	assert_int_equal(dat_read(&profile, path, &e), 0);
	run = profile.runs.items;
	assert_true(run->total.stretch_s == 4);
	assert_true(run->processes.items[0].memory.stretch_s == 4);
	profile_finish(&profile);
}

static void records_are_added_to_the_last_run(void **state)
{
	static const char text[] =
	    "MARK;label=a 1.0 3.0\nMARK;label=b 1.0 4.0\n"
	    "MARK;label=torn";
	struct profile profile;
	struct err e;

	(void)state;
	put(path, "w", "CMDLINE x\nMEM 1.0 1.0\nCMDLINE y\nMEM 2.0 2.0\n");
	assert_int_equal(dat_read(&profile, path, &e), 0);
	dat_add_records(&profile, text, sizeof(text) - 1);
	assert_int_equal(profile.runs.len, 2);
	assert_int_equal(profile.runs.items[0].marks.len, 0);
	assert_int_equal(profile.runs.items[1].marks.len, 2);
	assert_string_equal(profile.runs.items[1].marks.items[1].label, "b");
	profile_finish(&profile);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(whole_lines_are_news),
	    TEST(a_file_that_was_cut_is_read_anew),
	    TEST(a_new_file_of_its_name_is_gone_on_with),
	    TEST(a_removed_file_is_read_to_its_end),
	    TEST(a_lock_shows_that_it_is_written),
	    TEST(what_can_not_be_followed_is_refused),
	    TEST(a_thinned_run_has_its_stretch),
	    TEST(records_are_added_to_the_last_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
