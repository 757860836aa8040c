// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/random.h"
#include "dat/fields.h"

enum { ROOM = 2048 };

/* Reads text with what the contract wants behind it; *len is what was taken,
 * 0 where it is no number. */
static double read_number(const char *text, size_t *len)
{
	char bytes[ROOM];
	double value = -1;
	const char *end;

	memset(bytes, '\n', sizeof(bytes));
	memcpy(bytes, text, strlen(text));
	end = number_read(bytes, &value);
	*len = end ? (size_t)(end - bytes) : 0;
	return value;
}

static void assert_as_strtod(const char *text)
{
	size_t len;
	double got = read_number(text, &len), expected = strtod(text, NULL);

	if (len != strlen(text) || memcmp(&got, &expected, sizeof(got)) != 0)
		fail_msg("%s: %.17g, not %.17g", text, got, expected);
}

static void assert_none(const char *text)
{
	size_t len;

	read_number(text, &len);
	if (len != 0)
		fail_msg("'%s' was taken for a number", text);
}

static void test_plain(void **state)
{
	static const char *const numbers[] = {"0", "0.0", "1.5", "21.699219",
	    "1795358001.1234", "1795358001.123456", "007.50", "5.", ".5",
	    "9007199254740992", "9007199254740993", "9007199254740992.5",
	    "18446744073709551615", "18446744073709551616",
	    "99999999999999999999.999", "0.0000000000000000000001",
	    "0.00000000000000000000001", "1e3", "1E-7", "-2.5", "+2.5", "-0",
	    "1e400", "12345678", "123456789", "1234567.12345678", "1e22",
	    "179535800112345678901234567890"};

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		assert_as_strtod(numbers[i]);
}

static void test_random_decimals(void **state)
{
	uint64_t seed = 42;
	char text[64];

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint64_t bits = random_next(&seed);
		double whole = (double)(bits >> (20 + bits % 40));

		snprintf(
		    text, sizeof(text), "%.*f", (int)(bits % 9), whole / 1024);
		assert_as_strtod(text);
	}
}

static void test_where_it_ends(void **state)
{
	size_t len;

	(void)state;
	assert_true(read_number("12.5 7", &len) == 12.5);
	assert_int_equal(len, 4);
	read_number("12345678\t", &len);
	assert_int_equal(len, 8);
	read_number("1.25\r", &len);
	assert_int_equal(len, 4);
}

static void test_not_finite(void **state)
{
	size_t len;

	(void)state;
	assert_true(isnan(read_number("nan", &len)));
	assert_int_equal(len, 3);
	assert_true(isinf(read_number("inf", &len)));
	assert_true(isinf(read_number("-Infinity", &len)));
	assert_int_equal(len, 9);
}

static void test_underscores(void **state)
{
	size_t len;

	(void)state;
	assert_true(read_number("1_000.5_0", &len) == 1000.5);
	assert_int_equal(len, 9);
	assert_none("_1");
	assert_none("1_");
	assert_none("1__0");
	assert_none("1_.0");
}

static void test_none(void **state)
{
	static const char *const words[] = {"", " 1", "x", "0x10", "0x1p3",
	    "nan(1)", "1.2.3", "1,5", "12a", "--1", ".", "-", "e5", "1e", "\v1",
	    "1\v", "12345678:", "123456789:", "1.12345678:"};
	char endless[1500], zero[64];
	double value;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_none(words[i]);
	memset(endless, '1', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = 0;
	assert_none(endless);
	endless[1024] = 0;
	assert_none(endless);
	endless[1023] = 0;
	assert_as_strtod(endless);
	memset(zero, '\n', sizeof(zero));
	memcpy(zero, "1e1\0", 4); /* a byte that no text contains */
	assert_null(number_read(zero, &value));
}

/* The line's rest, with what the contract wants behind it. */
static const char *read_sample(
    char *bytes, const char *text, double *mib, double *time_s)
{
	struct number_seconds seconds = {0};

	memset(bytes, '\n', ROOM);
	memcpy(bytes, text, strlen(text));
	return number_read_sample(&seconds, bytes, mib, time_s);
}

static void test_sample(void **state)
{
	uint64_t seed = 7;
	struct number_seconds seconds = {0};

	(void)state;
	for (int i = 0; i < 200000; i++) {
		char text[96], bytes[ROOM];
		uint64_t bits = random_next(&seed);
		double mib, time_s, at = 1.0e9 + (double)(bits % 8999999999);
		const char *end;

		snprintf(text, sizeof(text), "%.6f %.4f\n",
		    (double)(bits >> (30 + i % 30)) / 1024,
		    at + (double)(bits >> 40) / 16777216);
		memset(bytes, '\n', sizeof(bytes));
		memcpy(bytes, text, strlen(text));
		end = number_read_sample(&seconds, bytes, &mib, &time_s);
		if (end != bytes + strlen(text) || mib != strtod(text, NULL) ||
		    time_s != strtod(strchr(text, ' '), NULL))
			fail_msg("%s: %.17g %.17g", text, mib, time_s);
	}
}

static void test_sample_of_another_shape(void **state)
{
	static const char *const others[] = {"1.5 1700000000.0000\n",
	    "1.500000 1700000000.000\n", "1.500000 1700000000.00000\n",
	    "1.500000 170000000.00000\n", "1.500000  1700000000.0000\n",
	    "1.500000 1700000000.0000\r\n", "1.500000\t1700000000.0000\n",
	    "1.5000000 1700000000.0000\n", ".500000 1700000000.0000\n",
	    "-1.500000 1700000000.0000\n", "1.50000a 1700000000.0000\n",
	    "1.500000 17000000/0.0000\n", "1.500000 1700000000:0000\n",
	    "1.500000 17000/0000.0000\n", "1.500000 1700000000.00:0\n",
	    "1234567890.500000 1700000000.0000\n", "nan 1700000000.0000\n",
	    "1.500000 1700000000.00e1\n", "1.500000 1700000000.0000 \n", ""};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		char bytes[ROOM];
		double mib, time_s;

		if (read_sample(bytes, others[i], &mib, &time_s))
			fail_msg("taken: %s", others[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_random_decimals),
	    cmocka_unit_test(test_sample),
	    cmocka_unit_test(test_sample_of_another_shape),
	    cmocka_unit_test(test_where_it_ends),
	    cmocka_unit_test(test_not_finite),
	    cmocka_unit_test(test_underscores),
	    cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
