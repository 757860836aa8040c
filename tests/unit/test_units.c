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

static void durations_to_a_step(void **state)
{
	(void)state;
	assert_string_equal(units_duration_to(out, 0, 10), "0 s");
	assert_string_equal(units_duration_to(out, 30, 10), "30 s");
	assert_string_equal(units_duration_to(out, 3630, 10), "1 h 30 s");
	assert_string_equal(units_duration_to(out, 3630, 0.1), "1 h 30.0 s");
	assert_string_equal(units_duration_to(out, 61, 1), "1 min 1 s");
	assert_string_equal(units_duration_to(out, 60.1, 0.1), "1 min 0.1 s");
	assert_string_equal(units_duration_to(out, 60.04, 0.1), "1 min");
	assert_string_equal(units_duration_to(out, 86399.9, 1), "1 d");
	assert_string_equal(units_duration_to(out, -90, 1), "-1 min 30 s");
	assert_string_equal(units_duration_to(out, -0.04, 0.1), "0.0 s");
	assert_string_equal(units_duration_to(out, -0.1, 0.1), "-0.1 s");
	assert_string_equal(units_duration_to(out, 1.5, 0.001), "1.500 s");
	assert_string_equal(units_duration_to(out, 1.5, 0.5), "1.5 s");
	assert_string_equal(units_duration_to(out, 2.4, 2), "2 s");
	assert_string_equal(
	    units_duration_to(out, 2e-9, 1e-12), "0.000000002 s");
	assert_string_equal(units_duration_to(out, 3599.96, 0.1), "1 h");
	assert_string_equal(units_duration_to(out, 3600, 60), "1 h");
	assert_string_equal(units_duration_to(out, 3540, 60), "59 min");
	assert_string_equal(
	    units_duration_to(out, 90061, 1), "1 d 1 h 1 min 1 s");
	assert_string_equal(units_duration_to(out, 1e300, 60), "100000000 d");
	assert_string_equal(
	    units_duration_to(out, 4 * 86400 + 15 * 3600 + 120, 60),
	    "4 d 15 h 2 min");
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
	assert_string_equal(units_duration(out, 3599.6), "1 h");
	assert_string_equal(units_duration(out, 15000), "4 h 10 min");
	assert_string_equal(units_duration(out, 270000), "3 d 3 h");
}

static void rates(void **state)
{
	(void)state;
	assert_string_equal(units_rate(out, 3.2), "192 MiB/min");
	assert_string_equal(units_rate(out, 3.2 / 60), "3.20 MiB/min");
	assert_string_equal(units_rate(out, 3.2 / 3600), "0.0533 MiB/min");
	assert_string_equal(units_rate(out, 0.5 / 86400), "0.000347 MiB/min");
	assert_string_equal(units_rate(out, 0), "0.00 MiB/min");
	assert_string_equal(units_rate_number(out, -3.2 / 3600), "-0.0533");
}

/* Sizes of one column have one unit, the smallest one's, unless that is below
 * what there are as many of. */
static void sizes_of_columns(void **state)
{
	static const struct {
		double sizes[4]; /* the last three are of the column, too */
		const char *text;
	} rows[] = {
	    {{0, 0, 0, 0}, "0.00 MiB"},
	    {{3, 1536, 0, 0}, "3.00 MiB"},
	    {{1536, 3, 0, 0}, "1536 MiB"},
	    {{1536, 4096, 0, 0}, "1.50 GiB"},
	    {{-0.25, 4096, 0, 0}, "-0.25 MiB"},
	    {{0.0078, 40, 0, 0}, "0.008 MiB"},
	    {{0.00996, 40, 0, 0}, "0.01 MiB"},
	    {{0.0004, 40, 0, 0}, "<0.001 MiB"},
	    {{-0.0004, 40, 0, 0}, "-<0.001 MiB"},
	    {{0, 40, 0.0004, 0}, "0.00 MiB"},
	    {{0.0005, 40, 0, 0}, "<0.001 MiB"},
	    {{0.00051, 40, 0, 0}, "0.001 MiB"},
	    {{0.00995, 40, 0, 0}, "0.01 MiB"},
	    {{-0.0078, 40, 0, 0}, "-0.008 MiB"},
	    {{0.9995, 0.5, 0, 0}, "1.00 MiB"},
	    {{1, 0.0625, 0, 0}, "1.00 MiB"},
	    {{0.5, 1023, 0, 0}, "0.50 MiB"},
	    {{2048, 1024, 1e6, 0}, "2.00 GiB"},
	    {{40.0 / 1048576, 40.0 / 1048576, 0, 0}, "40 B"},
	    {{2.0 / 1024, 1.0 / 1024, 0, 0}, "2 KiB"},
	    {{0.25, 0.0625, 0, 0}, "256 KiB"},
	    {{0, 0.25, 0, 0}, "0 KiB"},
	    {{416.0 / 1048576, 0.25, 0, 0}, "0.41 KiB"},
	    {{0.25, 416.0 / 1048576, 0, 0}, "256 KiB"},
	    {{4.0 / 1024, 416.0 / 1048576, 0, 0}, "4.00 KiB"},
	    {{-900.0 / 1048576, 40.0 / 1048576, 0, 0}, "-900 B"},
	    {{1.0 / 1024, 40.0 / 1048576, 0, 0}, "1.00 KiB"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct units_column column = {0};

		for (size_t k = 0; k < 4; k++)
			units_column_add(&column, rows[i].sizes[k]);
		units_column_add(&column, NAN);
		assert_string_equal(
		    units_column_size(out, &column, rows[i].sizes[0]),
		    rows[i].text);
	}
}

/* Figures on both sides of the limits at which the form changes. */
static void borders(void **state)
{
	static const struct {
		char *(*write)(char *out, double value);
		double value;
		const char *text;
	} rows[] = {
	    {units_size, 0.9994, "1023 KiB"},
	    {units_size, 0.9996, "1.00 MiB"},
	    {units_size, -0.5, "-512 KiB"},
	    {units_size, 9.994, "9.99 MiB"},
	    {units_size, 9.996, "10.0 MiB"},
	    {units_size, 99.94, "99.9 MiB"},
	    {units_size, 1023.4, "1023 MiB"},
	    {units_size, 1023.5, "1.00 GiB"},
	    {units_size, 1023.4 * 1024, "1023 GiB"},
	    {units_size, 1023.5 * 1024, "1.00 TiB"},
	    {units_size, -2048, "-2.00 GiB"},
	    {units_limit, 10, "10 MiB"},
	    {units_limit, 100, "100 MiB"},
	    {units_limit, 12.5, "12.5 MiB"},
	    {units_limit, 2.25, "2.25 MiB"},
	    {units_limit, 0.5, "512 KiB"},
	    {units_limit, 1e300, "9.54e+293 TiB"},
	    {units_number, -0.001, "0.00"},
	    {units_number, 9.995, "10.0"},
	    {units_number, 99.95, "100"},
	    {units_number, 1e15, "1000000000000000"},
	    {units_number, -9e15, "-9e+15"},
	    {units_number, -12.34, "-12.3"},
	    {units_number, -1234, "-1234"},
	    {units_size, 0.9995, "1.00 MiB"},
	    {units_size, 1.0 / 4096, "0 KiB"},
	    {units_duration, 0.0009995, "1 ms"},
	    {units_duration, 0.9995, "1.00 s"},
	    {units_duration, 99.5, "1 min 40 s"},
	    {units_duration, 3599.5, "1 h"},
	    {units_duration, 3600, "1 h"},
	    {units_duration, 3660, "1 h 1 min"},
	    {units_duration, 86370, "1 d"},
	    {units_duration, 90000, "1 d 1 h"},
	    {units_duration, 119.6, "2 min"},
	    {units_duration, 121, "2 min 1 s"},
	    {units_number, -0.006, "-0.01"},
	    {units_number, 5.05, "5.05"},
	    {units_number, 9.9, "9.90"},
	    {units_number, 50.04, "50.0"},
	    {units_number, 123456, "123456"},
	    {units_number, 9e14, "900000000000000"},
	    {units_number, 2e15, "2e+15"},
	    {units_duration, 0.00099, "990 us"},
	    {units_duration, 0.0009996, "1 ms"},
	    {units_duration, 0.9994, "999 ms"},
	    {units_duration, 0.9996, "1.00 s"},
	    {units_duration, 99.4, "99.4 s"},
	    {units_duration, 99.6, "1 min 40 s"},
	    {units_duration, 86369, "23 h 59 min"},
	    {units_duration, 86371, "1 d"},
	    {units_duration, 8.6e12, "99537037 d 1 h"},
	    {units_duration, 8.64e12, "100000000 d"},
	    {units_rate, 0.9951 / 60, "1.00 MiB/min"},
	    {units_rate, 0.9949 / 60, "0.995 MiB/min"},
	    {units_rate, 0.09996 / 60, "0.100 MiB/min"},
	    {units_rate, -0.5, "-30.0 MiB/min"},
	    {units_rate, 1023.6, "61416 MiB/min"},
	    {units_rate, 5.1e-7 / 60, "0.000001 MiB/min"},
	    {units_rate, -4.9e-7 / 60, "0.00 MiB/min"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(
		    rows[i].write(out, rows[i].value), rows[i].text);
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

/* A figure that is rounded to nothing is not nothing. */
static void percents(void **state)
{
	char text[UNITS_TEXT];

	(void)state;
	assert_string_equal(units_percent(text, 9.52, 1), "9.5 %");
	assert_string_equal(units_percent(text, 0, 1), "0.0 %");
	assert_string_equal(units_percent(text, 0.06, 1), "0.1 %");
	assert_string_equal(units_percent(text, 0.04, 1), "<0.1 %");
	assert_string_equal(units_percent(text, -0.04, 1), "-<0.1 %");
	assert_string_equal(units_percent(text, 0.5, 0), "<1 %");
	assert_string_equal(units_percent_words(text, 0.5), "less than 1 %");
	assert_string_equal(units_percent_words(text, 0.51), "1 %");
	assert_string_equal(units_percent_words(text, 0), "0 %");
	assert_string_equal(units_percent_words(text, 69.9), "70 %");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sizes),
	    cmocka_unit_test(sizes_of_columns),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(durations),
	    cmocka_unit_test(durations_to_a_step),
	    cmocka_unit_test(rates),
	    cmocka_unit_test(borders),
	    cmocka_unit_test(every_double_fits),
	    cmocka_unit_test(counts),
	    cmocka_unit_test(percents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
