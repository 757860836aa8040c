// SPDX-License-Identifier: MIT
//
// The recorder reads tables of sampled allocations, and gives the sink what is
// new and what was freed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/strbuf.h"
#include "made_table.h"
#include "recorder/allocations.h"

static struct test_state {
	char path[64];
	struct sites sites;
	struct allocations *all;
	struct sampler_hook hook;
	struct sink sink;
	struct strbuf told;
	int64_t now_ns;
	int64_t kib, bytes;
	size_t count;
	uint64_t every; /* the most that was reported */
	void *map;      /* the last table's */
	struct made_table
	    *busy; /* its process goes on behind a header's read */
} the;

/* In place of libc's. */
ssize_t pread(int fd, void *to, size_t len, off_t at)
{
	ssize_t got = syscall(SYS_pread64, fd, to, len, at);
	const uint64_t frame = 0x5678;
	struct made_table *table = the.busy;

	the.busy = NULL;
	if (table)
		made_slot(table, 0, 1 << 20, made_stack(table, &frame, 1), 5);
	return got;
}

static void take_allocation(void *context, const struct sink_allocation *taken)
{
	(void)context;
	the.kib += taken->kib;
	the.count++;
	the.bytes += 80;
	for (size_t i = 0; i < taken->count; i++)
		the.bytes += (int64_t)(strlen(taken->frames[i].file) +
				       strlen(taken->frames[i].function));
	strbuf_add_format(&the.told, "+%u site %u pid %d: %lld KiB",
	    (unsigned)taken->id, (unsigned)taken->site, (int)taken->pid,
	    (long long)taken->kib);
	for (size_t i = 0; i < taken->count; i++)
		strbuf_add_format(&the.told, " #%u %s:%d:%s",
		    (unsigned)taken->numbers[i], taken->frames[i].file,
		    taken->frames[i].line, taken->frames[i].function);
	strbuf_add(&the.told, "\n");
}

static void take_freed(void *context, const struct sink_freed *freed)
{
	(void)context;
	the.kib -= freed->kib;
	strbuf_add_format(&the.told, "-");
	for (size_t i = 0; i < freed->count; i++)
		strbuf_add_format(&the.told, " %u", (unsigned)freed->ids[i]);
	strbuf_add_format(&the.told, ": %lld KiB", (long long)freed->kib);
	if (freed->pid)
		strbuf_add_format(&the.told, " of %d", (int)freed->pid);
	strbuf_add(&the.told, freed->ended ? ", ended\n" : "\n");
}

static void take_held(void *context, const struct sink_held *held)
{
	(void)context;
	the.every = held->every > the.every ? held->every : the.every;
	strbuf_add_format(&the.told, "held by %s, period %lld\n", held->by,
	    (long long)held->period);
}

static int begin(void **state)
{
	struct err e;

	(void)state;
	the = (struct test_state){.now_ns = clock_wall_ns()};
	strcpy(the.path, "/tmp/mprof-test-allocations.XXXXXX");
	assert_non_null(mkdtemp(the.path));
	assert_int_equal(rmdir(the.path), 0);
	the.all = allocations_create(the.path, &the.sites, &e);
	assert_non_null(the.all);
	the.hook = allocations_hook(the.all);
	the.sink = (struct sink){.allocation = take_allocation,
	    .freed = take_freed,
	    .held = take_held};
	return 0;
}

static int end(void **state)
{
	(void)state;
	allocations_destroy(the.all);
	sites_finish(&the.sites);
	assert_int_equal(access(the.path, F_OK), -1);
	strbuf_finish(&the.told);
	return 0;
}

static struct made_table open_table(pid_t pid, int number)
{
	struct made_table table;
	char path[128];

	snprintf(path, sizeof(path), "%s/%d.%d", the.path, (int)pid, number);
	made_open(&table, path);
	/* As its process does. */
	the.map =
	    mmap(NULL, ALLOCATION_SLOTS_AT, PROT_READ, MAP_SHARED, table.fd, 0);
	assert_true(the.map != MAP_FAILED);
	return table;
}

/* Ticks half a second later and compares what was reported. */
static void expect(const char *want)
{
	struct sink_process process = {.pid = getpid(), .is_root = true};
	struct sink_tick tick = {
	    .sampled = true, .processes = &process, .count = 1};

	tick.time_ns = the.now_ns += NS_PER_S / 2;
	the.told.len = 0;
	strbuf_add(&the.told, "");
	the.hook.tick(the.hook.context, &tick, &the.sink);
	if (want)
		assert_string_equal(the.told.text, want);
}

static void what_is_new_and_what_is_freed_is_reported(void **state)
{
	struct made_table table = open_table(getpid(), 0);
	uint64_t frames[3];
	uint32_t stack;

	(void)state;
	frames[0] = 0x7f0000001234;
	frames[1] = made_frame(&table, 8, "a b.py\0f", 9);
	frames[2] = frames[1];
	made_module(&table, 0x7f0000000000, 0x7f0000100000, 0x7f0000000000,
	    "/lib/old.so");
	made_module(&table, 0x7f0000001000, 0x7f0000002000, 0x7f0000001000,
	    "/lib/new.so");
	stack = made_stack(&table, frames, 3);
	made_slot(&table, 0, 70000, stack, 5);
	made_slot(&table, 2, 1 << 20, UINT32_MAX, 5);
	expect("+1 site 1 pid 0: 68 KiB #1 /lib/new.so:0:+0x234 #2 a b.py:8:f "
	       "#2 a b.py:8:f\n"
	       "+2 site 0 pid 0: 1024 KiB\n"
	       "held by malloc,python, period 65536\n");
	made_slot(&table, 0, 100, stack, 5);
	made_slot(&table, 2, 0, 0, 0);
	made_slot(&table, 3, 100, stack, 5);
	made_slot(&table, 3, 0, 0, 0);
	expect("- 1 2: 1092 KiB\n+3 site 1 pid 0: 64 KiB\n");
	expect("");
	close(table.fd);
}

/* The slot that is read then refers to a stack that the header, read before,
 * doesn't count yet. */
static void a_stack_that_is_written_meanwhile_is_found(void **state)
{
	struct made_table table = open_table(getpid(), 0);

	(void)state;
	made_module(&table, 0, 0x10000, 0, "/lib/x.so");
	made_slot(&table, 0, 70000, UINT32_MAX, 5);
	the.busy = &table;
	expect("+1 site 1 pid 0: 1024 KiB #1 /lib/x.so:0:+0x5678\n"
	       "held by malloc,python, period 65536\n");
	assert_null(the.busy);
	close(table.fd);
}

static void code_below_another_root_is_never_ours(void **state)
{
	struct made_table table = open_table(getpid(), 0);
	uint64_t address = 0x7f0000001234;
	char want[200];
	uint32_t stack;

	(void)state;
	table.header.root_inode++;
	made_header(&table);
	made_module(&table, 0x7f0000000000, 0x7f0000100000, 0x7f0000000000,
	    "/lib/x.so");
	stack = made_stack(&table, &address, 1);
	made_slot(&table, 0, 1 << 20, stack, 5);
	snprintf(want, sizeof(want),
	    "+1 site 1 pid 0: 1024 KiB #1 /proc/%d/root/lib/x.so:0:+0x1234\n"
	    "held by malloc,python, period 65536\n",
	    (int)getpid());
	expect(want);
	close(table.fd);
}

/* Starts a process that waits to be killed, at the latest with this one. */
static pid_t waiting_child(void)
{
	pid_t child = fork();

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
	}
	return child;
}

static void an_exec_and_an_end_free_all(void **state)
{
	struct made_table table = open_table(getpid(), 0), next, other;
	pid_t child = waiting_child();
	char want[64];

	(void)state;
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	made_slot(&table, 1, 1 << 20, UINT32_MAX, 5);
	expect("+1 site 0 pid 0: 1024 KiB\n+2 site 0 pid 0: 1024 KiB\n"
	       "held by malloc,python, period 65536\n");
	next = open_table(getpid(), 1);
	made_slot(&next, 0, 2 << 20, UINT32_MAX, 5);
	expect("- 1 2: 2048 KiB, ended\n+3 site 0 pid 0: 2048 KiB\n"
	       "held by malloc,python, period 65536\n");
	other = open_table(child, 0);
	made_slot(&other, 0, 3 << 20, UINT32_MAX, 5);
	expect(NULL);
	snprintf(
	    want, sizeof(want), "+4 site 0 pid %d: 3072 KiB\n", (int)child);
	assert_non_null(strstr(the.told.text, want));
	assert_int_equal(allocations_processes(the.all), 2);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	/* Its number was never among the recorded processes. */
	expect("");
	the.now_ns += 120 * NS_PER_S;
	snprintf(
	    want, sizeof(want), "- 4: 3072 KiB of %d, ended\n", (int)child);
	expect(want);
	close(table.fd);
	close(next.fd);
	close(other.fd);
}

/* Tables of processes that the last tick didn't see, too. */
static void the_end_reads_all_tables(void **state)
{
	struct made_table table = open_table(getpid(), 0), other;
	const struct sink_process process = {.pid = getpid(), .is_root = true};
	struct sink_tick tick = {
	    .sampled = true, .processes = &process, .count = 1};
	pid_t child = waiting_child();

	(void)state;
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	expect("+1 site 0 pid 0: 1024 KiB\n"
	       "held by malloc,python, period 65536\n");
	made_slot(&table, 1, 2 << 20, UINT32_MAX, 5);
	other = open_table(child, 0);
	made_slot(&other, 0, 4 << 20, UINT32_MAX, 5);
	tick.time_ns = the.now_ns += NS_PER_S;
	the.told.len = 0;
	the.hook.end(the.hook.context, &tick, &the.sink);
	assert_non_null(strstr(the.told.text, " site 0 pid 0: 2048 KiB\n"));
	assert_non_null(strstr(the.told.text, ": 4096 KiB\n"));
	assert_int_equal(the.count, 3);
	assert_int_equal(allocations_processes(the.all), 2);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(table.fd);
	close(other.fd);
}

/* Whether this process, which has no table, is told of in five looks. */
static bool is_told(void)
{
	const struct sink_process process = {
	    .pid = getpid(), .kib = 8192, .name = "x", .is_root = true};
	struct sink_tick tick = {
	    .sampled = true, .processes = &process, .count = 1};

	the.told.len = 0;
	strbuf_add(&the.told, "");
	for (int i = 0; i < 5; i++) {
		tick.time_ns = the.now_ns += NS_PER_S / 2;
		the.hook.tick(the.hook.context, &tick, &the.sink);
	}
	return strstr(the.told.text, "held by none,") ||
	       strstr(the.told.text, "held by before,") ||
	       strstr(the.told.text, "held by static,");
}

static void one_without_a_table_is_reported(void **state)
{
	(void)state;
	assert_true(is_told());
}

/* In a program that runs already, none has a table until one asks for it. */
static void of_an_attached_program_the_first_table_is_waited_for(void **state)
{
	struct made_table table;
	pid_t child = waiting_child();

	(void)state;
	allocations_attach(the.all);
	assert_false(is_told());
	table = open_table(child, 0);
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	assert_true(is_told());
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(table.fd);
}

/* A library that brings an allocator is loaded later: it is counted once. */
static void an_allocator_that_comes_later_is_counted(void **state)
{
	struct made_table table = open_table(getpid(), 0);

	(void)state;
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	expect("+1 site 0 pid 0: 1024 KiB\n"
	       "held by malloc,python, period 65536\n");
	assert_int_equal(allocations_unseen(the.all), 0);
	table.header.flags |= ALLOCATION_OWN_HEAP;
	made_header(&table);
	expect("held by malloc,python,own, period 65536\n");
	table.header.flags |= ALLOCATION_NO_BACKTRACE;
	made_header(&table);
	expect("held by malloc,python,own, period 65536\n");
	assert_int_equal(allocations_unseen(the.all), 1);
	close(table.fd);
}

/* A static program was executed in its place. */
static void a_table_that_its_process_left_is_at_its_end(void **state)
{
	struct made_table table = open_table(getpid(), 0);

	(void)state;
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	expect("+1 site 0 pid 0: 1024 KiB\n"
	       "held by malloc,python, period 65536\n");
	the.now_ns += 20 * NS_PER_S;
	expect("");
	munmap(the.map, ALLOCATION_SLOTS_AT);
	the.now_ns += 20 * NS_PER_S;
	expect("- 1: 1024 KiB, ended\n");
	close(table.fd);
}

/* The table is read after each `few` samples. */
static void expect_bounded_records(uint64_t few)
{
	struct made_table table = open_table(getpid(), 0);
	char name[] = "/srv/app/0000000/views.py\0lessons";
	uint64_t frame;

	for (uint64_t i = 0; i < ALLOCATION_SLOTS; i++) {
		snprintf(name + 9, 8, "%07d", (int)i);
		name[16] = '/';
		frame = made_frame(&table, i, name, sizeof(name));
		made_slot(&table, i, i % 64 == 63 ? 8 << 20 : 1000,
		    made_stack(&table, &frame, 1), 5);
		if (i % few == few - 1)
			expect(NULL);
	}
	/* 63/64 of the table stands for 64 KiB each, the others for 8 MiB. */
	assert_true(the.bytes < 1 << 20);
	assert_true(the.every > 1);
	assert_true(the.count < ALLOCATION_SLOTS / 2);
	assert_in_range(the.kib >> 10, 5000, 7500);
	close(table.fd);
}

static void a_minute_of_records_is_bounded(void **state)
{
	(void)state;
	expect_bounded_records(256);
}

static void one_reading_of_a_full_table_is_bounded(void **state)
{
	(void)state;
	expect_bounded_records(ALLOCATION_SLOTS);
}

/* A byte here and there is another one: no crash, and no end of it. */
static void a_table_may_hold_anything(void **state)
{
	struct made_table table = open_table(getpid(), 0);
	uint64_t random = 1, frames[2];
	uint32_t stack;

	(void)state;
	frames[0] = 0x1234;
	frames[1] = made_frame(&table, 8, "a.py\0f", 7);
	made_module(&table, 0, 0x10000, 0, "/lib/x.so");
	stack = made_stack(&table, frames, 2);
	for (int i = 0; i < 3000; i++) {
		uint64_t value = random_next(&random);
		uint64_t at = random_next(&random);

		at = at % 3 == 0   ? at % sizeof(table.header)
		     : at % 3 == 1 ? ALLOCATION_SLOTS_AT + at % 400
				   : ALLOCATION_LOG_AT + at % 200;
		made_slot(&table, (uint64_t)i % 7, 1 << 20,
		    value % 5 ? stack : (uint32_t)value, value);
		made_put(&table, &value, 1 + value % 8, at);
		expect(NULL);
	}
	close(table.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		what_is_new_and_what_is_freed_is_reported, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_stack_that_is_written_meanwhile_is_found, begin, end),
	    cmocka_unit_test_setup_teardown(
		code_below_another_root_is_never_ours, begin, end),
	    cmocka_unit_test_setup_teardown(
		an_exec_and_an_end_free_all, begin, end),
	    cmocka_unit_test_setup_teardown(
		the_end_reads_all_tables, begin, end),
	    cmocka_unit_test_setup_teardown(
		one_without_a_table_is_reported, begin, end),
	    cmocka_unit_test_setup_teardown(
		of_an_attached_program_the_first_table_is_waited_for, begin,
		end),
	    cmocka_unit_test_setup_teardown(
		an_allocator_that_comes_later_is_counted, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_table_that_its_process_left_is_at_its_end, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_minute_of_records_is_bounded, begin, end),
	    cmocka_unit_test_setup_teardown(
		one_reading_of_a_full_table_is_bounded, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_table_may_hold_anything, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
