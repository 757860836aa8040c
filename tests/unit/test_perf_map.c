// SPDX-License-Identifier: MIT
/* Perf maps: names of code that a program made, from a file of its own that may
 * hold anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc/perf_map.h"

static char path[64];

static void write_map(const char *mode, const void *bytes, size_t len)
{
	FILE *file = fopen(path, mode);

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

#define WRITE(mode, text) write_map(mode, text, sizeof(text) - 1)

static int begin(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	return 0;
}

static int end(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static void names_cover_their_code(void **state)
{
	struct perf_map map = {.pid = getpid()};

	(void)state;
	WRITE("w", "1000 10 first\n2000 20 second name\n");
	assert_string_equal(perf_map_find(&map, 0x1000), "first");
	assert_string_equal(perf_map_find(&map, 0x100f), "first");
	assert_null(perf_map_find(&map, 0x1010));
	assert_null(perf_map_find(&map, 0xfff));
	assert_string_equal(perf_map_find(&map, 0x201f), "second name");
	perf_map_finish(&map);
}

static void javas_interpreter_is_named_in_words(void **state)
{
	struct perf_map map = {.pid = getpid()};

	(void)state;
	WRITE("w", "0x1000 0x10 Interpreter\n0x2000 0x10 Interpreter.run()\n");
	assert_string_equal(perf_map_find(&map, 0x1000), "java (interpreted)");
	assert_string_equal(perf_map_find(&map, 0x2000), "Interpreter.run()");
	perf_map_finish(&map);
}

/* A second entry for an address replaces the first: other code was put there. A
 * line that is not whole yet is read once it is. */
static void later_lines_are_read(void **state)
{
	struct perf_map map = {.pid = getpid()};

	(void)state;
	WRITE("w", "1000 10 old\n3000 10 to");
	assert_string_equal(perf_map_find(&map, 0x1000), "old");
	assert_null(perf_map_find(&map, 0x3000));
	WRITE("a", "rn\n1000 10 new\n");
	map.read_ns = 0;
	assert_string_equal(perf_map_find(&map, 0x1000), "new");
	assert_string_equal(perf_map_find(&map, 0x3000), "torn");
	perf_map_finish(&map);
}

/* As Java writes it anew each time that it is asked to. */
static void another_text_replaces_the_first(void **state)
{
	struct perf_map map = {.pid = getpid()};

	(void)state;
	WRITE("w", "0x1000 0x10 byte[] app.Main.load(int)\n");
	assert_string_equal(
	    perf_map_find(&map, 0x1000), "byte[] app.Main.load(int)");
	WRITE("w", "0x3000 0x10 void app.Main.store(int)\n"
		   "0x4000 0x10 other\n");
	map.read_ns = 0;
	assert_null(perf_map_find(&map, 0x1000));
	assert_string_equal(
	    perf_map_find(&map, 0x3000), "void app.Main.store(int)");
	WRITE("w", "5000 10 short\n");
	map.read_ns = 0;
	assert_string_equal(perf_map_find(&map, 0x5000), "short");
	assert_null(perf_map_find(&map, 0x3000));
	perf_map_finish(&map);
}

static void place_is(
    const char *name, const char *function, const char *where, int line)
{
	struct perf_map_place place;

	assert_true(perf_map_split(name, &place));
	assert_int_equal(place.function_len, strlen(function));
	assert_memory_equal(place.function, function, strlen(function));
	assert_int_equal(place.path_len, strlen(where));
	assert_memory_equal(place.path, where, strlen(where));
	assert_int_equal(atoi(place.line), line);
}

static void names_may_tell_their_place(void **state)
{
	static const char *const bare[] = {"", ":", " ", "Interpreter",
	    "void app.Main.load(java.lang.String)", "JS:*", "JS:* /a.js",
	    "JS:load /a.js:x:1", "py::load", "a b:1:2", ": :1:2"};
	struct perf_map_place place;

	(void)state;
	place_is("JS:*load /srv/a.js:12:7", "load", "/srv/a.js", 12);
	place_is("JS:~get x /srv/a b.js:3:1", "get x", "/srv/a b.js", 3);
	place_is("JS:^run node:fs:40:2", "run", "node:fs", 40);
	place_is("JS:* /srv/a.js:1:1", "(anonymous)", "/srv/a.js", 1);
	place_is("py::load:/srv/a.py", "load", "/srv/a.py", 0);
	for (size_t i = 0; i < sizeof(bare) / sizeof(bare[0]); i++)
		assert_false(perf_map_split(bare[i], &place));
}

static void nonsense_is_passed_over(void **state)
{
	static char long_line[3 << 20];
	struct perf_map map = {.pid = getpid()};

	(void)state;
	memset(long_line, 'f', sizeof(long_line));
	write_map("w", long_line, sizeof(long_line));
	WRITE("a",
	    "\n\n \nno map\n10\n10 \n10 0 none\nffffffffffffffff ff far\n"
	    "\0\1\377\n1000 10 good\n");
	assert_string_equal(perf_map_find(&map, 0x1000), "good");
	assert_null(perf_map_find(&map, 0x10));
	assert_null(perf_map_find(&map, UINT64_MAX));
	perf_map_finish(&map);
}

/* A GiB, most of it a hole: the beginning is read, once. */
static void a_huge_file_is_read_in_part(void **state)
{
	struct perf_map map = {.pid = getpid()};

	(void)state;
	WRITE("w", "1000 10 first\n");
	assert_int_equal(truncate(path, 1 << 30), 0);
	WRITE("a", "\n3000 10 behind\n");
	assert_null(perf_map_find(&map, 0x3000));
	assert_string_equal(perf_map_find(&map, 0x1000), "first");
	assert_true(map.read <= 65 << 20);
	map.read_ns = 0;
	assert_null(perf_map_find(&map, 0x3000));
	assert_true(map.read <= 65 << 20);
	assert_int_equal(map.names.len, 1);
	perf_map_finish(&map);
}

/* The map finds the names of the wanted code alone, in a large file, too.
 * The last name of a piece of code counts. */
static void names_that_are_wanted_are_found_in_a_large_file(void **state)
{
	static const uint64_t wanted[] = {0x100f, 0x2000, 0x3005};
	struct perf_map map = {.wanted = wanted, .wanted_count = 3};
	int fd;

	(void)state;
	WRITE("w", "1000 10 first\n2001 10 beside\n3000 5 before\n"
		   "1ff0 10 below\n3000 10 old\n");
	assert_int_equal(truncate(path, 80 << 20), 0);
	WRITE("a", "\n3000 10 new\n4000 10 other\n");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	perf_map_load(&map, fd);
	close(fd);
	assert_string_equal(perf_map_search(&map, 0x100f), "first");
	assert_string_equal(perf_map_search(&map, 0x3005), "new");
	assert_null(perf_map_search(&map, 0x2000));
	assert_int_equal(map.names.len, 3);
	perf_map_finish(&map);
}

static void another_kind_of_file_is_none(void **state)
{
	struct perf_map map = {.pid = getpid()};

	(void)state;
	assert_null(perf_map_find(&map, 0x1000));
	assert_int_equal(symlink("/proc/self/maps", path), 0);
	map.read_ns = 0;
	assert_null(perf_map_find(&map, 0x1000));
	perf_map_finish(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(names_cover_their_code, begin, end),
	    cmocka_unit_test_setup_teardown(
		javas_interpreter_is_named_in_words, begin, end),
	    cmocka_unit_test_setup_teardown(later_lines_are_read, begin, end),
	    cmocka_unit_test_setup_teardown(
		another_text_replaces_the_first, begin, end),
	    cmocka_unit_test(names_may_tell_their_place),
	    cmocka_unit_test_setup_teardown(
		nonsense_is_passed_over, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_huge_file_is_read_in_part, begin, end),
	    cmocka_unit_test_setup_teardown(
		names_that_are_wanted_are_found_in_a_large_file, begin, end),
	    cmocka_unit_test_setup_teardown(
		another_kind_of_file_is_none, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
