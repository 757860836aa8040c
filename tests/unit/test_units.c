// SPDX-License-Identifier: MIT
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/units.h"

static char out[UNITS_TEXT];

static void sizes(void **state)
{
	(void)state;
	assert_string_equal(units_size(out, 0), "0.00 MiB");
	assert_string_equal(units_size(out, 0.04), "41 KiB");
	assert_string_equal(units_size(out, 3.2), "3.20 MiB");
	assert_string_equal(units_size(out, -3.2), "-3.20 MiB");
	assert_string_equal(units_size(out, 9.999), "10.0 MiB");
	assert_string_equal(units_size(out, 99.96), "100 MiB");
	assert_string_equal(units_size(out, 812.4), "812 MiB");
	assert_string_equal(units_size(out, 1023.6), "1.00 GiB");
	assert_string_equal(units_size(out, 1536), "1.50 GiB");
	assert_string_equal(units_size(out, 3 * 1048576.0), "3.00 TiB");
	assert_string_equal(units_size(out, 1e300), "9.54e+293 TiB");
}

static void limits(void **state)
{
	(void)state;
	assert_string_equal(units_limit(out, 2048), "2 GiB");
	assert_string_equal(units_limit(out, 1536), "1.5 GiB");
	assert_string_equal(units_limit(out, 500), "500 MiB");
	assert_string_equal(units_limit(out, 0), "0 MiB");
}

static void durations(void **state)
{
	(void)state;
	assert_string_equal(units_duration(out, 0), "0 s");
	assert_string_equal(units_duration(out, 0.0000042), "4.20 us");
	assert_string_equal(units_duration(out, 0.005), "5 ms");
	assert_string_equal(units_duration(out, 3.2), "3.20 s");
	assert_string_equal(units_duration(out, 59.96), "60.0 s");
	assert_string_equal(units_duration(out, 250), "4 min 10 s");
	assert_string_equal(units_duration(out, 3599.4), "59 min 59 s");
	assert_string_equal(units_duration(out, 3599.6), "1 h 0 min");
	assert_string_equal(units_duration(out, 15000), "4 h 10 min");
	assert_string_equal(units_duration(out, 270000), "3 d 3 h");
}

static void clocks(void **state)
{
	(void)state;
	assert_string_equal(units_clock(out, 0), "00:00:00");
	assert_string_equal(units_clock(out, 250), "00:04:10");
	assert_string_equal(units_clock(out, 3599.7), "01:00:00");
	assert_string_equal(units_clock(out, 400000), "111:06:40");
}

static void rates(void **state)
{
	(void)state;
	assert_string_equal(units_rate(out, 3.2), "3.20 MiB/s");
	assert_string_equal(units_rate(out, 3.2 / 60), "3.20 MiB/min");
	assert_string_equal(units_rate(out, 3.2 / 3600), "3.20 MiB/h");
	assert_string_equal(units_rate(out, 0.5 / 86400), "512 KiB/d");
	assert_string_equal(units_rate(out, 0), "0.00 MiB/s");
}

static void every_double_fits(void **state)
{
	(void)state;
	for (double v = -1e308; v < 1e307; v = v < -1e-300 ? v / 7
					       : v < 0     ? 1e-300
							   : v * 7) {
		units_size(out, v);
		units_rate(out, v);
		units_duration(out, fabs(v));
		units_clock(out, v);
	}
}

static void counts(void **state)
{
	char text[UNITS_COUNT];

	(void)state;
	assert_string_equal(units_count(text, 0, "line", "lines"), "0 lines");
	assert_string_equal(
	    units_count(text, 1, "sample was", "samples were"), "1 sample was");
	assert_string_equal(units_count(text, 2, "sample was", "samples were"),
	    "2 samples were");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sizes),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(durations),
	    cmocka_unit_test(clocks),
	    cmocka_unit_test(rates),
	    cmocka_unit_test(every_double_fits),
	    cmocka_unit_test(counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
