// SPDX-License-Identifier: MIT
//
// Phases that are found, on recordings that are drawn with labels: levels,
// ramps, sawtooth and noise of any length, and where one becomes another.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "analysis/phases.h"
#include "base/random.h"

enum { RECORDINGS = 200, MOST = 6 };

/* A recording of length 1, its memory of a range of about 1 at first. */
struct drawn {
	struct run run;
	double boundaries[MOST];
	size_t count; /* of boundaries */
};

static double between(uint64_t *state, double low, double high)
{
	return low + (high - low) * random_unit(state);
}

static double normal(uint64_t *state)
{
	return sqrt(-2 * log(1 - random_unit(state))) *
	       cos(2 * M_PI * random_unit(state));
}

struct drawn_piece {
	double from, level, slope, tooth, period;
};

/* At its start a piece differs from the one before by a jump, by its slope, or
 * by both: by an eighth of what a reader sees as the whole, at least. */
static void draw_piece(struct drawn_piece *piece,
    const struct drawn_piece *before, uint64_t *state)
{
	double end = before ? before->level +
				  before->slope * (piece->from - before->from)
			    : 0.3;
	bool jumps = before && random_unit(state) < 0.5;

	piece->level = end;
	if (jumps)
		piece->level +=
		    (random_unit(state) < 0.3 && end > 0.5 ? -1 : 1) *
		    between(state, 0.25, 0.6);
	piece->slope = before && !jumps && before->slope == 0
			   ? between(state, 1.5, 5)
		       : random_unit(state) < 0.4 ? between(state, 1, 4)
						  : 0;
	if (before && !jumps && before->slope != 0)
		piece->slope = 0;
	piece->tooth =
	    random_unit(state) < 0.2 ? between(state, 0.01, 0.05) : 0;
	piece->period = between(state, 0.004, 0.012);
}

static void draw_samples(struct drawn *drawn, const struct drawn_piece *pieces,
    size_t count, uint64_t *state)
{
	double noise = between(state, 0.001, 0.02);
	double length_s = between(state, 30, 5000);
	double scale = between(state, 20, 4000);
	size_t samples = (size_t)between(state, 600, 6000), piece = 0;

	for (size_t i = 0; i < samples; i++) {
		double x =
		    ((double)i + 0.4 * random_unit(state)) / (double)samples;
		double y;

		while (piece + 1 < count && pieces[piece + 1].from <= x)
			piece++;
		y = pieces[piece].level +
		    pieces[piece].slope * (x - pieces[piece].from) +
		    pieces[piece].tooth * fmod(x, pieces[piece].period) /
			pieces[piece].period +
		    noise * normal(state);
		if (random_unit(state) < 0.001)
			y += 0.5; /* a spike is no phase */
		series_add(&drawn->run.total, 1.7e9 + length_s * x,
		    scale * fmax(y, 0.01));
	}
}

static void draw(struct drawn *drawn, uint64_t *state)
{
	struct drawn_piece pieces[MOST];
	size_t count = 1 + (size_t)(random_next(state) % 5);
	double room = 1 - 0.08 * (double)count, at = 0;

	*drawn = (struct drawn){0};
	for (size_t i = 0; i < count; i++) {
		pieces[i].from = at;
		draw_piece(&pieces[i], i ? &pieces[i - 1] : NULL, state);
		if (i > 0)
			drawn->boundaries[drawn->count++] = at;
		at += 0.08 + between(state, 0, 1.6 * room / (double)count);
		if (at > 0.92)
			count = i + 1;
	}
	draw_samples(drawn, pieces, count, state);
}

struct score {
	size_t drawn, found, invented, told;
};

static void compare(struct drawn *drawn, struct score *score)
{
	const struct series *total = &drawn->run.total;
	double first_s = total->items[0].time_s;
	double length_s = total->items[total->len - 1].time_s - first_s;
	struct found_phase *phases;
	size_t count = phases_find(&drawn->run, &phases);
	bool matched[64] = {false};

	assert_true(count >= 1 && count < 64);
	score->drawn += drawn->count;
	score->told += count - 1;
	for (size_t i = 0; i < drawn->count; i++) {
		for (size_t k = 1; k < count; k++) {
			double at = (phases[k].from_s - first_s) / length_s;

			if (matched[k] ||
			    fabs(at - drawn->boundaries[i]) > 0.02)
				continue;
			matched[k] = true;
			score->found++;
			break;
		}
	}
	for (size_t k = 1; k < count; k++)
		score->invented += !matched[k];
	free(phases);
}

/* The marks: of what was drawn 90 % is found within 2 % of the length, of what
 * is told at most 5 % is invented. */
static void labelled_recordings(void **state)
{
	uint64_t random = 23;
	struct score score = {0};

	(void)state;
	for (size_t i = 0; i < RECORDINGS; i++) {
		struct drawn drawn;

		draw(&drawn, &random);
		compare(&drawn, &score);
		series_finish(&drawn.run.total);
	}
	print_message("%zu boundaries in %d recordings: %zu found, %zu "
		      "invented of %zu told\n",
	    score.drawn, RECORDINGS, score.found, score.invented, score.told);
	assert_true(score.drawn > 300);
	assert_true(10 * score.found >= 9 * score.drawn);
	assert_true(20 * score.invented <= score.told);
}

static void add(struct run *run, double from_s, double until_s, double from_mib,
    double until_mib)
{
	for (double t = from_s; t < until_s; t += 0.1)
		series_add(&run->total, 1000 + t,
		    from_mib + (until_mib - from_mib) * (t - from_s) /
				   (until_s - from_s));
}

static void a_server_that_leaks(void **state)
{
	struct run run = {.exit.recorded = true};
	struct found_phase *phases;

	(void)state;
	add(&run, 0, 8, 12, 180);
	add(&run, 8, 61, 180, 180);
	add(&run, 61, 300, 180, 300);
	assert_int_equal(phases_find(&run, &phases), 3);
	assert_int_equal(phases[0].kind, PHASE_START);
	assert_true(fabs(phases[0].until_s - 1008) < 1);
	assert_true(fabs(phases[0].from_mib - 12) < 2);
	assert_true(fabs(phases[0].to_mib - 180) < 2);
	assert_int_equal(phases[1].kind, PHASE_STEADY);
	assert_true(fabs(phases[2].from_s - 1061) < 2);
	assert_true(fabs(phases[2].mib_per_s - 120.0 / 239) < 0.01);
	assert_true(phases[2].kind == PHASE_LEAK);
	free(phases);
	series_finish(&run.total);
}

static void few_or_equal_samples_are_one_phase(void **state)
{
	struct run run = {0};
	struct found_phase *phases;

	(void)state;
	assert_int_equal(phases_find(&run, &phases), 0);
	series_add(&run.total, 5, 1);
	assert_int_equal(phases_find(&run, &phases), 1);
	assert_int_equal(phases[0].kind, PHASE_STEADY);
	free(phases);
	series_add(&run.total, 5, 900);
	assert_int_equal(phases_find(&run, &phases), 1);
	free(phases);
	run.total.len = 0;
	add(&run, 0, 100, 50, 50);
	assert_int_equal(phases_find(&run, &phases), 1);
	assert_int_equal(phases[0].kind, PHASE_STEADY);
	free(phases);
	series_finish(&run.total);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(labelled_recordings),
	    cmocka_unit_test(a_server_that_leaks),
	    cmocka_unit_test(few_or_equal_samples_are_one_phase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
