// SPDX-License-Identifier: MIT
//
// Large processes without a table of sampled allocations, of which this one is
// one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/allocation_table.h"
#include "base/clock.h"
#include "proc/argv.h"
#include "proc/filters.h"
#include "proc/maps.h"
#include "proc/static.h"
#include "recorder/unsampled.h"

enum { NOBODY = 999999998, MUCH_KIB = 8192 };

static struct unsampled unsampled;
static struct sink_process process;
static bool is_sampled;

static size_t told;
static struct sink_held latest;
static char by[16], name[64];

/* In place of proc/static.c, proc/filters.c, proc/maps.c and proc/argv.c. */
static struct {
	bool is_static, is_narrow, has_filters, has_library;
	uid_t user;
	const char *directory; /* of tables; NULL: the process has none */
	struct statvfs space;
} facts;

char *argv_variable(const struct procfs *fs, pid_t pid, const char *variable)
{
	assert_non_null(fs);
	assert_int_equal(pid, process.pid);
	assert_string_equal(variable, ALLOCATION_VARIABLE);
	return facts.directory ? strdup(facts.directory) : NULL;
}

int static_program(pid_t pid)
{
	(void)pid;
	return facts.is_static ? 1 : 0;
}

bool static_is_narrow(const char *path)
{
	assert_non_null(strstr(path, "/exe"));
	return facts.is_narrow;
}

bool filters_are_more(pid_t pid)
{
	(void)pid;
	return facts.has_filters;
}

bool maps_library_wipes(pid_t pid, const char *library)
{
	(void)pid;
	assert_non_null(library);
	return facts.has_library;
}

/* In place of libc's: a file system may be full, and this process another
 * user's. */
int statvfs(const char *path, struct statvfs *space)
{
	assert_string_equal(path, facts.directory);
	*space = facts.space;
	return 0;
}

uid_t geteuid(void)
{
	return facts.user;
}

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
	memset(&facts, 0, sizeof(facts));
	facts.user = (uid_t)syscall(SYS_geteuid);
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

static void one_without_the_library_is_reported_once(void **state)
{
	(void)state;
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

static void a_name_may_have_one_letter(void **state)
{
	char before[16];

	(void)state;
	assert_int_equal(prctl(PR_GET_NAME, before), 0);
	assert_int_equal(prctl(PR_SET_NAME, "q"), 0);
	look(1000);
	look(2050);
	assert_int_equal(prctl(PR_SET_NAME, before), 0);
	assert_string_equal(name, "q");
}

static void looks_are_some_time_apart(void **state)
{
	(void)state;
	assert_int_equal(look(1000), 0);
	process.start_ticks++;
	assert_int_equal(look(1049), 0);
	assert_int_equal(unsampled.checked.len, 1);
	assert_int_equal(look(1050), 0);
	assert_int_equal(unsampled.checked.len, 2);
	assert_int_equal(look(2050), 1);
}

static void each_process_of_a_tick_is_looked_at(void **state)
{
	struct sink_process processes[] = {process, process, process};
	const struct sink_tick tick = {
	    .time_ns = NS_PER_S, .processes = processes, .count = 3};

	(void)state;
	processes[1].start_ticks++;
	processes[2].start_ticks += 2;
	unsampled_scan(&unsampled, &tick, &sink, has_table, NULL);
	assert_int_equal(unsampled.checked.len, 3);
}

static void small_and_sampled_ones_are_left_out(void **state)
{
	(void)state;
	process.kib = MUCH_KIB - 1;
	look(1000);
	process.kib = MUCH_KIB;
	is_sampled = true;
	look(2000);
	assert_int_equal(unsampled.checked.len, 0);
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
	assert_int_equal(unsampled.checked.len, 1);
}

/* It has the library, but another reason. */
static void the_reason_is_the_first_that_holds(void **state)
{
	static const struct {
		bool has_library, attached, has_filters, is_anothers;
		const char *by; /* NULL: none; nothing is reported */
	} rows[] = {
	    {false, false, false, false, "none"},
	    {false, false, false, true, "none"},
	    {false, true, false, true, "before"},
	    {false, true, true, false, "before"},
	    {true, true, false, false, NULL},
	    {true, true, true, false, "filter"},
	    {true, true, false, true, "user"},
	    {true, true, true, true, "user"},
	    {true, false, false, false, NULL},
	    {true, false, false, true, "user"},
	};
	const uid_t user = facts.user;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t ms = 10000 * (int64_t)(i + 1);

		begin(NULL);
		facts.has_library = rows[i].has_library;
		facts.has_filters = rows[i].has_filters;
		facts.user = user + rows[i].is_anothers;
		unsampled.attached = rows[i].attached;
		assert_int_equal(look(ms), 0);
		assert_int_equal(look(ms + 1000), rows[i].by != NULL);
		if (rows[i].by)
			assert_string_equal(by, rows[i].by);
		facts.has_library = false;
		assert_int_equal(look(ms + 3000), rows[i].by != NULL);
		unsampled_finish(&unsampled);
	}
}

static void expect_reason(const char *expected)
{
	static int64_t ms;

	process.start_ticks++;
	ms += 10000;
	by[0] = 0;
	look(ms);
	look(ms + 1000);
	assert_string_equal(by, expected);
}

/* A full file system, or a limit of file sizes. One without a limit has no
 * blocks. */
static void one_that_can_not_create_a_file_is_reported(void **state)
{
	struct rlimit before, limit;

	(void)state;
	facts.has_library = true;
	facts.directory = "/dev";
	expect_reason("");
	facts.directory = "/dev/nowhere"; /* it is removed at the end */
	expect_reason("");
	facts.directory = "/dev";
	facts.space.f_blocks = 100;
	facts.space.f_bavail = 11;
	facts.space.f_frsize = 1024;
	expect_reason("file");
	facts.space.f_bavail = 12;
	expect_reason("");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = ALLOCATION_FILE - 1;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	expect_reason("file");
	limit.rlim_cur = ALLOCATION_FILE;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	expect_reason("");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
}

/* At the first look, even of one that has ended since. */
static void a_static_program_or_a_filter_is_reported_at_once(void **state)
{
	(void)state;
	facts.is_static = true;
	assert_int_equal(look(1000), 1);
	assert_string_equal(by, "static");
	assert_int_equal(latest.pid, 0);
	assert_int_equal(look(3000), 1);
	process.pid = NOBODY;
	process.is_root = false;
	unsampled.attached = true;
	assert_int_equal(look(4000), 2);
	assert_string_equal(by, "static");
	assert_string_equal(name, "before");
	assert_int_equal(latest.pid, NOBODY);
	facts.is_static = false;
	facts.has_filters = true;
	process.pid = getpid();
	process.start_ticks++;
	assert_int_equal(look(5000), 2); /* it may be another's filter */
	unsampled.attached = false;
	process.start_ticks++;
	assert_int_equal(look(6000), 3);
	assert_string_equal(by, "filter");
}

/* A static one is both, perhaps. */
static void a_32_bit_program_is_reported_at_once(void **state)
{
	(void)state;
	facts.is_narrow = facts.has_filters = true;
	assert_int_equal(look(1000), 1);
	assert_string_equal(by, "32-bit");
	process.start_ticks++;
	facts.is_static = true;
	assert_int_equal(look(2000), 2);
	assert_string_equal(by, "static");
}

static void a_small_static_program_is_known_at_once(void **state)
{
	(void)state;
	process.kib = 1;
	facts.is_static = true;
	assert_int_equal(look(1000), 0);
	assert_int_equal(finish(1001), 1);
	assert_string_equal(by, "static");
	assert_string_not_equal(name, "before");
	assert_true(name[0] != 0);
	assert_int_equal(latest.every, 1);
	assert_int_equal(latest.time_ns, 1001 * (NS_PER_S / 1000));
}

/* Each is twice as late as the one before. */
static void looks_at_a_small_program_are_fewer_and_fewer(void **state)
{
	(void)state;
	process.kib = 1;
	look(1000);
	look(1500);
	facts.is_static = true;
	look(1940);
	assert_null(unsampled.small.by);
	look(2000);
	assert_string_equal(unsampled.small.by, "static");
	facts.is_static = false;
	look(2940);
	assert_string_equal(unsampled.small.by, "static");
	look(3000);
	assert_string_equal(unsampled.small.by, "none");
	facts.has_library = true;
	look(5000);
	assert_null(unsampled.small.by);
	assert_int_equal(finish(5001), 0);
}

static void of_a_program_that_is_gone_the_last_reason_holds(void **state)
{
	(void)state;
	process.kib = 1;
	process.pid = NOBODY;
	facts.is_static = true;
	look(1000);
	assert_int_equal(finish(1001), 0);
	process.pid = getpid();
	look(1500);
	process.pid = NOBODY;
	facts.is_static = false;
	look(3000);
	assert_int_equal(finish(3001), 1);
	assert_string_equal(by, "static");
}

/* Where others were reported, that suffices. */
static void beside_others_a_small_program_is_not_reported(void **state)
{
	(void)state;
	facts.is_static = true;
	assert_int_equal(look(1000), 1);
	process.kib = 1;
	look(2000);
	assert_int_equal(finish(2001), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(one_without_the_library_is_reported_once),
	    TEST(a_name_may_have_one_letter),
	    TEST(looks_are_some_time_apart),
	    TEST(each_process_of_a_tick_is_looked_at),
	    TEST(small_and_sampled_ones_are_left_out),
	    TEST(a_small_launched_program_is_reported_at_the_end),
	    TEST(another_small_one_is_not_reported),
	    TEST(one_that_is_not_there_is_not_reported),
	    TEST(the_reason_is_the_first_that_holds),
	    TEST(one_that_can_not_create_a_file_is_reported),
	    TEST(a_static_program_or_a_filter_is_reported_at_once),
	    TEST(a_32_bit_program_is_reported_at_once),
	    TEST(a_small_static_program_is_known_at_once),
	    TEST(looks_at_a_small_program_are_fewer_and_fewer),
	    TEST(of_a_program_that_is_gone_the_last_reason_holds),
	    TEST(beside_others_a_small_program_is_not_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
