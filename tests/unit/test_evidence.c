// SPDX-License-Identifier: MIT
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "analysis/evidence.h"
#include "near.h"

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

/* A fall of the first two samples counts, one of a single sample does not. */
static void a_fall_at_the_start_is_one(void **state)
{
	(void)state;
	for (int high = 1; high < 4; high++) {
		struct series series = {0};

		for (int i = 0; i < 302; i++)
			series_add(&series, i,
			    i < high  ? 200
			    : i < 300 ? 100
				      : 1);
		assert_int_equal(
		    evidence_end(&series, false), high < 2 ? 300 : 302);
		series_finish(&series);
	}
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
				assert_near(x[pieces.middle.from], start, 0.03);
			assert_int_equal(
			    pieces_start(&pieces, &p, 0.01), start > 0);
			assert_int_equal(pieces_rest(&pieces, &p), rest < 0.95);
			if (rest < 0.95)
				assert_near(
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
		assert_near(cycle_find(&envelope), 1.0 / days, 0.01);
		rounds = cycle_floors(&envelope, 1.0 / days, 48, x, y);
		assert_int_equal(rounds, days);
		assert_int_equal(
		    cycle_floors(&envelope, 1.0 / days, (size_t)days - 1, x, y),
		    0);
		rounds =
		    cycle_floors(&envelope, 1.0 / days, (size_t)days, x, y);
		assert_int_equal(rounds, days);
		assert_near(x[0], 0.5 / days, 1e-9);
		for (size_t i = 1; i < rounds; i++)
			assert_near(y[i] - y[i - 1], 1, 0.4);
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
	assert_near(envelope_step(&series), 0.25, 1e-9);
	/* ten blocks, each with one beginning of a tooth but for rounding */
	assert_int_equal(envelope_blocks(&envelope, 10, x, y), 10);
	for (int i = 0; i < 10; i++) {
		assert_near(x[i], (i + 0.5) / 10, 1e-9);
		assert_near(y[i], 100 + i, 0.26);
	}
	/* bottoms of teeth of 9.75 MiB, of a range of 18.75; the first has
	 * nothing before it */
	assert_int_equal(envelope_valleys(&envelope, 0.4, 96, x, y), 9);
	for (int i = 0; i < 9; i++) {
		assert_near(x[i], 0.1 * (i + 1), 0.005);
		assert_near(y[i], 101 + i, 1e-9);
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

/* A level of 100, and then `count` samples of `level` behind it. */
static size_t end_of(int before, int count, double level, bool ended)
{
	struct series series = {0};
	size_t kept;

	for (int i = 0; i < before + count; i++)
		series_add(&series, i, i < before ? 100 : level);
	kept = evidence_end(&series, ended);
	series_finish(&series);
	return kept;
}

/* A tenth of the samples may be the end, or a quarter where it is known; many
 * only where they lie far below. */
static void how_long_an_end_may_be(void **state)
{
	(void)state;
	assert_int_equal(end_of(16, 3, 20, false), 19); /* too few in all */
	assert_int_equal(end_of(17, 3, 20, false), 17);
	assert_int_equal(end_of(388, 12, 90, false), 388);
	assert_int_equal(end_of(387, 13, 90, false), 400);
	assert_int_equal(end_of(387, 13, 80, false), 400);
	assert_int_equal(end_of(387, 13, 70, false), 387);
	assert_int_equal(end_of(362, 38, 20, false), 362);
	assert_int_equal(end_of(358, 42, 20, false), 400);
	assert_int_equal(end_of(302, 98, 20, true), 302);
	assert_int_equal(end_of(298, 102, 20, true), 400);
	/* of a few samples at most a third */
	assert_int_equal(end_of(25, 9, 20, false), 25);
	assert_int_equal(end_of(25, 12, 20, false), 37);
	assert_int_equal(end_of(16, 6, 20, false), 16);
	assert_int_equal(end_of(15, 7, 20, false), 22);
	/* not deep, but of a program that is known to have ended */
	assert_int_equal(end_of(188, 12, 90, false), 200);
	assert_int_equal(end_of(188, 12, 90, true), 188);
	assert_int_equal(end_of(190, 10, 90, false), 190);
	assert_int_equal(end_of(189, 11, 90, false), 200);
	/* higher is no end */
	assert_int_equal(end_of(388, 12, 110, false), 400);
}

/* As many samples of noise, and then the end a little or clearly below. */
static void an_end_lies_below_the_noise(void **state)
{
	(void)state;
	for (int below = 0; below < 2; below++) {
		struct series series = {0};

		/* steps of 4 */
		for (int i = 0; i < 300; i++)
			series_add(&series, i, 100 + i % 2 * 4);
		for (int i = 300; i < 304; i++)
			series_add(&series, i, below ? 90 : 98);
		assert_int_equal(
		    evidence_end(&series, true), below ? 300 : 304);
		series_finish(&series);
	}
}

/* Lives of so many samples each; the first of each holds `start` of 100, and
 * rises by half of what is left with each sample. */
static size_t count_lives(int lives, int each, double start)
{
	size_t starts[EVIDENCE_LIVES + 1], count;
	struct series series = {0};

	for (int i = 0; i < lives * each; i++)
		series_add(&series, i,
		    100 - (100 - start) * pow(0.5, (double)(i % each)));
	count = evidence_lives(&series, starts);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(starts[i], i * (size_t)each);
	if (count > 0)
		assert_int_equal(starts[count], lives * each);
	series_finish(&series);
	return count;
}

static void how_many_lives_there_may_be(void **state)
{
	(void)state;
	assert_int_equal(count_lives(2, 100, 10), 0);
	assert_int_equal(count_lives(3, 100, 10), 3);
	assert_int_equal(count_lives(EVIDENCE_LIVES, 30, 10), EVIDENCE_LIVES);
	assert_int_equal(count_lives(EVIDENCE_LIVES + 1, 30, 10), 0);
	/* of 60 samples or more in all, 20 each */
	assert_int_equal(count_lives(3, 20, 10), 3);
	assert_int_equal(count_lives(3, 19, 10), 0);
	assert_int_equal(count_lives(4, 20, 10), 4);
	assert_int_equal(count_lives(4, 19, 10), 0);
	/* far, by a third at least */
	assert_int_equal(count_lives(4, 50, 65), 4);
	assert_int_equal(count_lives(4, 50, 75), 0);
}

/* A fall to a higher level than the lowest is none of these. */
static void a_life_begins_near_the_lowest_of_all(void **state)
{
	static const double begins[] = {10, 30, 10, 45};
	size_t starts[EVIDENCE_LIVES + 1];
	struct series series = {0};

	(void)state;
	for (int i = 0; i < 400; i++)
		series_add(&series, i,
		    i % 100 < 3 ? begins[i / 100] + 3 * (i % 100) : 100);
	assert_int_equal(evidence_lives(&series, starts), 3);
	assert_int_equal(starts[1], 100);
	assert_int_equal(starts[2], 200);
	assert_int_equal(starts[3], 400);
	series_finish(&series);
}

/* Levels of so many samples each. */
static size_t falls_of(const double *levels, size_t count, int each,
    size_t starts[EVIDENCE_LIVES + 1])
{
	struct series series = {0};
	size_t found;

	for (size_t i = 0; i < count * (size_t)each; i++)
		series_add(&series, (double)i, levels[i / (size_t)each]);
	found = evidence_falls(&series, starts);
	series_finish(&series);
	return found;
}

static void falls_of_about_the_largest_size(void **state)
{
	static const double alike[] = {150, 100, 150, 128};
	static const double unlike[] = {150, 100, 150, 132};
	static const double rising[] = {100, 150};
	size_t starts[EVIDENCE_LIVES + 1];

	(void)state;
	for (int each = 30; each <= 3000; each *= 10) {
		assert_int_equal(falls_of(alike, 4, each, starts), 3);
		assert_int_equal(starts[0], 0);
		assert_int_equal(starts[1], each);
		assert_int_equal(starts[2], 3 * each);
		assert_int_equal(starts[3], 4 * each);
		assert_int_equal(falls_of(unlike, 4, each, starts), 2);
		assert_int_equal(starts[1], each);
		assert_int_equal(starts[2], 4 * each);
		assert_int_equal(falls_of(rising, 2, each, starts), 0);
	}
	/* as alike where they are small */
	assert_int_equal(
	    falls_of((const double[]){2, 1.5, 2, 1.78}, 4, 300, starts), 3);
	assert_int_equal(
	    falls_of((const double[]){2, 1.5, 2, 1.82}, 4, 300, starts), 2);
	/* too few samples for two stretches */
	assert_int_equal(falls_of(alike, 2, 24, starts), 2);
	assert_int_equal(falls_of(alike, 2, 23, starts), 0);
}

static void a_dozen_falls_are_counted(void **state)
{
	size_t starts[EVIDENCE_LIVES + 1];

	(void)state;
	for (int lives = EVIDENCE_FALLS; lives <= EVIDENCE_FALLS + 1; lives++) {
		struct series series = {0};
		bool few = lives == EVIDENCE_FALLS;

		for (int i = 0; i < lives * 60; i++)
			series_add(&series, i, 100 + i % 60);
		assert_int_equal(
		    evidence_falls(&series, starts), few ? EVIDENCE_FALLS : 0);
		for (size_t i = 0; few && i <= EVIDENCE_FALLS; i++)
			assert_int_equal(starts[i], 60 * i);
		series_finish(&series);
	}
}

/* A fall that is no larger than the usual steps is noise. */
static void a_fall_is_more_than_a_step(void **state)
{
	size_t starts[EVIDENCE_LIVES + 1];

	(void)state;
	for (int high = 0; high < 2; high++) {
		struct series series = {0};

		for (int i = 0; i < 600; i++)
			series_add(&series, i,
			    100 + i % 2 * 20 + (i / 100 % 2 ? 0 : high * 40));
		assert_int_equal(
		    evidence_falls(&series, starts) > 0, high == 1);
		series_finish(&series);
	}
}

/* Two lives; in the second memory rises at once by a share of the fall. */
static bool rises_slowly(double rise)
{
	const size_t starts[] = {0, 200, 400};
	struct series series = {0}, life;
	bool slowly;

	for (int i = 0; i < 400; i++)
		series_add(&series, i,
		    i < 200   ? 100 + i / 4.0
		    : i < 300 ? 100
			      : 100 + 50 * rise);
	life = (struct series){.items = series.items + 200, .len = 200};
	slowly =
	    evidence_rises_slowly(&life, evidence_fall(&series, starts, 2));
	series_finish(&series);
	return slowly;
}

/* A rise of the last twelve samples is whole at the last place alone where
 * there are twelve before it and three between. */
static void a_rise_at_the_very_end_counts(void **state)
{
	struct series life = {0};

	(void)state;
	for (int i = 0; i < 100; i++)
		series_add(&life, i, i < 88 ? 100 : 200);
	assert_false(evidence_rises_slowly(&life, 160));
	assert_true(evidence_rises_slowly(&life, 170));
	series_finish(&life);
}

/* Too near the end to begin a life itself, it keeps those of less than 0.4 of
 * its depth from beginning one. */
static void a_fall_at_the_very_end_counts(void **state)
{
	size_t starts[EVIDENCE_LIVES + 1];

	(void)state;
	for (int fall = 110; fall <= 130; fall += 5) {
		struct series series = {0};

		for (int i = 0; i < 200; i++)
			series_add(&series, i,
			    500 - (i < 100 ? 0 : fall) - (i < 188 ? 0 : 300));
		assert_int_equal(
		    evidence_falls(&series, starts), fall < 120 ? 0 : 2);
		series_finish(&series);
	}
}

static void a_sudden_rise_is_not_of_a_restart(void **state)
{
	(void)state;
	assert_true(rises_slowly(0));
	assert_true(rises_slowly(0.5));
	assert_false(rises_slowly(0.7));
	assert_false(rises_slowly(1));
}

/* A line from 100 to 150 whose first samples hold less. */
static bool starts_up(size_t len, double first, double second)
{
	struct series life = {0};
	bool starts;

	for (size_t i = 0; i < len; i++)
		series_add(&life, 1000 + (double)i,
		    i == 0   ? first
		    : i == 1 ? second
			     : 100 + 50 * (double)i / (double)len);
	starts = evidence_starts_up(&life);
	series_finish(&life);
	return starts;
}

static void a_start_up_is_a_fifth_of_the_whole(void **state)
{
	(void)state;
	assert_true(starts_up(200, 20, 60));
	assert_true(starts_up(200, 85, 90));
	assert_false(starts_up(200, 91, 95));
	assert_true(starts_up(200, 95, 85)); /* the lower one of two */
	assert_true(starts_up(48, 20, 60));
	assert_false(starts_up(47, 20, 60));
}

/* Samples of one moment are no time to start in. */
static void a_moment_has_no_start_up(void **state)
{
	struct series life = {0};

	(void)state;
	for (int i = 0; i < 200; i++)
		series_add(&life, 1000, i < 2 ? 20 : 100);
	assert_false(evidence_starts_up(&life));
	series_finish(&life);
}

/* A dip at the start that is no more than the ups and downs. */
static void a_start_up_is_more_than_noise(void **state)
{
	(void)state;
	for (int noisy = 0; noisy < 2; noisy++) {
		struct series life = {0};

		for (int i = 0; i < 480; i++)
			series_add(&life, i,
			    i == 0 ? 80 : 100 + (noisy ? i / 20 * 17 % 48 : 0));
		assert_int_equal(evidence_starts_up(&life), !noisy);
		series_finish(&life);
	}
}

/* Lines through the points by the formulas of the textbook. */
static void pieces_are_lines_of_least_squares(void **state)
{
	double x[FIT_MAX], y[FIT_MAX];
	struct fit_points p = {x, y, 96};
	struct pieces pieces;

	(void)state;
	make_points(x, y, 0.3, 0.8);
	for (int i = 0; i < 96; i++)
		y[i] -= wiggle(i) / 10;
	pieces_find(&p, 0.01, true, &pieces);
	assert_int_equal(pieces.before.from, 0);
	assert_int_equal(pieces.before.end, pieces.middle.from);
	assert_int_equal(pieces.middle.end, pieces.after.from);
	assert_int_equal(pieces.after.end, 96);
	assert_true(fabs(pieces.before.line.slope - 100 / 0.3) < 1e-6);
	assert_true(fabs(pieces.before.line.a) < 1e-6);
	assert_true(fabs(pieces.middle.line.slope - 50) < 1e-6);
	assert_true(fabs(pieces.middle.line.a - 85) < 1e-6);
	assert_true(fabs(pieces.after.line.slope) < 1e-6);
	assert_true(fabs(pieces.after.line.a - 125) < 1e-6);
	assert_true(pieces.middle.line.residue < 1e-6);
	/* n log(noise^2) and eight parameters */
	assert_true(fabs(pieces.bic - 96 * log(1e-4) - 8 * log(96)) < 0.1);
	pieces_find(&p, 0.01, false, &pieces);
	assert_int_equal(pieces.before.end, 0);
	assert_int_equal(pieces.middle.from, 0);
	/* one line is all there is */
	for (int i = 0; i < 96; i++)
		y[i] = 7 + 3 * x[i] + i % 2 / 10.0;
	pieces_find(&p, 0.01, true, &pieces);
	assert_int_equal(pieces.before.end, 0);
	assert_int_equal(pieces.middle.end, 96);
	assert_int_equal(pieces.after.end - pieces.after.from, 0);
	assert_true(fabs(pieces.middle.line.residue - 96 * 0.05 * 0.05) < 1e-3);
	assert_true(
	    fabs(pieces.bic - 2 * log(96) -
		 96 * log(pieces.middle.line.residue / 96 + 1e-4)) < 1e-6);
}

/* A rest has grown to its level, is flat, and stays near it. */
static void what_follows_growth_is_a_rest_or_not(void **state)
{
	static const struct {
		double level, slope; /* behind growth from 100 to 140 */
		bool rests;
	} ends[] = {{140, 0, true}, {130, 0, true}, {110, 0, false},
	    {148, 0, true}, {155, 0, false}, {140, 40, true}, {140, 70, false},
	    {140, -40, true}, {140, -70, false}};
	double x[FIT_MAX], y[FIT_MAX];
	struct fit_points p = {x, y, 96};

	(void)state;
	for (size_t e = 0; e < sizeof(ends) / sizeof(ends[0]); e++) {
		struct pieces pieces;

		for (int i = 0; i < 96; i++) {
			x[i] = (i + 0.5) / 96;
			y[i] = x[i] < 0.8 ? 100 + 50 * x[i]
					  : ends[e].level +
						ends[e].slope * (x[i] - 0.8);
		}
		pieces_find(&p, 0.01, false, &pieces);
		assert_int_equal(pieces_rest(&pieces, &p), ends[e].rests);
	}
	for (int i = 0; i < 96; i++) /* a fall and then a rest */
		y[i] = 100 - 50 * fmin(x[i], 0.8);
	{
		struct pieces pieces;

		pieces_find(&p, 0.01, false, &pieces);
		assert_false(pieces_rest(&pieces, &p));
	}
}

/* A start lies below what follows, and never above its beginning. */
static void what_precedes_growth_is_a_start_or_not(void **state)
{
	static const struct {
		double level, slope; /* before growth from 125 on */
		bool starts;
	} begins[] = {{0, 500, true}, {60, 200, true}, {125, 0, false},
	    {130, -20, false}, {50, 300, true}, {60, 400, false},
	    {110, 55, false}, {102, 90, true}, {104, 72, false}};
	double x[FIT_MAX], y[FIT_MAX];
	struct fit_points p = {x, y, 96};

	(void)state;
	for (size_t b = 0; b < sizeof(begins) / sizeof(begins[0]); b++) {
		struct pieces pieces;

		for (int i = 0; i < 96; i++) {
			x[i] = (i + 0.5) / 96;
			y[i] = x[i] < 0.25
				   ? begins[b].level + begins[b].slope * x[i]
				   : 112 + 52 * x[i];
		}
		pieces_find(&p, 0.01, true, &pieces);
		assert_int_equal(
		    pieces_start(&pieces, &p, 0.01), begins[b].starts);
	}
}

/* In a flat recording the noise alone limits which leak would show. */
static void in_silence_little_would_hide(void **state)
{
	double x[FIT_MAX], y[FIT_MAX], quietest;
	struct fit_points p = {x, y, 96};

	(void)state;
	for (int i = 0; i < 96; i++) {
		x[i] = (i + 0.5) / 96;
		y[i] = 100;
	}
	quietest = pieces_quietest(&p, 0.01);
	assert_true(quietest > 0.05 && quietest < 0.06);
	/* ten times the noise hides ten times as much */
	quietest = pieces_quietest(&p, 0.1);
	assert_true(quietest > 0.5 && quietest < 0.6);
	/* a slope that is seen would have to be exceeded; a fall would not */
	for (int slope = -40; slope <= 0; slope += 20) {
		for (int i = 0; i < 96; i++)
			y[i] = 100 + slope * x[i];
		quietest = pieces_quietest(&p, 0.01);
		assert_true(quietest > 0.05 && quietest < 0.06);
	}
	for (int i = 0; i < 96; i++) /* up, and then less far down */
		y[i] = 100 + 40 * fmin(x[i], 0.6) - 30 * fmax(0, x[i] - 0.6);
	quietest = pieces_quietest(&p, 0.01);
	assert_true(quietest > 0.05 && quietest < 1);
}

/* Memory rests at first, and stays higher from then on, in noise: the rest
 * shows nothing of what came. */
static void a_pause_shows_no_leak(void **state)
{
	double x[FIT_MAX], y[FIT_MAX];
	struct fit_points p = {x, y, 96};

	(void)state;
	for (int later = 0; later < 2; later++) {
		for (int i = 0; i < 96; i++) {
			x[i] = (i + 0.5) / 96;
			y[i] = i < 30 ? 100
			       : i < 40
				   ? 150
				   : (later ? 110 : 80) + 30 * wiggle(i * 31);
		}
		assert_int_equal(pieces_quietest(&p, 0.01) > 10, later);
	}
}

/* The mean of the lowest quarter of each round, counted from the end. */
static void floors_of_rounds_are_means_of_the_lowest(void **state)
{
	struct envelope envelope = {.first_s = 0, .span_s = 1};
	double x[8], y[8];

	(void)state;
	for (int i = 0; i < ENVELOPE_BINS; i++)
		envelope.floors[i] = i / 240 * 1000 + i * 7 % 240;
	assert_int_equal(cycle_floors(&envelope, 0.25, 8, x, y), 4);
	for (int i = 0; i < 4; i++) {
		assert_true(x[i] == 0.125 + 0.25 * i);
		assert_true(fabs(y[i] - (1000 * i + 29.5)) < 1e-9);
	}
	assert_int_equal(cycle_floors(&envelope, 0.25, 4, x, y), 4);
	assert_int_equal(cycle_floors(&envelope, 0.25, 3, x, y), 0);
	/* two and a half: the first half round is left out */
	assert_int_equal(cycle_floors(&envelope, 0.4, 8, x, y), 2);
	assert_true(fabs(x[0] - 0.4) < 1e-9 && fabs(x[1] - 0.8) < 1e-9);
	/* a round without a sample */
	for (int i = 240; i < 480; i++)
		envelope.floors[i] = NAN;
	envelope.floors[500] = NAN;
	assert_int_equal(cycle_floors(&envelope, 0.25, 8, x, y), 3);
	assert_true(x[0] == 0.125 && x[1] == 0.625);
	assert_true(fabs(y[0] - 29.5) < 1e-9);
}

/* A wave on a slope, with gaps: the first of the equal peaks. */
static void a_wave_is_found_on_a_slope(void **state)
{
	struct envelope envelope = {.first_s = 0, .span_s = 1};

	(void)state;
	for (int gaps = 0; gaps < 2; gaps++) {
		for (int i = 0; i < ENVELOPE_BINS; i++)
			envelope.floors[i] =
			    gaps && i % 40 > 20
				? NAN
				: 100 + i + 50 * sin(2 * M_PI * i / 160.0);
		assert_true(fabs(cycle_find(&envelope) - 1 / 6.0) < 0.006);
	}
	/* however low the waves are */
	for (int i = 0; i < ENVELOPE_BINS; i++)
		envelope.floors[i] = 0.02 * sin(2 * M_PI * i / 160.0);
	assert_true(fabs(cycle_find(&envelope) - 1 / 6.0) < 0.006);
	/* two periods are too few, and so is a half of the points */
	for (int i = 0; i < ENVELOPE_BINS; i++)
		envelope.floors[i] = sin(2 * M_PI * i / 480.0);
	assert_true(cycle_find(&envelope) == 0);
	for (int i = 0; i < ENVELOPE_BINS; i++)
		envelope.floors[i] =
		    i % 320 >= 156 ? NAN : sin(2 * M_PI * i / 160.0);
	assert_true(cycle_find(&envelope) == 0);
}

/* Each sample is in its bin, the last one in the last. */
static void a_bin_has_the_lowest_of_its_samples(void **state)
{
	static struct envelope envelope;
	struct series series = {0};

	(void)state;
	series_add(&series, 50, 1000);
	for (int i = 0; i < 2 * ENVELOPE_BINS; i++)
		series_add(&series, 50.25 + i / 2.0, 1000 + i);
	series_add(&series, 50 + ENVELOPE_BINS, 1000 + 2 * ENVELOPE_BINS);
	envelope_init(&envelope, &series);
	assert_true(envelope.first_s == 50 && envelope.span_s == ENVELOPE_BINS);
	for (int i = 0; i < ENVELOPE_BINS; i++)
		assert_true(envelope.floors[i] == 1000 + 2 * i);
	series.items[series.len - 1].mib = 7; /* the last is no dip */
	series.items[0].mib = 5;
	envelope_init(&envelope, &series);
	assert_true(envelope.floors[0] == 5);
	assert_true(envelope.floors[ENVELOPE_BINS - 1] == 7);
	assert_true(envelope.floors[ENVELOPE_BINS - 2] ==
		    1000 + 2 * (ENVELOPE_BINS - 2));
	/* all at one moment are in the first */
	for (size_t i = 0; i < series.len; i++)
		series.items[i].time_s = 50;
	envelope_init(&envelope, &series);
	assert_true(envelope.floors[0] == 5 && isnan(envelope.floors[1]));
	series_finish(&series);
}

/* Three dips of one sample in 200, of five usual steps or more. */
static void how_deep_a_dip_is_left_out(void **state)
{
	static struct envelope envelope;

	(void)state;
	for (int depth = 4; depth <= 6; depth += 2) {
		for (int dips = 3; dips <= 5; dips += 2) {
			struct series series = {0};
			double low = INFINITY;

			for (int i = 0; i < 200; i++)
				series_add(&series, i,
				    100 + i % 2 -
					(i % 40 == 20 && i / 40 < dips ? depth
								       : 0));
			envelope_init(&envelope, &series);
			for (int i = 0; i < ENVELOPE_BINS; i++)
				low = fmin(low, envelope.floors[i]);
			assert_true(
			    low ==
			    (depth == 6 && dips == 3 ? 100 : 100 - depth));
			series_finish(&series);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_way_out_is_cut_off),
	    cmocka_unit_test(a_tooth_is_no_end),
	    cmocka_unit_test(a_fall_at_the_start_is_one),
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
	    cmocka_unit_test(how_long_an_end_may_be),
	    cmocka_unit_test(an_end_lies_below_the_noise),
	    cmocka_unit_test(how_many_lives_there_may_be),
	    cmocka_unit_test(a_life_begins_near_the_lowest_of_all),
	    cmocka_unit_test(falls_of_about_the_largest_size),
	    cmocka_unit_test(a_dozen_falls_are_counted),
	    cmocka_unit_test(a_fall_is_more_than_a_step),
	    cmocka_unit_test(a_sudden_rise_is_not_of_a_restart),
	    cmocka_unit_test(a_rise_at_the_very_end_counts),
	    cmocka_unit_test(a_fall_at_the_very_end_counts),
	    cmocka_unit_test(a_start_up_is_a_fifth_of_the_whole),
	    cmocka_unit_test(a_start_up_is_more_than_noise),
	    cmocka_unit_test(a_moment_has_no_start_up),
	    cmocka_unit_test(pieces_are_lines_of_least_squares),
	    cmocka_unit_test(what_follows_growth_is_a_rest_or_not),
	    cmocka_unit_test(what_precedes_growth_is_a_start_or_not),
	    cmocka_unit_test(in_silence_little_would_hide),
	    cmocka_unit_test(a_pause_shows_no_leak),
	    cmocka_unit_test(floors_of_rounds_are_means_of_the_lowest),
	    cmocka_unit_test(a_wave_is_found_on_a_slope),
	    cmocka_unit_test(a_bin_has_the_lowest_of_its_samples),
	    cmocka_unit_test(how_deep_a_dip_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
