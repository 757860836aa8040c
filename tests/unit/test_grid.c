// SPDX-License-Identifier: MIT
//
// Cells of dots and characters, as they reach a terminal.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "render/grid.h"

static void expect_row(
    const struct grid *grid, size_t row, bool colour, const char *expected)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	grid_print_row(grid, row, colour, out);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void test_dots(void **state)
{
	struct grid grid;

	(void)state;
	grid_init(&grid, 3, 1, true);
	assert_int_equal(grid_width(&grid), 6);
	assert_int_equal(grid_height(&grid), 4);
	grid_dot(&grid, 0, 0, ROLE_TOTAL, '*');
	grid_dot(&grid, 5, 3, ROLE_TOTAL, '*');
	grid_dot(&grid, 6, 0, ROLE_TOTAL, '*');
	grid_dot(&grid, 0, -1, ROLE_TOTAL, '*');
	expect_row(&grid, 0, false, "\u2801 \u2880");
	grid_finish(&grid);
}

static void test_line_reaches_both_ends(void **state)
{
	struct grid grid;

	(void)state;
	grid_init(&grid, 4, 2, false);
	grid_line(&grid, &(struct grid_line){3, 0, 0, 1, ROLE_TOTAL, 'a'});
	expect_row(&grid, 0, false, "  aa");
	expect_row(&grid, 1, false, "aa");
	grid_finish(&grid);
}

static void test_wide_and_combining(void **state)
{
	struct grid grid;

	(void)state;
	grid_init(&grid, 6, 2, true);
	grid_text(&grid, 0, 0, 5, "日e\u0301本語", ROLE_TEXT);
	grid_put(&grid, 5, 0, 0x2502, '|', ROLE_FRAME);
	/* 2 + 1 + 2 columns; the third wide one does not fit */
	expect_row(&grid, 0, false, "日e本\u2502");
	/* over the half of a wide one: the other half is a space */
	grid_put(&grid, 1, 0, 'x', 'x', ROLE_TEXT);
	grid_put(&grid, 3, 0, 'y', 'y', ROLE_TEXT);
	expect_row(&grid, 0, false, " xey \u2502");
	grid_finish(&grid);
}

static void test_ascii_has_no_other_bytes(void **state)
{
	struct grid grid;

	(void)state;
	grid_init(&grid, 6, 1, false);
	grid_text(&grid, 0, 0, 6, "日a\u00e9", ROLE_TEXT);
	expect_row(&grid, 0, false, "??a?");
	grid_finish(&grid);
}

static void test_colour_changes_and_ends(void **state)
{
	struct grid grid;

	(void)state;
	grid_init(&grid, 4, 1, false);
	grid_text(&grid, 0, 0, 2, "ab", ROLE_PEAK);
	grid_text(&grid, 3, 0, 1, "c", ROLE_TEXT);
	expect_row(
	    &grid, 0, true, "\033[0m\033[1;91mab \033[0m\033[0mc\033[0m");
	grid_finish(&grid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_dots),
	    cmocka_unit_test(test_line_reaches_both_ends),
	    cmocka_unit_test(test_wide_and_combining),
	    cmocka_unit_test(test_ascii_has_no_other_bytes),
	    cmocka_unit_test(test_colour_changes_and_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
