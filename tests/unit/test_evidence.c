// SPDX-License-Identifier: MIT
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "analysis/evidence.h"

static double wiggle(int i)
{
	return (double)(i * 7919 % 101) / 100;
}

/* 300 samples that rise from 100 to 130, and then those of the end. */
static void make_end(struct series *series, const double *end, size_t count)
{
	*series = (struct series){0};
	for (int i = 0; i < 300; i++)
		series_add(series, i, 100 + i / 10.0 + wiggle(i));
	for (size_t i = 0; i < count; i++)
		series_add(series, 300 + (double)i, end[i]);
}

static void the_way_out_is_cut_off(void **state)
{
	static const double ends[][4] = {{21, 20, 19, 18}, {90, 60, 30, 1},
	    {100, 100, 100, 100}, {1, 1, 1, 40}};
	struct series series;

	(void)state;
	for (size_t e = 0; e < 4; e++) {
		for (size_t count = 1; count <= 4; count++) {
			size_t kept;

			make_end(&series, ends[e], count);
			kept = evidence_end(&series, false);
			assert_true(kept >= 298 && kept <= 300);
			series_finish(&series);
		}
	}
	make_end(&series, NULL, 0);
	assert_int_equal(evidence_end(&series, true), 300);
	series_finish(&series);
}

/* Memory that falls as far now and then may do so at the end too. */
static void a_tooth_is_no_end(void **state)
{
	struct series series = {0};

	(void)state;
	for (int i = 0; i < 452; i++)
		series_add(&series, i, 100 + i % 150);
	assert_int_equal(evidence_end(&series, false), 452);
	series_finish(&series);
}

/* A long end is one only where the program is known to have ended. */
static void a_long_end_has_to_be_known(void **state)
{
	struct series series = {0};

	(void)state;
	for (int i = 0; i < 400; i++)
		series_add(&series, i, i < 330 ? 100 + wiggle(i) : 20);
	assert_int_equal(evidence_end(&series, false), 400);
	assert_int_equal(evidence_end(&series, true), 330);
	series_finish(&series);
}

/* A program that frees for a while leads down to its end; one that falls as
 * often does not. */
static void a_way_down_is_an_end_that_is_not_known(void **state)
{
	struct series series = {0};
	size_t kept;

	(void)state;
	for (int i = 0; i < 400; i++)
		series_add(&series, i,
		    i < 370 ? 100 + i / 10.0 + wiggle(i) : 137 - (i - 370) * 4);
	kept = evidence_end(&series, false);
	assert_true(kept >= 369 && kept <= 371);
	series_finish(&series);
	for (int i = 0; i < 400; i++)
		series_add(&series, i, 20 + abs(i % 60 - 30) * 4);
	assert_int_equal(evidence_end(&series, false), 400);
	series_finish(&series);
}

static void lives_begin_where_memory_falls_to_its_lowest(void **state)
{
	size_t starts[EVIDENCE_LIVES + 1], count;
	struct series series = {0};

	(void)state;
	for (int i = 0; i < 500; i++) {
		int at = i % 100;

		series_add(&series, i, at < 5 ? 10 + at * 15 : 85 + wiggle(i));
	}
	count = evidence_lives(&series, starts);
	assert_int_equal(count, 5);
	for (size_t i = 0; i <= 5; i++)
		assert_int_equal(starts[i], 100 * i);
	for (size_t i = 0; i < 5; i++) {
		struct series life = {
		    .items = series.items + 100 * i, .len = 100};

		assert_true(evidence_starts_up(&life));
	}
	series_finish(&series);
}

/* Six lives of 60 samples that rise by 30, each behind a start of `start`
 * samples that hold much less. */
static void make_lives(struct series *series, int start)
{
	*series = (struct series){0};
	for (int i = 0; i < 360; i++) {
		int at = i % 60;

		series_add(series, i,
		    (at < start ? 20 + 25 * at : 100) + at / 2.0 + wiggle(i));
	}
}

static void falls_are_found_behind_short_starts(void **state)
{
	size_t starts[EVIDENCE_LIVES + 1];
	struct series series;

	(void)state;
	for (int start = 0; start < 3; start++) {
		make_lives(&series, start);
		assert_int_equal(evidence_falls(&series, starts), 6);
		for (size_t i = 0; i <= 6; i++)
			assert_int_equal(starts[i], 60 * i);
		series_finish(&series);
	}
}

static void noise_and_many_teeth_are_no_falls(void **state)
{
	size_t starts[EVIDENCE_LIVES + 1];
	struct series series = {0};

	(void)state;
	for (int i = 0; i < 600; i++)
		series_add(&series, i, 100 + wiggle(i));
	assert_int_equal(evidence_falls(&series, starts), 0);
	series_finish(&series);
	series = (struct series){0};
	for (int i = 0; i < 600; i++)
		series_add(&series, i, 100 + i % 40 + wiggle(i));
	assert_int_equal(evidence_falls(&series, starts), 0);
	series_finish(&series);
}

static void a_tooth_has_no_start_up(void **state)
{
	struct series series = {0};

	(void)state;
	for (int i = 0; i < 100; i++)
		series_add(&series, i, 10 + i + wiggle(i));
	assert_false(evidence_starts_up(&series));
	series_finish(&series);
}

/* Points of a start until `start`, a line, and a rest from `rest` on. */
static void make_points(double *x, double *y, double start, double rest)
{
	for (int i = 0; i < 96; i++) {
		x[i] = (i + 0.5) / 96;
		y[i] = x[i] < start
			   ? 100 * x[i] / start
			   : 100 + 50 * fmin(x[i] - start, rest - start);
		y[i] += wiggle(i) / 10;
	}
}

static void a_start_and_a_rest_are_parted(void **state)
{
	double x[FIT_MAX], y[FIT_MAX];
	struct fit_points p = {x, y, 96};
	struct pieces pieces;

	(void)state;
	for (double start = 0; start <= 0.5; start += 0.1) {
		for (double rest = 0.8; rest <= 1; rest += 0.1) {
			make_points(x, y, start, rest);
			pieces_find(&p, 0.01, true, &pieces);
			if (start > 0)
				assert_float_equal(
				    x[pieces.middle.from], start, 0.03);
			assert_int_equal(
			    pieces_start(&pieces, &p, 0.01), start > 0);
			assert_int_equal(pieces_rest(&pieces, &p), rest < 0.95);
			if (rest < 0.95)
				assert_float_equal(
				    x[pieces.middle.end - 1], rest, 0.03);
		}
	}
}

static void a_way_down_is_no_start(void **state)
{
	double x[FIT_MAX], y[FIT_MAX];
	struct fit_points p = {x, y, 96};
	struct pieces pieces;

	(void)state;
	for (int i = 0; i < 96; i++) {
		x[i] = (i + 0.5) / 96;
		y[i] = x[i] < 0.4 ? 200 - 200 * x[i] : 100 + 60 * x[i];
	}
	pieces_find(&p, 0.01, true, &pieces);
	assert_false(pieces_start(&pieces, &p, 0.01));
}

static void the_quietest_part_tells_what_would_show(void **state)
{
	double x[FIT_MAX], y[FIT_MAX];
	struct fit_points p = {x, y, 96};

	(void)state;
	for (int i = 0; i < 96; i++) {
		x[i] = (i + 0.5) / 96;
		y[i] = i < 48 ? 100 + 40 * wiggle(i * 31) : 110 + wiggle(i);
	}
	assert_true(pieces_quietest(&p, 0.01) > 1);
	assert_true(pieces_quietest(&p, 0.01) < 40);
	/* A staircase may leak in jumps. */
	for (int i = 0; i < 96; i++)
		y[i] = 100 + 20 * (i / 24);
	assert_true(isinf(pieces_quietest(&p, 0.01)));
}

static void rounds_are_found(void **state)
{
	double x[48], y[48];

	(void)state;
	for (int days = 3; days <= 20; days++) {
		struct envelope envelope = {.first_s = 0, .span_s = 1};
		size_t rounds;

		for (int i = 0; i < ENVELOPE_BINS; i++) {
			double day = i * days / (double)ENVELOPE_BINS;
			bool works =
			    day - floor(day) > 0.3 && day - floor(day) < 0.7;

			envelope.floors[i] =
			    100 + day + wiggle(i) + (works ? 50 : 0);
		}
		assert_float_equal(cycle_find(&envelope), 1.0 / days, 0.01);
		rounds = cycle_floors(&envelope, 1.0 / days, 48, x, y);
		assert_int_equal(rounds, days);
		assert_int_equal(
		    cycle_floors(&envelope, 1.0 / days, (size_t)days - 1, x, y),
		    0);
		rounds =
		    cycle_floors(&envelope, 1.0 / days, (size_t)days, x, y);
		assert_int_equal(rounds, days);
		assert_float_equal(x[0], 0.5 / days, 1e-9);
		for (size_t i = 1; i < rounds; i++)
			assert_float_equal(y[i] - y[i - 1], 1, 0.4);
	}
}

static void noise_has_no_rounds(void **state)
{
	struct envelope envelope = {.first_s = 0, .span_s = 1};
	uint32_t random = 1;

	(void)state;
	for (int i = 0; i < ENVELOPE_BINS; i++) {
		random = random * 1664525 + 1013904223;
		envelope.floors[i] = 100 + (random >> 16) / 1000.0;
	}
	assert_true(cycle_find(&envelope) == 0);
	for (int i = 0; i < ENVELOPE_BINS; i++)
		envelope.floors[i] = 100;
	assert_true(cycle_find(&envelope) == 0);
	for (int i = 1; i < ENVELOPE_BINS; i++)
		envelope.floors[i] = NAN;
	assert_true(cycle_find(&envelope) == 0);
}

/* Teeth from 100 to 110 MiB, 40 samples each, on floors that rise by 1 MiB. */
static void make_teeth(struct series *series)
{
	for (int i = 0; i < 400; i++)
		series_add(
		    series, 1000 + i, 100 + floor(i / 40.0) + (i % 40) * 0.25);
}

static void the_envelope_has_the_floors(void **state)
{
	static struct envelope envelope;
	struct series series = {0};
	double x[96], y[96];

	(void)state;
	make_teeth(&series);
	envelope_init(&envelope, &series);
	assert_true(envelope.first_s == 1000 && envelope.span_s == 399);
	assert_float_equal(envelope_step(&series), 0.25, 1e-9);
	/* ten blocks, each with one beginning of a tooth but for rounding */
	assert_int_equal(envelope_blocks(&envelope, 10, x, y), 10);
	for (int i = 0; i < 10; i++) {
		assert_float_equal(x[i], (i + 0.5) / 10, 1e-9);
		assert_float_equal(y[i], 100 + i, 0.26);
	}
	/* bottoms of teeth of 9.75 MiB, of a range of 18.75; the first has
	 * nothing before it */
	assert_int_equal(envelope_valleys(&envelope, 0.4, 96, x, y), 9);
	for (int i = 0; i < 9; i++) {
		assert_float_equal(x[i], 0.1 * (i + 1), 0.005);
		assert_float_equal(y[i], 101 + i, 1e-9);
	}
	assert_int_equal(envelope_valleys(&envelope, 0.4, 9, x, y), 9);
	assert_int_equal(envelope_valleys(&envelope, 0.4, 8, x, y), 0);
	assert_int_equal(envelope_valleys(&envelope, 0.6, 96, x, y), 0);
	series_finish(&series);
}

/* 100 MiB with dips of one sample, one in so many. */
static double lowest_with_dips(int one_in)
{
	static struct envelope envelope;
	struct series series = {0};
	double x[1], y[1];

	for (int i = 0; i < 960; i++)
		series_add(&series, i,
		    i % one_in == one_in / 2 ? 40 : 100 + i % 2 * 0.5);
	envelope_init(&envelope, &series);
	assert_int_equal(envelope_blocks(&envelope, 1, x, y), 1);
	series_finish(&series);
	return y[0];
}

static void a_seldom_dip_is_left_out(void **state)
{
	(void)state;
	assert_true(lowest_with_dips(300) == 100);
	assert_true(lowest_with_dips(7) == 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_way_out_is_cut_off),
	    cmocka_unit_test(a_tooth_is_no_end),
	    cmocka_unit_test(a_long_end_has_to_be_known),
	    cmocka_unit_test(a_way_down_is_an_end_that_is_not_known),
	    cmocka_unit_test(lives_begin_where_memory_falls_to_its_lowest),
	    cmocka_unit_test(falls_are_found_behind_short_starts),
	    cmocka_unit_test(noise_and_many_teeth_are_no_falls),
	    cmocka_unit_test(a_tooth_has_no_start_up),
	    cmocka_unit_test(a_start_and_a_rest_are_parted),
	    cmocka_unit_test(a_way_down_is_no_start),
	    cmocka_unit_test(the_quietest_part_tells_what_would_show),
	    cmocka_unit_test(rounds_are_found),
	    cmocka_unit_test(noise_has_no_rounds),
	    cmocka_unit_test(the_envelope_has_the_floors),
	    cmocka_unit_test(a_seldom_dip_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
