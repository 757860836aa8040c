// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/io.h"
#include "scratch.h"

static void test_name(void **state)
{
	(void)state;
	assert_string_equal(path_name("/a/b.dat"), "b.dat");
	assert_string_equal(path_name("b.dat"), "b.dat");
	assert_string_equal(path_name("a/"), "");
	assert_string_equal(path_name(""), "");
}

static void is_cleaned(const char *text, const char *clean)
{
	char path[64];

	snprintf(path, sizeof(path), "%s", text);
	path_clean(path);
	assert_string_equal(path, clean);
}

static void test_clean(void **state)
{
	(void)state;
	is_cleaned("/srv/./server", "/srv/server");
	is_cleaned("/srv/././/.//server", "/srv/server");
	is_cleaned("//srv/server.py", "/srv/server.py");
	is_cleaned("/srv/../.config/a./b", "/srv/../.config/a./b");
	is_cleaned("/", "/");
	is_cleaned("", "");
	is_cleaned("./server", "./server");
	is_cleaned("file:///srv/./a.mjs", "file:///srv/./a.mjs");
}

static void test_ending(void **state)
{
	(void)state;
	assert_true(path_has_ending("a.dat", ".dat"));
	assert_false(path_has_ending(".dat", ".dat"));
	assert_false(path_has_ending("a.data", ".dat"));
	assert_false(path_has_ending("", ".dat"));
}

static void make(const char *directory, const char *name, mode_t mode)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	close(open(path, O_WRONLY | O_CREAT, mode));
}

static char *find_program(const char *name, const char *directory)
{
	char path[160];

	snprintf(path, sizeof(path), ":/nowhere/at/all:%s:", directory);
	setenv("PATH", path, 1);
	return path_of_program(name);
}

static void test_undeleted(void **state)
{
	(void)state;
	assert_int_equal(path_undeleted("/a/b (deleted)"), 4);
	assert_int_equal(path_undeleted("/a (deleted)/b"), 14);
	assert_int_equal(path_undeleted(" (deleted)"), 10);
	assert_int_equal(path_undeleted(""), 0);
}

static void test_root(void **state)
{
	static const char *const others[] = {"", "/proc", "/proc/12/root",
	    "/proc/12/rooted/x", "/proc/self/root/x", "/proc/0/root/x",
	    "/proc/-3/root/x", "/proc/4294967308/root/x",
	    "/srv/proc/12/root/x"};
	int pid = -1;

	(void)state;
	assert_int_equal(path_root_len("/proc/12/root/usr/lib/x.so", &pid), 13);
	assert_int_equal(pid, 12);
	assert_int_equal(path_root_len("/proc/345/root/", &pid), 14);
	assert_int_equal(pid, 345);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_int_equal(path_root_len(others[i], &pid), 0);
	assert_int_equal(pid, 345);
}

static void test_program(void **state)
{
	char directory[SCRATCH_MAX], wanted[160], *found;

	(void)state;
	assert_int_equal(scratch_directory(directory), 0);
	make(directory, "runs", 0700);
	make(directory, "text", 0600);
	snprintf(wanted, sizeof(wanted), "%s/directory", directory);
	assert_int_equal(mkdir(wanted, 0700), 0);
	snprintf(wanted, sizeof(wanted), "%s/runs", directory);
	found = find_program("runs", directory);
	assert_string_equal(found, wanted);
	free(found);
	assert_null(find_program("text", directory));
	assert_null(find_program("directory", directory));
	assert_null(find_program("none", directory));
	/* an empty part of it is no root */
	assert_null(find_program("proc/self/exe", directory));
	unsetenv("PATH");
	assert_null(path_of_program("runs"));
	assert_int_equal(chdir(directory), 0);
	unlink("runs");
	unlink("text");
	rmdir("directory");
	rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_name),
	    cmocka_unit_test(test_clean),
	    cmocka_unit_test(test_ending),
	    cmocka_unit_test(test_undeleted),
	    cmocka_unit_test(test_root),
	    cmocka_unit_test(test_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
