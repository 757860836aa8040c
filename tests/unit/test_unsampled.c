// SPDX-License-Identifier: MIT
//
// Large processes without a table of sampled allocations, of which this one is
// one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "proc/static.h"
#include "recorder/unsampled.h"

enum { NOBODY = 999999998, MUCH_KIB = 8192 };

static struct unsampled unsampled;
static struct sink_process process;
static bool is_sampled;

static size_t told;
static struct sink_held latest;
static char by[16], name[64];

static void take_held(void *context, const struct sink_held *held)
{
	(void)context;
	told++;
	latest = *held;
	strncpy(by, held->by, sizeof(by) - 1);
	strncpy(name, held->name, sizeof(name) - 1);
}

static const struct sink sink = {.held = take_held};

static bool has_table(const void *context, pid_t pid)
{
	assert_null(context);
	assert_int_equal(pid, process.pid);
	return is_sampled;
}

static int begin(void **state)
{
	(void)state;
	unsampled = (struct unsampled){0};
	process = (struct sink_process){.pid = getpid(),
	    .start_ticks = 5,
	    .kib = MUCH_KIB,
	    .name = "before",
	    .is_root = true};
	is_sampled = false;
	told = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	unsampled_finish(&unsampled);
	return 0;
}

/* The number of reports after a round at that time. */
static size_t look(int64_t ms)
{
	const struct sink_tick tick = {.time_ns = ms * (NS_PER_S / 1000),
	    .processes = &process,
	    .count = 1};

	unsampled_scan(&unsampled, &tick, &sink, has_table, NULL);
	assert_int_equal(unsampled.reported, told);
	return told;
}

/* Below valgrind this process is a static program. */
static void skip_static(void)
{
	if (static_program(getpid()) == 1)
		skip();
}

static void one_without_the_library_is_reported_once(void **state)
{
	(void)state;
	skip_static();
	assert_int_equal(look(1000), 0);
	assert_int_equal(look(1999), 0);
	assert_int_equal(look(2049), 1);
	assert_string_equal(by, "none");
	assert_int_equal(latest.pid, 0);
	assert_int_equal(latest.every, 1);
	assert_int_equal(latest.time_ns, 2049 * (NS_PER_S / 1000));
	assert_string_not_equal(name, "before");
	assert_int_equal(look(9000), 1);
	process.start_ticks++; /* another one with its pid */
	process.is_root = false;
	unsampled.attached = true;
	assert_int_equal(look(10000), 1);
	assert_int_equal(look(11000), 2);
	assert_string_equal(by, "before");
	assert_int_equal(latest.pid, getpid());
}

static void looks_are_some_time_apart(void **state)
{
	(void)state;
	skip_static();
	assert_int_equal(look(1000), 0);
	process.start_ticks++;
	assert_int_equal(look(1049), 0);
	assert_int_equal(unsampled.seen.len, 1);
	assert_int_equal(look(1050), 0);
	assert_int_equal(unsampled.seen.len, 2);
	assert_int_equal(look(2050), 1);
}

static void small_and_sampled_ones_are_left_out(void **state)
{
	(void)state;
	process.kib = MUCH_KIB - 1;
	look(1000);
	process.kib = MUCH_KIB;
	is_sampled = true;
	look(2000);
	assert_int_equal(unsampled.seen.len, 0);
}

/* The number of reports after the end at that time. */
static size_t finish(int64_t ms)
{
	const struct sink_tick tick = {.time_ns = ms * (NS_PER_S / 1000)};

	unsampled_end(&unsampled, &tick, &sink);
	assert_int_equal(unsampled.reported, told);
	return told;
}

static void a_small_launched_program_is_reported_at_the_end(void **state)
{
	(void)state;
	skip_static();
	process.kib = 1;
	assert_int_equal(look(1000), 0);
	assert_int_equal(look(1500), 0);
	assert_int_equal(finish(1600), 0); /* it may make its table yet */
	assert_int_equal(look(2000), 0);
	assert_int_equal(finish(2100), 1);
	assert_string_equal(by, "none");
	assert_int_equal(latest.pid, 0);
	assert_int_equal(finish(2200), 1);
}

static void another_small_one_is_not_reported(void **state)
{
	(void)state;
	process.kib = 1;
	process.is_root = false;
	look(1000);
	look(3000);
	process.is_root = true;
	unsampled.attached = true;
	look(5000);
	look(7000);
	unsampled.attached = false;
	is_sampled = true;
	look(9000);
	look(11000);
	assert_int_equal(finish(12000), 0);
}

/* It has ended, so that nothing can be said of its library. */
static void one_that_is_not_there_is_not_reported(void **state)
{
	(void)state;
	process.pid = NOBODY;
	assert_int_equal(look(1000), 0);
	assert_int_equal(look(3000), 0);
	assert_int_equal(unsampled.seen.len, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(one_without_the_library_is_reported_once),
	    TEST(looks_are_some_time_apart),
	    TEST(small_and_sampled_ones_are_left_out),
	    TEST(a_small_launched_program_is_reported_at_the_end),
	    TEST(another_small_one_is_not_reported),
	    TEST(one_that_is_not_there_is_not_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
