// SPDX-License-Identifier: MIT
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "chart/chart.h"

struct row {
	const char *name;
	double enter_s, leave_s;
	int level, pid, tid;
	size_t lane; /* that is expected */
};

static void check(const struct row *rows, size_t count, size_t groups)
{
	struct profile profile;
	struct chart_run chart_run;
	struct chart_request request = {
	    .runs = &chart_run, .len = 1, .functions = true};
	const struct scene_panel *lanes;
	struct scene scene;
	struct run *run;
	struct err e;

	profile_init(&profile, "calls.dat");
	run = profile_add_run(&profile);
	series_add(&run->total, 0, 1);
	series_add(&run->total, 100, 1);
	for (size_t i = 0; i < count; i++)
		*array_push(&run->calls) =
		    (struct call){.name = mem_copy(rows[i].name),
			.enter_s = rows[i].enter_s,
			.leave_s = rows[i].leave_s,
			.level = rows[i].level,
			.pid = rows[i].pid,
			.tid = rows[i].tid};
	chart_run = (struct chart_run){run, "calls.dat"};
	assert_int_equal(chart_flame(&scene, &request, &e), 0);
	assert_int_equal(scene.panels.len, 2);
	lanes = &scene.panels.items[1];
	assert_int_equal(lanes->spans.len, count);
	assert_int_equal(lanes->groups.len, groups);
	for (size_t i = 0; i < count; i++) {
		const struct scene_span *span = &lanes->spans.items[i];

		for (size_t k = 0; k < count; k++) {
			if (strcmp(span->full_name, rows[k].name) == 0)
				assert_int_equal(span->lane, rows[k].lane);
		}
	}
	scene_finish(&scene);
	profile_finish(&profile);
}

/* FUNC records come in the order of their ends. */
static void callers_above_callees(void **state)
{
	static const struct row rows[] = {
	    {"inner", 20, 30, 2, 0, 0, 2},
	    {"middle", 10, 40, 1, 0, 0, 1},
	    {"second", 50, 60, 1, 0, 0, 1},
	    {"outer", 5, 90, 0, 0, 0, 0},
	    {"after", 90, 95, 0, 0, 0, 0},
	};

	(void)state;
	check(rows, 5, 1);
}

static void equal_times_go_by_level(void **state)
{
	static const struct row rows[] = {
	    {"c", 10, 40, 2, 0, 0, 2},
	    {"b", 10, 40, 1, 0, 0, 1},
	    {"a", 10, 40, 0, 0, 0, 0},
	};

	(void)state;
	check(rows, 3, 1);
}

/* Without a tid calls of two threads overlap: none may hide another. */
static void overlaps_get_lanes_of_their_own(void **state)
{
	static const struct row rows[] = {
	    {"a", 10, 40, 0, 0, 0, 0},
	    {"b", 20, 60, 0, 0, 0, 1},
	    {"c", 50, 70, 0, 0, 0, 2},
	};

	(void)state;
	check(rows, 3, 1);
}

static void threads_are_groups(void **state)
{
	static const struct row rows[] = {
	    {"a", 10, 40, 0, 7, 7, 0},
	    {"b", 20, 30, 1, 7, 7, 1},
	    {"c", 15, 35, 0, 7, 8, 2},
	    {"d", 15, 35, 0, 9, 9, 3},
	};

	(void)state;
	check(rows, 4, 3);
}

/* No calls: no panel of lanes. */
static void no_calls(void **state)
{
	struct profile profile;
	struct chart_run run;
	struct chart_request request = {
	    .runs = &run, .len = 1, .functions = true};
	struct scene scene;
	struct err e;

	(void)state;
	profile_init(&profile, "calls.dat");
	series_add(&profile_add_run(&profile)->total, 0, 1);
	run = (struct chart_run){&profile.runs.items[0], "calls.dat"};
	assert_int_equal(chart_flame(&scene, &request, &e), 0);
	assert_int_equal(scene.panels.len, 1);
	scene_finish(&scene);
	profile_finish(&profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(callers_above_callees),
	    cmocka_unit_test(equal_times_go_by_level),
	    cmocka_unit_test(overlaps_get_lanes_of_their_own),
	    cmocka_unit_test(threads_are_groups),
	    cmocka_unit_test(no_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
