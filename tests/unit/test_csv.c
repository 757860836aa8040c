// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "csv/cells.h"
#include "csv/columns.h"
#include "csv/export.h"

static void assert_number(const char *text, bool comma, double expected)
{
	const char *rest;
	double got;

	assert_true(cell_number(text, comma, &got, &rest));
	assert_true(got == expected);
}

static void test_numbers(void **state)
{
	const char *rest;
	double got;

	(void)state;
	assert_number(" 1.5", false, 1.5);
	assert_number("1,5", true, 1.5);
	assert_number("1,5", false, 1);
	assert_number("-2e3x", false, -2000);
	assert_false(cell_number("", false, &got, &rest));
	assert_false(cell_number("x1", false, &got, &rest));
	assert_false(cell_number("0x10", false, &got, &rest));
	assert_true(cell_number("12 MB", false, &got, &rest));
	assert_string_equal(rest, " MB");
}

static void assert_time(const char *text, double expected)
{
	double got = -1;

	if (!cell_time(text, false, &got) || fabs(got - expected) > 1e-6)
		fail_msg("%s: %.3f, not %.3f", text, got, expected);
}

static void test_times(void **state)
{
	static const char *const none[] = {"", "x", "12:3", "25:00:00",
	    "13:00:00 PM", "12:61:00", "2026-11-22", "2026-11-22T14:39:37+x",
	    "2026-11-22X14:39:37", "1.5s", "12:00:00 XM"};
	double got;

	(void)state;
	setenv("TZ", "UTC-1", 1);
	tzset();
	assert_time("1.5", 1.5);
	assert_time("1700000000.25", 1700000000.25);
	assert_time("1700000000250", 1700000000.25);
	assert_time("1700000000250000", 1700000000.25);
	assert_time("1700000000250000000", 1700000000.25);
	assert_time("14:39:37.5", 52777.5);
	assert_time("12:00:01 AM", 1);
	assert_time("02:39:37 pm", 52777);
	assert_time("2023-11-14T22:13:20Z", 1700000000);
	assert_time("2023-11-14 22:13:20.25+00:00", 1700000000.25);
	assert_time("2023-11-14T23:13:20,5+0100", 1700000000.5);
	assert_time("2023-11-14T23:13:20", 1700000000);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		if (cell_time(none[i], false, &got))
			fail_msg("%s was taken for a time", none[i]);
	}
}

static void test_units(void **state)
{
	(void)state;
	assert_true(cell_unit("KiB") == 1.0 / 1024);
	assert_true(cell_unit("mib") == 1 && cell_unit("G") == 1024);
	assert_true(cell_unit("MB") == 1e6 / 1048576);
	assert_true(cell_unit("bytes") == 1.0 / 1048576);
	assert_true(cell_unit("") == 0 && cell_unit("stone") == 0);
}

enum { MOST = 12 };

/* The columns of a header whose names are separated by bars. */
static int find(const char *header, const struct csv_options *options,
    struct columns *columns, struct err *e)
{
	char copy[256], *names[MOST], *save = NULL;
	size_t count = 0;

	strcpy(copy, header);
	for (char *name = strtok_r(copy, "|", &save); name;
	     name = strtok_r(NULL, "|", &save))
		names[count++] = name;
	return columns_find(columns, names, count, options, e);
}

static void assert_columns(
    const char *header, size_t time, size_t memory, double unit)
{
	const struct csv_options guess = {0};
	struct columns columns;
	struct err e;

	if (find(header, &guess, &columns, &e) != 0)
		fail_msg("%s: %s", header, e.text);
	assert_int_equal(columns.at[COLUMN_TIME], time);
	assert_int_equal(columns.at[COLUMN_MEMORY], memory);
	assert_true(columns.unit_mib == unit);
	assert_false(columns.unit_assumed);
}

static void test_guessed_columns(void **state)
{
	(void)state;
	assert_columns("time|elapsed|pid|name|metric|mib", 0, 5, 1);
	assert_columns("Time|RSS (KiB)", 0, 1, 1.0 / 1024);
	assert_columns("cpu|Timestamp|mem_bytes", 1, 2, 1.0 / 1048576);
	assert_columns("Elapsed Time|CPU (%)|Real [GiB]", 0, 2, 1024);
	assert_columns("t|uss|pss|rss_kb", 0, 3, 1e3 / 1048576);
	assert_columns("elapsed_time|cpu|mem_real", 0, 2, 1);
	assert_columns("Time|wtime|pss|rss", 0, 3, 1.0 / 1024);
	assert_columns(
	    "Time|UID|PID|minflt/s|majflt/s|VSZ|RSS", 0, 6, 1.0 / 1024);
}

static void test_assumed_unit(void **state)
{
	const struct csv_options guess = {0};
	struct columns columns;
	struct err e;

	(void)state;
	assert_int_equal(find("time|rss", &guess, &columns, &e), 0);
	assert_true(columns.unit_assumed && columns.unit_mib == 1);
	assert_int_equal(find("time|memory (x)", &guess, &columns, &e), 0);
	assert_true(columns.unit_assumed);
}

static void test_time_in_the_title(void **state)
{
	const struct csv_options guess = {0};
	struct columns columns;
	struct err e;

	(void)state;
	assert_int_equal(find("elapsed_ms|mem_mib", &guess, &columns, &e), 0);
	assert_true(columns.time_scale == 1e-3);
	assert_int_equal(find("Time (min)|mem_mib", &guess, &columns, &e), 0);
	assert_true(columns.time_scale == 60);
	assert_int_equal(find("time|mem_mib", &guess, &columns, &e), 0);
	assert_true(columns.time_scale == 0);
	assert_int_equal(columns.at[COLUMN_ELAPSED], COLUMN_NONE);
}

static void test_named_columns(void **state)
{
	struct csv_options options = {.time = "A", .mem = "b", .unit = "kib"};
	struct columns columns;
	struct err e;

	(void)state;
	assert_int_equal(find("a|A|B|2", &options, &columns, &e), 0);
	assert_int_equal(columns.at[COLUMN_TIME], 1);
	assert_int_equal(columns.at[COLUMN_MEMORY], 2);
	assert_true(columns.unit_mib == 1.0 / 1024);
	options.mem = "2";
	assert_int_equal(find("a|A|B|2", &options, &columns, &e), 0);
	assert_int_equal(columns.at[COLUMN_MEMORY], 3);
	assert_int_equal(find("a|A|B", &options, &columns, &e), 0);
	assert_int_equal(columns.at[COLUMN_MEMORY], 1);
	options.mem = "9";
	assert_int_equal(find("a|A|B", &options, &columns, &e), -1);
	assert_string_equal(
	    e.text, "no column is named 9; the columns are: a, A, B");
}

static struct layout layout_of(const char *bytes)
{
	struct layout layout;

	assert_true(layout_find(&layout, bytes, strlen(bytes)));
	return layout;
}

static void test_layouts(void **state)
{
	struct layout layout;

	(void)state;
	assert_int_equal(layout_of("a,b;c,d\n").delimiter, ',');
	assert_int_equal(layout_of("a;b;c,d\n").delimiter, ';');
	assert_int_equal(layout_of("\"a,b,c\"\td\n").delimiter, '\t');
	assert_int_equal(layout_of("alone\n").delimiter, ',');
	assert_true(layout_of("# Time  UID PID\n1 2 3\n").aligned);
	assert_true(layout_of("# Elapsed time   CPU (%)\n").psrecord);
	layout = layout_of("Linux 6.1 (host) x\n\n# Time UID\n1 2\n");
	assert_int_equal(layout.start, 20);
	assert_int_equal(layout.end, 30);
	layout = layout_of("\xef\xbb\xbf"
			   "a,b");
	assert_int_equal(layout.start, 3);
	assert_int_equal(layout.end, 6);
	assert_false(layout_find(&layout, "\n \r\n", 4));
}

static void test_guards(void **state)
{
	static const char *const texts[] = {"", "plain", "=1", "+1", "-1", "@x",
	    "|x", "%x", "'x", "'=x", "''", "a=b"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *guarded = csv_guard(texts[i]);
		char *back = csv_unguard(guarded);

		assert_true(!*guarded || !strchr("=+-@|%", *guarded));
		assert_string_equal(back, texts[i]);
		free(guarded);
		free(back);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_units),
	    cmocka_unit_test(test_guessed_columns),
	    cmocka_unit_test(test_assumed_unit),
	    cmocka_unit_test(test_time_in_the_title),
	    cmocka_unit_test(test_named_columns),
	    cmocka_unit_test(test_layouts),
	    cmocka_unit_test(test_guards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
