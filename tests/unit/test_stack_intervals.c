// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/stack_intervals.h"
#include "base/mem.h"

/* functions: one letter a frame, the innermost first; a capital is one of
 * those that import a module. */
static void add_stack(struct run *run, int id, const char *functions)
{
	size_t place = run_stack(run, id);
	struct stack *stack = &run->stacks.items[place];

	stack->len = strlen(functions);
	stack->frames = mem_zero(stack->len, sizeof(*stack->frames));
	for (size_t i = 0; i < stack->len; i++)
		stack->frames[i] = (struct frame){
		    .file = mem_copy(functions[i] < 'a'
					 ? "<frozen importlib._bootstrap>"
					 : "f.py"),
		    .line = id,
		    .function = mem_copy_n(functions + i, 1)};
}

static void add_sample(struct run *run, double time_s, int id, int pid)
{
	*array_push(&run->stack_samples) = (struct stack_sample){
	    .time_s = time_s,
	    .mib = 10 * time_s,
	    .stack = run_stack(run, id),
	    .pid = pid,
	};
}

static struct run *start(struct profile *profile)
{
	struct run *run;

	profile_init(profile, "made");
	run = profile_add_run(profile);
	add_stack(run, 1, "am");
	add_stack(run, 2, "bam");
	add_stack(run, 3, "cm");
	return run;
}

static void check(const struct stack_intervals *intervals, size_t at,
    const char *name, double enter_s, double leave_s, int level)
{
	const struct call *call = &intervals->calls.items[at];

	assert_true(at < intervals->calls.len);
	assert_string_equal(call->name, name);
	assert_true(call->enter_s == enter_s && call->leave_s == leave_s);
	assert_true(call->enter_mib == 10 * enter_s);
	assert_int_equal(call->level, level);
}

static void a_function_in_a_row_of_samples_is_one_call(void **state)
{
	struct stack_intervals intervals = {0};
	struct profile profile;
	struct run *run = start(&profile);

	(void)state;
	add_sample(run, 1, 1, 0);
	add_sample(run, 2, 2, 0);
	add_sample(run, 3, 1, 0);
	add_sample(run, 4, 3, 0);
	stack_intervals_find(&intervals, run);
	assert_int_equal(intervals.calls.len, 4);
	check(&intervals, 0, "b", 2, 3, 2);
	check(&intervals, 1, "a", 1, 4, 1);
	check(&intervals, 2, "c", 4, 4, 1);
	check(&intervals, 3, "m", 1, 4, 0);
	stack_intervals_finish(&intervals);
	profile_finish(&profile);
}

static void a_gap_ends_what_was_open(void **state)
{
	struct stack_intervals intervals = {0};
	struct profile profile;
	struct run *run = start(&profile);

	(void)state;
	run->info.interval_s = 1;
	add_sample(run, 1, 1, 0);
	add_sample(run, 2, 1, 0);
	add_sample(run, 100, 1, 0);
	stack_intervals_find(&intervals, run);
	assert_int_equal(intervals.calls.len, 4);
	check(&intervals, 0, "a", 1, 2, 1);
	check(&intervals, 3, "m", 100, 100, 0);
	stack_intervals_finish(&intervals);
	profile_finish(&profile);
}

static void processes_are_apart(void **state)
{
	struct stack_intervals intervals = {0};
	struct profile profile;
	struct run *run = start(&profile);

	(void)state;
	add_sample(run, 1, 1, 0);
	add_sample(run, 2, 3, 7);
	add_sample(run, 3, 1, 0);
	stack_intervals_find(&intervals, run);
	assert_int_equal(intervals.calls.len, 4);
	check(&intervals, 1, "m", 1, 3, 0);
	check(&intervals, 3, "m", 2, 2, 0);
	assert_int_equal(intervals.calls.items[3].pid, 7);
	stack_intervals_finish(&intervals);
	profile_finish(&profile);
}

static void what_imports_is_left_out(void **state)
{
	struct stack_intervals intervals = {0};
	struct profile profile;
	struct run *run = start(&profile);

	(void)state;
	add_stack(run, 9, "nLLm");
	add_sample(run, 1, 9, 0);
	add_sample(run, 2, 9, 0);
	stack_intervals_find(&intervals, run);
	assert_int_equal(intervals.calls.len, 2);
	check(&intervals, 0, "n", 1, 2, 1);
	check(&intervals, 1, "m", 1, 2, 0);
	stack_intervals_finish(&intervals);
	profile_finish(&profile);
}

/* 20 intervals without a sample are no gap; more are, but in a thread that
 * waits. */
static void a_gap_is_more_than_twenty_intervals(void **state)
{
	struct stack_intervals intervals = {0};
	struct profile profile;
	struct run *run = start(&profile);

	(void)state;
	run->info.interval_s = 0.5;
	add_sample(run, 1, 1, 0);
	add_sample(run, 11, 1, 0);
	add_sample(run, 21.5, 1, 0);
	add_sample(run, 2, 3, 0);
	run->stack_samples.items[3].thread = 5;
	add_sample(run, 200, 3, 0);
	run->stack_samples.items[4].thread = 5;
	stack_intervals_find(&intervals, run);
	assert_int_equal(intervals.calls.len, 6);
	check(&intervals, 0, "a", 1, 11, 1);
	assert_true(intervals.calls.items[0].leave_mib == 110);
	assert_int_equal(intervals.calls.items[0].tid, 0);
	check(&intervals, 2, "a", 21.5, 21.5, 1);
	check(&intervals, 4, "c", 2, 200, 1);
	assert_int_equal(intervals.calls.items[4].tid, 5);
	stack_intervals_finish(&intervals);
	profile_finish(&profile);
}

/* A pid that is used again is another process; a sample without frames says
 * nothing; a stack of import machinery alone stays whole. */
static void samples_of_one_pid_and_odd_stacks(void **state)
{
	struct stack_intervals intervals = {0};
	struct profile profile;
	struct run *run = start(&profile);

	(void)state;
	add_stack(run, 8, "");
	add_stack(run, 9, "KL");
	add_sample(run, 1, 1, 7);
	add_sample(run, 2, 8, 7);
	add_sample(run, 3, 1, 7);
	add_sample(run, 4, 9, 7);
	run->stack_samples.items[0].process = 1;
	run->stack_samples.items[1].process = 1;
	run->stack_samples.items[2].process = 1;
	run->stack_samples.items[3].process = 2;
	stack_intervals_find(&intervals, run);
	assert_int_equal(intervals.calls.len, 4);
	check(&intervals, 1, "m", 1, 3, 0);
	assert_int_equal(intervals.calls.items[1].process, 1);
	check(&intervals, 2, "K", 4, 4, 1);
	check(&intervals, 3, "L", 4, 4, 0);
	assert_int_equal(intervals.calls.items[3].process, 2);
	stack_intervals_finish(&intervals);
	profile_finish(&profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_function_in_a_row_of_samples_is_one_call),
	    cmocka_unit_test(a_gap_ends_what_was_open),
	    cmocka_unit_test(processes_are_apart),
	    cmocka_unit_test(what_imports_is_left_out),
	    cmocka_unit_test(a_gap_is_more_than_twenty_intervals),
	    cmocka_unit_test(samples_of_one_pid_and_odd_stacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
