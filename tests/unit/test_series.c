// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "profile/series.h"
#include "near.h"

static void test_add(void **state)
{
	struct series series = {0};

	(void)state;
	assert_null(series_peak(&series));
	series_add(&series, 1, 5);
	series_add(&series, NAN, 6);
	series_add(&series, 2, INFINITY);
	series_add(&series, -INFINITY, 1);
	series_add(&series, 2, 9);
	series_add(&series, 3, 9);
	assert_int_equal(series.len, 3);
	assert_false(series.unsorted);
	assert_true(series_peak(&series)->time_s == 2);
	series_finish(&series);
	assert_int_equal(series.len, 0);
}

/* Several at a time come to the same as one by one, whatever they are. */
static void test_add_all(void **state)
{
	static const struct sample samples[] = {{1, 5}, {NAN, 6}, {2, INFINITY},
	    {-INFINITY, 1}, {2, -1}, {2, 9}, {3, 9}, {2.5, 1}, {4, 0}};
	size_t len = sizeof(samples) / sizeof(samples[0]);

	(void)state;
	for (size_t first = 0; first <= len; first++) {
		struct series one = {0}, all = {0};

		for (size_t i = 0; i < 100 * len; i++)
			series_add(&one, samples[i % len].time_s,
			    samples[i % len].mib);
		for (size_t i = 0; i < 100; i++) {
			series_add_all(&all, samples, first);
			assert_int_equal(all.unsorted, i > 0 || first > 7);
			series_add_all(&all, samples + first, len - first);
		}
		assert_int_equal(all.len, one.len);
		assert_memory_equal(
		    all.items, one.items, one.len * sizeof(samples[0]));
		series_finish(&one);
		series_finish(&all);
	}
}

static void test_reserve(void **state)
{
	struct series series = {0};
	struct sample *items;

	(void)state;
	series_reserve(&series, 1000000);
	items = series.items;
	assert_int_equal(series.len, 0);
	for (int i = 0; i < 1000000; i++)
		series_add(&series, i, 1);
	assert_ptr_equal(series.items, items);
	series_reserve(&series, 10);
	assert_int_equal(series.cap, 1000000);
	series_add(&series, 1e6, 1);
	assert_int_equal(series.len, 1000001);
	series_finish(&series);
}

/* Every length up to some power of two and beyond, with times that repeat. */
static void test_sort(void **state)
{
	(void)state;
	for (size_t len = 0; len < 70; len++) {
		struct series series = {0};

		for (size_t i = 0; i < len; i++)
			series_add(&series, (double)(i * 37 % 11), (double)i);
		series_sort(&series);
		assert_false(series.unsorted);
		assert_int_equal(series.len, len);
		for (size_t i = 1; i < len; i++) {
			const struct sample *a = &series.items[i - 1];
			const struct sample *b = &series.items[i];

			assert_true(
			    a->time_s < b->time_s ||
			    (a->time_s == b->time_s && a->mib < b->mib));
		}
		for (int i = 0; i < 100; i++)
			series_add(&series, 100, i);
		assert_int_equal(series.len, len + 100);
		series_finish(&series);
	}
}

/* The zeros are the file's last rows wherever their times would put them. */
static void test_settle(void **state)
{
	struct series series = {0};

	(void)state;
	series_add(&series, 11, 4);
	series_add(&series, 10, 0);
	series_add(&series, 12, 3);
	series_add(&series, 0, 0);
	series_add(&series, 13, 0);
	series_settle(&series);
	assert_int_equal(series.len, 3);
	assert_true(series.items[0].time_s == 10);
	assert_true(series.items[2].time_s == 12);
	series.len = 0;
	series_add(&series, 1, 0);
	series_add(&series, 2, 0);
	series_settle(&series);
	assert_int_equal(series.len, 1);
	series_finish(&series);
}

static void test_find(void **state)
{
	struct series series = {0};

	(void)state;
	assert_int_equal(series_find(&series, 1), 0);
	for (int i = 1; i <= 5; i++)
		series_add(&series, i * 2, 1);
	assert_int_equal(series_find(&series, -1), 0);
	assert_int_equal(series_find(&series, 2), 0);
	assert_int_equal(series_find(&series, 2.5), 1);
	assert_int_equal(series_find(&series, 10), 4);
	assert_int_equal(series_find(&series, 10.5), 5);
	series_finish(&series);
}

static void test_part(void **state)
{
	struct series series = {0}, part;

	(void)state;
	assert_int_equal(series_part(&series, -INFINITY, INFINITY).len, 0);
	for (int i = 1; i <= 5; i++)
		series_add(&series, i * 2, i);
	part = series_part(&series, 4, 8);
	assert_int_equal(part.len, 3);
	assert_near(part.items[0].mib, 2, 0);
	assert_int_equal(series_part(&series, 4.5, 5.5).len, 0);
	assert_int_equal(series_part(&series, 8, 4).len, 0);
	assert_int_equal(series_part(&series, 11, 12).len, 0);
	assert_int_equal(series_part(&series, -INFINITY, INFINITY).len, 5);
	series_finish(&series);
}

/* First, last and the highest of each group in between; all else stays. */
static void test_thin(void **state)
{
	struct series series = {.stretch_s = 3};

	(void)state;
	for (int i = 0; i < 1000; i++)
		series_add(&series, i, i == 500 ? 70 : i % 7);
	series_thin(&series, 1000);
	assert_int_equal(series.len, 1000);
	series_thin(&series, 12);
	assert_int_equal(series.len, 12);
	assert_true(series.items[0].time_s == 0);
	assert_true(series.items[11].time_s == 999);
	assert_true(series_peak(&series)->time_s == 500);
	for (size_t i = 1; i < 11; i++)
		assert_true(series.items[i].mib >= 6);
	assert_true(series.stretch_s == 3);
	series_add(&series, 1000, 1);
	assert_int_equal(series.len, 13);
	series_finish(&series);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_add),
	    cmocka_unit_test(test_add_all),
	    cmocka_unit_test(test_reserve),
	    cmocka_unit_test(test_sort),
	    cmocka_unit_test(test_settle),
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_part),
	    cmocka_unit_test(test_thin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
