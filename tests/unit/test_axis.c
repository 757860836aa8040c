// SPDX-License-Identifier: MIT
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "scene/axis.h"

struct row {
	struct axis axis;
	size_t most;
	const char *labels, *unit;
};

static void check(const struct row *row)
{
	struct axis_ticks ticks;
	char joined[512] = "";

	axis_ticks(&row->axis, row->most, &ticks);
	for (size_t i = 0; i < ticks.len; i++) {
		const struct tick *tick = &ticks.items[i];

		assert_true(
		    tick->value >= row->axis.low - 1e-6 * fabs(ticks.step));
		assert_true(
		    tick->value <= row->axis.high + 1e-6 * fabs(ticks.step));
		strcat(joined, i ? " " : "");
		strcat(joined, tick->label);
	}
	assert_string_equal(joined, row->labels);
	assert_string_equal(ticks.unit, row->unit);
	ticks_finish(&ticks);
}

static void check_all(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check(&rows[i]);
}

#define CHECK(rows) check_all(rows, sizeof(rows) / sizeof((rows)[0]))

static void memory(void **state)
{
	static const struct row rows[] = {
	    {{AXIS_MEMORY, 0, 60, 0, 0}, 8, "0 10 20 30 40 50 60", "MiB"},
	    {{AXIS_MEMORY, 0, 59.9, 0, 0}, 6, "0 10 20 30 40 50", "MiB"},
	    {{AXIS_MEMORY, 0, 1, 0, 0}, 5, "0 0.5 1.0", "MiB"},
	    {{AXIS_MEMORY, 0, 1023, 0, 0}, 6, "0 200 400 600 800 1000", "MiB"},
	    /* the unit of the peak, not of the air above it */
	    {{AXIS_MEMORY, 0, 1140, 0, 1018}, 4, "0 500 1000", "MiB"},
	    {{AXIS_MEMORY, 0, 1146, 0, 1023.6}, 4, "0 0.5 1.0", "GiB"},
	    {{AXIS_MEMORY, 0, 1536, 0, 0}, 4, "0 0.5 1.0 1.5", "GiB"},
	    {{AXIS_MEMORY, 0, 1.2 * 1048576, 0, 0}, 4, "0 0.5 1.0", "TiB"},
	    {{AXIS_MEMORY, 0, 0.04, 0, 0}, 5, "0 10 20 30 40", "KiB"},
	    {{AXIS_MEMORY, 0, 0.0004, 0, 0}, 5, "0 100 200 300 400", "B"},
	    {{AXIS_MEMORY, -20, 30, 0, 0}, 6, "-20 -10 0 10 20 30", "MiB"},
	    {{AXIS_MEMORY, 100, 100.4, 0, 0}, 5,
		"100.0 100.1 100.2 100.3 100.4", "MiB"},
	};

	(void)state;
	CHECK(rows);
}

static void time_axis(void **state)
{
	static const struct row rows[] = {
	    {{AXIS_TIME, 0, 60, 0, 0}, 6, "0 20 40 60", "s"},
	    {{AXIS_TIME, 0, 0.2, 0, 0}, 5, "0 50 100 150 200", "ms"},
	    {{AXIS_TIME, 0, 0.0002, 0, 0}, 5, "0 50 100 150 200", "us"},
	    /* from here on as tables say a time */
	    {{AXIS_TIME, 0, 100, 0, 0}, 6,
		"0 20 s 40 s 1 min 1 min 20 s 1 min 40 s", ""},
	    {{AXIS_TIME, 0, 250, 0, 0}, 6, "0 1 min 2 min 3 min 4 min", ""},
	    {{AXIS_TIME, 0, 600, 0, 0}, 6, "0 2 min 4 min 6 min 8 min 10 min",
		""},
	    {{AXIS_TIME, 0, 7200, 0, 0}, 6, "0 30 min 1 h 1 h 30 min 2 h", ""},
	    {{AXIS_TIME, 0, 86400, 0, 0}, 5, "0 6 h 12 h 18 h 1 d", ""},
	    {{AXIS_TIME, 0, 864000, 0, 0}, 6, "0 2 d 4 d 6 d 8 d 10 d", ""},
	    {{AXIS_TIME, 1000, 1000.01, 0, 0}, 3,
		"16 min 40.000 s 16 min 40.005 s 16 min 40.010 s", ""},
	};

	(void)state;
	CHECK(rows);
}

static void time_of_day(void **state)
{
	static const double noon = 1700049600; /* 2023-11-15 12:00 UTC */
	const struct row rows[] = {
	    {{AXIS_CLOCK, 0, 100, noon - 3.5, 0}, 5,
		"12:00:00 12:00:30 12:01:00 12:01:30", "15 Nov 2023 UTC"},
	    {{AXIS_CLOCK, 0, 1, noon + 0.25, 0}, 5,
		"12:00:00.4 12:00:00.6 12:00:00.8 12:00:01.0 12:00:01.2",
		"15 Nov 2023 UTC"},
	    {{AXIS_CLOCK, 0, 86400, noon, 0}, 6,
		"12:00 18:00 16 Nov 06:00 12:00", "15 Nov 2023 UTC"},
	    {{AXIS_CLOCK, 0, 5 * 86400, noon, 0}, 6,
		"16 Nov 17 Nov 18 Nov 19 Nov 20 Nov", "15 Nov 2023 UTC"},
	};

	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	CHECK(rows);
}

/* Ticks are round where the clock of the place is, half hours and all. */
static void zones(void **state)
{
	const struct row row = {{AXIS_CLOCK, 0, 7200, 1700049600, 0}, 4,
	    "18:00 19:00", "15 Nov 2023 IST"};

	(void)state;
	setenv("TZ", "IST-5:30", 1);
	tzset();
	check(&row);
}

/* Whatever the range: some ticks, not too many, rising, in the range. */
static void any_range(void **state)
{
	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		double low = i % 3 ? 0 : pow(10, rand() % 12 - 4);
		double range = pow(10, rand() % 160 / 10.0 - 6) + low * 1e-6;
		struct axis axis = {
		    i % 2 ? AXIS_TIME : AXIS_MEMORY, low, low + range, 0, 0};
		size_t most = 2 + (size_t)rand() % 15;
		struct axis_ticks ticks;

		axis_ticks(&axis, most, &ticks);
		assert_true(ticks.len >= 1 && ticks.len <= 2 * most + 8);
		for (size_t k = 1; k < ticks.len; k++) {
			assert_true(
			    ticks.items[k].value > ticks.items[k - 1].value);
			assert_string_not_equal(
			    ticks.items[k].label, ticks.items[k - 1].label);
		}
		ticks_finish(&ticks);
	}
}

static void degenerate(void **state)
{
	static const double heights[] = {
	    0, -1, NAN, INFINITY, 1e-300, 1e300, 42};

	(void)state;
	for (size_t i = 0; i < sizeof(heights) / sizeof(heights[0]); i++) {
		struct axis axis = axis_memory(heights[i]);
		struct axis_ticks ticks;

		assert_true(axis.low < axis.high);
		assert_true(isfinite(axis.high));
		axis_ticks(&axis, 8, &ticks);
		ticks_finish(&ticks);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(memory),
	    cmocka_unit_test(time_axis),
	    cmocka_unit_test(time_of_day),
	    cmocka_unit_test(zones),
	    cmocka_unit_test(any_range),
	    cmocka_unit_test(degenerate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
