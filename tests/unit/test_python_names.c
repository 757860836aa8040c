// SPDX-License-Identifier: MIT
// A Python interpreter's command line, and paths of its files.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/python_command.h"
#include "base/python_path.h"

#define READ(...)            \
	python_command_read( \
	    (char *const[]){(char *)"python3", __VA_ARGS__, NULL})

static void a_script_is_the_first_word(void **state)
{
	struct python_command got;

	(void)state;
	got = READ((char *)"a.py", (char *)"-m", (char *)"b");
	assert_string_equal(got.program, "a.py");
	assert_false(got.is_module || got.is_isolated || got.has_long);
	got = READ((char *)"-u", (char *)"-O", (char *)"a.py");
	assert_string_equal(got.program, "a.py");
	assert_false(got.is_module || got.is_isolated);
	got = python_command_read((char *const[]){(char *)"python3", NULL});
	assert_null(got.program);
	got = python_command_read((char *const[]){NULL});
	assert_null(got.program);
}

static void values_of_options_are_no_script(void **state)
{
	struct python_command got;

	(void)state;
	got = READ((char *)"-X", (char *)"dev", (char *)"a.py");
	assert_string_equal(got.program, "a.py");
	got = READ((char *)"-Xdev", (char *)"a.py");
	assert_string_equal(got.program, "a.py");
	got = READ((char *)"-uW", (char *)"error", (char *)"a.py");
	assert_string_equal(got.program, "a.py");
	got = READ((char *)"-W");
	assert_null(got.program);
}

static void a_module_is_named_in_its_option_or_behind_it(void **state)
{
	struct python_command got;

	(void)state;
	got = READ((char *)"-m", (char *)"http.server", (char *)"x");
	assert_string_equal(got.program, "http.server");
	assert_true(got.is_module);
	got = READ((char *)"-mjson.tool");
	assert_string_equal(got.program, "json.tool");
	assert_true(got.is_module);
	got = READ((char *)"-um", (char *)"a");
	assert_string_equal(got.program, "a");
	got = READ((char *)"-m");
	assert_true(!got.program && got.is_module);
}

/* A program in the command line, or on a pipe, has no name. */
static void some_programs_have_no_name(void **state)
{
	struct python_command got;

	(void)state;
	got = READ((char *)"-c", (char *)"pass", (char *)"a.py");
	assert_true(!got.program && !got.is_module);
	got = READ((char *)"-cpass", (char *)"a.py");
	assert_null(got.program);
	got = READ((char *)"-", (char *)"a.py");
	assert_null(got.program);
}

static void isolation_and_long_options_are_seen(void **state)
{
	struct python_command got;

	(void)state;
	assert_true(READ((char *)"-I", (char *)"a.py").is_isolated);
	assert_true(READ((char *)"-uP", (char *)"a.py").is_isolated);
	assert_true(READ((char *)"-Im", (char *)"a").is_isolated);
	/* letters of a value mean nothing */
	assert_false(READ((char *)"-mI", (char *)"a").is_isolated);
	assert_false(READ((char *)"-WI", (char *)"a.py").is_isolated);
	assert_true(READ((char *)"-I", (char *)"-u", (char *)"a").is_isolated);
	got = READ((char *)"--check-hash-based-pycs", (char *)"always",
	    (char *)"a.py");
	assert_true(got.has_long);
	assert_string_equal(got.program, "a.py");
	got = READ((char *)"--help-all", (char *)"a.py");
	assert_true(got.has_long);
	assert_string_equal(got.program, "a.py");
	got = READ((char *)"--check-hash-based-pycs");
	assert_true(got.has_long && !got.program);
}

static void what_is_in_a_package(void **state)
{
	(void)state;
	assert_string_equal(
	    python_path_in_package("/v/lib/python3/site-packages/six.py"),
	    "six.py");
	assert_string_equal(
	    python_path_in_package("/usr/lib/python3/dist-packages/a/b.py"),
	    "a/b.py");
	/* the innermost of several, whichever it is */
	assert_string_equal(
	    python_path_in_package("/a/site-packages/b/dist-packages/c/d.py"),
	    "c/d.py");
	assert_string_equal(
	    python_path_in_package("/a/dist-packages/b/site-packages/c/d.py"),
	    "c/d.py");
	assert_string_equal(
	    python_path_in_package("/a/site-packages/b/site-packages/c.py"),
	    "c.py");
	assert_null(python_path_in_package("/srv/site-packages.py"));
	assert_null(python_path_in_package("/usr/lib/python3.11/json/a.py"));
}

static void what_is_in_the_standard_library(void **state)
{
	(void)state;
	assert_string_equal(
	    python_path_in_standard("/usr/lib/python3.11/json/a.py"),
	    "json/a.py");
	assert_string_equal(
	    python_path_in_standard("/usr/lib64/python3.11/re.py"), "re.py");
	assert_string_equal(
	    python_path_in_standard("/opt/lib/pypy3.10/re.py"), "re.py");
	assert_string_equal(
	    python_path_in_standard("/lib/python/lib/python3.11/re.py"),
	    "re.py");
	assert_null(python_path_in_standard("/usr/lib/python/re.py"));
	assert_null(python_path_in_standard("/usr/lib/python3.11"));
	assert_null(python_path_in_standard("/srv/re.py"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_script_is_the_first_word),
	    cmocka_unit_test(values_of_options_are_no_script),
	    cmocka_unit_test(a_module_is_named_in_its_option_or_behind_it),
	    cmocka_unit_test(some_programs_have_no_name),
	    cmocka_unit_test(isolation_and_long_options_are_seen),
	    cmocka_unit_test(what_is_in_a_package),
	    cmocka_unit_test(what_is_in_the_standard_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
