// SPDX-License-Identifier: MIT
//
// Cells of dots and characters, as they reach a terminal.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "render/grid.h"

static void expect_row(const struct grid *grid, size_t row,
    enum grid_colours colours, const char *expected)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	grid_print_row(grid, row, colours, out);
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
	expect_row(&grid, 0, GRID_PLAIN, "\u2801 \u2880");
	grid_finish(&grid);
}

static void test_line_reaches_both_ends(void **state)
{
	struct grid grid;

	(void)state;
	grid_init(&grid, 4, 2, false);
	grid_line(
	    &grid, &(struct grid_line){3, 0, 0, 1, ROLE_TOTAL, 'a', false});
	expect_row(&grid, 0, GRID_PLAIN, "  aa");
	expect_row(&grid, 1, GRID_PLAIN, "aa");
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
	expect_row(&grid, 0, GRID_PLAIN, "日e本\u2502");
	/* over the half of a wide one: the other half is a space */
	grid_put(&grid, 1, 0, 'x', 'x', ROLE_TEXT);
	grid_put(&grid, 3, 0, 'y', 'y', ROLE_TEXT);
	expect_row(&grid, 0, GRID_PLAIN, " xey \u2502");
	grid_finish(&grid);
}

static void test_ascii_has_no_other_bytes(void **state)
{
	struct grid grid;

	(void)state;
	grid_init(&grid, 6, 1, false);
	grid_text(&grid, 0, 0, 6, "日a\u00e9", ROLE_TEXT);
	expect_row(&grid, 0, GRID_PLAIN, "??a?");
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
	    &grid, 0, GRID_FEW, "\033[0m\033[1mab \033[0m\033[0mc\033[0m");
	grid_finish(&grid);
}

/* Luminance (WCAG 2.1) of one of xterm's 256 colours behind the first 16. */
static double luminance_of(long code)
{
	static const double weights[] = {0.2126, 0.7152, 0.0722};
	long levels[3];
	double sum = 0;

	for (long i = 0; i < 3; i++) {
		long part = (code - 16) / (i == 0 ? 36 : i == 1 ? 6 : 1) % 6;

		levels[i] = code >= 232 ? 8 + 10 * (code - 232)
			    : part      ? 55 + 40 * part
					: 0;
		double level = (double)levels[i] / 255;

		sum += weights[i] *
		       (level <= 0.04045 ? level / 12.92
					 : pow((level + 0.055) / 1.055, 2.4));
	}
	return sum;
}

/* 3:1 to black, to white and to both backgrounds of Solarized. */
static void expect_contrast(long code)
{
	static const double backgrounds[] = {0, 1, 0.0207, 0.9231};
	double own = luminance_of(code);

	for (size_t i = 0; i < 4; i++) {
		double lighter = fmax(own, backgrounds[i]);
		double darker = fmin(own, backgrounds[i]);

		if ((lighter + 0.05) / (darker + 0.05) < 3)
			fail_msg("colour %ld on %.2f", code, backgrounds[i]);
	}
}

/* Six of the first sixteen are used: those between black and white. */
static void test_colours_hold_on_every_background(void **state)
{
	(void)state;
	for (int role = 0; role < ROLE_COUNT; role++) {
		const char *few = grid_colour((enum role)role, GRID_FEW);
		const char *many = grid_colour((enum role)role, GRID_MANY);
		const char *code = strstr(many, "38;5;");
		long number = strtol(few + strcspn(few, "3"), NULL, 10);

		assert_true(strcmp(few, "\033[0m") == 0 ||
			    strcmp(few, "\033[1m") == 0 ||
			    (number >= 31 && number <= 36));
		assert_true(code || strcmp(many, "\033[0m") == 0 ||
			    strcmp(many, "\033[1m") == 0);
		if (code)
			expect_contrast(strtol(code + 5, NULL, 10));
	}
}

/* A label may stand on an area, a line in it keeps its colour. */
static void test_areas_give_way(void **state)
{
	struct grid grid;

	(void)state;
	grid_init(&grid, 3, 1, false);
	grid_dot(&grid, 0, 0, ROLE_SERIES, 'a');
	for (long x = 0; x < 3; x++)
		grid_shade(&grid, x, 0, ROLE_TOTAL);
	assert_false(grid_is_free(&grid, 0, 0, 1));
	assert_true(grid_is_free(&grid, 1, 0, 2));
	grid_dot(&grid, 1, 0, ROLE_SERIES, 'b');
	assert_false(grid_is_free(&grid, 1, 0, 1));
	expect_row(&grid, 0, GRID_PLAIN, "ab.");
	grid_finish(&grid);
}

static void test_dashes_without_colour(void **state)
{
	struct grid grid;

	(void)state;
	grid_init(&grid, 12, 1, false);
	grid_line(&grid,
	    &(struct grid_line){0, 0, 11, 0, ROLE_TREND, 't', .dashed = true});
	expect_row(&grid, 0, GRID_PLAIN, "ttttt   tttt");
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
	    cmocka_unit_test(test_colours_hold_on_every_background),
	    cmocka_unit_test(test_areas_give_way),
	    cmocka_unit_test(test_dashes_without_colour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
