// SPDX-License-Identifier: MIT
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"
#include "base/random.h"

static char *text;
static size_t size;
static struct json json;

static int begin(void **state)
{
	(void)state;
	json_init(&json, open_memstream(&text, &size));
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(text);
	return 0;
}

static const char *written(void)
{
	fclose(json.out);
	return text;
}

static void nested(void **state)
{
	(void)state;
	json_open(&json, '{');
	json_key(&json, "a");
	json_whole(&json, -3);
	json_key(&json, "list");
	json_open(&json, '[');
	json_bool(&json, true);
	json_text(&json, NULL);
	json_close(&json, ']');
	json_key(&json, "none");
	json_open(&json, '[');
	json_close(&json, ']');
	json_close(&json, '}');
	assert_string_equal(written(),
	    "{\n  \"a\": -3,\n  \"list\": [\n    true,\n    null\n  ],\n"
	    "  \"none\": []\n}\n");
}

static void members(void **state)
{
	(void)state;
	json_open(&json, '{');
	json_member_text(&json, "text", "a");
	json_member_text(&json, "unknown", NULL);
	json_member_number(&json, "number", 0.1);
	json_member_rounded(&json, "rounded", 1.24, 1);
	json_member_whole(&json, "whole", INT64_MAX);
	json_member_bool(&json, "bool", false);
	json_member_open(&json, "list", '[');
	json_close(&json, ']');
	json_close(&json, '}');
	assert_string_equal(written(),
	    "{\n  \"text\": \"a\",\n  \"unknown\": null,\n"
	    "  \"number\": 0.1,\n  \"rounded\": 1.2,\n"
	    "  \"whole\": 9223372036854775807,\n  \"bool\": false,\n"
	    "  \"list\": []\n}\n");
}

static void hostile_text(void **state)
{
	(void)state;
	json_text(
	    &json, "a\"b\\c\n\t\033[31m\x7f\xff</script>\xe2\x80\xaeq\xc3\xa9");
	assert_string_equal(written(),
	    "\"a\\\"b\\\\c\\n\\t\\u001b[31m\\u007f\\ufffd\\u003c/script>"
	    "\\u202eq\xc3\xa9\"");
}

static void numbers(void **state)
{
	(void)state;
	json_open(&json, '[');
	json_number(&json, 0.1);
	json_number(&json, 1795358375.1234);
	json_number(&json, NAN);
	json_rounded(&json, 21.7265634, 3);
	json_rounded(&json, -0.0001, 2);
	json_close(&json, ']');
	assert_string_equal(written(),
	    "[\n  0.1,\n  1795358375.1234,\n  null,\n  21.727,\n  0\n]\n");
}

/* As few digits as read back to the same number, six where they do. */
static void pairs_and_digits(void **state)
{
	(void)state;
	json_open(&json, '[');
	json_pair(&json, 1.5, INFINITY);
	json_pair(&json, 1 / 3.0, 1e300);
	json_number(&json, 123456);
	json_number(&json, 1234567);
	json_number(&json, 0.1 + 0.2);
	json_rounded(&json, 100, 0);
	json_rounded(&json, 100, 2);
	json_rounded(&json, 0.00002, 6);
	json_rounded(&json, -INFINITY, 2);
	json_close(&json, ']');
	assert_string_equal(written(),
	    "[\n  [1.5, null],\n  [0.3333333333333333, 1e+300],\n  123456,\n"
	    "  1234567,\n  0.30000000000000004,\n  100,\n  100,\n  2e-05,\n"
	    "  null\n]\n");
}

/* It may have 16 bits, or more: a tag character, which can't be seen. */
static void unseen_text(void **state)
{
	(void)state;
	json_text(&json, "a\xf3\xa0\x80\x81z\xf0\x9f\x98\x80\xef\xbf\xbf");
	assert_string_equal(
	    written(), "\"a\\udb40\\udc01z\xf0\x9f\x98\x80\\uffff\"");
}

/* Whatever is rounded is read back as the rounded number, and has no zeros
 * behind its decimals. */
static void rounded_numbers(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		int decimals = i % 7;
		double number = ldexp(random_unit(&seed) - 0.5, i % 60 - 8);
		double scale = pow(10, decimals);
		char *end;

		rewind(json.out);
		json_init(&json, json.out);
		json_rounded(&json, number, decimals);
		fputc('\n', json.out);
		fflush(json.out);
		assert_true(
		    strtod(text, &end) == round(number * scale) / scale);
		assert_int_equal(*end, '\n');
		*end = 0;
		assert_true(!strchr(text, '.') || end[-1] != '0');
		assert_string_not_equal(text, "-0");
	}
	fclose(json.out);
}

static void compact(void **state)
{
	(void)state;
	json_init_compact(&json, json.out);
	json_open(&json, '{');
	json_key(&json, "list");
	json_open(&json, '[');
	for (int i = 0; i < 2; i++) {
		json_open(&json, '{');
		json_key(&json, "at");
		json_rounded(&json, i + 0.25, 6);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_key(&json, "cut");
	json_text_cut(&json, "\xc3\xa9q<r", 3);
	json_key(&json, "whole");
	json_text_cut(&json, "abc", 3);
	json_close(&json, '}');
	assert_string_equal(written(),
	    "{\"list\":[\n{\"at\":0.25},\n{\"at\":1.25}],"
	    "\"cut\":\"\xc3\xa9q\\u003c\\u2026\",\"whole\":\"abc\"}");
}

/* The examples of RFC 4648. */
static void base64(void **state)
{
	(void)state;
	json_open(&json, '[');
	for (size_t len = 0; len <= 4; len++)
		json_base64(&json, "foob", len);
	json_close(&json, ']');
	assert_string_equal(written(),
	    "[\n  \"\",\n  \"Zg==\",\n  \"Zm8=\",\n  \"Zm9v\",\n"
	    "  \"Zm9vYg==\"\n]\n");
}

/* A document a line, and what begins anew in it. */
static void one_line(void **state)
{
	(void)state;
	json_init_line(&json, json.out);
	for (int i = 0; i < 2; i++) {
		json_open_document(&json, 3);
		json_key(&json, "list");
		json_open(&json, '[');
		json_open(&json, '{');
		json_close(&json, '}');
		json_open(&json, '[');
		json_whole(&json, 1);
		json_whole(&json, 2);
		json_close(&json, ']');
		json_close(&json, ']');
		json_close(&json, '}');
		json_init_line(&json, json.out);
	}
	assert_string_equal(written(), "{\"schema\":3,\"list\":[{},[1,2]]}\n"
				       "{\"schema\":3,\"list\":[{},[1,2]]}\n");
}

/* In the compact form objects in a list have lines of their own, lists and what
 * has a key have none. */
static void lines_of_the_compact_form(void **state)
{
	(void)state;
	json_init_compact(&json, json.out);
	json_open(&json, '{');
	json_key(&json, "a");
	json_open(&json, '{');
	json_key(&json, "b");
	json_open(&json, '[');
	json_open(&json, '[');
	json_bool(&json, false);
	json_close(&json, ']');
	json_open(&json, '{');
	json_close(&json, '}');
	json_close(&json, ']');
	json_close(&json, '}');
	json_close(&json, '}');
	assert_string_equal(written(), "{\"a\":{\"b\":[[false],\n{}]}}");
}

/* On both sides of the limits at which the form changes. */
static void rounded_at_the_limits(void **state)
{
	static const struct {
		double number;
		int decimals;
		const char *text;
	} rows[] = {
	    {0.0001, 6, "0.0001"},
	    {0.000099, 6, "9.9e-05"},
	    {-0.0001, 6, "-0.0001"},
	    {0, 6, "0"},
	    {-0.4, 0, "0"},
	    {0.5, 0, "1"},
	    {120, 0, "120"},
	    {120.5, 1, "120.5"},
	    {100.004, 2, "100"},
	    {10.1, 3, "10.1"},
	    {0x1p53 - 1, 0, "9007199254740991"},
	    {0x1p53, 0, "9007199254740992"},
	    {0x1p60, 0, "1.152921504606847e+18"},
	    {1e300, 6, "1e+300"},
	    {NAN, 2, "null"},
	};

	(void)state;
	json_init_line(&json, json.out);
	json_open(&json, '[');
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t before;

		fflush(json.out);
		before = size;
		json_rounded(&json, rows[i].number, rows[i].decimals);
		fflush(json.out);
		assert_string_equal(text + before + (i ? 1 : 0), rows[i].text);
	}
	written();
}

/* As many characters as are asked for, and a sign of the rest. */
static void a_text_is_cut_behind_characters(void **state)
{
	(void)state;
	json_init_line(&json, json.out);
	json_open(&json, '[');
	json_text_cut(&json, "\xc3\xa9\xc3\xa9", 1);
	json_text_cut(&json, "\xc3\xa9\xc3\xa9", 2);
	json_text_cut(&json, "ab", 0);
	json_text_cut(&json, "", 0);
	json_text(&json, "");
	json_close(&json, ']');
	assert_string_equal(written(),
	    "[\"\xc3\xa9\\u2026\",\"\xc3\xa9\xc3\xa9\",\"\\u2026\","
	    "\"\",\"\"]\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(nested, begin, end),
	    cmocka_unit_test_setup_teardown(members, begin, end),
	    cmocka_unit_test_setup_teardown(hostile_text, begin, end),
	    cmocka_unit_test_setup_teardown(unseen_text, begin, end),
	    cmocka_unit_test_setup_teardown(numbers, begin, end),
	    cmocka_unit_test_setup_teardown(pairs_and_digits, begin, end),
	    cmocka_unit_test_setup_teardown(rounded_numbers, begin, end),
	    cmocka_unit_test_setup_teardown(compact, begin, end),
	    cmocka_unit_test_setup_teardown(base64, begin, end),
	    cmocka_unit_test_setup_teardown(one_line, begin, end),
	    cmocka_unit_test_setup_teardown(
		lines_of_the_compact_form, begin, end),
	    cmocka_unit_test_setup_teardown(rounded_at_the_limits, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_text_is_cut_behind_characters, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
