// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/lines.h"
#include "base/mem.h"
#include "chart/chart.h"

/* frames: "file:line:function;..." innermost first, one letter each part. */
static void add_stack(struct run *run, int id, const char *frames)
{
	size_t place = run_stack(run, id);
	struct stack *stack = &run->stacks.items[place];

	stack->len = (strlen(frames) + 1) / 6;
	stack->frames = mem_zero(stack->len, sizeof(*stack->frames));
	for (size_t i = 0; i < stack->len; i++) {
		const char *at = frames + 6 * i;

		stack->frames[i] = (struct frame){.file = mem_copy_n(at, 1),
		    .line = at[2] - '0',
		    .function = mem_copy_n(at + 4, 1)};
	}
}

static void add_sample(struct run *run, int id, double mib, int pid)
{
	*array_push(&run->stack_samples) =
	    (struct stack_sample){.time_s = (double)run->stack_samples.len,
		.mib = mib,
		.stack = run_stack(run, id),
		.pid = pid};
}

static struct run *start(struct profile *profile)
{
	struct run *run;

	profile_init(profile, "made");
	run = profile_add_run(profile);
	add_stack(run, 1, "a:1:f;a:9:m");
	add_stack(run, 2, "a:2:f;a:9:m");
	add_stack(run, 3, "a:1:f;a:1:f;b:3:m");
	return run;
}

static void a_thread_that_waits_takes_no_growth(void **state)
{
	struct stack_growths growths = {0};
	struct profile profile;
	struct run *run = start(&profile);
	struct lines lines;

	(void)state;
	add_sample(run, 1, 100, 0);
	add_sample(run, 2, 130, 0);
	run->stack_samples.items[1].thread = 17;
	add_sample(run, 1, 130, 0);
	stack_growths_add(&growths, run);
	lines_sum(&lines, &growths, LINES_BY_LINE);
	assert_int_equal(lines.rows.len, 1);
	assert_int_equal(lines.rows.items[0].line, 1);
	assert_int_equal((int)lines.rows.items[0].mib, 30);
	assert_int_equal(lines.samples, 2);
	lines_finish(&lines);
	stack_growths_finish(&growths);
	profile_finish(&profile);
}

static void growth_goes_to_the_line_of_the_second_sample(void **state)
{
	struct stack_growths growths = {0};
	struct profile profile;
	struct run *run = start(&profile);
	struct lines lines;

	(void)state;
	add_sample(run, 1, 100, 0);
	add_sample(run, 2, 110, 0);
	add_sample(run, 1, 115, 0);
	add_sample(run, 2, 112, 0);
	stack_growths_add(&growths, run);
	lines_sum(&lines, &growths, LINES_BY_LINE);
	assert_int_equal(lines.rows.len, 2);
	assert_int_equal(lines.rows.items[0].line, 2);
	assert_true(lines.rows.items[0].mib == 7);
	assert_true(lines.rows.items[1].mib == 5);
	assert_int_equal(lines.rows.items[1].samples, 2);
	assert_true(lines.grown_mib == 12 && lines.given_mib == 0);
	lines_finish(&lines);
	lines_sum(&lines, &growths, LINES_BY_FUNCTION);
	assert_int_equal(lines.rows.len, 1);
	assert_true(lines.rows.items[0].mib == 12);
	lines_finish(&lines);
	stack_growths_finish(&growths);
	profile_finish(&profile);
}

static void processes_do_not_mix(void **state)
{
	struct stack_growths growths = {0};
	struct profile profile;
	struct run *run = start(&profile);
	struct lines lines;

	(void)state;
	add_sample(run, 1, 100, 0);
	add_sample(run, 2, 5, 7);
	add_sample(run, 1, 101, 0);
	add_sample(run, 2, 8, 7);
	stack_growths_add(&growths, run);
	lines_sum(&lines, &growths, LINES_BY_LINE);
	assert_true(lines.rows.items[0].mib == 3);
	assert_true(lines.rows.items[1].mib == 1);
	lines_finish(&lines);
	stack_growths_finish(&growths);
	profile_finish(&profile);
}

static void recursion_counts_once_in_a_file(void **state)
{
	struct stack_growths growths = {0};
	struct profile profile;
	struct run *run = start(&profile);
	struct lines lines;

	(void)state;
	add_sample(run, 3, 1, 0);
	add_sample(run, 3, 5, 0);
	stack_growths_add(&growths, run);
	lines_of_file(&lines, &growths, "a");
	assert_int_equal(lines.rows.len, 1);
	assert_true(lines.rows.items[0].mib == 4);
	lines_finish(&lines);
	stack_growths_finish(&growths);
	profile_finish(&profile);
}

static void frames_lie_on_those_that_called_them(void **state)
{
	struct stack_growths growths = {0};
	struct profile profile;
	struct run *run = start(&profile);
	struct scene scene;
	struct err e;
	const struct scene_span *spans;

	(void)state;
	add_sample(run, 1, 0, 0);
	add_sample(run, 1, 10, 0);
	add_sample(run, 2, 15, 0);
	stack_growths_add(&growths, run);
	assert_int_equal(chart_growth(&scene, &growths, "t", &e), 0);
	assert_int_equal(scene.panels.items[0].lanes, 2);
	assert_int_equal(scene.panels.items[0].spans.len, 3);
	spans = scene.panels.items[0].spans.items;
	assert_string_equal(spans[0].name, "m:9");
	assert_int_equal(spans[0].lane, 1);
	assert_true(spans[0].from.time_s == 0 && spans[0].to.time_s == 15);
	assert_string_equal(spans[1].name, "f:1");
	assert_int_equal(spans[1].lane, 0);
	assert_true(spans[1].from.time_s == 0 && spans[1].to.time_s == 10);
	assert_true(spans[2].from.time_s == 10 && spans[2].to.time_s == 15);
	assert_string_equal(spans[2].full_name, "f (a:2) 5.00 MiB, 33.3 %");
	scene_finish(&scene);
	stack_growths_finish(&growths);
	profile_finish(&profile);
}

static void nothing_that_grew_is_no_chart(void **state)
{
	struct stack_growths growths = {0};
	struct profile profile;
	struct run *run = start(&profile);
	struct scene scene;
	struct err e;

	(void)state;
	add_sample(run, 1, 9, 0);
	add_sample(run, 1, 3, 0);
	stack_growths_add(&growths, run);
	assert_int_equal(chart_growth(&scene, &growths, "t", &e), -1);
	scene_finish(&scene);
	stack_growths_finish(&growths);
	profile_finish(&profile);
}

/* "file:line:function mib samples; " of each row, in order; empties lines. */
static const char *told(struct lines *lines)
{
	static char text[512];
	size_t len = 0;

	text[0] = 0;
	for (size_t i = 0; i < lines->rows.len; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%s:%d:%s %g %zu", i ? "; " : "",
		    lines->rows.items[i].file, lines->rows.items[i].line,
		    lines->rows.items[i].function, lines->rows.items[i].mib,
		    lines->rows.items[i].samples);
	lines_finish(lines);
	return text;
}

/* Stacks of a process whose memory is so much at each. */
static void add_samples(
    struct run *run, const int *ids, const double *mib, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_sample(run, ids[i], mib[i], 0);
}

static void rows_are_by_growth_and_then_by_place(void **state)
{
	static const int ids[] = {1, 4, 5, 6, 7, 8, 2, 7};
	static const double mib[] = {0, 5, 10, 15, 20, 50, 45, 45};
	struct stack_growths growths = {0};
	struct profile profile;
	struct run *run = start(&profile);
	struct lines lines;

	(void)state;
	add_stack(run, 4, "b:1:f");
	add_stack(run, 5, "a:3:g");
	add_stack(run, 6, "a:3:f");
	add_stack(run, 7, "a:1:z"); /* seen twice */
	add_stack(run, 8, "c:1:f;a:9:m");
	add_samples(run, ids, mib, 8);
	stack_growths_add(&growths, run);
	assert_int_equal(growths.samples, 8);
	assert_true(growths.grown_mib == 50 && growths.given_mib == 5);
	lines_sum(&lines, &growths, LINES_BY_LINE);
	assert_true(lines.grown_mib == 50 && lines.given_mib == 5);
	assert_string_equal(told(&lines),
	    "c:1:f 30 1; a:1:z 5 2; a:3:f 5 1; a:3:g 5 1; b:1:f 5 1; a:1:f 0 "
	    "1; a:2:f -5 1");
	lines_sum(&lines, &growths, LINES_BY_FUNCTION);
	assert_string_equal(told(&lines),
	    "c:0:f 30 1; a:0:z 5 2; a:0:g 5 1; b:0:f 5 1; a:0:f 0 3");
	lines_sum(&lines, &growths, LINES_BY_FILE);
	assert_string_equal(told(&lines), "c:0: 30 1; a:0: 10 6; b:0: 5 1");
	lines_of_file(&lines, &growths, "a");
	assert_string_equal(told(&lines),
	    "a:1:f 0 1; a:1:z 5 2; a:2:f -5 1; a:3:f 5 1; a:3:g 5 1; a:9:m 25 "
	    "3");
	lines_of_file(&lines, &growths, "d");
	assert_string_equal(told(&lines), "");
	stack_growths_finish(&growths);
	profile_finish(&profile);
}

/* A pid that was used again is another process. */
static void a_new_process_begins_anew(void **state)
{
	struct stack_growths growths = {0};
	struct profile profile;
	struct run *run = start(&profile);
	struct lines lines;

	(void)state;
	add_sample(run, 1, 100, 7);
	add_sample(run, 2, 5, 7);
	add_sample(run, 2, 9, 7);
	run->stack_samples.items[0].process = 1;
	run->stack_samples.items[1].process = 2;
	run->stack_samples.items[2].process = 2;
	stack_growths_add(&growths, run);
	lines_sum(&lines, &growths, LINES_BY_LINE);
	assert_string_equal(told(&lines), "a:2:f 4 2; a:1:f 0 1");
	stack_growths_finish(&growths);
	profile_finish(&profile);
}

/* A stack without frames is left out, and the others keep their figures. */
static void several_runs_are_added(void **state)
{
	struct stack_growths growths = {0};
	struct profile profile;
	struct run *run = start(&profile);
	struct lines lines;

	(void)state;
	run_stack(run, 9);
	add_sample(run, 9, 1, 0);
	add_sample(run, 2, 3, 0);
	stack_growths_add(&growths, run);
	stack_growths_add(&growths, run);
	assert_int_equal(growths.items.len, 2);
	assert_true(growths.grown_mib == 4);
	assert_int_equal(growths.samples, 2);
	lines_sum(&lines, &growths, LINES_BY_LINE);
	assert_string_equal(told(&lines), "a:2:f 4 2");
	stack_growths_finish(&growths);
	profile_finish(&profile);
}

static size_t found(const char *path, const char *file)
{
	struct stack_growths growths = {0};
	struct profile profile;
	struct run *run = start(&profile);
	struct lines lines;
	size_t rows;

	free(run->stacks.items[0].frames[0].file);
	run->stacks.items[0].frames[0].file = mem_copy(path);
	add_sample(run, 1, 1, 0);
	stack_growths_add(&growths, run);
	lines_of_file(&lines, &growths, file);
	rows = lines.rows.len;
	lines_finish(&lines);
	stack_growths_finish(&growths);
	profile_finish(&profile);
	return rows;
}

static void a_file_is_named_by_the_end_of_its_path(void **state)
{
	static const char path[] = "/srv/app/views.py";

	(void)state;
	assert_int_equal(found(path, path), 1);
	assert_int_equal(found(path, "views.py"), 1);
	assert_int_equal(found(path, "app/views.py"), 1);
	assert_int_equal(found(path, "/app/views.py"), 1);
	assert_int_equal(found(path, "ews.py"), 0);
	assert_int_equal(found(path, "views.pyc"), 0);
	assert_int_equal(found(path, "views"), 0);
	assert_int_equal(found(path, "x/srv/app/views.py"), 0);
	assert_int_equal(found(path, ""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_thread_that_waits_takes_no_growth),
	    cmocka_unit_test(growth_goes_to_the_line_of_the_second_sample),
	    cmocka_unit_test(processes_do_not_mix),
	    cmocka_unit_test(recursion_counts_once_in_a_file),
	    cmocka_unit_test(rows_are_by_growth_and_then_by_place),
	    cmocka_unit_test(a_new_process_begins_anew),
	    cmocka_unit_test(several_runs_are_added),
	    cmocka_unit_test(a_file_is_named_by_the_end_of_its_path),
	    cmocka_unit_test(frames_lie_on_those_that_called_them),
	    cmocka_unit_test(nothing_that_grew_is_no_chart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
