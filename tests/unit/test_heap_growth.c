// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/heap_growth.h"

struct reading {
	int64_t lessons, dicts, strs, tasks, rss_kib;
};

static void add(struct heap_growth *growth, const struct reading *reading)
{
	struct heap heap = {
	    .has_rss = true, .rss_kib = reading->rss_kib, .wall_ns = 7};

	if (reading->lessons)
		heap_add(&heap, "courses.Lesson", reading->lessons,
		    reading->lessons * 48);
	heap_add(&heap, "dict", reading->dicts, reading->dicts * 100);
	heap_add(&heap, "str", reading->strs, reading->strs * 70);
	heap_add(&heap, "asyncio.Task", reading->tasks, reading->tasks * 9000);
	heap_add(&heap, "tuple", 5, 100);
	heap_growth_add(growth, &heap);
	heap_finish(&heap);
}

static void ranked(const struct heap_growth *growth, const char *const *names)
{
	struct heap rows = {0};
	size_t i = 0;

	for (i = 0; i < growth->rows.len; i++)
		heap_add(&rows, growth->rows.items[i].name, 0, 0);
	heap_growth_rank(growth, &rows);
	for (i = 0; names[i]; i++)
		assert_string_equal(rows.rows.items[i].name, names[i]);
	assert_int_equal(i, rows.rows.len);
	heap_finish(&rows);
}

/* 37 lessons a step, strings with them, dicts of 10,050 that come and go, and
 * one large object more a step that is no cause of them. */
static void what_grows_in_each_step_is_first(void **state)
{
	static const struct reading readings[] = {
	    {0, 100, 1000, 1, 1000},
	    {37, 10150, 5000, 2, 3000},
	    {73, 100, 9000, 3, 3000},
	    {110, 20200, 13000, 4, 2500},
	    {147, 10100, 17000, 5, 4000},
	};
	struct heap_growth growth = {0};
	const struct heap_growth_row *row;

	(void)state;
	for (size_t i = 0; i < 5; i++)
		add(&growth, &readings[i]);
	ranked(&growth, (const char *const[]){"str", "asyncio.Task",
			    "courses.Lesson", "dict", "tuple", NULL});
	row = heap_growth_find(&growth, "courses.Lesson");
	assert_int_equal(heap_growth_steps(row), 4);
	assert_int_equal(row->count - row->first_count, 147);
	row = heap_growth_find(&growth, "dict");
	assert_int_equal(heap_growth_steps(row), 2);
	assert_int_equal(growth.steps, 4);
	assert_int_equal(heap_growth_steps(&growth.rss), 2);
	assert_int_equal(growth.rss.bytes - growth.rss.first_bytes, 3000 << 10);
	assert_null(heap_growth_find(&growth, "list"));
	heap_growth_finish(&growth);
}

/* A class stands before the strings and dicts that its objects have. */
static void a_class_is_before_what_it_is_made_of(void **state)
{
	struct heap_growth growth = {0};

	(void)state;
	add(&growth, &(struct reading){10, 10, 10, 1, 1});
	add(&growth, &(struct reading){20, 30, 60, 1, 1});
	ranked(&growth, (const char *const[]){"courses.Lesson", "str", "dict",
			    "asyncio.Task", "tuple", NULL});
	/* One that went is as if it had none. */
	add(&growth, &(struct reading){0, 30, 60, 1, 1});
	assert_int_equal(heap_growth_find(&growth, "courses.Lesson")->count, 0);
	heap_growth_finish(&growth);
}

/* Threads that never end: what holds for them is before what each brings. */
static void a_class_is_before_its_locks(void **state)
{
	struct heap_growth growth = {0};

	(void)state;
	for (int i = 1; i < 3; i++) {
		struct heap heap = {0};

		heap_add(&heap, "__main__.Tick", i, i * 48);
		heap_add(&heap, "_thread.lock", 3 * i, 3 * i * 56);
		heap_add(&heap, "collections.deque", 2 * i, 2 * i * 760);
		heap_add(&heap, "dict", 5 * i, 5 * i * 1000);
		heap_add(&heap, "weakref.ReferenceType", i, i * 80);
		heap_growth_add(&growth, &heap);
		heap_finish(&heap);
	}
	ranked(&growth,
	    (const char *const[]){"__main__.Tick", "collections.deque",
		"_thread.lock", "weakref.ReferenceType", "dict", NULL});
	heap_growth_finish(&growth);
}

/* Types that grew in every step, with their growth since the first look. */
static void what_always_grew_is_listed(void **state)
{
	struct heap_growth growth = {0};
	struct heap grown;

	(void)state;
	heap_growth_always(&growth, &grown);
	assert_int_equal(grown.rows.len, 0);
	for (int64_t i = 0; i < 4; i++) {
		struct heap heap = {.wall_ns = 100 + i, .has_rss = true};

		heap.rss_kib = 1000 + i;
		heap_add(&heap, "app.Now", i % 2, 700 * (i % 2));
		heap_add(&heap, "app.One", 5 + i, 100 + 48 * i);
		heap_add(&heap, "app.Same", 7, 700);
		heap_add(&heap, "app.Two", 2 * i, 2000 * i);
		if (i > 0)
			heap_add(&heap, "app.Late", i, 10 * i);
		heap_growth_add(&growth, &heap);
		heap_finish(&heap);
		heap_growth_always(&growth, &grown);
		assert_int_equal(grown.rows.len, i == 0 ? 0 : i == 1 ? 4 : 3);
		heap_finish(&grown);
	}
	heap_growth_always(&growth, &grown);
	assert_string_equal(grown.rows.items[0].name, "app.Two");
	assert_true(grown.rows.items[0].count == 6);
	assert_true(grown.rows.items[0].bytes == 6000);
	assert_string_equal(grown.rows.items[1].name, "app.One");
	assert_true(grown.rows.items[1].count == 3);
	assert_true(grown.rows.items[1].bytes == 144);
	assert_string_equal(grown.rows.items[2].name, "app.Late");
	assert_true(grown.rows.items[2].count == 3);
	assert_int_equal(growth.steps, 3);
	assert_true(growth.first_ns == 100 && growth.newest_ns == 103);
	assert_true(growth.has_rss && heap_growth_steps(&growth.rss) == 3);
	assert_true(growth.rss.bytes - growth.rss.first_bytes == 3072);
	assert_null(heap_growth_find(&growth, "app.None"));
	heap_finish(&grown);
	heap_growth_finish(&growth);
}

static void a_list_that_only_lengthens_grows(void **state)
{
	struct heap_growth growth = {0};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct heap heap = {0};

		heap_add(&heap, "list", 1, 100 + i);
		heap_growth_add(&growth, &heap);
		heap_finish(&heap);
	}
	assert_int_equal(
	    heap_growth_steps(heap_growth_find(&growth, "list")), 2);
	assert_false(growth.has_rss);
	heap_growth_finish(&growth);
}

/* One buffer that only lengthens, among others that come and go; the type of
 * classes, each of which brings several dicts. */
static void what_grows_by_its_bytes_alone_grows(void **state)
{
	static const int64_t others[] = {3000, 0, 6000, 3000};
	struct heap_growth growth = {0};
	const struct heap_growth_row *row;

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct heap heap = {0};

		heap_add(&heap, "bytes", 1 + others[i],
		    1000000 * (1 + i) + 40 * others[i]);
		heap_add(&heap, "list", 1 + others[i], 80 * others[i]);
		heap_add(&heap, "dict", 3 * i, 9000 * i);
		heap_add(&heap, "type", i, 1700 * i);
		heap_growth_add(&growth, &heap);
		heap_finish(&heap);
	}
	row = heap_growth_find(&growth, "bytes");
	assert_int_equal(row->more, 1);
	assert_int_equal(heap_growth_steps(row), 3);
	assert_int_equal(
	    heap_growth_steps(heap_growth_find(&growth, "list")), 1);
	ranked(&growth,
	    (const char *const[]){"type", "bytes", "dict", "list", NULL});
	heap_growth_finish(&growth);
}

/* A class is as large a part of it as a hundredth of what grew most, and of
 * equal ones the name decides. */
static void classes_at_the_limits(void **state)
{
	struct heap_growth growth = {0};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct heap heap = {0};

		heap_add(&heap, "app.Large", 300 * i, 10 * i);
		heap_add(&heap, "app.Third", 3 * i, 20 * i);
		heap_add(&heap, "app.Second", 2 * i, 90000 * i);
		heap_add(&heap, "io.Part", 300 * i, 30 * i);
		heap_add(&heap, "_io.Part", 300 * i, 30 * i);
		heap_add(&heap, "a.Equal", 4 * i, 5 * i);
		heap_add(&heap, "b.Equal", 4 * i, 5 * i);
		heap_growth_add(&growth, &heap);
		heap_finish(&heap);
	}
	ranked(
	    &growth, (const char *const[]){"io.Part", "app.Third", "app.Large",
			 "a.Equal", "b.Equal", "_io.Part", "app.Second", NULL});
	heap_growth_finish(&growth);
}

/* A reading without resident memory, or with more than can be counted, ends
 * that of the process. */
static void resident_memory_may_be_unknown(void **state)
{
	struct heap_growth growth = {0};
	struct heap heap = {.has_rss = true, .rss_kib = 5, .wall_ns = 3};

	(void)state;
	heap_growth_add(&growth, &heap);
	assert_true(growth.has_rss && growth.rss.first_bytes == 5120);
	assert_true(growth.first_ns == 3 && growth.newest_ns == 3);
	heap.rss_kib = 4;
	heap.wall_ns = 9;
	heap_growth_add(&growth, &heap);
	assert_true(growth.has_rss && growth.rss.bytes == 4096);
	assert_int_equal(heap_growth_steps(&growth.rss), 0);
	assert_true(growth.first_ns == 3 && growth.newest_ns == 9);
	heap.rss_kib = INT64_MAX / 1000;
	heap_growth_add(&growth, &heap);
	assert_false(growth.has_rss);
	heap_growth_finish(&growth);
	growth = (struct heap_growth){0};
	heap.has_rss = false;
	heap_growth_add(&growth, &heap);
	assert_false(growth.has_rss);
	heap_growth_finish(&growth);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_grows_in_each_step_is_first),
	    cmocka_unit_test(a_class_is_before_what_it_is_made_of),
	    cmocka_unit_test(a_class_is_before_its_locks),
	    cmocka_unit_test(what_always_grew_is_listed),
	    cmocka_unit_test(a_list_that_only_lengthens_grows),
	    cmocka_unit_test(what_grows_by_its_bytes_alone_grows),
	    cmocka_unit_test(classes_at_the_limits),
	    cmocka_unit_test(resident_memory_may_be_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
