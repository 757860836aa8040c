// SPDX-License-Identifier: MIT
//
// Outputs where nothing more can be written: a full disk, by way of a limit
// that any user may set.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/io.h"

static char folder[] = "/tmp/mprof-test-io.XXXXXX";

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void put_old(void)
{
	FILE *file = fopen("out", "w");

	assert_non_null(file);
	fputs("old", file);
	assert_int_equal(fclose(file), 0);
}

static void expect_content(const char *name, const char *want)
{
	char got[64] = "";
	FILE *file = fopen(name, "r");

	assert_non_null(file);
	got[fread(got, 1, sizeof(got) - 1, file)] = 0;
	fclose(file);
	assert_string_equal(got, want);
}

static void what_is_whole_is_put_in_place(void **state)
{
	struct io_output out;
	struct err e;

	(void)state;
	put_old();
	assert_int_equal(io_output_open(&out, "out", &e), 0);
	fputs("new text", out.stream);
	expect_content("out", "old");
	assert_int_equal(io_output_commit(&out, &e), 0);
	expect_content("out", "new text");
}

/* All of it is in the stream's buffer until the stream is closed. */
static void a_failure_to_close_leaves_the_old_file(void **state)
{
	struct io_output out;
	struct err e;
	int got;

	(void)state;
	put_old();
	assert_int_equal(io_output_open(&out, "out", &e), 0);
	fputs("new text", out.stream);
	limit_files(0);
	got = io_output_commit(&out, &e);
	limit_files(RLIM_INFINITY);
	assert_int_equal(got, -1);
	assert_non_null(strstr(e.text, "out: not written"));
	expect_content("out", "old");
	/* Nothing else is left beside it. */
	assert_int_equal(unlink("out"), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_non_null(mkdtemp(strcpy(folder, "/tmp/mprof-test-io.XXXXXX")));
	assert_int_equal(chdir(folder), 0);
}

/* Then closing is what succeeds. */
static void a_failure_to_write_is_remembered(void **state)
{
	struct io_output out;
	struct err e;
	int got;

	(void)state;
	put_old();
	assert_int_equal(io_output_open(&out, "out", &e), 0);
	limit_files(0);
	fputs("new text", out.stream);
	fflush(out.stream);
	limit_files(RLIM_INFINITY);
	got = io_output_commit(&out, &e);
	assert_int_equal(got, -1);
	expect_content("out", "old");
}

static int begin(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	unlink("out");
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_whole_is_put_in_place),
	    cmocka_unit_test(a_failure_to_close_leaves_the_old_file),
	    cmocka_unit_test(a_failure_to_write_is_remembered),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
