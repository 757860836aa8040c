// SPDX-License-Identifier: MIT
//
// The order in which the tables of a directory are created and left.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "recorder/table_events.h"
#include "queued_events.h"
#include "scratch.h"

static struct {
	char path[SCRATCH_MAX];
	int directory;
	struct table_events events;
} the;

static int begin(void **state)
{
	(void)state;
	assert_int_equal(scratch_directory(the.path), 0);
	the.directory = open(the.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	table_events_begin(&the.events, the.directory);
	return 0;
}

static int end(void **state)
{
	(void)state;
	table_events_end(&the.events);
	close(the.directory);
	/* Nothing was left there. */
	return rmdir(the.path);
}

static void needs_events(void)
{
	if (the.events.fd < 0)
		skip();
}

/* Maps a new file, which is closed. */
static void *map_table(const char *name)
{
	int fd = openat(
	    the.directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	void *map;

	assert_int_equal(ftruncate(fd, 1), 0);
	map = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(map != MAP_FAILED);
	close(fd);
	return map;
}

static void expect(int what, const char *name)
{
	struct table_event event;

	assert_true(table_events_next(&the.events, &event));
	assert_int_equal(event.what, what);
	assert_string_equal(event.name, name);
}

static void expect_none(void)
{
	struct table_event event;

	assert_false(table_events_next(&the.events, &event));
}

static void a_table_is_unmapped_when_its_mapping_is_gone(void **state)
{
	void *first, *second;

	(void)state;
	needs_events();
	expect_none();
	first = map_table("12.0");
	expect(TABLE_CREATED, "12.0");
	expect_none();
	second = map_table("a longer name");
	munmap(second, 1);
	munmap(first, 1);
	expect(TABLE_CREATED, "a longer name");
	expect(TABLE_UNMAPPED, "a longer name");
	expect(TABLE_UNMAPPED, "12.0");
	expect_none();
	unlinkat(the.directory, "12.0", 0);
	unlinkat(the.directory, "a longer name", 0);
	expect_none();
}

/* More than one call of read() returns. */
static void no_event_is_missing_among_many(void **state)
{
	char name[16];

	(void)state;
	needs_events();
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%d.0", i);
		munmap(map_table(name), 1);
		unlinkat(the.directory, name, 0);
	}
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%d.0", i);
		expect(TABLE_CREATED, name);
		expect(TABLE_UNMAPPED, name);
	}
	expect_none();
}

static void lost_events_are_an_event(void **state)
{
	int most = queued_events_most(), lost = 0;
	struct table_event event;

	(void)state;
	needs_events();
	for (int i = 0; i <= most / 2; i++) {
		munmap(map_table("1.0"), 1);
		unlinkat(the.directory, "1.0", 0);
	}
	while (table_events_next(&the.events, &event))
		lost += event.what == TABLE_EVENTS_LOST;
	assert_int_equal(lost, most > 0);
}

static void what_can_not_be_watched_has_no_events(void **state)
{
	struct table_events events;
	struct table_event event;

	(void)state;
	table_events_begin(&events, -1);
	assert_int_equal(events.fd, -1);
	assert_false(table_events_next(&events, &event));
	table_events_end(&events);
}

/* A test of the directory writes a file; here it can't. */
static void a_directory_without_files_of_ours_has_no_events(void **state)
{
	struct table_events events;
	int directory =
	    open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	table_events_begin(&events, directory);
	assert_int_equal(events.fd, -1);
	close(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_table_is_unmapped_when_its_mapping_is_gone, begin, end),
	    cmocka_unit_test_setup_teardown(
		no_event_is_missing_among_many, begin, end),
	    cmocka_unit_test_setup_teardown(
		lost_events_are_an_event, begin, end),
	    cmocka_unit_test(what_can_not_be_watched_has_no_events),
	    cmocka_unit_test(a_directory_without_files_of_ours_has_no_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
