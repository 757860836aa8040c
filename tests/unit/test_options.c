// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/options.h"

struct values {
	bool multiprocess, children, name, no_exit, nopython, counted;
	double interval, size;
	const char *output, *kind;
	long count;
	struct option_range window;
};

#define AT(member) .offset = offsetof(struct values, member)

static const char *const kinds[] = {"rss", "pss", NULL};

static const struct option_row rows[] = {
    {'M', "multiprocess", NULL, "flag", option_flag, AT(multiprocess)},
    {'C', "include-children", NULL, "flag", option_flag, AT(children)},
    {'T', "interval", "S", "a duration", option_duration, AT(interval)},
    {'o', "output", "F", "text", option_text, AT(output)},
    {0, "own", NULL, "flag", option_flag, AT(name), .ours = true},
    {0, "nopython", NULL, "flag", option_flag, AT(nopython)},
    {0, "no-exit-code", NULL, "flag", option_flag, AT(no_exit), .ours = true},
    {0, "size", "SIZE", "a size", option_size, AT(size)},
    {0, "backend", "B", "one of", option_choice, AT(kind), .choices = kinds},
    {'n', "count", "N", "whole", option_whole, AT(count),
	.implies = offsetof(struct values, counted)},
    {'w', "window", "A,B", "range", option_range, AT(window)}, {0}};

enum { MOST = 16 };

/* The words live as long as the program, as those of main() do. */
static char *argvs[128][MOST + 1];
static size_t argvs_used;

static char error[sizeof(((struct err *)0)->text)];

/* Parses the words up to NULL; *rest is what is left, joined by blanks. */
static enum option_result parse(struct values *values, bool stop_early,
    const char *const *words, char *rest)
{
	struct option_call call = {rows, values, stop_early};
	char **argv = argvs[argvs_used++];
	int argc = 1, first = 0;
	enum option_result result;
	struct err e = {""};

	argv[0] = (char *)"cmd";
	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)words[argc - 1];
	*values = (struct values){0};
	result = options_parse(&call, argc, argv, &first, &e);
	strcpy(error, e.text);
	rest[0] = 0;
	for (int i = first; i < argc; i++)
		strcat(strcat(rest, i > first ? " " : ""), argv[i]);
	return result;
}

#define PARSE(...) \
	parse(&v, false, (const char *const[]){__VA_ARGS__, NULL}, rest)
#define PARSE_EARLY(...) \
	parse(&v, true, (const char *const[]){__VA_ARGS__, NULL}, rest)

static void test_bundles(void **state)
{
	struct values v;
	char rest[256];

	(void)state;
	assert_int_equal(PARSE("-MCT0.2", "x"), OPTION_RUN);
	assert_true(v.multiprocess && v.children && v.interval == 0.2);
	assert_string_equal(rest, "x");
}

static void test_abbreviations(void **state)
{
	struct values v;
	char rest[256];

	(void)state;
	assert_int_equal(
	    PARSE("--inc", "--int=10ms", "--out", "f"), OPTION_RUN);
	assert_true(v.children && v.interval == 0.01);
	assert_string_equal(v.output, "f");
	/* --o fits ours too, --no fits one of theirs and one of ours */
	assert_int_equal(PARSE("x", "--o=f", "y", "--no"), OPTION_RUN);
	assert_string_equal(v.output, "f");
	assert_true(v.nopython && !v.no_exit && !v.name);
	assert_string_equal(rest, "x y");
	assert_int_equal(PARSE("--no-"), OPTION_RUN);
	assert_true(v.no_exit);
}

static void test_negative_numbers(void **state)
{
	struct values v;
	char rest[256];

	(void)state;
	assert_int_equal(PARSE("-1", "-M", "-22"), OPTION_RUN);
	assert_true(v.multiprocess);
	assert_string_equal(rest, "-1 -22");
	assert_int_equal(PARSE("--window", "-1,5", "-o", "-3"), OPTION_RUN);
	assert_true(v.window.given && v.window.first == -1);
	assert_string_equal(v.output, "-3");
	assert_int_equal(PARSE("--", "-1", "-M"), OPTION_RUN);
	assert_string_equal(rest, "-1 -M");
	assert_int_equal(PARSE("\001name"), OPTION_RUN);
	assert_string_equal(rest, "\001name");
}

static void test_stop_early(void **state)
{
	struct values v;
	char rest[256];

	(void)state;
	assert_int_equal(PARSE_EARLY("-M", "prog", "-C", "-1"), OPTION_RUN);
	assert_true(v.multiprocess && !v.children);
	assert_string_equal(rest, "prog -C -1");
	assert_int_equal(PARSE("-M", "prog", "-C"), OPTION_RUN);
	assert_true(v.children);
}

static void test_help_and_version(void **state)
{
	struct values v;
	char rest[256];

	(void)state;
	assert_int_equal(PARSE("x", "-h"), OPTION_HELP);
	assert_int_equal(PARSE("--he"), OPTION_HELP);
	assert_int_equal(PARSE("--version"), OPTION_VERSION);
	assert_int_equal(PARSE_EARLY("prog", "--version"), OPTION_RUN);
}

static void test_misuse(void **state)
{
	struct values v;
	char rest[256];

	(void)state;
	assert_int_equal(PARSE("-x"), OPTION_BAD);
	assert_string_equal(error, "unknown option -x in -x");
	assert_int_equal(PARSE("--ouptut=f"), OPTION_BAD);
	assert_non_null(strstr(error, "did you mean --output?"));
	assert_int_equal(PARSE("--output"), OPTION_BAD);
	assert_string_equal(error, "option --output needs a value: F");
	assert_int_equal(PARSE("-MT"), OPTION_BAD);
	assert_string_equal(error, "option -MT needs a value: S");
	assert_int_equal(PARSE("--own=3"), OPTION_BAD);
	assert_string_equal(error, "option --own takes no value");
	assert_int_equal(PARSE("--backend=uss"), OPTION_BAD);
	assert_string_equal(
	    error, "option --backend: uss: is none of rss, pss");
	assert_int_equal(PARSE("--zzzzzzzz"), OPTION_BAD);
	assert_null(strstr(error, "did you mean"));
}

static bool is_duration(const char *text, double expected)
{
	double got = -1;
	struct err e;

	return duration_parse(text, &got, &e) == 0 && got == expected;
}

static bool is_size(const char *text, double expected)
{
	double got = -1;
	struct err e;

	return size_parse(text, &got, &e) == 0 && got == expected;
}

static void test_values(void **state)
{
	static const char *const none[] = {"", "0", "-1", "nan", "inf", "x",
	    "1x", "0x10", "1e999", "0.0s", " 1", "1s s", "+1", "-0.1"};
	double got;
	struct err e;

	(void)state;
	assert_true(is_duration("0.1", 0.1) && is_duration("10ms", 10 * 1e-3));
	assert_true(is_duration("2 min", 120) && is_duration("1h", 3600));
	assert_true(is_duration(".5S", 0.5) && is_duration("1e-3", 1e-3));
	assert_true(is_size("512", 512) && is_size("2G", 2048));
	assert_true(is_size("1024 KiB", 1) && is_size("1mb", 1e6 / 1048576));
	assert_true(is_size("1048576b", 1));
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_int_equal(duration_parse(none[i], &got, &e), -1);
		assert_int_equal(size_parse(none[i], &got, &e), -1);
	}
}

static void test_whole_and_range(void **state)
{
	struct values v;
	char rest[256];

	(void)state;
	assert_int_equal(PARSE("-n7", "-w", "0,20.5"), OPTION_RUN);
	assert_int_equal(v.count, 7);
	assert_true(v.window.first == 0 && v.window.last == 20.5);
	assert_int_equal(PARSE("-n-7"), OPTION_BAD);
	assert_int_equal(PARSE("-n7.5"), OPTION_BAD);
	assert_int_equal(PARSE("-n99999999999999999999"), OPTION_BAD);
	assert_int_equal(PARSE("-w5"), OPTION_BAD);
	assert_int_equal(PARSE("-w5,5"), OPTION_BAD);
	assert_int_equal(PARSE("-w5,nan"), OPTION_BAD);
	assert_int_equal(PARSE("-w1,2,3"), OPTION_BAD);
	assert_int_equal(PARSE("-w1,"), OPTION_BAD);
}

static void test_nearest(void **state)
{
	static const char *const names[] = {"run", "plot", "peak", "clean"};

	(void)state;
	assert_string_equal(options_nearest("plto", names, 4), "plot");
	assert_string_equal(options_nearest("pek", names, 4), "peak");
	assert_string_equal(options_nearest("claen", names, 4), "clean");
	assert_string_equal(options_nearest("cleann=x", names, 4), "clean");
	assert_null(options_nearest("zz", names, 4));
	assert_null(options_nearest("", names, 4));
}

static void test_printed_help(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	options_print_help(rows, out);
	fclose(out);
	assert_non_null(
	    strstr(text, "  -T, --interval S          a duration\n"));
	assert_non_null(strstr(text, "      --own                 flag\n"));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strlen(line) < 80);
	free(text);
}

static void an_option_implies_another_where_its_value_is_good(void **state)
{
	struct values values;
	char rest[64];

	(void)state;
	assert_int_equal(
	    parse(&values, false, (const char *const[]){"-n", "3", NULL}, rest),
	    OPTION_RUN);
	assert_int_equal(values.count, 3);
	assert_true(values.counted);
	assert_int_equal(
	    parse(&values, false, (const char *const[]){"-n", "x", NULL}, rest),
	    OPTION_BAD);
	assert_false(values.counted);
	assert_int_equal(
	    parse(&values, false, (const char *const[]){"-T", "1", NULL}, rest),
	    OPTION_RUN);
	assert_false(values.counted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bundles),
	    cmocka_unit_test(an_option_implies_another_where_its_value_is_good),
	    cmocka_unit_test(test_abbreviations),
	    cmocka_unit_test(test_negative_numbers),
	    cmocka_unit_test(test_stop_early),
	    cmocka_unit_test(test_help_and_version),
	    cmocka_unit_test(test_misuse),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_whole_and_range),
	    cmocka_unit_test(test_nearest),
	    cmocka_unit_test(test_printed_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
