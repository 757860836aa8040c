// SPDX-License-Identifier: MIT
// The line table of the agent. Its files are in the agent's shared object
// alone, so they are included here.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../src/python/agent/shelf.c"
#include "../../src/python/agent/spots.c"
#include "../../src/python/agent/table.c"

static void expect(const struct line_table *table, long line, int64_t bytes,
    int64_t growth, long count)
{
	const struct table_row *row = &table->rows[line - table->first];

	assert_int_equal(row->bytes, bytes);
	assert_int_equal(row->growth, growth);
	assert_int_equal(row->count, count);
}

static void first_line_shows_memory_at_entry(void **state)
{
	struct line_table table = {.first = 10};

	(void)state;
	assert_true(table_is_empty(&table));
	table_note(&table, 10, 500, 3);
	table_note(&table, 12, 800, 300);
	expect(&table, 10, 500, 500, 1);
	expect(&table, 12, 800, 300, 1);
	assert_int_equal(table.rows[1].count, 0);
	assert_false(table_is_empty(&table));
	table_clear(&table);
	assert_true(table_is_empty(&table));
	assert_int_equal(table.first, 10);
}

/* A line allocates 100 bytes, the next frees them; what was highest once, and
 * never again, is subtracted from nothing. */
static void increments_are_the_sum_of_steps(void **state)
{
	struct line_table table = {.first = 1};

	(void)state;
	table_note(&table, 1, 5000, 0);
	for (int i = 0; i < 1000; i++) {
		table_note(&table, 2, 150, 100);
		table_note(&table, 3, 50, -100);
		table_note(&table, 1, 50, 0);
	}
	expect(&table, 1, 5000, 5000, 1001);
	expect(&table, 2, 150, 100000, 1000);
	expect(&table, 3, 50, -100000, 1000);
	table_clear(&table);
}

static void lines_out_of_reach_are_left_out(void **state)
{
	struct line_table table = {.first = 100};

	(void)state;
	table_note(&table, 99, 7, 7);
	table_note(&table, 100 + TABLE_LINES_MAX, 7, 7);
	assert_true(table_is_empty(&table));
	table_note(&table, 100 + 5000, 7, 7);
	expect(&table, 5100, 7, 7, 1);
	table_clear(&table);
}

static void codes_are_found_among_many(void **state)
{
	static char codes[1000][16];
	long number = spot_add("many", true, 1);
	struct spot *spot = spot_get(number);

	(void)state;
	assert_non_null(spot);
	assert_null(spot_get(-1));
	assert_null(spot_get(number + 1));
	assert_null(spot_of_code(codes[0]));
	for (int i = 0; i < 1000; i += 2)
		assert_int_equal(spot_add_code(spot, codes[i], i), 0);
	for (int i = 0; i < 1000; i++) {
		const struct spot_code *found = spot_of_code(codes[i]);

		assert_int_equal(found != NULL, i % 2 == 0);
		if (found)
			assert_int_equal(found->first_line, i);
	}
	table_note(&spot->table, 1, 5, 5);
	spots_forked();
	assert_true(table_is_empty(&spot->table));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(first_line_shows_memory_at_entry),
	    cmocka_unit_test(increments_are_the_sum_of_steps),
	    cmocka_unit_test(lines_out_of_reach_are_left_out),
	    cmocka_unit_test(codes_are_found_among_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
