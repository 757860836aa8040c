// SPDX-License-Identifier: MIT
//
// Numbers of stacks and of frames, and the room that a new stack takes in a
// recording.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "recorder/sites.h"

static struct sites sites;
static uint32_t numbers[3];
static size_t bytes;

static int end(void **state)
{
	(void)state;
	sites_finish(&sites);
	sites = (struct sites){0};
	return 0;
}

static uint32_t number(const struct sink_frame *frames, size_t count)
{
	return sites_number(&sites, frames, count, numbers, &bytes);
}

/* A number takes eight bytes in each record, and before a new text again. */
static void a_stack_is_known_by_its_frames(void **state)
{
	const struct sink_frame frames[] = {
	    {"a.py", "f", 3}, {"b.py", "gh", 4}, {"a.py", "f", 3}};

	(void)state;
	assert_int_equal(number(frames, 2), 1);
	assert_int_equal(numbers[0], 1);
	assert_int_equal(numbers[1], 2);
	assert_int_equal(bytes, 2 * 8 + 2 * 8 + 5 + 6);
	assert_int_equal(number(frames, 2), 1);
	assert_int_equal(bytes, 0);
	assert_int_equal(number(frames + 1, 2), 2);
	assert_int_equal(numbers[0], 2);
	assert_int_equal(numbers[1], 1);
	assert_int_equal(bytes, 2 * 8);
	assert_int_equal(number(frames, 1), 3);
	assert_int_equal(bytes, 8);
	assert_int_equal(number(frames, 3), 4);
	assert_int_equal(number(frames, 0), 5);
	assert_int_equal(bytes, 0);
}

static void frames_differ_by_each_part(void **state)
{
	static const struct sink_frame frames[] = {{"a.py", "f", 3},
	    {"a.py", "f", 4}, {"a.py", "g", 3}, {"b.py", "f", 3},
	    {"a.p", "yf", 3}, {"", "", 3}};

	(void)state;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		assert_int_equal(number(&frames[i], 1), i + 1);
		assert_int_equal(numbers[0], i + 1);
	}
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
		assert_int_equal(number(&frames[i], 1), i + 1);
}

/* As they are escaped. */
static void some_letters_take_more_room(void **state)
{
	static const struct sink_frame frames[] = {{"!~", "", 0}, {"%", "", 0},
	    {" ", "", 0}, {"\x7f", "", 0}, {"", "a;b", 0}, {"\xc3\xa4", "", 0},
	    {"=,M", "", 0}};
	static const size_t want[] = {2, 3, 3, 3, 5, 6, 9};

	(void)state;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		number(&frames[i], 1);
		assert_int_equal(bytes, 16 + want[i]);
	}
}

static void there_are_no_more_than_some(void **state)
{
	char name[24];
	struct sink_frame frame = {name, "f", 1};

	(void)state;
	for (uint32_t i = 0; i < 1 << 16; i++) {
		snprintf(name, sizeof(name), "%u", (unsigned)i);
		assert_int_equal(number(&frame, 1), i + 1);
	}
	assert_true(bytes > 0);
	frame.line = 2;
	assert_int_equal(number(&frame, 1), 0);
	assert_int_equal(bytes, 0);
	assert_int_equal(numbers[0], (1 << 16) + 1);
	frame.line = 1;
	assert_int_equal(number(&frame, 1), 1 << 16);
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_stack_is_known_by_its_frames),
	    TEST(frames_differ_by_each_part),
	    TEST(some_letters_take_more_room),
	    TEST(there_are_no_more_than_some),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
