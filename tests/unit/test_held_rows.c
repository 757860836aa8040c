// SPDX-License-Identifier: MIT
// Tests the tables of who holds memory: sampled allocations by line, function,
// file, module and process.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/held.h"
#include "base/mem.h"
#include "profile/allocations.h"
#include "near.h"

#define JVM "/usr/lib/jvm/libjvm.so"
#define LIBC "/usr/lib/x86_64-linux-gnu/libc.so.6"
#define NUMPY "/v/lib/python3.12/site-packages/numpy/_core.so"

static struct profile profile;
static struct run *run;

/* A run's sites borrow the texts of their frames. */
static struct frame frame(
    const char *file, int line, const char *function, const char *module)
{
	return (struct frame){(char *)file, line, (char *)function, module};
}

/* Numbers of sites; each stack with its innermost frame first. */
enum { LOADS = 1, VIEWS, IMPORTS, UNKNOWN, OURS, SITES };

static void add_site(int number, size_t len, const struct frame *frames)
{
	struct stack *stack =
	    &run->sites.items[run_site(run, (uint64_t)number)].stack;

	stack->len = len;
	stack->frames = mem_zero(len + 1, sizeof(frames[0]));
	for (size_t i = 0; i < len; i++)
		stack->frames[i] = frames[i];
}

static void end_process(int first, int last, double time_s)
{
	allocations_end(
	    &run->allocations, (uint64_t)first, (uint64_t)last, time_s, true);
}

static void make(double time_s, double mib, int number, int pid)
{
	struct allocation one = {.time_s = time_s,
	    .mib = mib,
	    .size_mib = mib / 2,
	    .id = run->allocations.len + 1,
	    .site = run_site(run, (uint64_t)number),
	    .pid = pid};

	assert_true(allocations_add(&run->allocations, &one));
}

static void add_stacks(void)
{
	add_site(LOADS, 4,
	    (const struct frame[]){frame("malloc.c", 9, "malloc", LIBC),
		frame("core.c", 8, "new_array", NUMPY),
		frame("/srv/app.py", 5, "load", NULL),
		frame("/srv/app.py", 20, "main", NULL)});
	add_site(VIEWS, 2,
	    (const struct frame[]){frame("/srv/app.py", 7, "view", NULL),
		frame("/srv/app.py", 20, "main", NULL)});
	add_site(IMPORTS, 3,
	    (const struct frame[]){
		frame("/v/site-packages/b.py", 1, "<module>", NULL),
		frame("<frozen importlib._bootstrap>", 3, "load", NULL),
		frame("/srv/app.py", 2, "<module>", NULL)});
	add_site(UNKNOWN, 0, NULL);
	add_site(OURS, 2,
	    (const struct frame[]){
		frame("log.c", 1, "log_intern", "/usr/lib/mprof/allocation.so"),
		frame("/srv/app.py", 7, "view", NULL)});
}

static int set_up(void **state)
{
	(void)state;
	profile_init(&profile, "made");
	run = profile_add_run(&profile);
	make(1, 20, LOADS, 0);
	make(2, 4, LOADS, 7);
	make(3, 10, VIEWS, 0);
	make(4, 3, IMPORTS, 0);
	make(5, 2, UNKNOWN, 8);
	make(6, 1, OURS, 0);
	add_stacks();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	profile_finish(&profile);
	return 0;
}

static const struct held_part whole = {
    -INFINITY, INFINITY, 99, true, SOURCE_HELD, 0};

/* "function:line MiB samples in; " of each row, in order. */
static const char *rows_of(const struct held_part *part,
    const struct held_wish *wish, const struct stack_growths *growths)
{
	static char text[1024];
	struct held_rows rows;
	struct held held;
	size_t len = 0;

	held_init(&held, run, part);
	held_rows_init(&rows, &held, growths, wish);
	text[0] = 0;
	for (size_t i = 0; i < rows.items.len; i++) {
		const struct held_row *row = &rows.items.items[i];

		/* half of each is its deviation, squared and summed */
		assert_true(row->variance <= row->mib * row->mib / 2 + 1e-9);
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%s:%d%s %g %zu%s%s", i ? "; " : "",
		    *row->function ? row->function : row->file, row->line,
		    row->below, row->mib, row->samples, *row->in ? " " : "",
		    row->in);
		if (!isnan(row->touched_mib))
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    " beside %g", row->touched_mib);
	}
	held_rows_finish(&rows);
	held_finish(&held);
	return text;
}

static void assert_rows(enum held_by by, const char *expected)
{
	assert_string_equal(
	    rows_of(&whole, &(struct held_wish){.by = by}, NULL), expected);
}

static void rows_are_of_the_users_own_lines(void **state)
{
	(void)state;
	assert_rows(HELD_BY_LINE,
	    "load:5 24 2 numpy; view:7 10 1; imports:0 3 1 b; "
	    "no stack was taken:0 2 1; mprof itself:0 1 1");
	assert_rows(HELD_BY_FUNCTION,
	    "load:0 24 2 numpy; view:0 10 1; imports:0 3 1 b; "
	    "no stack was taken:0 2 1; mprof itself:0 1 1");
	assert_rows(HELD_BY_FILE,
	    "/srv/app.py:0 34 3 numpy; imports:0 3 1 b; "
	    "no stack was taken:0 2 1; mprof itself:0 1 1");
	assert_rows(HELD_BY_MODULE,
	    "/srv/app.py:0 34 3 numpy; imports:0 3 1 b; "
	    "no stack was taken:0 2 1; mprof itself:0 1 1");
}

/* Whichever place was met first. */
static void the_place_that_holds_most_comes_first(void **state)
{
	(void)state;
	make(7, 30, VIEWS, 0);
	make(8, 9, UNKNOWN, 0);
	assert_rows(HELD_BY_LINE,
	    "view:7 40 2; load:5 24 2 numpy; no stack was taken:0 11 2; "
	    "imports:0 3 1 b; mprof itself:0 1 1");
}

static void rows_of_other_frames(void **state)
{
	(void)state;
	assert_string_equal(
	    rows_of(&whole, &(struct held_wish){.leaf = true}, NULL),
	    "malloc:9 24 2; view:7 10 1; <module>:1 3 1; "
	    "no stack was taken:0 2 1; log_intern:1 1 1");
	assert_string_equal(
	    rows_of(&whole,
		&(struct held_wish){.by = HELD_BY_MODULE, .leaf = true}, NULL),
	    "libc:0 24 2; /srv/app.py:0 10 1; b:0 3 1; "
	    "no stack was taken:0 2 1; "
	    "/usr/lib/mprof/allocation.so:0 1 1");
	assert_string_equal(
	    rows_of(&whole, &(struct held_wish){.imports = true}, NULL),
	    "load:5 24 2 numpy; view:7 10 1; <module>:2 3 1 b; "
	    "no stack was taken:0 2 1; mprof itself:0 1 1");
	assert_string_equal(
	    rows_of(&whole, &(struct held_wish){.native = true}, NULL),
	    "load:5 > numpy > libc … > malloc 24 2 numpy; view:7 10 1; "
	    "imports:0 3 1 b; no stack was taken:0 2 1; mprof itself:0 1 1");
}

/* Machine code without a line has none, whatever the frame holds. */
static void machine_code_without_a_line(void **state)
{
	struct stack *stack = &run->sites.items[run_site(run, VIEWS)].stack;

	(void)state;
	stack->frames[0].module = "/srv/own.so";
	stack->frames[0].line = 0;
	assert_non_null(strstr(
	    rows_of(&whole, &(struct held_wish){.by = HELD_BY_LINE}, NULL),
	    "; view:0 10 1;"));
}

static void rows_are_of_processes(void **state)
{
	struct process *process = run_process(run, "7", 1);

	(void)state;
	assert_rows(HELD_BY_PROCESS,
	    "the program:0 34 4; process 7:0 4 1; process 8:0 2 1");
	*array_push(&run->hooked) =
	    (struct hooked){.pid = 7, .name = mem_copy("sh")};
	*array_push(&run->hooked) =
	    (struct hooked){.pid = 7, .name = mem_copy("python3")};
	*array_push(&run->hooked) = (struct hooked){.pid = 7};
	*array_push(&run->hooked) =
	    (struct hooked){.pid = 9, .name = mem_copy("other")};
	assert_rows(HELD_BY_PROCESS,
	    "the program:0 34 4; python3, process 7:0 4 1; process 8:0 2 1");
	process->name = mem_copy("worker");
	run->allocations.items[1].process = 1;
	assert_rows(HELD_BY_PROCESS,
	    "the program:0 34 4; worker, process 7:0 4 1; process 8:0 2 1");
}

static double held_mib(double from_s, double to_s, double at_s, bool until_end)
{
	const struct held_part part = {
	    from_s, to_s, at_s, until_end, SOURCE_HELD, 0};
	struct held held;
	double mib;

	held_init(&held, run, &part);
	mib = held.mib;
	assert_true(fabs(held_error(held.variance) * held_error(held.variance) -
			 held.variance) < 1e-9);
	held_finish(&held);
	return mib;
}

/* Times that are included, and a free that is not. */
static void a_part_is_made_and_held(void **state)
{
	(void)state;
	assert_true(held_mib(-INFINITY, INFINITY, 99, false) == 40);
	assert_true(held_mib(2, 4, 99, false) == 17);
	assert_true(held_mib(2, INFINITY, 3, false) == 14);
	allocations_end(&run->allocations, 3, 3, 4.5, false);
	end_process(2, 2, 5);
	assert_true(held_mib(-INFINITY, INFINITY, 4, false) == 37);
	assert_true(held_mib(-INFINITY, INFINITY, 4.5, true) == 27);
	assert_true(held_mib(-INFINITY, INFINITY, 5, false) == 25);
	assert_true(held_mib(-INFINITY, INFINITY, 5, true) == 29);
	assert_true(held_mib(-INFINITY, INFINITY, 6, true) == 26);
}

static void an_error_is_of_horvitz_and_thompson(void **state)
{
	struct held held;

	(void)state;
	held_init(&held, run, &whole);
	assert_int_equal(held.items.len, 6); /* one site in two processes */
	assert_int_equal(held.samples, 6);
	/* of each w (w - w / 2) */
	assert_near(held.variance, (400 + 16 + 100 + 9 + 4 + 1) / 2.0, 1e-9);
	for (size_t i = 0; i < held.items.len; i++)
		assert_near(held.items.items[i].variance,
		    held.items.items[i].mib * held.items.items[i].mib / 2,
		    1e-9);
	held_finish(&held);
	run->allocations.items[0].size_mib = 30; /* larger than its share */
	held_init(&held, run, &whole);
	assert_near(held.variance, (16 + 100 + 9 + 4 + 1) / 2.0, 1e-9);
	held_finish(&held);
}

/* A stack counts once in each process, though its pid may be used again. */
static void a_stack_is_reported_once_in_a_process(void **state)
{
	struct held held;

	(void)state;
	make(7, 5, VIEWS, 0);
	held_init(&held, run, &whole);
	assert_int_equal(held.items.len, 6);
	assert_true(held.items.items[2].mib == 15);
	held_finish(&held);
	run->allocations.items[6].process = 1;
	held_init(&held, run, &whole);
	assert_int_equal(held.items.len, 7);
	assert_true(held.items.items[2].mib == 10);
	held_finish(&held);
}

static void growths_have_the_stacks_that_are_known(void **state)
{
	struct stack_growths growths;
	struct held held;

	(void)state;
	held_init(&held, run, &whole);
	held_growths(&growths, &held, false);
	assert_int_equal(growths.items.len, 5);
	assert_true(growths.grown_mib == 40 && growths.given_mib == 0);
	assert_int_equal(growths.samples, 6);
	assert_int_equal(growths.source, SOURCE_HELD);
	assert_true(growths.items.items[0].mib == 20);
	assert_int_equal(growths.items.items[0].samples, 1);
	assert_int_equal(growths.items.items[1].pid, 7);
	stack_growths_finish(&growths);
	held_growths(&growths, &held, true);
	assert_int_equal(growths.items.len, 6);
	stack_growths_finish(&growths);
	held_finish(&held);
}

/* The growth of the same lines, by page faults or the clock, has its column. */
static void growths_stand_beside_rows(void **state)
{
	const struct held_wish by_function = {.by = HELD_BY_FUNCTION};
	const struct held_wish by_process = {.by = HELD_BY_PROCESS};
	struct frame frames[] = {
	    {(char *)"/srv/app.py", 7, (char *)"view", NULL},
	    {(char *)"/srv/app.py", 1, (char *)"other", NULL}};
	const struct stack views = {1, frames, 1}, others = {2, frames + 1, 1};
	struct stack_growths growths = {.source = SOURCE_TOUCHED};

	(void)state;
	*array_push(&growths.items) =
	    (struct stack_growth){.stack = &views, .mib = 50};
	*array_push(&growths.items) =
	    (struct stack_growth){.stack = &views, .mib = 10};
	*array_push(&growths.items) =
	    (struct stack_growth){.stack = &others, .mib = 30};
	assert_string_equal(rows_of(&whole, &by_function, &growths),
	    "load:0 24 2 numpy; view:0 10 1 beside 60; imports:0 3 1 b; "
	    "no stack was taken:0 2 1; mprof itself:0 1 1; other:0 0 0 beside "
	    "30");
	/* the faults saw twice as much, and more */
	growths.touched = 2;
	assert_string_equal(rows_of(&whole, &by_function, &growths),
	    "load:0 24 2 numpy; view:0 10 1 beside 60; imports:0 3 1 b; "
	    "no stack was taken:0 2 1; mprof itself:0 1 1; other:0 0 0 beside "
	    "30");
	growths.touched = 3;
	assert_string_equal(rows_of(&whole, &by_function, &growths),
	    "view:0 10 1 beside 60; other:0 0 0 beside 30; load:0 24 2 numpy; "
	    "imports:0 3 1 b; no stack was taken:0 2 1; mprof itself:0 1 1");
	growths.items.items[1].pid = 7;
	growths.items.items[2].pid = 9;
	growths.touched = 0;
	assert_string_equal(rows_of(&whole, &by_process, &growths),
	    "the program:0 34 4 beside 50; process 7:0 4 1 beside 10; "
	    "process 8:0 2 1; process 9:0 0 0 beside 30");
	array_free(&growths.items);
}

/* The library that allocated most of a row is named, the first on the way. */
static void the_library_of_the_most_is_named(void **state)
{
	struct stack *views = &run->sites.items[run_site(run, VIEWS)].stack;

	(void)state;
	views->frames[0].file = (char *)"/usr/lib/python3.11/json/decoder.py";
	views->frames[1].function = (char *)"load";
	views->frames[1].line = 5;
	assert_non_null(strstr(
	    rows_of(&whole, &(struct held_wish){.by = HELD_BY_LINE}, NULL),
	    "load:5 34 3 numpy;"));
	run->allocations.items[2].mib = 21;
	assert_non_null(strstr(
	    rows_of(&whole, &(struct held_wish){.by = HELD_BY_LINE}, NULL),
	    "load:5 45 3 json;"));
}

static void the_largest_places_are_named(void **state)
{
	char *places[5];

	(void)state;
	series_add(&run->total, 0, 50);
	series_add(&run->total, 10, 60);
	held_places(run, places, 5);
	assert_string_equal(
	    places[0], "24.0 MiB of 40.0 MiB by app.py:5 load, in numpy");
	assert_string_equal(places[1], "10.0 MiB of 40.0 MiB by app.py:7 view");
	assert_string_equal(places[2], "3.00 MiB of 40.0 MiB by imports, in b");
	assert_string_equal(
	    places[3], "2.00 MiB of 40.0 MiB by no stack was taken");
	assert_string_equal(places[4], "1.00 MiB of 40.0 MiB by mprof itself");
	for (int i = 0; i < 5; i++)
		free(places[i]);
	run->allocations.items[5].mib = 0.7; /* less than a fiftieth */
	held_places(run, places, 5);
	assert_non_null(places[3]);
	assert_null(places[4]);
	for (int i = 0; i < 5; i++)
		free(places[i]);
}

/* Without sampled allocations, whichever of both accounts for more. */
static void the_source_is_what_knows_most(void **state)
{
	size_t stack = run_stack(run, 1);

	(void)state;
	assert_int_equal(held_source(run), SOURCE_HELD);
	run->touches = run->allocations;
	run->allocations = (struct allocation_list){0};
	assert_int_equal(held_source(run), SOURCE_TOUCHED);
	run->stacks.items[stack].len = 1;
	run->stacks.items[stack].frames =
	    mem_zero(1, sizeof(run->stacks.items[stack].frames[0]));
	for (int i = 0; i < 2; i++)
		*array_push(&run->stack_samples) = (struct stack_sample){
		    .time_s = i, .mib = 100 + 39 * i, .stack = stack};
	assert_int_equal(held_source(run), SOURCE_TOUCHED);
	run->stack_samples.items[1].mib = 141;
	assert_int_equal(held_source(run), SOURCE_CLOCK);
	run->allocations = run->touches;
	run->touches = (struct allocation_list){0};
}

/* A library on the way is named, but for C's and C++'s own. */
static void the_libraries_of_languages_are_not_named(void **state)
{
	static const struct {
		const char *module, *expected;
	} rows[] = {
	    {"/usr/lib/libfoo.so.1", "view:7 10 1 libfoo;"},
	    {"/usr/lib/x86_64-linux-gnu/libc.so.6", "view:7 10 1;"},
	    {"/usr/lib/x86_64-linux-gnu/libstdc++.so.6", "view:7 10 1;"},
	    {"/usr/bin/python3.12", "view:7 10 1;"},
	};
	struct stack *stack = &run->sites.items[run_site(run, VIEWS)].stack;

	(void)state;
	stack->frames[1] = stack->frames[0];
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		stack->frames[0] = frame("", 0, "f", rows[i].module);
		assert_non_null(strstr(
		    rows_of(&whole, &(struct held_wish){.leaf = false}, NULL),
		    rows[i].expected));
	}
	/* a stack of one frame has grown, too */
	stack->len = 1;
	{
		struct stack_growths growths;
		struct held held;

		held_init(&held, run, &whole);
		held_growths(&growths, &held, false);
		assert_int_equal(growths.items.len, 5);
		stack_growths_finish(&growths);
		held_finish(&held);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

/* A row has a name where its code has no file, and a library that leads is not
 * named twice. */
static void rows_of_code_without_a_file(void **state)
{
	tear_down(state);
	profile_init(&profile, "made");
	run = profile_add_run(&profile);
	make(1, 9, 1, 0);
	make(2, 8, 2, 0);
	make(3, 7, 3, 0);
	add_site(1, 1, (const struct frame[]){frame("", 0, "+0x7f01", "")});
	add_site(2, 1,
	    (const struct frame[]){
		frame("/tmp/perf-7.map", 0, "Stub", "/tmp/perf-7.map")});
	add_site(3, 2,
	    (const struct frame[]){frame("", 0, "os::malloc(long)", JVM),
		frame("", 0, "Unsafe", JVM)});
	assert_rows(HELD_BY_LINE, "+0x7f01:0 9 1; Stub:0 8 1; Unsafe:0 7 1");
	assert_rows(HELD_BY_MODULE,
	    "unknown code:0 9 1; generated code:0 8 1; libjvm:0 7 1");
	assert_rows(
	    HELD_BY_FILE, "unknown code:0 9 1; /tmp/perf-7.map:0 8 1; :0 7 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(rows_are_of_the_users_own_lines),
	    TEST(the_place_that_holds_most_comes_first),
	    TEST(rows_of_other_frames),
	    TEST(machine_code_without_a_line),
	    TEST(rows_are_of_processes),
	    TEST(a_part_is_made_and_held),
	    TEST(an_error_is_of_horvitz_and_thompson),
	    TEST(a_stack_is_reported_once_in_a_process),
	    TEST(growths_have_the_stacks_that_are_known),
	    TEST(growths_stand_beside_rows),
	    TEST(the_library_of_the_most_is_named),
	    TEST(the_largest_places_are_named),
	    TEST(the_source_is_what_knows_most),
	    TEST(the_libraries_of_languages_are_not_named),
	    TEST(rows_of_code_without_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
