// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "python/offsets.h"

static void every_version_has_a_row(void **state)
{
	(void)state;
	for (int minor = 8; minor <= 13; minor++) {
		const struct python_offsets *row =
		    python_offsets_find(minor, -1);

		assert_non_null(row);
		assert_int_equal(row->minor, minor);
	}
	assert_null(python_offsets_find(7, -1));
	assert_null(python_offsets_find(14, 0));
	assert_null(python_offsets_row(1000));
}

static void rows_come_in_order(void **state)
{
	const struct python_offsets *row, *before = NULL;

	(void)state;
	for (unsigned i = 0; (row = python_offsets_row(i)); i++) {
		if (before)
			assert_true(row->minor > before->minor ||
				    (row->minor == before->minor &&
					row->micro > before->micro));
		before = row;
	}
}

/* A field that a generator forgot would be 0, as few fields are. */
static void no_row_has_a_hole(void **state)
{
	const struct python_offsets *row;

	(void)state;
	for (unsigned i = 0; (row = python_offsets_row(i)); i++) {
		const int *field = (const int *)row;
		size_t zeroes = 0;

		for (size_t k = 0; k < sizeof(*row) / sizeof(*field); k++) {
			assert_true(field[k] >= OFFSET_ABSENT);
			zeroes += field[k] == 0;
		}
		assert_true(zeroes <= 4);
	}
}

static void what_the_interpreter_says_wins(void **state)
{
	struct python_offsets offsets = *python_offsets_find(13, 0);
	struct python_debug debug = {.cookie = PYTHON_DEBUG_COOKIE};

	(void)state;
	for (size_t i = 0; i < PYTHON_DEBUG_WORDS - 3; i++)
		debug.words[i] = 1000 + i;
	assert_int_equal(python_offsets_adopt(&offsets, &debug), 0);
	assert_int_equal(offsets.runtime_interpreters, 1002);
	assert_true(offsets.frame_previous >= 1000);
	assert_int_equal(
	    offsets.set_mask, python_offsets_find(13, 0)->set_mask);
	debug.words[2] = (uint64_t)1 << 60;
	assert_int_equal(python_offsets_adopt(&offsets, &debug), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_version_has_a_row),
	    cmocka_unit_test(rows_come_in_order),
	    cmocka_unit_test(no_row_has_a_hole),
	    cmocka_unit_test(what_the_interpreter_says_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
