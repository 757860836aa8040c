// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/io.h"
#include "dat/catalog.h"
#include "dat/reader.h"
#include "scratch.h"

static int is_broken; /* reading a directory fails with that cause */

/* In place of libc's. */
struct dirent *readdir(DIR *dir)
{
	static struct dirent *(*next)(DIR *);

	if (is_broken) {
		errno = is_broken;
		return NULL;
	}
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "readdir");
	return next(dir);
}

static void test_numbers(void **state)
{
	struct catalog catalog;
	struct err e;

	(void)state;
	scratch_put("mprofile_20250101000002.dat", "");
	scratch_put("mprofile_20250101000001.dat", "");
	scratch_put("mprofile_2025010100001.dat", "");
	scratch_put("mprofile_20250101000001_ts.dat", "");
	scratch_put(
	    "mprofile_h\xc3\xa4h\xc3\xa4h\xc3\xa4h\xc3\xa4h\xc3\xa4h\xc3\xa4h"
	    "\xc3\xa4.dat",
	    "");
	assert_int_equal(catalog_init(&catalog, ".", &e), 0);
	assert_int_equal(catalog.names.len, 3);
	assert_string_equal(
	    catalog_at(&catalog, 0), "mprofile_20250101000001.dat");
	assert_string_equal(
	    catalog_at(&catalog, -2), "mprofile_20250101000002.dat");
	assert_string_equal(
	    catalog_at(&catalog, 1), "mprofile_20250101000002.dat");
	assert_ptr_equal(catalog_at(&catalog, 2), catalog_at(&catalog, -1));
	assert_ptr_equal(catalog_at(&catalog, 0), catalog_at(&catalog, -3));
	assert_null(catalog_at(&catalog, 3));
	assert_null(catalog_at(&catalog, -4));
	assert_null(catalog_at(&catalog, 0x7fffffffffffffff));
	assert_null(catalog_at(&catalog, -0x7fffffffffffffff));
	catalog_finish(&catalog);
	assert_int_equal(catalog_init(&catalog, "/no/such", &e), -1);
	assert_string_equal(
	    e.text, "/no/such: can't be read: No such file or directory");
	catalog_finish(&catalog);
}

/* The word, fourteen characters of any kind, and the ending. */
static void only_default_names_have_numbers(void **state)
{
	static const char *const others[] = {"mprofile_", "mprofile_.dat",
	    "mprofile_2025010100000.dat", "mprofile_202501010000001.dat",
	    "mprofile_20250101000001.dat2", "mprofile_20250101000001",
	    "nprofile_20250101000001.dat", "mprofile20250101000001.dat"};
	struct catalog catalog;
	char path[64];
	struct err e;

	(void)state;
	mkdir("names", 0700);
	assert_int_equal(catalog_init(&catalog, "names", &e), 0);
	assert_int_equal(catalog.names.len, 0);
	assert_null(catalog_at(&catalog, 0));
	assert_null(catalog_at(&catalog, -1));
	assert_int_equal(catalog_find(&catalog, "x"), -1);
	catalog_finish(&catalog);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(path, sizeof(path), "names/%s", others[i]);
		scratch_put(path, "CMDLINE x\n");
	}
	scratch_put("names/mprofile_an hour ago!!!.dat", "");
	assert_int_equal(catalog_init(&catalog, "names", &e), 0);
	assert_int_equal(catalog.names.len, 1);
	assert_int_equal(catalog.others.len, 0);
	assert_string_equal(
	    catalog_at(&catalog, 0), "mprofile_an hour ago!!!.dat");
	catalog_finish(&catalog);
}

/* Numbers would be wrong where it is unknown whether one is a file. */
static void what_can_not_be_examined_is_reported(void **state)
{
	static const char name[] = "examine/mprofile_20250101000001.dat";
	char target[301] = "";
	struct catalog catalog;
	struct err e;

	(void)state;
	memset(target, 'x', 300);
	mkdir("examine", 0700);
	assert_int_equal(symlink(target, name), 0);
	assert_int_equal(catalog_init(&catalog, "examine", &e), -1);
	assert_string_equal(e.text, "mprofile_20250101000001.dat: can't be "
				    "examined: File name too long");
	catalog_finish(&catalog);
	assert_int_equal(catalog_check(target, &e), -1);
	assert_non_null(strstr(e.text, "can't be examined: File name too "
				       "long"));
}

static void test_number_words(void **state)
{
	long number = 7;

	(void)state;
	assert_true(catalog_number("0", &number) && number == 0);
	assert_true(catalog_number("-12", &number) && number == -12);
	assert_true(catalog_number("+3", &number) && number == 3);
	assert_false(catalog_number("", &number));
	assert_false(catalog_number("-", &number));
	assert_false(catalog_number("1x", &number));
	assert_true(catalog_number("9", &number) && number == 9);
	assert_false(catalog_number(" 1", &number));
	assert_false(catalog_number("x1", &number));
	assert_false(catalog_number("/1", &number));
	assert_false(catalog_number(":1", &number));
	assert_false(catalog_number("1 ", &number));
}

static void assert_companion(const char *path, const char *expected)
{
	char *companion = dat_companion(path);

	if (expected)
		assert_string_equal(companion, expected);
	else
		assert_null(companion);
	free(companion);
}

static void test_companions(void **state)
{
	(void)state;
	mkdir("a.d", 0700);
	scratch_put("x_ts.dat", "");
	scratch_put("a.d/x_ts", "");
	mkdir("y_ts.dat", 0700);
	assert_companion("x.dat", "x_ts.dat");
	assert_companion("./x.dat", "./x_ts.dat");
	assert_companion("a.d/x", "a.d/x_ts");
	assert_companion("y.dat", NULL);
	assert_companion("z.dat", NULL);
	scratch_put(".dat_ts", "");
	scratch_put("a.d/.dat_ts", "");
	scratch_put("x.y_ts.z", "");
	assert_companion(".dat", ".dat_ts");
	assert_companion("a.d/.dat", "a.d/.dat_ts");
	assert_companion("x.y.z", "x.y_ts.z");
}

/* One that lost its recording is a recording. */
static void companions_are_no_recordings(void **state)
{
	static const char *const recordings[] = {
	    "_ts.dat", "b", "c.dat", "d_ts.dat", "mprofile_20250101000001.dat"};
	struct catalog catalog;
	struct err e;

	(void)state;
	mkdir("all", 0700);
	scratch_put("all/mprofile_20250101000001.dat", "CMDLINE x\n");
	scratch_put("all/d_ts.dat", "CMDLINE x\n");
	scratch_put("all/c_ts.dat", "CMDLINE x\n");
	scratch_put("all/c.dat", "CMDLINE x\n");
	scratch_put("all/b", "CMDLINE x\n");
	scratch_put("all/_ts.dat", "CMDLINE x\n");
	scratch_put("all/a", "my novel\n");
	mkdir("all/e.dat", 0700);
	assert_int_equal(catalog_init_all(&catalog, "all", &e), 0);
	assert_int_equal(catalog.names.len, 5);
	assert_int_equal(catalog.others.len, 0);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(catalog.names.items[i], recordings[i]);
	catalog_finish(&catalog);
	assert_int_equal(catalog_init_others(&catalog, "all", &e), 0);
	assert_int_equal(catalog.names.len, 3);
	assert_string_equal(catalog.names.items[0], "_ts.dat");
	assert_string_equal(catalog.names.items[1], "c.dat");
	assert_string_equal(catalog.names.items[2], "d_ts.dat");
	catalog_finish(&catalog);
}

static void assert_refused(const char *path, const char *expected)
{
	struct err e;

	assert_int_equal(catalog_check(path, &e), 1);
	assert_string_equal(e.text, expected);
}

static void test_check(void **state)
{
	static const char *const good[] = {"CMDLINE x\n", "MEM 1 2\n",
	    "FUNC f 1 2 3 4\n", "\n\r\n  CHLD 5 1 2\n", "PEAK 1.0 2.0\n",
	    "CMDLINE x"};
	static const char *const bad[] = {"my novel\n", "MEMORY\n", "MEM x y\n",
	    "\n\n\n", "\177ELF", "HELLO WORLD\n", "x"};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		scratch_put("file", good[i]);
		assert_int_equal(catalog_check("file", &e), 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		scratch_put("file.dat", bad[i]);
		assert_refused("file.dat", "file.dat: is not a recording");
	}
	scratch_put("empty.dat", "");
	scratch_put("empty", "");
	assert_int_equal(catalog_check("empty.dat", &e), 0);
	assert_refused("empty", "empty: is not a recording");
	assert_refused("/", "/: is a directory");
	assert_refused("/dev/null", "/dev/null: is not a regular file");
	assert_refused("none", "none: no such recording");
	assert_int_equal(symlink("empty.dat", "link.dat"), 0);
	assert_refused("link.dat", "link.dat: is not a regular file");
}

static void test_check_long_command(void **state)
{
	FILE *file = fopen("long.dat", "w");
	struct err e;

	(void)state;
	fputs("CMDLINE ", file);
	for (int i = 0; i < 100000; i++)
		fputc('x', file);
	fclose(file);
	assert_int_equal(catalog_check("long.dat", &e), 0);
}

static void write_run(const char *name, double began_s, double changed_s)
{
	struct timespec times[2] = {{.tv_sec = (time_t)changed_s}};
	char text[96];

	times[0].tv_nsec =
	    (long)((changed_s - (double)times[0].tv_sec) * 1e9 + 0.5);
	times[1] = times[0];
	snprintf(text, sizeof(text), "CMDLINE x\nMEM 1.0 %.4f\n", began_s);
	scratch_put(name, text);
	assert_int_equal(utimensat(AT_FDCWD, name, times, 0), 0);
}

static void assert_newest_in(const char *where, const char *expected)
{
	struct err e = {"of an earlier call"};
	char *newest = catalog_newest(where, &e);

	assert_string_equal(e.text, "");
	if (expected)
		assert_string_equal(newest, expected);
	else
		assert_null(newest);
	free(newest);
}

static void assert_newest(const char *expected)
{
	assert_newest_in("new", expected);
}

enum { T0 = 1700000000 };

/* Asserts which of two runs is the newest. By its time b began later. */
static void assert_newest_of(double a_began_s, double a_changed_s,
    double b_began_s, double b_changed_s, const char *expected)
{
	write_run("two/a.dat", a_began_s, a_changed_s);
	write_run("two/b.dat", b_began_s, b_changed_s);
	assert_newest_in("two", expected);
}

/* File systems round the time of a change to a second; a file that was changed
 * longer before a run began holds no later one. A beginning later than that
 * file's last change is a wrong clock's, and proves nothing. */
static void times_of_change_are_rounded(void **state)
{
	(void)state;
	mkdir("two", 0700);
	assert_newest_of(T0 + 100, T0 + 200, T0 + 150, T0 + 99, "b.dat");
	assert_newest_of(T0 + 100, T0 + 200, T0 + 150, T0 + 98, "a.dat");
	assert_newest_of(
	    T0 + 100.5, T0 + 200, T0 + 100.75, T0 + 99.75, "b.dat");
	assert_newest_of(
	    T0 + 100.5, T0 + 200, T0 + 100.75, T0 + 99.25, "a.dat");
	assert_newest_of(T0 + 201, T0 + 200, T0 + 300, T0 + 99, "a.dat");
	assert_newest_of(T0 + 202, T0 + 200, T0 + 300, T0 + 99, "b.dat");
}

/* The thousand that were changed last, or come last by name, are read; an empty
 * file and one with a recording's name are not among them. */
static void a_thousand_other_names_are_read(void **state)
{
	char name[64];

	(void)state;
	mkdir("others", 0700);
	for (int i = 0; i < 999; i++) {
		snprintf(name, sizeof(name), "others/m%d", i);
		write_run(name, T0, T0 + 10);
		snprintf(name, sizeof(name), "others/empty%d", i);
		scratch_put(name, "");
	}
	write_run("others/a", T0 + 1, T0 + 10);
	assert_newest_in("others", "a");
	write_run("others/z", T0, T0 + 10);
	assert_newest_in("others", "z");
	write_run("others/z", T0 + 5, T0 + 9);
	assert_newest_in("others", "a");
	write_run("others/old.dat", T0, T0 + 2);
	assert_newest_in("others", "a");
	write_run("others/old.dat", T0 + 2, T0 + 2);
	assert_newest_in("others", "old.dat");
}

static void the_newest_is_what_began_last(void **state)
{
	struct err e;

	(void)state;
	mkdir("new", 0700);
	assert_newest(NULL);
	scratch_put("new/empty.dat", "");
	scratch_put("new/novel.dat", "my novel\n");
	mkdir("new/directory.dat", 0700);
	assert_newest(NULL);
	write_run("new/old", T0, T0 + 9);
	assert_newest("old");
	/* It was written to after what began last. */
	write_run("new/long.dat", T0 + 100, T0 + 5000);
	write_run("new/short.dat", T0 + 200, T0 + 300);
	assert_newest("short.dat");
	write_run("new/other", T0 + 250, T0 + 260);
	assert_newest("other");
	/* A clock that was wrong when it was recorded. */
	write_run("new/future.dat", T0 + 9000, T0 + 255);
	assert_newest("future.dat");
	assert_null(catalog_newest("none", &e));
	assert_string_equal(
	    e.text, "none: can't be read: No such file or directory");
}

static void at_once_a_default_name_wins(void **state)
{
	(void)state;
	write_run("new/z.dat", T0 + 10000, T0 + 10000);
	write_run("new/a.dat", T0 + 10000, T0 + 10000);
	assert_newest("z.dat");
	write_run("new/mprofile_20250101000001.dat", T0 + 10000, T0 + 10000);
	assert_newest("mprofile_20250101000001.dat");
	write_run("new/mprofile_20250101000002.dat", T0 + 10000, T0 + 10000);
	assert_newest("mprofile_20250101000002.dat");
	/* X_ts.dat beside X.dat holds calls alone. */
	write_run("new/z_ts.dat", T0 + 20000, T0 + 20000);
	assert_newest("mprofile_20250101000002.dat");
}

static void others_are_recordings_without_a_number(void **state)
{
	struct catalog catalog;
	struct err e;

	(void)state;
	assert_int_equal(catalog_init_others(&catalog, "new", &e), 0);
	assert_int_equal(catalog.others.len, 0);
	assert_int_equal(catalog.names.len, 5);
	assert_string_equal(catalog.names.items[0], "a.dat");
	assert_string_equal(catalog.names.items[1], "future.dat");
	assert_string_equal(catalog.names.items[4], "z.dat");
	catalog_finish(&catalog);
}

static void a_directory_that_fails_is_reported(void **state)
{
	int (*const inits[])(struct catalog *, const char *, struct err *) = {
	    catalog_init, catalog_init_others, catalog_init_all};
	struct catalog catalog;
	struct err e;

	(void)state;
	is_broken = EIO;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(inits[i](&catalog, "new", &e), -1);
		assert_string_equal(
		    e.text, "new: can't be read: Input/output error");
		catalog_finish(&catalog);
	}
	assert_null(catalog_newest("new", &e));
	assert_string_equal(e.text, "new: can't be read: Input/output error");
	is_broken = 0;
}

/* A name that was refused is no failure of the directory. */
static void a_thousand_others_are_enough(void **state)
{
	struct catalog catalog;
	char name[64];
	struct err e;

	(void)state;
	assert_int_equal(mkdir("many", 0700), 0);
	for (int i = 0; i < 1100; i++) {
		snprintf(name, sizeof(name), "many/%d_ts.dat", i);
		scratch_put(name, "CMDLINE x\n");
	}
	assert_int_equal(catalog_init_others(&catalog, "many", &e), 0);
	assert_int_equal(catalog.names.len, 1000);
	catalog_finish(&catalog);
}

static void what_is_recorded_is_not_deleted(void **state)
{
	struct err e;
	int fd;

	(void)state;
	scratch_put("busy.dat", "CMDLINE x\n");
	fd = open("busy.dat", O_RDWR);
	assert_int_equal(file_lock_take(fd), FILE_LOCK_TAKEN);
	assert_refused("busy.dat", "busy.dat: is being recorded");
	close(fd);
	assert_int_equal(catalog_check("busy.dat", &e), 0);
}

/* A link to a file has a number, as long as its name is a default one. */
static void links_have_numbers(void **state)
{
	struct catalog catalog;
	struct err e;

	(void)state;
	mkdir("links", 0700);
	scratch_put("links/a", "CMDLINE x\n");
	assert_int_equal(symlink("a", "links/mprofile_20250101000001.dat"), 0);
	assert_int_equal(
	    symlink("none", "links/mprofile_20250101000002.dat"), 0);
	mkdir("links/mprofile_20250101000003.dat", 0700);
	for (int i = 9; i > 3; i--) { /* links to themselves */
		char name[] = "mprofile_20250101000000.dat", path[64];

		name[22] = (char)('0' + i);
		snprintf(path, sizeof(path), "links/%s", name);
		assert_int_equal(symlink(name, path), 0);
	}
	scratch_put("links/mprofile_20250101000000.dat", "");
	assert_int_equal(catalog_init(&catalog, "links", &e), 0);
	assert_int_equal(catalog.names.len, 2);
	assert_string_equal(
	    catalog_at(&catalog, 0), "mprofile_20250101000000.dat");
	assert_string_equal(
	    catalog_at(&catalog, -1), "mprofile_20250101000001.dat");
	assert_int_equal(catalog.others.len, 8);
	for (size_t i = 1; i < catalog.others.len; i++)
		assert_true(strcmp(catalog.others.items[i - 1],
				catalog.others.items[i]) < 0);
	for (size_t i = 0; i < catalog.names.len; i++)
		assert_int_equal(
		    catalog_find(&catalog, catalog.names.items[i]), i);
	assert_int_equal(catalog_find(&catalog, "none"), -1);
	assert_string_equal(
	    catalog.others.items[0], "mprofile_20250101000002.dat");
	catalog_finish(&catalog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(only_default_names_have_numbers),
	    cmocka_unit_test(what_can_not_be_examined_is_reported),
	    cmocka_unit_test(test_number_words),
	    cmocka_unit_test(test_companions),
	    cmocka_unit_test(companions_are_no_recordings),
	    cmocka_unit_test(test_check),
	    cmocka_unit_test(test_check_long_command),
	    cmocka_unit_test(the_newest_is_what_began_last),
	    cmocka_unit_test(times_of_change_are_rounded),
	    cmocka_unit_test(a_thousand_other_names_are_read),
	    cmocka_unit_test(at_once_a_default_name_wins),
	    cmocka_unit_test(others_are_recordings_without_a_number),
	    cmocka_unit_test(a_directory_that_fails_is_reported),
	    cmocka_unit_test(a_thousand_others_are_enough),
	    cmocka_unit_test(what_is_recorded_is_not_deleted),
	    cmocka_unit_test(links_have_numbers),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_remove);
}
