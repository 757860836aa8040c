// SPDX-License-Identifier: MIT
#include "proc/argv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "fake_proc.h"

enum { PID = 4711, STARTED = 9, FLAG_EXITING = 4 };

static const char *later; /* the file's text after the next pause */
static const char *later_file = "4711/cmdline";
static bool ends_later; /* or the process ends then */
static int pauses;

static void be(int flags)
{
	fake_process((struct fake_process){
	    .pid = PID, .ppid = 1, .started = STARTED, .flags = flags});
}

/* In place of libc's: what happens while the reader pauses. */
int nanosleep(const struct timespec *requested, struct timespec *left)
{
	(void)requested;
	(void)left;
	pauses++;
	if (later)
		fake_write(later_file, later);
	if (ends_later)
		be(FLAG_EXITING);
	return 0;
}

static void read_is(const char *want)
{
	struct procfs fs;
	struct err e;
	struct argv_reader *reader;
	char text[64] = "?";
	ssize_t len;

	assert_int_equal(procfs_init(&fs, fake_root, &e), 0);
	reader = argv_reader_create(&fs, sizeof(text));
	pauses = 0;
	len = argv_read_settled(reader, PID, STARTED, 60 * NS_PER_S, text);
	assert_int_equal(len, strlen(want));
	assert_string_equal(text, want);
	argv_reader_destroy(reader);
	procfs_finish(&fs);
}

static void a_command_line_is_read_at_once(void **state)
{
	(void)state;
	be(0);
	fake_write("4711/cmdline", "python3");
	read_is("python3");
	assert_int_equal(pauses, 0);
}

/* During an exec it is empty. */
static void an_empty_one_is_read_again(void **state)
{
	(void)state;
	be(0);
	fake_write("4711/cmdline", "");
	later = "python3";
	read_is("python3");
	assert_int_equal(pauses, 1);
	later = NULL;
}

static void that_of_a_process_that_ends_is_not_waited_for(void **state)
{
	(void)state;
	be(0);
	fake_write("4711/cmdline", "");
	ends_later = true;
	read_is("");
	assert_int_equal(pauses, 1);
	ends_later = false;
}

static void one_that_stays_empty_is_not_waited_for_long(void **state)
{
	(void)state;
	be(0);
	fake_write("4711/cmdline", "");
	read_is("");
	assert_true(pauses > 0);
}

static char *variable(void)
{
	struct procfs fs;
	struct err e;
	char *value;

	assert_int_equal(procfs_init(&fs, fake_root, &e), 0);
	pauses = 0;
	value = argv_variable(&fs, PID, "SOME");
	procfs_finish(&fs);
	return value;
}

static void variable_is(const char *want)
{
	char *value = variable();

	assert_non_null(value);
	assert_string_equal(value, want);
	free(value);
}

static void a_variable_is_the_one_of_that_name(void **state)
{
	(void)state;
	be(0);
	fake_write("4711/environ", "SOME=thing=1");
	variable_is("thing=1");
	fake_write("4711/environ", "SOMEONE=else");
	assert_null(variable());
	assert_int_equal(pauses, 0);
}

/* During an exec it is empty. */
static void an_empty_environment_is_read_again(void **state)
{
	(void)state;
	be(0);
	fake_write("4711/environ", "");
	later_file = "4711/environ";
	later = "SOME=thing";
	variable_is("thing");
	assert_int_equal(pauses, 1);
	later = NULL;
	later_file = "4711/cmdline";
}

static void one_that_is_not_to_be_had_is_not_waited_for(void **state)
{
	char path[256];

	(void)state;
	be(0);
	fake_write("4711/environ", "");
	ends_later = true;
	assert_null(variable());
	assert_int_equal(pauses, 1);
	ends_later = false;
	be(0);
	snprintf(path, sizeof(path), "%s/4711/environ", fake_root);
	unlink(path);
	assert_null(variable());
	assert_int_equal(pauses, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_command_line_is_read_at_once),
	    cmocka_unit_test(an_empty_one_is_read_again),
	    cmocka_unit_test(that_of_a_process_that_ends_is_not_waited_for),
	    cmocka_unit_test(one_that_stays_empty_is_not_waited_for_long),
	    cmocka_unit_test(a_variable_is_the_one_of_that_name),
	    cmocka_unit_test(an_empty_environment_is_read_again),
	    cmocka_unit_test(one_that_is_not_to_be_had_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, fake_begin, fake_end);
}
