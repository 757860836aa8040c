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

#include "base/path.h"

static void test_name(void **state)
{
	(void)state;
	assert_string_equal(path_name("/a/b.dat"), "b.dat");
	assert_string_equal(path_name("b.dat"), "b.dat");
	assert_string_equal(path_name("a/"), "");
	assert_string_equal(path_name(""), "");
}

static void test_ending(void **state)
{
	(void)state;
	assert_true(path_has_ending("a.dat", ".dat"));
	assert_false(path_has_ending(".dat", ".dat"));
	assert_false(path_has_ending("a.data", ".dat"));
	assert_false(path_has_ending("", ".dat"));
}

static void make(const char *folder, const char *name, mode_t mode)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	close(open(path, O_WRONLY | O_CREAT, mode));
}

static char *find_program(const char *name, const char *folder)
{
	char path[128];

	snprintf(path, sizeof(path), ":/nowhere/at/all:%s:", folder);
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

static void test_program(void **state)
{
	char folder[] = "/tmp/mprof-test-XXXXXX", wanted[128], *found;

	(void)state;
	assert_non_null(mkdtemp(folder));
	make(folder, "runs", 0700);
	make(folder, "text", 0600);
	snprintf(wanted, sizeof(wanted), "%s/folder", folder);
	assert_int_equal(mkdir(wanted, 0700), 0);
	snprintf(wanted, sizeof(wanted), "%s/runs", folder);
	found = find_program("runs", folder);
	assert_string_equal(found, wanted);
	free(found);
	assert_null(find_program("text", folder));
	assert_null(find_program("folder", folder));
	assert_null(find_program("none", folder));
	unsetenv("PATH");
	assert_null(path_of_program("runs"));
	assert_int_equal(chdir(folder), 0);
	unlink("runs");
	unlink("text");
	rmdir("folder");
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_name),
	    cmocka_unit_test(test_ending),
	    cmocka_unit_test(test_undeleted),
	    cmocka_unit_test(test_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
