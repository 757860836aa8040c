// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "debug_row.h"
#include "python/remote/offsets.h"

static void every_version_has_a_row(void **state)
{
	(void)state;
	assert_int_equal(python_offsets_oldest(), 8);
	assert_int_equal(python_offsets_newest(), 15);
	for (int minor = 8; minor <= 15; minor++) {
		const struct python_offsets *row =
		    python_offsets_find(minor, -1, false);

		assert_non_null(row);
		assert_int_equal(row->minor, minor);
	}
	assert_int_equal(python_offsets_find(13, -1, true)->free_threaded, 1);
	assert_int_equal(python_offsets_find(14, 3, true)->micro, 0);
	assert_int_equal(python_offsets_find(14, -1, true)->free_threaded, 1);
	assert_null(python_offsets_find(12, -1, true));
	assert_null(python_offsets_find(7, -1, false));
	assert_null(python_offsets_find(16, 0, false));
	assert_null(python_offsets_row(1000));
}

static void rows_come_in_order(void **state)
{
	const struct python_offsets *row, *before = NULL;

	(void)state;
	for (unsigned i = 0; (row = python_offsets_row(i)); i++) {
		if (before && row->minor == before->minor &&
		    row->free_threaded == before->free_threaded)
			assert_true(row->micro > before->micro);
		else if (before)
			assert_true(row->minor > before->minor ||
				    row->free_threaded > before->free_threaded);
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

		for (size_t k = 0;
		     k < offsetof(struct python_offsets, shim_owner) /
			     sizeof(*field);
		     k++) {
			assert_true(field[k] >= OFFSET_ABSENT);
			zeroes += field[k] == 0;
		}
		assert_true(zeroes <= 4);
	}
}

/* The offsets of a row as an interpreter of its version says them. */
static void debug_of_row(
    struct python_debug *debug, const struct python_offsets *row)
{
	struct debug_word next;
	size_t at = 0;

	*debug = (struct python_debug){0};
	memcpy(debug->cookie, PYTHON_DEBUG_COOKIE, sizeof(debug->cookie));
	while (debug_row_next(row, &at, &next))
		debug->words[next.word - 3] = next.value;
}

static void what_the_interpreter_says_wins(void **state)
{
	(void)state;
	for (int minor = 13; minor <= 15; minor++) {
		struct python_offsets offsets =
		    *python_offsets_find(minor, 0, false);
		struct python_debug debug;

		debug_of_row(&debug, &offsets);
		assert_int_equal(python_offsets_adopt(&offsets, &debug), 0);
		assert_memory_equal(&offsets,
		    python_offsets_find(minor, 0, false), sizeof(offsets));
		/* interpreters_head is its sixth word. */
		debug.words[2] += 8;
		assert_int_equal(python_offsets_adopt(&offsets, &debug), 0);
		assert_int_equal(offsets.runtime_interpreters,
		    python_offsets_find(minor, 0, false)->runtime_interpreters +
			8);
		debug.words[2] = (uint64_t)1 << 60;
		assert_int_equal(python_offsets_adopt(&offsets, &debug), -1);
	}
}

/* Threads, frames and objects have their fields in the same places in each
 * build of a release: an interpreter that says otherwise is not believed. */
static void a_lie_about_frames_and_objects_is_refused(void **state)
{
	size_t refused = 0;

	(void)state;
	for (int minor = 13; minor <= 15; minor++) {
		struct python_offsets offsets =
		    *python_offsets_find(minor, 0, false);
		struct python_debug debug;

		debug_of_row(&debug, &offsets);
		for (size_t i = 0; i < PYTHON_DEBUG_WORDS - 3; i++) {
			if (!debug.words[i])
				continue;
			debug.words[i] += 8;
			if (python_offsets_adopt(&offsets, &debug) < 0)
				refused++;
			debug.words[i] -= 8;
			offsets = *python_offsets_find(minor, 0, false);
		}
	}
	assert_true(refused > 3 * 20);
}

static uint64_t references(
    const struct python_offsets *row, uint32_t local, int64_t shared)
{
	char header[64] = {0};

	memcpy(header + row->object_local, &local, sizeof(local));
	memcpy(header + row->object_shared, &shared, sizeof(shared));
	return python_references(row, header);
}

/* The count of others stands above two flags, and may be below zero. */
static void references_without_a_gil_are_counted(void **state)
{
	const struct python_offsets *row = python_offsets_find(14, -1, true);
	const int64_t deferred = INT64_MAX / 8 * 4;

	(void)state;
	assert_int_equal(references(row, 3, 2 << 2), 5);
	assert_int_equal(references(row, 3, -4), 2);
	assert_int_equal(references(row, 0, 3), 0);
	assert_int_equal(references(row, 1, -4), 0);
	assert_int_equal(references(row, UINT32_MAX, 0), UINT32_MAX);
	assert_int_equal(references(row, 2, deferred + 4), 3);
	/* None but that of a stack, which does not count. */
	assert_int_equal(references(row, 0, deferred), 1);
	assert_int_equal(references(row, 0, deferred - 8), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_version_has_a_row),
	    cmocka_unit_test(rows_come_in_order),
	    cmocka_unit_test(no_row_has_a_hole),
	    cmocka_unit_test(references_without_a_gil_are_counted),
	    cmocka_unit_test(what_the_interpreter_says_wins),
	    cmocka_unit_test(a_lie_about_frames_and_objects_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
