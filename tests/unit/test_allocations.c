// SPDX-License-Identifier: MIT
//
// The recorder reads tables of sampled allocations, and gives the sink what is
// new and what was freed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/random.h"
#include "base/strbuf.h"
#include "made_table.h"
#include "queued_events.h"
#include "proc/filters.h"
#include "proc/namespace.h"
#include "recorder/allocations.h"
#include "recorder/table_events.h"
#include "scratch.h"

static struct test_state {
	char path[SCRATCH_MAX];
	struct sites sites;
	struct allocations *all;
	struct sampler_hook hook;
	struct sink sink;
	struct strbuf told;
	int64_t begun_ns, now_ns;
	int64_t kib, bytes;
	size_t count;
	uint64_t every;               /* the most that was reported */
	struct sink_allocation taken; /* the latest of each */
	struct sink_freed freed;
	struct sink_held held;
	char name[64];
	size_t states; /* number of those */
	pid_t child;   /* a process that is in ticks, too; 0: none */
	int64_t child_kib;
	void *map;          /* the last table's */
	bool has_no_leases; /* as on some file systems */
	bool has_no_events; /* as where a user has too many watches */
	bool has_events;    /* an earlier end is told of */
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

/* In place of libc's, too. */
int fcntl(int fd, int command, ...)
{
	va_list rest;
	long argument;

	va_start(rest, command);
	argument = va_arg(rest, long);
	va_end(rest);
	if (command == F_SETLEASE && the.has_no_leases) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_fcntl, fd, command, argument);
}

/* And this one. */
int inotify_init1(int flags)
{
	if (the.has_no_events) {
		errno = EMFILE;
		return -1;
	}
	return (int)syscall(SYS_inotify_init1, flags);
}

static void take_allocation(void *context, const struct sink_allocation *taken)
{
	(void)context;
	the.taken = *taken;
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
	the.freed = *freed;
	the.kib -= freed->kib;
	strbuf_add_format(&the.told, "-");
	for (size_t i = 0; i < freed->count; i++)
		strbuf_add_format(&the.told, " %u", (unsigned)freed->ids[i]);
	strbuf_add_format(&the.told, ": %lld KiB", (long long)freed->kib);
	if (freed->pid)
		strbuf_add_format(&the.told, " of %d", (int)freed->pid);
	if (freed->ended)
		strbuf_add(&the.told, ", ended");
	if (freed->read_ns && the.has_events)
		strbuf_add_format(&the.told, " by %.4f, read %.4f",
		    (double)(freed->time_ns - the.begun_ns) / NS_PER_S,
		    (double)(freed->read_ns - the.begun_ns) / NS_PER_S);
	strbuf_add(&the.told, "\n");
}

static void take_held(void *context, const struct sink_held *held)
{
	(void)context;
	the.held = *held;
	snprintf(the.name, sizeof(the.name), "%s", held->name);
	the.states++;
	the.every = held->every > the.every ? held->every : the.every;
	strbuf_add_format(&the.told, "held by %s, period %lld\n", held->by,
	    (long long)held->period);
}

static int begin_with(bool has_no_leases, bool has_no_events)
{
	struct err e;

	the = (struct test_state){.now_ns = clock_wall_ns(),
	    .has_no_leases = has_no_leases,
	    .has_no_events = has_no_events};
	assert_int_equal(scratch_directory(the.path), 0);
	assert_int_equal(rmdir(the.path), 0);
	the.all = allocations_create(the.path, &the.sites, &e);
	assert_non_null(the.all);
	the.begun_ns = the.now_ns;
	the.hook = allocations_hook(the.all);
	the.sink = (struct sink){.allocation = take_allocation,
	    .freed = take_freed,
	    .held = take_held};
	return 0;
}

static int begin(void **state)
{
	(void)state;
	return begin_with(false, false);
}

/* Begins as where a directory can't be watched: it is not known in which order
 * tables are created and left. */
static int begin_without_events(void **state)
{
	(void)state;
	return begin_with(false, true);
}

/* Begins as on a file system that has no leases: it is not known whether a
 * table is mapped. */
static int begin_without_leases(void **state)
{
	(void)state;
	return begin_with(true, false);
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
	char path[192];

	snprintf(path, sizeof(path), "%s/%d.%d", the.path, (int)pid, number);
	made_open(&table, path);
	/* As its process does. */
	the.map =
	    mmap(NULL, ALLOCATION_SLOTS_AT, PROT_READ, MAP_SHARED, table.fd, 0);
	assert_true(the.map != MAP_FAILED);
	return table;
}

/* As its process does when it ends, or executes another program. */
static void leave_table(const struct made_table *table)
{
	munmap(the.map, ALLOCATION_SLOTS_AT);
	close(table->fd);
}

/* Skips a test where it can't be known whether a table is mapped. */
static void needs_leases(void)
{
	int fd = open(the.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool finds = file_lock_finds_mappings(fd);

	close(fd);
	if (!finds)
		skip();
}

enum { FIRST = 999999997, OTHER }; /* in ticks, and not there */

/* One tick, so much later. */
static void tick_after(int64_t ns)
{
	const struct sink_process processes[] = {
	    {.pid = FIRST, .name = "first"},
	    {.pid = getpid(), .name = "own", .is_root = true},
	    {.pid = OTHER, .name = "other"},
	    {.pid = the.child, .kib = the.child_kib, .name = "child"}};
	struct sink_tick tick = {.sampled = true,
	    .processes = processes,
	    .count = the.child ? 4 : 3};

	tick.time_ns = the.now_ns += ns;
	the.told.len = 0;
	strbuf_add(&the.told, "");
	the.hook.tick(the.hook.context, &tick, &the.sink);
}

/* The end of the recording, at the time of the last tick. */
static void end_recording(void)
{
	const struct sink_process process = {.pid = getpid(), .is_root = true};
	const struct sink_tick tick = {.time_ns = the.now_ns,
	    .sampled = true,
	    .processes = &process,
	    .count = 1};

	the.told.len = 0;
	strbuf_add(&the.told, "");
	the.hook.end(the.hook.context, &tick, &the.sink);
}

/* Ticks half a second later and compares what was reported. */
static void expect(const char *want)
{
	tick_after(NS_PER_S / 2);
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
	pid_t child = waiting_child();
	struct made_table table = open_table(getpid(), 0), next, other;
	char want[64];

	(void)state;
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	made_slot(&table, 1, 1 << 20, UINT32_MAX, 5);
	expect("+1 site 0 pid 0: 1024 KiB\n+2 site 0 pid 0: 1024 KiB\n"
	       "held by malloc,python, period 65536\n");
	/* One that was written after the last reading counts, too. */
	made_slot(&table, 2, 3 << 20, UINT32_MAX, 5);
	leave_table(&table);
	next = open_table(getpid(), 1);
	made_slot(&next, 0, 2 << 20, UINT32_MAX, 5);
	expect("+3 site 0 pid 0: 2048 KiB\n"
	       "held by malloc,python, period 65536\n"
	       "+4 site 0 pid 0: 3072 KiB\n"
	       "- 1 2 4: 5120 KiB, ended\n");
	other = open_table(child, 0);
	made_slot(&other, 0, 3 << 20, UINT32_MAX, 5);
	expect(NULL);
	snprintf(
	    want, sizeof(want), "+5 site 0 pid %d: 3072 KiB\n", (int)child);
	assert_non_null(strstr(the.told.text, want));
	assert_int_equal(allocations_processes(the.all), 2);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	expect(NULL);
	snprintf(
	    want, sizeof(want), "- 5: 3072 KiB of %d, ended\n", (int)child);
	assert_string_equal(the.told.text, want);
	close(next.fd);
	close(other.fd);
}

/* A table that was made to tell of a filter alone is of no program that is
 * sampled. */
static void a_filter_without_samples_is_no_program(void **state)
{
	static const struct {
		uint64_t taken;
		size_t processes;
	} rows[] = {{0, 0}, {1, 1}, {2, 2}};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct made_table table = open_table(getpid() + i, 0);

		table.header.flags |= ALLOCATION_FILTERED;
		table.header.taken = rows[i].taken;
		made_header(&table);
		expect(NULL);
		assert_int_equal(
		    allocations_processes(the.all), rows[i].processes);
		leave_table(&table);
	}
}

/* Even where a program that was sampled has executed it. */
static void an_exec_behind_a_filter_is_the_same_program(void **state)
{
	struct made_table table = open_table(getpid(), 0);

	(void)state;
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	expect(NULL);
	assert_int_equal(allocations_processes(the.all), 1);
	leave_table(&table);
	table = open_table(getpid(), 1);
	table.header.flags |= ALLOCATION_FILTERED;
	made_header(&table);
	expect(NULL);
	assert_int_equal(allocations_processes(the.all), 1);
	leave_table(&table);
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
	struct made_table table;

	(void)state;
	needs_leases();
	table = open_table(getpid(), 0);
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	expect("+1 site 0 pid 0: 1024 KiB\n"
	       "held by malloc,python, period 65536\n");
	close(table.fd);
	expect("");
	munmap(the.map, ALLOCATION_SLOTS_AT);
	expect("- 1: 1024 KiB, ended\n");
	expect("");
	table = open_table(getpid(), 1);
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	expect("+2 site 0 pid 0: 1024 KiB\n"
	       "held by malloc,python, period 65536\n");
	assert_int_equal(allocations_processes(the.all), 1);
	leave_table(&table);
	end_recording();
	assert_string_equal(the.told.text, "");
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

/* Others may neither list it nor put a table there, and a program that runs
 * already samples while it is locked. */
static void the_directory_is_this_users_and_locked(void **state)
{
	char want[192];
	struct stat about;
	struct err e;
	int fd;

	(void)state;
	assert_int_equal(stat(the.path, &about), 0);
	assert_int_equal(about.st_mode, S_IFDIR | 0700);
	fd = open(the.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_SH | LOCK_NB), -1);
	close(fd);
	assert_null(allocations_create(the.path, &the.sites, &e));
	snprintf(want, sizeof(want),
	    "%s: sampled allocations can't be kept: File exists", the.path);
	assert_string_equal(e.text, want);
}

static int put_empty(const char *name)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/%s", the.path, name);
	return close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static bool is_there(const char *name)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/%s", the.path, name);
	return access(path, F_OK) == 0;
}

/* Another recorder's, which was killed. */
static void what_was_left_is_removed_but_for_other_files(void **state)
{
	char path[192];

	(void)state;
	put_empty("7.0");
	put_empty("x");
	put_empty("7");
	allocations_remove(the.path);
	assert_false(is_there("7.0"));
	assert_true(is_there("x"));
	assert_true(is_there("7"));
	snprintf(path, sizeof(path), "%s/x", the.path);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/7", the.path);
	assert_int_equal(unlink(path), 0);
}

static void only_names_of_tables_are_read(void **state)
{
	static const char *const names[] = {"0.0", "7", "7.", "7.0x", "x7.0",
	    " 7.0", "+7.0", "7.+0", "7.0.0", "1000000000.0", "7.1000000000"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		put_empty(names[i]);
	expect("");
	assert_int_equal(allocations_processes(the.all), 0);
	put_empty("999999999.999999999"); /* the longest */
	expect("");
	assert_int_equal(allocations_processes(the.all), 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[192];

		snprintf(path, sizeof(path), "%s/%s", the.path, names[i]);
		assert_int_equal(unlink(path), 0);
	}
}

/* A program may put a link to a table, or a pipe, in a table's place. */
static void what_is_no_regular_file_is_no_table(void **state)
{
	struct made_table table;
	char path[192], link[192];

	(void)state;
	snprintf(path, sizeof(path), "%s/other", the.path);
	snprintf(link, sizeof(link), "%s/%d.0", the.path, (int)getpid());
	made_open(&table, path);
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	assert_int_equal(symlink(path, link), 0);
	expect("");
	assert_int_equal(unlink(link), 0);
	assert_int_equal(mkfifo(link, 0600), 0);
	expect("");
	assert_int_equal(unlink(link), 0);
	assert_int_equal(rename(path, link), 0);
	tick_after(0);
	assert_int_equal(the.count, 1);
	close(table.fd);
}

/* Sets the time of the directory's last change, seconds from now. */
static void set_changed(int64_t now_s, int64_t seconds)
{
	const struct timespec times[2] = {
	    {.tv_nsec = UTIME_OMIT}, {.tv_sec = now_s + seconds}};

	assert_int_equal(utimensat(AT_FDCWD, the.path, times, 0), 0);
}

/* A directory that changed just now may change again within the same tick of
 * the kernel's clock. */
static void the_directory_is_listed_where_it_may_have_changed(void **state)
{
	int64_t now_s = clock_wall_ns() / NS_PER_S;

	(void)state;
	put_empty("999999991.0");
	set_changed(now_s, 1000); /* as of now, by a clock that was set */
	expect("");
	assert_int_equal(allocations_processes(the.all), 1);
	put_empty("999999992.0");
	set_changed(now_s, 1000);
	expect("");
	assert_int_equal(allocations_processes(the.all), 2);
	put_empty("999999993.0");
	set_changed(now_s, -1);
	expect("");
	assert_int_equal(allocations_processes(the.all), 3);
	put_empty("999999994.0");
	set_changed(now_s, -1); /* no change that can be seen */
	expect("");
	assert_int_equal(allocations_processes(the.all), 3);
	set_changed(now_s, -2);
	expect("");
	assert_int_equal(allocations_processes(the.all), 4);
	put_empty("999999995.0");
	set_changed(now_s, -2);
	end_recording(); /* lists it in any case */
	assert_int_equal(allocations_processes(the.all), 5);
}

static void a_sample_is_of_its_time_within_the_recording(void **state)
{
	struct made_table table = open_table(getpid(), 0);
	int64_t made_ns = the.now_ns, now_ns = made_ns + NS_PER_S * 100;

	(void)state;
	made_slot(&table, 0, 70001, UINT32_MAX, 5);
	the.now_ns = now_ns;
	tick_after(0);
	assert_true(the.taken.time_ns >= made_ns);
	assert_true(the.taken.time_ns < made_ns + NS_PER_S * 60);
	assert_int_equal(the.taken.size, 70001);
	assert_int_equal(the.held.time_ns, now_ns);
	made_slot(&table, 1, 70002, UINT32_MAX, (uint64_t)(now_ns - NS_PER_S));
	tick_after(NS_PER_S);
	assert_int_equal(the.taken.time_ns, now_ns - NS_PER_S);
	made_slot(&table, 0, 0, 0, 0);
	made_slot(&table, 2, 70003, UINT32_MAX, UINT64_MAX);
	tick_after(NS_PER_S);
	assert_int_equal(the.taken.time_ns, the.now_ns);
	assert_int_equal(the.taken.size, 70003);
	assert_int_equal(the.freed.time_ns, the.now_ns);
	assert_int_equal(the.freed.count, 1);
	close(table.fd);
}

static void each_hook_has_its_name(void **state)
{
	static const struct {
		uint32_t flags;
		const char *by;
		bool unseen;
	} rows[] = {
	    {0, "own", false},
	    {ALLOCATION_MALLOC, "malloc", false},
	    {ALLOCATION_PYTHON, "python", false},
	    {ALLOCATION_MALLOC | ALLOCATION_PYTHON, "malloc,python", false},
	    {ALLOCATION_OWN_MALLOC, "own", true},
	    {ALLOCATION_MALLOC | ALLOCATION_OWN_HEAP, "malloc,own", true},
	    {ALLOCATION_PYTHON | ALLOCATION_OWN_MALLOC, "python,own", true},
	    {ALLOCATION_MALLOC | ALLOCATION_PYTHON | ALLOCATION_OWN_MALLOC |
		    ALLOCATION_OWN_HEAP,
		"malloc,python,own", true},
	    {ALLOCATION_FILTERED, "filter", true},
	    {ALLOCATION_LOCKED, "locked", true},
	    {ALLOCATION_LOCKED | ALLOCATION_MALLOC, "malloc,locked", true},
	    {ALLOCATION_MALLOC | ALLOCATION_FILTERED, "malloc,filter", true},
	    {ALLOCATION_PYTHON | ALLOCATION_FILTERED, "python,filter", true},
	    {ALLOCATION_MALLOC | ALLOCATION_PYTHON | ALLOCATION_FILTERED,
		"malloc,python,filter", true},
	    {ALLOCATION_OWN_HEAP | ALLOCATION_FILTERED, "own,filter", true},
	    {ALLOCATION_MALLOC | ALLOCATION_OWN_HEAP | ALLOCATION_FILTERED,
		"malloc,own,filter", true},
	    {ALLOCATION_PYTHON | ALLOCATION_OWN_HEAP | ALLOCATION_FILTERED,
		"python,own,filter", true},
	    {ALLOCATION_MALLOC | ALLOCATION_PYTHON | ALLOCATION_OWN_HEAP |
		    ALLOCATION_FILTERED | ALLOCATION_NO_BACKTRACE,
		"malloc,python,own,filter", true},
	};
	size_t unseen = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct made_table table = open_table(getpid(), (int)i);

		table.header.flags = rows[i].flags;
		made_header(&table);
		the.states = 0;
		expect(NULL);
		assert_int_equal(the.states, 1);
		assert_string_equal(the.held.by, rows[i].by);
		unseen += rows[i].unseen;
		assert_int_equal(allocations_unseen(the.all), unseen);
		close(table.fd);
	}
	assert_int_equal(allocations_processes(the.all), 1);
}

/* The tick has the name that the process had when its names were read, which
 * may have been between fork and exec. */
static void a_program_has_the_name_that_it_has_now(void **state)
{
	char name[16];

	(void)state;
	assert_int_equal(prctl(PR_GET_NAME, name), 0);
	for (int number = 0; number < 2; number++) {
		struct made_table table = open_table(getpid(), number);

		table.header.flags = ALLOCATION_MALLOC;
		made_header(&table);
		expect(NULL);
		assert_string_equal(the.name, name);
		close(table.fd);
	}
}

/* One that has ended, and whose name can't be read any more. */
static void a_program_that_ended_has_the_ticks_name(void **state)
{
	struct made_table table = open_table(OTHER, 0);

	(void)state;
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	tick_after(0);
	assert_int_equal(the.held.pid, OTHER);
	assert_string_equal(the.name, "other");
	close(table.fd);
}

/* A process that will have a filter of system calls that permits all: once it
 * reads a byte from *ask, it sets it and writes to *answer whether it could. */
static pid_t child_before_filter(int *ask, int *answer)
{
	struct sock_filter permit =
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const struct sock_fprog program = {1, &permit};
	int asked[2], answered[2];
	char done = 0;
	pid_t child;

	assert_int_equal(pipe(asked), 0);
	assert_int_equal(pipe(answered), 0);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(asked[1]);
		if (read(asked[0], &done, 1) != 1)
			_exit(0);
		done =
		    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
		if (write(answered[1], &done, 1) == 1)
			pause();
		_exit(0);
	}
	close(asked[0]);
	close(answered[1]);
	*ask = asked[1];
	*answer = answered[0];
	return child;
}

/* Makes the child set its filter. False, and the child is gone, where it can't
 * have one here. */
static bool set_filter(pid_t child, int ask, int answer)
{
	char done = 1;

	assert_int_equal(write(ask, &done, 1), 1);
	assert_int_equal(read(answer, &done, 1), 1);
	close(ask);
	close(answer);
	if (done && filters_are_more(child))
		return true;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return false;
}

/* A process with such a filter; 0: not here. */
static pid_t filtered_child(void)
{
	int ask, answer;
	pid_t child = child_before_filter(&ask, &answer);

	return set_filter(child, ask, answer) ? child : 0;
}

static uint64_t is_told_to_leave(const struct made_table *table)
{
	struct allocation_header header = {0};

	assert_int_equal(
	    pread(table->fd, &header, sizeof(header), 0), sizeof(header));
	return header.leave;
}

/* The library may not have seen it. It is looked for after half a second, and
 * the table is told. */
static void a_filter_that_comes_later_is_found(void **state)
{
	struct made_table table;

	(void)state;
	the.child = filtered_child();
	if (!the.child)
		skip();
	table = open_table(the.child, 0);
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	tick_after(0);
	tick_after(NS_PER_S / 2 - 1);
	assert_string_equal(the.held.by, "malloc,python");
	assert_int_equal(is_told_to_leave(&table), 0);
	tick_after(1);
	assert_string_equal(the.held.by, "malloc,python,filter");
	assert_int_equal(is_told_to_leave(&table), 1);
	assert_int_equal(the.states, 2);
	made_slot(&table, 1, 1 << 20, UINT32_MAX, 5);
	tick_after(100 * NS_PER_S);
	assert_int_equal(the.states, 2);
	assert_int_equal(allocations_unseen(the.all), 1);
	kill(the.child, SIGKILL);
	waitpid(the.child, NULL, 0);
	close(table.fd);
}

/* One that is set after the first look is found by the next, five seconds
 * later. */
static void a_filter_is_looked_for_every_five_seconds(void **state)
{
	struct made_table table;
	int ask, answer;

	(void)state;
	the.child = child_before_filter(&ask, &answer);
	table = open_table(the.child, 0);
	tick_after(0);
	tick_after(NS_PER_S / 2);
	if (!set_filter(the.child, ask, answer)) {
		close(table.fd);
		skip();
	}
	tick_after(5 * NS_PER_S - 1);
	assert_int_equal(is_told_to_leave(&table), 0);
	tick_after(1);
	assert_int_equal(is_told_to_leave(&table), 1);
	kill(the.child, SIGKILL);
	waitpid(the.child, NULL, 0);
	close(table.fd);
}

/* A program that ran before knows of its filters when it is asked to sample. */
static void of_an_attached_program_no_filter_is_looked_for(void **state)
{
	struct made_table table;

	(void)state;
	the.child = filtered_child();
	if (!the.child)
		skip();
	allocations_attach(the.all);
	table = open_table(the.child, 0);
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	tick_after(0);
	tick_after(100 * NS_PER_S);
	assert_string_equal(the.held.by, "malloc,python");
	assert_int_equal(is_told_to_leave(&table), 0);
	kill(the.child, SIGKILL);
	waitpid(the.child, NULL, 0);
	close(table.fd);
}

/* A program that was too small for a report while it ran is reported at its
 * end, unless another process has a table. */
static void the_end_tells_of_a_small_program(void **state)
{
	struct made_table table;

	(void)state;
	tick_after(0);
	tick_after(100 * NS_PER_S);
	assert_int_equal(the.states, 0);
	table = open_table(OTHER, 0);
	end_recording();
	assert_string_equal(
	    the.told.text, "held by malloc,python, period 65536\n");
	close(table.fd);
}

static void the_end_tells_where_there_is_no_table(void **state)
{
	(void)state;
	tick_after(0);
	tick_after(100 * NS_PER_S);
	end_recording();
	assert_int_equal(the.states, 1);
	assert_int_equal(the.held.pid, 0);
	assert_int_equal(the.held.period, 0);
	assert_int_equal(allocations_unseen(the.all), 1);
}

/* A change of the period, or the first failure, is reported ten seconds after
 * the record before, or at the end. */
static void a_state_is_reported_seldom(void **state)
{
	struct made_table table = open_table(getpid(), 0);
	struct sink_tick tick = {.sampled = true};
	char name[16];

	(void)state;
	assert_int_equal(prctl(PR_GET_NAME, name), 0);
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	made_slot(&table, 1, 3 << 20, UINT32_MAX, 5);
	table.header.failed = 0;
	expect(NULL);
	assert_int_equal(the.states, 1);
	assert_int_equal(the.held.pid, 0);
	assert_string_equal(the.name, name);
	assert_int_equal(the.held.kib, 4096);
	assert_int_equal(the.held.every, 1);
	assert_int_equal(the.held.failed, 0);
	table.header.period *= 2;
	made_header(&table);
	tick_after(10 * NS_PER_S - 1);
	assert_int_equal(the.states, 1);
	tick_after(1);
	assert_int_equal(the.states, 2);
	assert_int_equal(the.held.period, 2 * ALLOCATION_PERIOD);
	assert_int_equal(the.held.time_ns, the.now_ns);
	tick_after(100 * NS_PER_S);
	assert_int_equal(the.states, 2);
	table.header.failed = 1;
	made_header(&table);
	tick_after(100 * NS_PER_S);
	assert_int_equal(the.states, 3);
	assert_int_equal(the.held.failed, 1);
	table.header.failed = 4;
	made_header(&table);
	tick_after(100 * NS_PER_S);
	assert_int_equal(the.states, 3);
	table.header.period = 1;
	made_header(&table);
	tick_after(1);
	table.header.period *= 2;
	made_header(&table);
	tick_after(1);
	assert_int_equal(the.states, 4);
	assert_int_equal(the.held.period, 1);
	tick.time_ns = the.now_ns + 1;
	the.hook.end(the.hook.context, &tick, &the.sink);
	assert_int_equal(the.states, 5);
	assert_int_equal(the.held.period, 2);
	assert_int_equal(the.held.failed, 4);
	assert_string_equal(the.name, name);
	close(table.fd);
}

/* The first ones ten seconds after the record before, and its last number at
 * the end. */
static void lost_samples_are_reported(void **state)
{
	struct made_table table = open_table(getpid(), 0);

	(void)state;
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	expect(NULL);
	table.header.lost = 3;
	made_header(&table);
	tick_after(10 * NS_PER_S);
	assert_int_equal(the.states, 2);
	assert_int_equal(the.held.lost, 3);
	table.header.lost = 5;
	made_header(&table);
	tick_after(100 * NS_PER_S);
	assert_int_equal(the.states, 2);
	end_recording();
	assert_int_equal(the.states, 3);
	assert_int_equal(the.held.lost, 5);
	close(table.fd);
}

/* A table of more than 1,024 slots is read ten times a second at most. */
static void a_large_table_is_read_less_often(void **state)
{
	struct made_table table = open_table(getpid(), 0);

	(void)state;
	made_slot(&table, 1023, 1 << 20, UINT32_MAX, 5);
	tick_after(0);
	tick_after(1);
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	tick_after(1);
	assert_int_equal(the.count, 2);
	made_slot(&table, 1024, 1 << 20, UINT32_MAX, 5);
	tick_after(1);
	assert_int_equal(the.count, 3);
	made_slot(&table, 1, 1 << 20, UINT32_MAX, 5);
	tick_after(NS_PER_S / 10 - 1);
	assert_int_equal(the.count, 3);
	tick_after(1);
	assert_int_equal(the.count, 4);
	close(table.fd);
}

enum { MANY = 6000 }; /* samples that are too large to be left out */

static void fill_huge(struct made_table *table)
{
	for (uint64_t i = 0; i < MANY; i++)
		made_slot(table, i, UINT64_C(8) << 30, UINT32_MAX, 5);
	the.count = the.states = 0;
}

/* 512 KiB at once, and in each minute after that: 96 bytes a sample, 192 for
 * the table's state. */
static void records_have_a_budget(void **state)
{
	struct made_table table = open_table(getpid(), 0);

	(void)state;
	fill_huge(&table);
	tick_after(0);
	assert_int_equal(the.count, 5461); /* 32 bytes are left */
	assert_int_equal(the.states, 1);
	assert_int_equal(the.held.every, 2048);
	assert_int_equal(the.held.kib, INT64_C(5461) << 23);
	tick_after(0);
	fill_huge(&table);
	tick_after(30 * NS_PER_S);
	assert_int_equal(the.freed.count, 5461);
	for (size_t i = 1; i < the.freed.count; i++)
		assert_true(the.freed.ids[i] > the.freed.ids[i - 1]);
	assert_int_equal(the.count, 2729); /* to the last byte */
	assert_int_equal(the.states, 1);
	fill_huge(&table);
	tick_after(1000 * NS_PER_S);
	assert_int_equal(the.count, 5461);
	assert_int_equal(the.taken.id, 5461 + 2729 + 5461);
	close(table.fd);
}

/* One in two is taken when half of the budget is used, or would be. */
static void with_half_of_the_budget_less_is_reported(void **state)
{
	struct made_table table = open_table(getpid(), 0);
	uint64_t half = (256 << 10) / 96; /* samples of its records */

	(void)state;
	for (uint64_t i = 0; i < half; i++)
		made_slot(&table, i, UINT64_C(8) << 30, UINT32_MAX, 5);
	tick_after(0);
	assert_int_equal(the.count, half);
	assert_int_equal(the.held.every, 1);
	made_slot(&table, half, UINT64_C(8) << 30, UINT32_MAX, 5);
	end_recording();
	assert_int_equal(the.held.every, 2);
	close(table.fd);
}

static void what_would_take_half_of_the_budget_is_less(void **state)
{
	struct made_table table = open_table(getpid(), 0);
	uint64_t half = (256 << 10) / 96;

	(void)state;
	for (uint64_t i = 0; i <= half; i++)
		made_slot(&table, i, UINT64_C(8) << 30, UINT32_MAX, 5);
	tick_after(0);
	assert_int_equal(the.count, half + 1); /* too large to be left out */
	assert_int_equal(the.held.every, 2);
	made_slot(&table, 0, UINT64_C(8) << 30, UINT32_MAX, 5);
	tick_after(1000 * NS_PER_S);
	assert_int_equal(the.held.every, 1);
	close(table.fd);
}

/* A figure of four TiB and more is bounded where it is kept. */
static void a_sample_may_be_of_any_size(void **state)
{
	struct made_table table = open_table(getpid(), 0);

	(void)state;
	made_slot(&table, 0, UINT64_C(1) << 46, UINT32_MAX, 5);
	expect("+1 site 0 pid 0: 68719476736 KiB\n"
	       "held by malloc,python, period 65536\n");
	made_slot(&table, 0, 0, 0, 0);
	expect("- 1: 4294967295 KiB\n");
	made_slot(&table, 0, UINT64_C(1) << 47, UINT32_MAX, 5); /* can't be */
	expect("");
	close(table.fd);
}

/* A process's mappings are read when its table has not changed for a second,
 * and after that each ten seconds. */
static void without_leases_maps_are_read_seldom(void **state)
{
	struct made_table table = open_table(getpid(), 0);

	(void)state;
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	tick_after(0);
	tick_after(1);
	tick_after(NS_PER_S); /* the first look */
	munmap(the.map, ALLOCATION_SLOTS_AT);
	tick_after(10 * NS_PER_S - 1);
	assert_string_equal(the.told.text, "");
	tick_after(1);
	assert_string_equal(the.told.text, "- 1: 1024 KiB, ended\n");
	close(table.fd);
	table = open_table(getpid(), 1);
	munmap(the.map, ALLOCATION_SLOTS_AT);
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	tick_after(0);
	tick_after(1);
	tick_after(NS_PER_S - 1); /* it changed less than a second ago */
	assert_string_equal(the.told.text, "");
	tick_after(1);
	assert_string_equal(the.told.text, "- 2: 1024 KiB, ended\n");
	close(table.fd);
}

/* A process that is in no tick: it began and ended between two of them. */
static void a_short_lifes_table_ends_at_the_next_tick(void **state)
{
	struct made_table table = open_table(999999999, 0);

	(void)state;
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	leave_table(&table);
	tick_after(0);
	assert_string_equal(the.told.text,
	    "+1 site 0 pid 999999999: 1024 KiB\n"
	    "held by malloc,python, period 65536\n"
	    "- 1: 1024 KiB of 999999999, ended\n");
	assert_int_equal(the.held.pid, 999999999);
	assert_false(is_there("999999999.0"));
}

/* It was there when the tick's memory was read, and is not when its table is.
 */
static void what_was_held_at_a_sample_ends_at_the_next(void **state)
{
	struct made_table table;

	(void)state;
	the.child = 999999999;
	the.child_kib = 2048;
	table = open_table(the.child, 0);
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	leave_table(&table);
	tick_after(0);
	assert_string_equal(the.told.text,
	    "+1 site 0 pid 999999999: 1024 KiB\n"
	    "held by malloc,python, period 65536\n");
	tick_after(1);
	assert_string_equal(
	    the.told.text, "- 1: 1024 KiB of 999999999, ended\n");
}

/* Skips a test where the order of tables can't be known. */
static void needs_events(void)
{
	struct table_events events;
	int fd = open(the.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	table_events_begin(&events, fd);
	close(fd);
	if (events.fd < 0)
		skip();
	table_events_end(&events);
	the.has_events = true;
}

/* A table with a sample of 1 MiB, so many seconds after the test began. */
static struct made_table begin_table(pid_t pid, int number, double start_s)
{
	struct made_table table = open_table(pid, number);
	int64_t start_ns = the.begun_ns + (int64_t)(start_s * NS_PER_S);

	table.header.start_ns = (uint64_t)start_ns;
	made_header(&table);
	made_slot(&table, 0, 1 << 20, UINT32_MAX, (uint64_t)start_ns);
	return table;
}

static void expect_line(const char *line)
{
	if (!strstr(the.told.text, line))
		fail_msg("no \"%s\" in: %s", line, the.told.text);
}

enum { A = 999999991, B, C };

/* They were never there at once. */
static void a_table_is_left_before_the_next_is_created(void **state)
{
	struct made_table table;

	(void)state;
	needs_events();
	for (int i = 0; i < 3; i++) {
		table = begin_table(A + i, 0, 1 + i);
		leave_table(&table);
	}
	tick_after(5 * NS_PER_S);
	expect_line("KiB of 999999991, ended by 1.9999, read 5.0000\n");
	expect_line("KiB of 999999992, ended by 2.9999, read 5.0000\n");
	expect_line("KiB of 999999993, ended\n");
}

/* The clock was set back between the second and the third. */
static void a_table_is_left_before_all_that_are_created_later(void **state)
{
	static const double starts_s[] = {1, 3, 2};
	struct made_table table;

	(void)state;
	needs_events();
	for (int i = 0; i < 3; i++) {
		table = begin_table(A + i, 0, starts_s[i]);
		leave_table(&table);
	}
	tick_after(5 * NS_PER_S);
	expect_line("KiB of 999999991, ended by 1.9999, read 5.0000\n");
	expect_line("KiB of 999999992, ended by 3.0000, read 5.0000\n");
}

static void tables_that_were_there_at_once_end_when_read(void **state)
{
	struct made_table first = begin_table(A, 0, 1), second;
	void *map = the.map;

	(void)state;
	second = begin_table(B, 0, 2);
	leave_table(&second);
	the.map = map;
	leave_table(&first);
	tick_after(5 * NS_PER_S);
	expect_line("KiB of 999999991, ended\n");
	expect_line("KiB of 999999992, ended\n");
}

static void a_table_is_left_before_another_program_is_executed(void **state)
{
	struct made_table table = begin_table(getpid(), 0, 1);

	(void)state;
	needs_events();
	leave_table(&table);
	table = begin_table(getpid(), 1, 2);
	tick_after(5 * NS_PER_S);
	expect_line("KiB, ended by 1.9999, read 5.0000\n");
	leave_table(&table);
}

/* By their clocks the next one began earlier. */
static void a_table_is_left_after_its_last_sample(void **state)
{
	struct made_table table = begin_table(A, 0, 1);

	(void)state;
	needs_events();
	made_slot(&table, 1, 1 << 20, UINT32_MAX,
	    (uint64_t)(the.begun_ns + 3 * NS_PER_S));
	leave_table(&table);
	table = begin_table(B, 0, 2);
	leave_table(&table);
	tick_after(5 * NS_PER_S);
	expect_line("KiB of 999999991, ended by 3.0000, read 5.0000\n");
}

/* The tick's memory was read before it ended. */
static void a_table_is_left_after_a_tick_that_has_its_memory(void **state)
{
	struct made_table table = begin_table(A, 0, 1);

	(void)state;
	needs_events();
	the.child = A;
	the.child_kib = 2048;
	leave_table(&table);
	table = begin_table(getpid(), 0, 4);
	tick_after(5 * NS_PER_S);
	the.child_kib = 0;
	tick_after(NS_PER_S);
	expect_line("KiB of 999999991, ended by 5.0001, read 6.0000\n");
	leave_table(&table);
}

/* Only the last one's is held then. */
static void at_the_end_tables_are_left_in_their_order(void **state)
{
	struct made_table table = begin_table(A, 0, 1);

	(void)state;
	needs_events();
	leave_table(&table);
	table = begin_table(B, 0, 2);
	leave_table(&table);
	the.now_ns += 5 * NS_PER_S;
	end_recording();
	assert_int_equal(the.count, 2);
	expect_line("KiB of 999999991, ended by 1.9999, read 5.0000\n");
	assert_null(strstr(the.told.text, "of 999999992"));
}

/* The tick's memory has nothing of it, and it may be over by the next tick. A
 * clock that was set back hides none for long. */
static void a_table_from_after_the_tick_is_for_the_next(void **state)
{
	struct made_table table = begin_table(getpid(), 0, 6), other;

	(void)state;
	other = begin_table(A, 0, 1000);
	tick_after(5 * NS_PER_S);
	assert_int_equal(the.count, 0);
	tick_after(NS_PER_S);
	assert_int_equal(the.count, 2);
	close(table.fd);
	close(other.fd);
}

/* More events than the kernel keeps. */
static void of_lost_events_the_others_keep_their_order(void **state)
{
	struct made_table table = begin_table(A, 0, 1);
	int most = queued_events_most();
	char path[SCRATCH_MAX + 8];

	(void)state;
	needs_events();
	leave_table(&table);
	snprintf(path, sizeof(path), "%s/other", the.path);
	for (int i = 0; i < most; i++) {
		int fd = creat(path, 0600);

		close(fd);
		unlink(path);
	}
	table = begin_table(B, 0, 2);
	leave_table(&table);
	table = begin_table(getpid(), 0, 3);
	tick_after(5 * NS_PER_S);
	expect_line("KiB of 999999991, ended by 1.9999, read 5.0000\n");
	expect_line("KiB of 999999992, ended\n");
	leave_table(&table);
	/* The order of later events is known again. */
	table = begin_table(C, 0, 7);
	tick_after(5 * NS_PER_S);
	expect_line("KiB, ended by 6.9999, read 10.0000\n");
	leave_table(&table);
}

/* A child of this process in another pid namespace, which lives until the
 * writer of *life is closed; 0 where there can be none. */
static pid_t nested_process(int *life)
{
	pid_t *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ends[2];
	pid_t maker, nested;
	char byte;

	assert_ptr_not_equal(shared, MAP_FAILED);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	maker = fork();
	if (maker == 0) {
		close(ends[1]);
		if (unshare(CLONE_NEWPID) != 0 &&
		    unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0)
			_exit(0);
		nested = fork();
		if (nested == 0)
			(void)!read(ends[0], &byte, 1);
		else
			*shared = nested;
		_exit(0);
	}
	assert_int_equal(waitpid(maker, NULL, 0), maker);
	close(ends[0]);
	*life = ends[1];
	nested = *shared;
	munmap(shared, sizeof(*shared));
	return nested > 0 ? nested : 0;
}

/* A table as a process with that pid in another namespace writes it. */
static struct made_table open_nested_table(
    uint64_t pids, pid_t inner, int number)
{
	struct made_table table = open_table(inner, number);

	table.header.pids = pids;
	made_slot(&table, 0, 1 << 20, UINT32_MAX, 5);
	return table;
}

static void own_name(char *name, int size)
{
	FILE *file = fopen("/proc/self/comm", "r");

	assert_non_null(file);
	assert_non_null(fgets(name, size, file));
	name[strcspn(name, "\n")] = 0;
	fclose(file);
}

/* Its pid there, 1, is another process's here. */
static void a_process_of_another_namespace_has_its_pid_here(void **state)
{
	struct made_table table;
	char want[128];
	int life;

	(void)state;
	the.child = nested_process(&life);
	if (!the.child)
		skip();
	table = open_nested_table(namespace_of_pids(the.child), 1, 0);
	expect(NULL);
	snprintf(want, sizeof(want),
	    "+1 site 0 pid %d: 1024 KiB\n"
	    "held by malloc,python, period 65536\n",
	    (int)the.child);
	assert_string_equal(the.told.text, want);
	assert_int_equal(the.held.pid, the.child);
	own_name(want, sizeof(want)); /* below valgrind it is its tool's */
	assert_string_equal(the.name, want);
	leave_table(&table);
	close(life);
	assert_int_equal(waitpid(the.child, NULL, 0), the.child);
	expect(NULL);
	snprintf(
	    want, sizeof(want), "- 1: 1024 KiB of %d, ended\n", (int)the.child);
	assert_string_equal(the.told.text, want);
}

/* It ended before a tick had it, or is hidden: no process here has the pid that
 * is told. */
static void a_strangers_table_ends_with_its_mapping(void **state)
{
	struct made_table table;

	(void)state;
	needs_leases();
	table = open_nested_table(1, 1, 0);
	expect(""); /* the next tick may have its process */
	expect("");
	leave_table(&table);
	expect("+1 site 0 pid 4194305: 1024 KiB\n"
	       "held by malloc,python, period 65536\n"
	       "- 1: 1024 KiB of 4194305, ended\n");
	assert_string_equal(the.name, "(null)");
	assert_false(is_there("1.0"));
}

/* A process that lives at the end. */
static void at_the_end_a_strangers_table_is_read(void **state)
{
	struct made_table table;

	(void)state;
	needs_leases();
	table = open_nested_table(1, 1, 0);
	expect("");
	end_recording();
	assert_string_equal(the.told.text,
	    "+1 site 0 pid 4194305: 1024 KiB\n"
	    "held by malloc,python, period 65536\n");
	close(table.fd);
}

/* Neither has executed the other's program. */
static void two_namespaces_have_the_same_pids(void **state)
{
	struct made_table one, other;

	(void)state;
	needs_leases();
	one = open_nested_table(1, 1, 0);
	expect("");
	other = open_nested_table(2, 1, 1);
	expect("");
	assert_int_equal(allocations_processes(the.all), 2);
	leave_table(&other);
	expect("+1 site 0 pid 4194305: 1024 KiB\n"
	       "held by malloc,python, period 65536\n"
	       "- 1: 1024 KiB of 4194305, ended\n");
	assert_true(is_there("1.0"));
	assert_false(is_there("1.1"));
	close(one.fd);
}

/* Makes tables of two programs of one process, the later number first or not,
 * and expects that what the earlier one held is gone. */
static void expect_one_of_two(bool later_first)
{
	struct made_table tables[2];

	for (int i = 0; i < 2; i++) {
		int number = later_first ? 1 - i : i;

		tables[number] = open_table(getpid(), number);
		made_slot(
		    &tables[number], 0, (number + 1) << 20, UINT32_MAX, 5);
		leave_table(&tables[number]);
	}
	expect(NULL);
	assert_int_equal(the.kib, 2048);
	assert_int_equal(allocations_processes(the.all), 1);
}

/* A directory lists the oldest file first, or the newest. */
static void without_leases_programs_are_in_order_however_they_are_listed(
    void **state)
{
	(void)state;
	expect_one_of_two(false);
	end(NULL);
	begin_without_leases(NULL);
	expect_one_of_two(true);
}

static void without_leases_a_strangers_table_ends_after_a_minute(void **state)
{
	struct made_table table = open_nested_table(1, 1, 0);

	(void)state;
	tick_after(0);
	leave_table(&table);
	tick_after(1);
	tick_after(60 * NS_PER_S);
	assert_string_equal(the.told.text, "");
	tick_after(1);
	assert_string_equal(the.told.text, "- 1: 1024 KiB of 4194305, ended\n");
	assert_false(is_there("1.0"));
}

/* Makes parent/name, with a table in it, age_s old. Returns the descriptor that
 * holds its lock; -1 without a lock. */
static int left_directory(
    const char *parent, const char *name, time_t age_s, bool locked)
{
	char path[192], table[208];
	struct timespec old[2] = {
	    {.tv_sec = time(NULL) - age_s}, {.tv_sec = time(NULL) - age_s}};
	int fd = -1;

	snprintf(path, sizeof(path), "%s/%s", parent, name);
	snprintf(table, sizeof(table), "%s/12.0", path);
	assert_int_equal(mkdir(path, 0700), 0);
	scratch_put(table, "");
	if (locked) {
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	}
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	return fd;
}

static bool left_stays(const char *parent, const char *name)
{
	char path[192], table[208];

	snprintf(path, sizeof(path), "%s/%s", parent, name);
	snprintf(table, sizeof(table), "%s/12.0", path);
	unlink(table);
	return rmdir(path) == 0;
}

/* Killed recorders' directories go; those of recorders that run, that may have
 * just begun and that are another user's stay, as do other directories. */
static void only_directories_of_dead_recorders_are_removed(void **state)
{
	char names[5][64], parent[SCRATCH_MAX], link[192];
	const unsigned user = (unsigned)geteuid();
	int held;

	(void)state;
	assert_int_equal(scratch_directory(parent), 0);
	for (int i = 0; i < 4; i++)
		snprintf(names[i], sizeof(names[i]),
		    "mprof-%u-%d-0-abcdef" ALLOCATIONS_SUFFIX, user + (i == 3),
		    i + 1);
	snprintf(names[4], sizeof(names[4]), "mprof-%u-5-0-abcdef", user);
	assert_int_equal(left_directory(parent, names[0], 7200, false), -1);
	held = left_directory(parent, names[1], 7200, true);
	assert_int_equal(left_directory(parent, names[2], 60, false), -1);
	assert_int_equal(left_directory(parent, names[3], 7200, false), -1);
	assert_int_equal(left_directory(parent, names[4], 7200, false), -1);
	snprintf(link, sizeof(link),
	    "%s/mprof-%u-6-0-abcdef" ALLOCATIONS_SUFFIX, parent, user);
	assert_int_equal(symlink(names[4], link), 0);
	allocations_remove_left(parent);
	assert_false(left_stays(parent, names[0]));
	for (int i = 1; i < 5; i++)
		assert_true(left_stays(parent, names[i]));
	assert_int_equal(unlink(link), 0);
	close(held);
	assert_int_equal(rmdir(parent), 0);
	allocations_remove_left("/none");
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
		a_filter_without_samples_is_no_program, begin, end),
	    cmocka_unit_test_setup_teardown(
		an_exec_behind_a_filter_is_the_same_program, begin, end),
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
	    cmocka_unit_test_setup_teardown(
		the_directory_is_this_users_and_locked, begin, end),
	    cmocka_unit_test_setup_teardown(
		what_was_left_is_removed_but_for_other_files, begin, end),
	    cmocka_unit_test_setup_teardown(
		only_names_of_tables_are_read, begin, end),
	    cmocka_unit_test_setup_teardown(
		what_is_no_regular_file_is_no_table, begin, end),
	    cmocka_unit_test_setup_teardown(
		the_directory_is_listed_where_it_may_have_changed,
		begin_without_events, end),
	    cmocka_unit_test_setup_teardown(
		a_sample_is_of_its_time_within_the_recording, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_program_has_the_name_that_it_has_now, begin, end),
	    cmocka_unit_test_setup_teardown(each_hook_has_its_name, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_state_is_reported_seldom, begin, end),
	    cmocka_unit_test_setup_teardown(
		lost_samples_are_reported, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_large_table_is_read_less_often, begin, end),
	    cmocka_unit_test_setup_teardown(records_have_a_budget, begin, end),
	    cmocka_unit_test_setup_teardown(
		with_half_of_the_budget_less_is_reported, begin, end),
	    cmocka_unit_test_setup_teardown(
		what_would_take_half_of_the_budget_is_less, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_program_that_ended_has_the_ticks_name, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_filter_that_comes_later_is_found, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_filter_is_looked_for_every_five_seconds, begin, end),
	    cmocka_unit_test_setup_teardown(
		of_an_attached_program_no_filter_is_looked_for, begin, end),
	    cmocka_unit_test_setup_teardown(
		the_end_tells_of_a_small_program, begin, end),
	    cmocka_unit_test_setup_teardown(
		the_end_tells_where_there_is_no_table, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_sample_may_be_of_any_size, begin, end),
	    cmocka_unit_test_setup_teardown(
		without_leases_maps_are_read_seldom, begin_without_leases, end),
	    cmocka_unit_test_setup_teardown(
		a_short_lifes_table_ends_at_the_next_tick, begin, end),
	    cmocka_unit_test_setup_teardown(
		what_was_held_at_a_sample_ends_at_the_next, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_table_is_left_before_the_next_is_created, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_table_is_left_before_all_that_are_created_later, begin, end),
	    cmocka_unit_test_setup_teardown(
		tables_that_were_there_at_once_end_when_read, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_table_is_left_before_another_program_is_executed, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_table_is_left_after_its_last_sample, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_table_is_left_after_a_tick_that_has_its_memory, begin, end),
	    cmocka_unit_test_setup_teardown(
		at_the_end_tables_are_left_in_their_order, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_table_from_after_the_tick_is_for_the_next, begin, end),
	    cmocka_unit_test_setup_teardown(
		of_lost_events_the_others_keep_their_order, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_process_of_another_namespace_has_its_pid_here, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_strangers_table_ends_with_its_mapping, begin, end),
	    cmocka_unit_test_setup_teardown(
		at_the_end_a_strangers_table_is_read, begin, end),
	    cmocka_unit_test_setup_teardown(
		two_namespaces_have_the_same_pids, begin, end),
	    cmocka_unit_test_setup_teardown(
		without_leases_programs_are_in_order_however_they_are_listed,
		begin_without_leases, end),
	    cmocka_unit_test_setup_teardown(
		without_leases_a_strangers_table_ends_after_a_minute,
		begin_without_leases, end),
	    cmocka_unit_test(only_directories_of_dead_recorders_are_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
