// SPDX-License-Identifier: MIT
//
// Fields of a line: where each begins and ends, what its text stands for, and
// which texts are no numbers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dat/fields.h"

/* The fields that a function takes, in brackets, and how far it came. */
static void expect_fields(const char *got, const char *want, const char *text)
{
	if (strcmp(got, want) != 0)
		fail_msg("%s: %s, not %s", text, got, want);
}

static size_t put_field(char *to, size_t used, const struct field *field)
{
	return used + (size_t)sprintf(
			  to + used, "[%.*s]", (int)field->len, field->text);
}

static void blanks_and_tabs_part_fields(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"", ""},
	    {" \t ", ""},
	    {"a", "[a]"},
	    {" \ta\t bc  ", "[a][bc]"},
	    {"a\vb c", "[a\vb][c]"},
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		char text[32], got[64] = "";
		const char *at = text, *end = text + strlen(rows[i / 2].text);
		struct field field;
		size_t used = 0;

		/* what is behind the end is no part of it */
		snprintf(text, sizeof(text), "%s%s", rows[i / 2].text,
		    i % 2 ? " z" : "z");
		while (field_next(&at, end, &field))
			used = put_field(got, used, &field);
		expect_fields(got, rows[i / 2].want, rows[i / 2].text);
		assert_ptr_equal(at, end);
		assert_int_equal(field.len, 0);
	}
}

static void fields_are_taken_from_the_end_too(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"", ""},
	    {"\t ", ""},
	    {"a", "[a]"},
	    {" a  bc \t", "[bc][a]"},
	    {"abc d\te", "[e][d][abc]"},
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		char whole[32], got[64] = "";
		const char *text = whole + 2;
		const char *end = text + strlen(rows[i / 2].text);
		struct field field;
		size_t used = 0;

		/* nor is what is before its start */
		snprintf(whole, sizeof(whole), "%s%s", i % 2 ? " z" : "z ",
		    rows[i / 2].text);
		while (field_last(text, &end, &field)) {
			assert_ptr_equal(end, field.text);
			used = put_field(got, used, &field);
		}
		expect_fields(got, rows[i / 2].want, text);
		assert_ptr_equal(end, text);
	}
}

/* Nothing behind the end is read, not even a separator. */
static void a_list_has_a_field_more_than_separators(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"", "[]"},
	    {"a", "[a]"},
	    {"a;b", "[a][b]"},
	    {";", "[][]"},
	    {";;a b;", "[][][a b][]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[32], got[64] = "";
		const char *at = text, *end;
		struct field field;
		size_t used = 0;

		snprintf(text, sizeof(text), "%s;z", rows[i].text);
		end = text + strlen(text) - 2;
		while (field_split(&at, end, ';', &field))
			used = put_field(got, used, &field);
		expect_fields(got, rows[i].want, rows[i].text);
	}
}

static void a_key_has_a_value(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: it is not that key */
	} rows[] = {
	    {"key=", ""},
	    {"key=v", "v"},
	    {"key=a=b", "a=b"},
	    {"key", NULL},
	    {"ke=v", NULL},
	    {"keys=v", NULL},
	    {"kex=v", NULL},
	    {"=v", NULL},
	    {"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[32];
		struct field field = {text, strlen(rows[i].text)}, value;

		snprintf(text, sizeof(text), "%s=z", rows[i].text);
		if (field_value(&field, "key", &value) != !!rows[i].want)
			fail_msg("%s", rows[i].text);
		if (!rows[i].want)
			continue;
		assert_int_equal(value.len, strlen(rows[i].want));
		assert_memory_equal(value.text, rows[i].want, value.len);
	}
}

enum { NONE = INT_MIN };

static void whole_numbers_are_those_of_digits(void **state)
{
	static const struct {
		const char *text;
		int number;
		uint64_t count; /* UINT64_MAX: none */
	} rows[] = {
	    {"", NONE, UINT64_MAX},
	    {"-", NONE, UINT64_MAX},
	    {"0", 0, 0},
	    {"9", 9, 9},
	    {"1234567890", 1234567890, 1234567890},
	    {"007", 7, 7},
	    {"-1", -1, UINT64_MAX},
	    {"-12", -12, UINT64_MAX},
	    {"--1", NONE, UINT64_MAX},
	    {"+1", NONE, UINT64_MAX},
	    {"1 ", NONE, UINT64_MAX},
	    {"1/", NONE, UINT64_MAX},
	    {":1", NONE, UINT64_MAX},
	    {"1a", NONE, UINT64_MAX},
	    {"2147483647", INT_MAX, INT_MAX},
	    {"-2147483647", -INT_MAX, UINT64_MAX},
	    {"2147483648", NONE, 2147483648},
	    {"21474836470", NONE, 21474836470},
	    {"18446744073709551614", NONE, UINT64_MAX - 1},
	    {"18446744073709551616", NONE, UINT64_MAX},
	    {"99999999999999999999", NONE, UINT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[32];
		struct field field = {text, strlen(rows[i].text)};
		uint64_t count = UINT64_MAX;
		int number = NONE;

		snprintf(text, sizeof(text), "%s-7", rows[i].text);
		if (field_int(&field, &number) != (rows[i].number != NONE) ||
		    number != rows[i].number)
			fail_msg("%s: %d", rows[i].text, number);
		if (field_count(&field, &count) !=
			(rows[i].count != UINT64_MAX) ||
		    count != rows[i].count)
			fail_msg("%s: %llu", rows[i].text,
			    (unsigned long long)count);
	}
}

/* A byte that no string can contain, and what is no code, stay as they are. */
static void codes_of_bytes_are_decoded(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"", ""},
	    {"plain", "plain"},
	    {"%41%4a%4F%ff%01", "AJO\xff\x01"},
	    {"%25%3b", "%;"},
	    {"%2541", "%41"},
	    {"%00a", "%00a"},
	    {"%", "%"},
	    {"%4", "%4"},
	    {"%4g%g4%/0%:0%@0%`0", "%4g%g4%/0%:0%@0%`0"},
	    {"%G0%a", "%G0%a"},
	    {"%09%90%19%91", "\t\x90\x19\x91"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[64];
		struct field field = {text, strlen(rows[i].text)};
		char *got;

		/* digits behind the field are none of it */
		snprintf(text, sizeof(text), "%s41", rows[i].text);
		got = field_decode(&field);
		assert_string_equal(got, rows[i].want);
		free(got);
	}
}

/* Escapes that mprof never writes were an argument's own characters. */
static void escapes_of_a_command_line_are_undone(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *want;
	} rows[] = {
	    {"", 0, ""},
	    {"a b", 3, "a b"},
	    {"\\na\\tb\\rc", 9, "\na\tb\rc"},
	    {"\\d\\\\n", 5, "\\d\\\n"},
	    {"\\", 1, "\\"},
	    {"\\x", 2, "\\x"},
	    {"\\x1", 3, "\\x1"},
	    {"a\\", 2, "a\\"},
	    {"a\\x", 3, "a\\x"},
	    {"a\\x0", 4, "a\\x0"},
	    {"\\x01\\x1f", 8, "\x01\x1f"},
	    {"\\x20\\x41\\x7e", 12, "\\x20\\x41\\x7e"},
	    {"\\x7f\\x80\\xff!", 13, "\x7f\x80\xff!"},
	    {"\\x00", 4, "\\x00"},
	    {"\\x0g\\xg1\\y01", 12, "\\x0g\\xg1\\y01"},
	    {"a\0b\0", 4, "a\\x00b\\x00"},
	    {"\\\0n", 3, "\\\\x00n"},
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		const char *want = rows[i / 2].want;
		size_t len = rows[i / 2].len;
		char text[32], *got;

		memcpy(text, rows[i / 2].text, len);
		memcpy(text + len, i % 2 ? "n01" : "01n", 4); /* none of it */
		got = field_unescape(text, len);
		assert_string_equal(got, want);
		free(got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blanks_and_tabs_part_fields),
	    cmocka_unit_test(fields_are_taken_from_the_end_too),
	    cmocka_unit_test(a_list_has_a_field_more_than_separators),
	    cmocka_unit_test(a_key_has_a_value),
	    cmocka_unit_test(whole_numbers_are_those_of_digits),
	    cmocka_unit_test(codes_of_bytes_are_decoded),
	    cmocka_unit_test(escapes_of_a_command_line_are_undone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
