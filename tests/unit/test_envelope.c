// SPDX-License-Identifier: MIT
//
// The lower envelope of a series: which samples count, and the bottoms of its
// teeth.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/envelope.h"
#include "near.h"

/* The array has one more item than the series, which must not be read. */
static struct sample samples[ENVELOPE_BINS + 1];
static const struct series series = {.items = samples, .len = ENVELOPE_BINS};
static struct envelope envelope;

/* One sample each second and in each bin, a MiB above the one before. */
static int begin(void **state)
{
	(void)state;
	for (int i = 0; i <= ENVELOPE_BINS; i++)
		samples[i] =
		    (struct sample){.time_s = 1000 + i, .mib = 100 + i};
	return 0;
}

/* Puts the sample there so far below the one before. */
static void dip(size_t at, double depth)
{
	samples[at].mib = samples[at - 1].mib - depth;
}

static void expect_left_out(size_t at)
{
	envelope_init(&envelope, &series);
	assert_true(isnan(envelope.floors[at]));
}

static void expect_floor(size_t at)
{
	envelope_init(&envelope, &series);
	assert_true(envelope.floors[at] == samples[at].mib); /* no NAN */
}

static void the_usual_step_is_the_median(void **state)
{
	struct sample few[] = {
	    {.mib = 10}, {.mib = 11}, {.mib = 6}, {.mib = 8}};

	(void)state;
	assert_near(envelope_step(&series), 1, 0);
	assert_near(
	    envelope_step(&(struct series){.items = few, .len = 4}), 2, 0);
}

/* One that is more than five steps deep, wherever it is between two others. */
static void a_deep_dip_is_left_out(void **state)
{
	static const size_t places[] = {1, 500, ENVELOPE_BINS - 2};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		begin(NULL);
		dip(places[i], 5);
		expect_floor(places[i]);
		dip(places[i], 5.5);
		expect_left_out(places[i]);
		expect_floor(places[i] - 1);
		expect_floor(places[i] + 1);
	}
	begin(NULL);
	samples[0].mib = samples[ENVELOPE_BINS - 1].mib = 1;
	expect_floor(0);
	expect_floor(ENVELOPE_BINS - 1);
}

/* Two samples of a dip are a level. */
static void a_dip_is_of_one_sample(void **state)
{
	(void)state;
	samples[500].mib = samples[501].mib = 50;
	expect_floor(500);
	expect_floor(501);
}

/* Dips are no outliers once one sample in fifty is a dip. */
static void frequent_dips_count(void **state)
{
	(void)state;
	for (size_t i = 1; i <= 19; i++)
		dip(i * 10, 30);
	expect_left_out(10);
	dip(500, 5); /* not deep enough to be one */
	expect_left_out(10);
	dip(200, 30);
	expect_floor(10);
}

static void the_ends_of_a_level_are_no_dips(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENVELOPE_BINS; i++)
		samples[i].mib = 100;
	expect_floor(0);
	expect_floor(ENVELOPE_BINS - 1);
	dip(500, 0.1);
	expect_left_out(500);
}

static void blocks_have_their_lowest_level(void **state)
{
	double x[4], y[4];

	(void)state;
	samples[100].mib = samples[101].mib = 50;
	envelope_init(&envelope, &series);
	assert_int_equal(envelope_blocks(&envelope, 2, x, y), 2);
	assert_near(x[0], 0.25, 1e-9);
	assert_near(y[0], 50, 0);
	assert_near(x[1], 0.75, 1e-9);
	assert_near(y[1], 580, 0);
	/* Two samples, at both ends of the time. */
	samples[1] = (struct sample){.time_s = 1000.5, .mib = 7};
	envelope_init(&envelope, &(struct series){.items = samples, .len = 2});
	assert_int_equal(envelope_blocks(&envelope, 4, x, y), 2);
	assert_near(x[0], 0.125, 1e-9);
	assert_near(y[0], 100, 0);
	assert_near(x[1], 0.875, 1e-9);
	assert_near(y[1], 7, 0);
}

static void of_one_moment_the_lowest_counts(void **state)
{
	struct sample few[] = {{.time_s = 5, .mib = 10},
	    {.time_s = 5, .mib = 9}, {.time_s = 5, .mib = 11}};
	double x[2], y[2];

	(void)state;
	envelope_init(&envelope, &(struct series){.items = few, .len = 3});
	assert_int_equal(envelope_blocks(&envelope, 1, x, y), 1);
	assert_near(x[0], 0.5, 1e-9);
	assert_near(y[0], 9, 0);
}

/* Levels of 4 to 20 MiB, of which two teeth are 8 MiB deep. */
static void valleys_are_the_bottoms_of_high_teeth(void **state)
{
	double x[4], y[4];

	(void)state;
	for (size_t i = 0; i < ENVELOPE_BINS; i++)
		envelope.floors[i] = NAN;
	envelope.floors[0] = 4;
	envelope.floors[10] = 14;
	envelope.floors[20] = 6;
	envelope.floors[21] = 6;
	envelope.floors[30] = 16;
	envelope.floors[40] = 8;
	envelope.floors[45] = 13; /* too low for a top */
	envelope.floors[46] = 9;
	envelope.floors[ENVELOPE_BINS - 1] = 20;
	assert_int_equal(envelope_valleys(&envelope, 0.49, 2, x, y), 2);
	assert_near(x[0], 21.5 / ENVELOPE_BINS, 1e-9);
	assert_near(y[0], 6, 0);
	assert_near(x[1], 40.5 / ENVELOPE_BINS, 1e-9);
	assert_near(y[1], 8, 0);
	assert_int_equal(envelope_valleys(&envelope, 0.49, 1, x, y), 0);
	assert_int_equal(envelope_valleys(&envelope, 0.5, 2, x, y), 0);
}

/* A bottom is one once memory has risen by the height, not before. */
static void the_last_fall_is_no_valley(void **state)
{
	double x[4], y[4];

	(void)state;
	for (size_t i = 0; i < ENVELOPE_BINS; i++)
		envelope.floors[i] = NAN;
	envelope.floors[0] = 4;
	envelope.floors[10] = 20;
	envelope.floors[20] = 5;
	envelope.floors[30] = 13;
	assert_int_equal(envelope_valleys(&envelope, 0.5, 2, x, y), 0);
	envelope.floors[30] = 13.5;
	assert_int_equal(envelope_valleys(&envelope, 0.5, 2, x, y), 1);
	assert_near(y[0], 5, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(the_usual_step_is_the_median, begin),
	    cmocka_unit_test_setup(a_deep_dip_is_left_out, begin),
	    cmocka_unit_test_setup(a_dip_is_of_one_sample, begin),
	    cmocka_unit_test_setup(frequent_dips_count, begin),
	    cmocka_unit_test_setup(the_ends_of_a_level_are_no_dips, begin),
	    cmocka_unit_test_setup(blocks_have_their_lowest_level, begin),
	    cmocka_unit_test_setup(of_one_moment_the_lowest_counts, begin),
	    cmocka_unit_test(valleys_are_the_bottoms_of_high_teeth),
	    cmocka_unit_test(the_last_fall_is_no_valley),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
