// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/prometheus.h"
#include "base/utf8.h"

static void assert_codes(const char *text, const int32_t *codes)
{
	for (; *codes; codes++)
		assert_int_equal(utf8_next(&text), *codes);
	assert_int_equal(utf8_next(&text), 0);
	assert_int_equal(*text, 0);
}

#define CODES(...) ((const int32_t[]){__VA_ARGS__, 0})

static void test_next(void **state)
{
	(void)state;
	assert_codes("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
	    CODES('a', 0xe9, 0x20ac, 0x1f600));
	/* overlong, surrogate, beyond the last, cut off, stray */
	assert_codes("\xc0\x80", CODES(-1, -1));
	assert_codes("\xe0\x80\x80", CODES(-1, -1, -1));
	assert_codes("\xed\xa0\x80", CODES(-1, -1, -1));
	assert_codes("\xed\xbf\xbf", CODES(-1, -1, -1));
	assert_codes("\xed\x9f\xbf\xee\x80\x80", CODES(0xd7ff, 0xe000));
	assert_codes("\xf4\x90\x80\x80", CODES(-1, -1, -1, -1));
	assert_codes("\xe2\x82", CODES(-1, -1));
	assert_codes("\xe2z", CODES(-1, 'z'));
	assert_codes("\xff\x80", CODES(-1, -1));
	/* the first and the last of each length */
	assert_codes("\xc1\xbf\xc2\x80", CODES(-1, -1, 0x80));
	assert_codes("\xdf\xbf", CODES(0x7ff));
	assert_codes("\xe0\x9f\xbf", CODES(-1, -1, -1));
	assert_codes("\xe0\xa0\x80\xef\xbf\xbf", CODES(0x800, 0xffff));
	assert_codes("\xf0\x8f\xbf\xbf", CODES(-1, -1, -1, -1));
	assert_codes("\xf0\x90\x80\x80", CODES(0x10000));
	assert_codes("\xf4\x8f\xbf\xbf", CODES(0x10ffff));
	assert_codes("\xf5\x80\x80\x80", CODES(-1, -1, -1, -1));
	assert_codes("\xed\x9f\xbf", CODES(0xd7ff));
	assert_codes("\xc3\xc0", CODES(-1, -1));
	assert_codes("\xe2\x82\xc0", CODES(-1, -1, -1));
	assert_codes("\x7f", CODES(0x7f));
}

static void test_put(void **state)
{
	static const int32_t codes[] = {1, 0x7f, 0x80, 0x7ff, 0x800, 0xffff,
	    0x10000, 0x10ffff,
	    /* one bit of each part of the bytes, and the others */
	    0x2a, 0x555, 0x2aa, 0xa555, 0x5aaa, 0x15555, 0xaaaaa, 0x5a5a5};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		char bytes[5] = "";
		const char *text = bytes;

		size_t len = utf8_put(bytes, (uint32_t)codes[i]);

		assert_int_equal(len, strlen(bytes));
		assert_int_equal(utf8_next(&text), codes[i]);
		assert_int_equal(*text, 0);
	}
}

static void assert_clean(const char *text, const char *expected)
{
	char *clean = utf8_clean_copy(text);

	assert_string_equal(clean, expected);
	free(clean);
}

static void test_clean(void **state)
{
	(void)state;
	assert_clean("", "");
	assert_clean(
	    "plain \xc3\xa9 \xe6\x97\xa5", "plain \xc3\xa9 \xe6\x97\xa5");
	assert_clean("a\nb\tc\rd", "a\\nb\\tc\\x0dd");
	assert_clean("\x1b[31m\x7f", "\\x1b[31m\\x7f");
	assert_clean("\xff\xe2\x82", "\\xff\\xe2\\x82");
	assert_clean("\xc2\x9b", "\\u{9b}");
	assert_clean("x\xe2\x80\xaey", "x\\u{202e}y");
	assert_clean("\xef\xbb\xbf\xe2\x80\x8b", "\\u{feff}\\u{200b}");
	assert_clean("\xef\xbf\xbf", "\\u{ffff}");
}

static void test_clean_cuts_at_a_character(void **state)
{
	char out[8];

	(void)state;
	assert_string_equal(utf8_clean(out, 4, "ab\xe2\x82\xac"), "ab");
	assert_string_equal(
	    utf8_clean(out, 6, "ab\xe2\x82\xac"), "ab\xe2\x82\xac");
	assert_string_equal(utf8_clean(out, 6, "abc\x1b"), "abc");
	assert_string_equal(utf8_clean(out, 1, "abc"), "");
	out[0] = 'k';
	utf8_clean(out, 0, "abc");
	assert_int_equal(out[0], 'k');
}

static void test_width(void **state)
{
	(void)state;
	assert_int_equal(utf8_width(""), 0);
	assert_int_equal(utf8_width("abc"), 3);
	assert_int_equal(utf8_width("e\xcc\x81"), 1);
	assert_int_equal(utf8_width("\xe6\x97\xa5\xf0\x9f\x98\x80"), 4);
}

static void assert_short(const char *text, size_t columns, const char *expected)
{
	char out[64];

	assert_string_equal(
	    utf8_shorten(out, sizeof(out), text, columns), expected);
	assert_true(utf8_width(out) <= columns);
}

static void test_shorten(void **state)
{
	(void)state;
	assert_short("abcdef", 6, "abcdef");
	assert_short("abcdefghij", 7, "abcd\xe2\x80\xa6ij");
	assert_short("abcdef", 1, "\xe2\x80\xa6");
	assert_short("abcdef", 0, "");
	/* a wide character that does not fit is left out whole */
	assert_short("\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5", 4,
	    "\xe6\x97\xa5\xe2\x80\xa6");
	/* no mark that belonged to something that was left out */
	assert_short("abcde\xcc\x81z", 4, "ab\xe2\x80\xa6z");
}

static void test_shorten_into_little_room(void **state)
{
	char out[8];

	(void)state;
	assert_string_equal(utf8_shorten(out, 4, "\xe2\x82\xac\xe2\x82\xac", 9),
	    "\xe2\x82\xac");
	assert_string_equal(utf8_shorten(out, 6, "\xe2\x82\xac\xe2\x82\xac", 9),
	    "\xe2\x82\xac");
	assert_string_equal(utf8_shorten(out, 5, "abcdefghij", 7), "abcd");
	assert_string_equal(utf8_shorten(out, 4, "abcdefghij", 7), "abc");
	assert_string_equal(utf8_shorten(out, 1, "abcdefghij", 7), "");
	assert_string_equal(utf8_shorten(out, 7, "abcdef", 4), "ab\xe2\x80\xa6"
							       "f");
	assert_string_equal(utf8_shorten(out, 6, "abcdef", 4), "ab");
	assert_string_equal(utf8_shorten(out, 4, "abc", 3), "abc");
	assert_string_equal(utf8_shorten(out, 3, "abc", 3), "ab");
	out[0] = 'k';
	utf8_shorten(out, 0, "abc", 3);
	assert_int_equal(out[0], 'k');
}

/* A search for the tail that starts anew at each step would take hours. */
static void test_shorten_a_long_text(void **state)
{
	size_t len = (size_t)16 << 20;
	char *text = mem_zero(len + 1, 1), out[32];

	(void)state;
	memset(text, 'x', len);
	utf8_shorten(out, sizeof(out), text, 10);
	assert_string_equal(out, "xxxxxx\xe2\x80\xa6xxx");
	free(text);
}

static void test_err(void **state)
{
	char name[1000];
	struct err e;

	(void)state;
	assert_int_equal(err_set(&e, "%s: bad %d", "a\x1b", 7), -1);
	assert_string_equal(e.text, "a\\x1b: bad 7");
	assert_int_equal(err_set(NULL, "x"), -1);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	errno = ENOENT;
	assert_int_equal(err_errno(&e, "%s", name), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	assert_non_null(strstr(e.text, "n: No such file or directory"));
}

/* A quote and a backslash are escaped, whatever else is in a name. */
static void test_label(void **state)
{
	char out[32];

	(void)state;
	assert_string_equal(prometheus_label(out, 16, "a\"b\\c\n\xc3\xa9"),
	    "a\\\"b\\\\c\\\\n\xc3\xa9");
	assert_string_equal(prometheus_label(out, 16, ""), "");
	assert_string_equal(
	    prometheus_label(out, 16, "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\""),
	    "\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"");
}

static void test_err_of_nobody(void **state)
{
	struct err e;

	(void)state;
	errno = EACCES;
	assert_int_equal(err_errno(NULL, "x"), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(err_errno(&e, "%s", "a.dat"), -1);
	assert_string_equal(e.text, "a.dat: Permission denied");
	assert_int_equal(errno, EACCES);
}

/* Beyond the table there is no character like it. */
static void test_ascii(void **state)
{
	(void)state;
	assert_int_equal(utf8_ascii(0xb7), '-');
	assert_int_equal(utf8_ascii(0xd7), 'x');
	assert_int_equal(utf8_ascii(0x2026), '~');
	assert_int_equal(utf8_ascii(0x2190), '<');
	assert_int_equal(utf8_ascii(0x2191), '?');
	assert_int_equal(utf8_ascii(' '), ' ');
	assert_int_equal(utf8_ascii('~'), '~');
	assert_int_equal(utf8_ascii(127), '?');
	assert_int_equal(utf8_ascii(31), '?');
	assert_int_equal(utf8_ascii(-1), '?');
}

/* The first and the last of a range, and what lies beside them. */
static void test_ranges_have_ends(void **state)
{
	static const struct {
		int32_t code;
		int width;
	} rows[] = {{0x2ff, 1}, {0x300, 0}, {0x36f, 0}, {0x370, 1}, {0x10ff, 1},
	    {0x1100, 2}, {0x115f, 2}, {0x1160, 1}, {0x2328, 1}, {0x2329, 2},
	    {0x232a, 2}, {0x232b, 1}, {0x1f3fa, 2}, {0x1f3fb, 0}, {0x1fffd, 1},
	    {0x20000, 2}, {0x3fffd, 2}, {0x3fffe, 1}, {0xe0100, 0},
	    {0xe01ef, 0}, {0xe01f0, 1}, {-1, 1}, {'a', 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(utf8_code_width(rows[i].code), rows[i].width);
	assert_true(utf8_is_unsafe(1) && utf8_is_unsafe(0x1f));
	assert_false(utf8_is_unsafe(0) || utf8_is_unsafe(0x20));
	assert_true(utf8_is_unsafe(0xe007f) && !utf8_is_unsafe(0xe0080));
	assert_true(utf8_is_unsafe(0xad) && !utf8_is_unsafe(0xae));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_next),
	    cmocka_unit_test(test_put),
	    cmocka_unit_test(test_clean),
	    cmocka_unit_test(test_clean_cuts_at_a_character),
	    cmocka_unit_test(test_width),
	    cmocka_unit_test(test_shorten),
	    cmocka_unit_test(test_shorten_into_little_room),
	    cmocka_unit_test(test_shorten_a_long_text),
	    cmocka_unit_test(test_err),
	    cmocka_unit_test(test_label),
	    cmocka_unit_test(test_err_of_nobody),
	    cmocka_unit_test(test_ascii),
	    cmocka_unit_test(test_ranges_have_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
