// SPDX-License-Identifier: MIT
//
// A heap and its difference to another, and the file that it is kept in.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dat/heap_file.h"
#include "scratch.h"

static char path[SCRATCH_MAX];

static int begin(void **state)
{
	int fd = scratch_file(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int end(void **state)
{
	(void)state;
	return unlink(path);
}

static void put(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void assert_text(const char *want)
{
	FILE *file = fopen(path, "r");
	char text[1024];

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	fclose(file);
	assert_string_equal(text, want);
}

static void assert_row(const struct heap *heap, size_t at, const char *name,
    int64_t count, int64_t bytes)
{
	assert_string_equal(heap->rows.items[at].name, name);
	assert_int_equal(heap->rows.items[at].count, count);
	assert_int_equal(heap->rows.items[at].bytes, bytes);
}

static void a_heap_comes_back_as_it_was(void **state)
{
	struct heap heap = {.pid = 7,
	    .wall_ns = 1700000000123456789,
	    .pause_ns = 5,
	    .has_rss = true,
	    .rss_kib = 2048,
	    .python = "3.11.2"};
	struct heap got = {0};
	struct stat about;
	struct err e;

	(void)state;
	heap_add(&heap, "dict", 3, 300);
	heap_add(&heap, "my module.Type", 1, 16);
	heap_add(&heap, "dict", 1, 100);
	assert_int_equal(heap_file_write(&heap, path, &e), 0);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	assert_int_equal(heap_file_read(&got, path, &e), 0);
	assert_int_equal(got.pid, 7);
	assert_int_equal(got.wall_ns, 1700000000123456789);
	assert_int_equal(got.pause_ns, 5);
	assert_true(got.has_rss);
	assert_int_equal(got.rss_kib, 2048);
	assert_string_equal(got.python, "3.11.2");
	assert_int_equal(got.rows.len, 2);
	assert_row(&got, 0, "dict", 4, 400);
	assert_row(&got, 1, "my module.Type", 1, 16);
	heap_finish(&heap);
	heap_finish(&got);
}

/* The whole file, and what it makes of it again. */
static void a_file_has_a_line_for_each_part(void **state)
{
	static const char want[] =
	    "mprof-heap 1\npid 7\ntime_ns 8\npause_ns 9\nrss_kib 10\n"
	    "files_kib 11\nfree_kib 12\npython 3.13.1\ntype 1 2 dict\n"
	    "started 13\npath 3 4 dict\troot.x\npaths 1\nend 1\n";
	struct heap heap = {.pid = 7,
	    .wall_ns = 8,
	    .pause_ns = 9,
	    .has_rss = true,
	    .rss_kib = 10,
	    .has_parts = true,
	    .files_kib = 11,
	    .free_kib = 12,
	    .started = 13,
	    .python = "3.13.1"};
	struct heap got = {0};
	struct err e;

	(void)state;
	heap_add(&heap, "dict", 1, 2);
	heap.paths = calloc(1, sizeof(*heap.paths));
	heap_add(heap.paths, "dict\troot.x", 3, 4);
	assert_int_equal(heap_file_write(&heap, path, &e), 0);
	assert_text(want);
	assert_int_equal(heap_file_read(&got, path, &e), 0);
	assert_int_equal(got.started, 13);
	assert_true(got.has_parts);
	assert_int_equal(got.files_kib, 11);
	assert_int_equal(got.free_kib, 12);
	assert_non_null(got.paths);
	assert_int_equal(got.paths->rows.len, 1);
	assert_row(got.paths, 0, "dict\troot.x", 3, 4);
	assert_int_equal(heap_file_write(&got, path, &e), 0);
	assert_text(want);
	heap_finish(&heap);
	heap_finish(&got);
}

static void what_is_unknown_stays_so(void **state)
{
	struct heap heap = {.pid = 7}, got = {0};
	struct err e;

	(void)state;
	assert_int_equal(heap_file_write(&heap, path, &e), 0);
	assert_int_equal(heap_file_read(&got, path, &e), 0);
	assert_false(got.has_rss);
	assert_string_equal(got.python, "");
	assert_int_equal(got.rows.len, 0);
	put("mprof-heap 1\nfuture a b c\npid 1\nend 0\n");
	assert_int_equal(heap_file_read(&got, path, &e), 0);
	assert_int_equal(got.pid, 1);
	heap_finish(&got);
}

/* The text is refused with that behind the file's name. */
static void assert_refused(const char *text, const char *want)
{
	struct heap heap = {0};
	struct err e;

	put(text);
	assert_int_equal(heap_file_read(&heap, path, &e), -1);
	assert_memory_equal(e.text, path, strlen(path));
	assert_string_equal(e.text + strlen(path), want);
	heap_finish(&heap);
}

static void what_is_torn_or_another_file_is_refused(void **state)
{
	static const char other[] = ": is not a file of mprof heap";
	static const char torn[] = ": its end is missing; save the heap again";
	static const struct {
		const char *text, *why;
	} paths[] = {
	    {"mprof-heap 1\npath 1 2 dict\nend 0\n",
		":2: is not a line of mprof heap"},
	    {"mprof-heap 1\npath 1 2 \tx\nend 0\n",
		":2: is not a line of mprof heap"},
	    {"mprof-heap 1\npath 1 2 dict\t\nend 0\n",
		":2: is not a line of mprof heap"},
	    {"mprof-heap 1\npath 1 -2 dict\tx\nend 0\n",
		":2: is not a line of mprof heap"},
	    {"mprof-heap 1\npath x 2 dict\tx\nend 0\n",
		":2: is not a line of mprof heap"},
	    {"mprof-heap 1\npath 1 2 dict\tx\nend 0\n",
		":3: is not a line of mprof heap"},
	    {"mprof-heap 1\npath 1 2 dict\tx\npaths 2\nend 0\n",
		":3: is not a line of mprof heap"},
	    {"mprof-heap 1\npaths 0\npath 1 2 dict\tx\nend 0\n",
		":3: is not a line of mprof heap"},
	};
	struct heap heap = {0};
	struct err e;

	(void)state;
	assert_refused("", other);
	assert_refused("novel\n", other);
	assert_refused("mprof-heap 2\nend 0\n", other);
	assert_refused("mprof-heap 1\n", torn);
	assert_refused("mprof-heap 1\ntype 1 2 dict\n", torn);
	assert_refused("mprof-heap 1\ntype 1 2 dict\nend 2\n",
	    ":3: is not a line of mprof heap");
	assert_refused(
	    "mprof-heap 1\nend 0\npid 5\n", ":3: is not a line of mprof heap");
	assert_refused("mprof-heap 1\ntype -1 2 dict\nend 1\n",
	    ":2: is not a line of mprof heap");
	assert_refused("mprof-heap 1\ntype 1 2x dict\nend 1\n",
	    ":2: is not a line of mprof heap");
	assert_refused("mprof-heap 1\ntype 1 2 \nend 1\n",
	    ":2: is not a line of mprof heap");
	assert_refused("mprof-heap 1\ntype 99999999999999999999 2 d\nend 1\n",
	    ":2: is not a line of mprof heap");
	assert_refused("mprof-heap 1\nrss_kib x\nend 0\n",
	    ":2: is not a line of mprof heap");
	assert_refused("mprof-heap 1\nfree_kib x\nend 0\n",
	    ":2: is not a line of mprof heap");
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_refused(paths[i].text, paths[i].why);
	assert_int_equal(heap_file_read(&heap, "/none", &e), -1);
	assert_string_equal(
	    e.text, "/none: can't be read: No such file or directory");
}

/* Paths that were searched, of which none was found, are not unknown ones. */
static void no_path_is_a_result(void **state)
{
	struct heap heap = {0};
	struct err e;

	(void)state;
	put("mprof-heap 1\npaths 0\nend 0\n");
	assert_int_equal(heap_file_read(&heap, path, &e), 0);
	assert_non_null(heap.paths);
	assert_int_equal(heap.paths->rows.len, 0);
	heap_finish(&heap);
	put("mprof-heap 1\nend 0\n");
	assert_int_equal(heap_file_read(&heap, path, &e), 0);
	assert_null(heap.paths);
	heap_finish(&heap);
}

static void names_from_a_file_are_cleaned(void **state)
{
	struct heap heap = {0};
	struct err e;

	(void)state;
	put("mprof-heap 1\ntype 1 2 a\033[1m\npython 3.\033\nend 1\n");
	assert_int_equal(heap_file_read(&heap, path, &e), 0);
	assert_row(&heap, 0, "a\\x1b[1m", 1, 2);
	assert_string_equal(heap.python, "3.\\x1b");
	heap_finish(&heap);
}

static void rows_are_sorted_by_bytes_count_and_name(void **state)
{
	struct heap heap = {0};
	struct heap_row total;

	(void)state;
	heap_add(&heap, "c", 1, 10);
	heap_add(&heap, "b", 1, 10);
	heap_add(&heap, "a", 2, 10);
	heap_add(&heap, "d", 1, 20);
	heap_sort(&heap);
	assert_row(&heap, 0, "d", 1, 20);
	assert_row(&heap, 1, "a", 2, 10);
	assert_row(&heap, 2, "b", 1, 10);
	assert_row(&heap, 3, "c", 1, 10);
	total = heap_total(&heap);
	assert_int_equal(total.count, 5);
	assert_int_equal(total.bytes, 50);
	heap_finish(&heap);
}

static void a_row_is_found_by_its_name(void **state)
{
	struct heap heap = {0};
	char name[16];

	(void)state;
	assert_null(heap_find(&heap, "t5"));
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "t%d", i);
		heap_add(&heap, name, i, 0);
	}
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "t%d", i);
		assert_int_equal(heap_find(&heap, name)->count, i);
	}
	assert_null(heap_find(&heap, "t200"));
	heap_finish(&heap);
}

static void sums_stay_within_their_type(void **state)
{
	struct heap heap = {0};

	(void)state;
	heap_add(&heap, "a", INT64_MAX, INT64_MAX);
	heap_add(&heap, "a", 1, 1);
	assert_row(&heap, 0, "a", INT64_MAX, INT64_MAX);
	heap_finish(&heap);
}

static void growth_comes_first_and_what_stayed_is_left_out(void **state)
{
	struct heap before = {0}, after = {0}, out = {0};

	(void)state;
	heap_add(&before, "same", 1, 10);
	heap_add(&before, "shrank", 5, 50);
	heap_add(&before, "gone", 1, 7);
	heap_add(&before, "fewer", 3, 30);
	heap_add(&after, "same", 1, 10);
	heap_add(&after, "shrank", 2, 20);
	heap_add(&after, "new", 4, 40);
	heap_add(&after, "fewer", 2, 30);
	heap_difference(&before, &after, &out);
	assert_int_equal(out.rows.len, 4);
	assert_row(&out, 0, "new", 4, 40);
	assert_row(&out, 1, "fewer", -1, 0);
	assert_row(&out, 2, "gone", -1, -7);
	assert_row(&out, 3, "shrank", -3, -30);
	heap_finish(&before);
	heap_finish(&after);
	heap_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_heap_comes_back_as_it_was),
	    cmocka_unit_test(a_file_has_a_line_for_each_part),
	    cmocka_unit_test(what_is_unknown_stays_so),
	    cmocka_unit_test(what_is_torn_or_another_file_is_refused),
	    cmocka_unit_test(names_from_a_file_are_cleaned),
	    cmocka_unit_test(no_path_is_a_result),
	    cmocka_unit_test(rows_are_sorted_by_bytes_count_and_name),
	    cmocka_unit_test(a_row_is_found_by_its_name),
	    cmocka_unit_test(sums_stay_within_their_type),
	    cmocka_unit_test(growth_comes_first_and_what_stayed_is_left_out),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
