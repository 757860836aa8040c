// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "python/stack/linetable.h"

/* The tables of three versions for one function that begins in line 4, with
 * loops, a try, a with and expressions over several lines; the lines are those
 * that each version's own dis module tells. */
static const uint8_t table_39[] = {0x00, 0x01, 0x02, 0x01, 0x02, 0xff, 0x04,
    0x02, 0x0c, 0x01, 0x14, 0x02, 0x02, 0x01, 0x04, 0x01, 0x02, 0xff, 0x06,
    0x02, 0x0c, 0x01, 0x06, 0x05, 0x06, 0x01, 0x06, 0x01, 0x06, 0xff, 0x24,
    0x02};
static const uint8_t table_310[] = {0x02, 0x01, 0x02, 0x01, 0x04, 0xff, 0x0c,
    0x02, 0x14, 0x01, 0x02, 0x02, 0x04, 0x01, 0x02, 0x01, 0x06, 0xff, 0x0c,
    0x02, 0x04, 0x01, 0x02, 0xff, 0x06, 0x06, 0x06, 0x01, 0x06, 0x01, 0x08,
    0xff, 0x0a, 0xff, 0x04, 0x03, 0x10, 0xfd, 0x04, 0x03};
static const uint8_t table_312[] = {0xf8, 0x80, 0x00, 0xd8, 0x09, 0x0a, 0xd8,
    0x09, 0x0a, 0xf1, 0x03, 0x01, 0x0a, 0x0b, 0x80, 0x41, 0xe4, 0x0d, 0x12,
    0x90, 0x31, 0x8b, 0x58, 0xf2, 0x00, 0x02, 0x05, 0x13, 0x88, 0x01, 0xd8,
    0x08, 0x09, 0xf4, 0x00, 0x01, 0x0f, 0x10, 0xf3, 0x00, 0x01, 0x0e, 0x13,
    0xf1, 0x00, 0x01, 0x09, 0x13, 0x89, 0x01, 0xf0, 0x03, 0x02, 0x05, 0x13,
    0xf0, 0x06, 0x04, 0x05, 0x0d, 0xdc, 0x0f, 0x10, 0x90, 0x11, 0xd8, 0x11,
    0x12, 0xf3, 0x03, 0x01, 0x10, 0x14};

struct place {
	int at, line;
};

static void check(enum line_table_form form, const uint8_t *table, size_t len,
    const struct place *places, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(
		    linetable_line(form, table, len, 4, places[i].at),
		    places[i].line);
}

#define CHECK(form, table, places)                \
	check(form, table, sizeof(table), places, \
	    sizeof(places) / sizeof(*places))

static void lnotab_of_39(void **state)
{
	static const struct place places[] = {{0, 5}, {2, 6}, {4, 5}, {7, 5},
	    {8, 7}, {39, 8}, {40, 10}, {46, 12}, {48, 11}, {54, 13}, {72, 19},
	    {84, 21}, {90, 20}, {126, 22}, {129, 22}, {-1, 4}};

	(void)state;
	CHECK(LINE_TABLE_STEPS, table_39, places);
	CHECK(LINE_TABLE_STEPS, table_39, places);
}

static void linetable_of_310(void **state)
{
	static const struct place places[] = {{0, 5}, {2, 6}, {4, 5}, {8, 7},
	    {20, 8}, {46, 12}, {70, 13}, {90, 20}, {98, 19}, {108, 22},
	    {112, 19}, {128, 22}, {4000, 4}, {-1, 4}};

	(void)state;
	CHECK(LINE_TABLE_RANGES, table_310, places);
}

static void locations_of_312(void **state)
{
	static const struct place places[] = {{2, 4}, {4, 5}, {6, 6}, {8, 5},
	    {14, 7}, {40, 7}, {42, 8}, {70, 7}, {72, 10}, {74, 11}, {86, 12},
	    {88, 11}, {0, 4}, {4000, 4}, {-1, 4}};

	(void)state;
	CHECK(LINE_TABLE_LOCATIONS, table_312, places);
}

static void a_line_that_is_none_is_the_first(void **state)
{
	static const uint8_t none[] = {0x04, 0x80, 0x04, 0x02};

	(void)state;
	assert_int_equal(linetable_line(LINE_TABLE_RANGES, none, 4, 7, 2), 7);
	assert_int_equal(linetable_line(LINE_TABLE_RANGES, none, 4, 7, 6), 9);
}

/* Torn and made up: some line comes back, nothing beyond the end is read
 * (the sanitizers see to that), and no sum overflows. */
static void any_bytes_are_taken(void **state)
{
	uint8_t bytes[64];
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t len = (size_t)round % sizeof(bytes);
		uint8_t *exact = test_malloc(len + 1);

		for (size_t i = 0; i < len; i++) {
			random = random * 1664525 + 1013904223;
			exact[i] = (uint8_t)(random >> 24);
		}
		for (int form = LINE_TABLE_STEPS; form <= LINE_TABLE_LOCATIONS;
		     form++)
			linetable_line((enum line_table_form)form, exact, len,
			    INT32_MAX - 3, round);
		test_free(exact);
	}
	memset(bytes, 0xff, sizeof(bytes));
	for (int form = LINE_TABLE_STEPS; form <= LINE_TABLE_LOCATIONS; form++)
		linetable_line((enum line_table_form)form, bytes, sizeof(bytes),
		    INT32_MIN, 1 << 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lnotab_of_39),
	    cmocka_unit_test(linetable_of_310),
	    cmocka_unit_test(locations_of_312),
	    cmocka_unit_test(a_line_that_is_none_is_the_first),
	    cmocka_unit_test(any_bytes_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
