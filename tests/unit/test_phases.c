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
	double radius = sqrt(-2 * log(1 - random_unit(state)));

	return radius * cos(2 * M_PI * random_unit(state));
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

static bool near(double got, double expected, double apart)
{
	return fabs(got - expected) <= apart;
}

/* Each phase begins at the first sample on its line, and ends where the next
 * one begins. */
static void lines_meet_at_a_sample(void **state)
{
	struct run run = {.exit.recorded = true};
	struct found_phase *phases;

	(void)state;
	add(&run, 0, 60, 100, 100);
	add(&run, 60, 120, 200, 400);
	add(&run, 120, 180, 400, 300);
	assert_int_equal(phases_find(&run, &phases), 3);
	assert_int_equal(phases[0].kind, PHASE_STEADY);
	assert_int_equal(phases[1].kind, PHASE_GROWTH);
	assert_int_equal(phases[2].kind, PHASE_DECLINE);
	assert_true(phases[0].from_s == 1000);
	assert_true(near(phases[0].until_s, 1060, 0.05));
	assert_true(phases[1].from_s == phases[0].until_s);
	assert_true(near(phases[1].until_s, 1120, 0.5));
	assert_true(phases[2].from_s == phases[1].until_s);
	assert_true(
	    phases[2].until_s == run.total.items[run.total.len - 1].time_s);
	assert_true(near(phases[0].mib_per_s, 0, 1e-6));
	assert_true(near(phases[1].mib_per_s, 200 / 60.0, 0.02));
	assert_true(near(phases[2].mib_per_s, -100 / 60.0, 0.02));
	assert_true(near(phases[0].from_mib, 100, 0.1));
	assert_true(near(phases[0].to_mib, 100, 0.1));
	assert_true(near(phases[1].from_mib, 200, 1));
	assert_true(near(phases[1].to_mib, 400, 2));
	assert_true(near(phases[2].from_mib, 400, 2));
	assert_true(near(phases[2].to_mib, 300, 1));
	free(phases);
	series_finish(&run.total);
}

/* Memory is never negative, though its line may be. */
static void a_line_ends_at_nothing(void **state)
{
	struct run run = {.exit.recorded = true};
	struct found_phase *phases;

	(void)state;
	for (int i = 0; i < 200; i++)
		series_add(&run.total, i, i < 150 ? 150 - i : i % 2 / 10.0);
	assert_true(phases_find(&run, &phases) >= 1);
	for (int i = 0; i < 2; i++)
		assert_true(phases[i].to_mib >= 0 && phases[i].from_mib >= 0);
	free(phases);
	series_finish(&run.total);
}

/* The straight line through a curve is longer than the curve is high. */
static void a_line_ends_within_the_samples(void **state)
{
	static const double mib[] = {7, 90, 120, 125, 127, 127};
	struct run run = {.exit.recorded = true};
	struct found_phase *phases;

	(void)state;
	for (size_t i = 0; i < sizeof(mib) / sizeof(mib[0]); i++)
		series_add(&run.total, 1000 + (double)i, mib[i]);
	assert_int_equal(phases_find(&run, &phases), 1);
	assert_true(phases[0].to_mib == 127);
	assert_true(phases[0].from_mib > 7 && phases[0].from_mib < 90);
	free(phases);
	series_finish(&run.total);
}

/* Growth by 100 MiB until a time of 100 s, and then by a slope. */
static enum phase_kind first_kind(double until_s, double slope)
{
	struct run run = {.exit.recorded = true};
	struct found_phase *phases;
	enum phase_kind kind;

	add(&run, 0, until_s, 10, 110);
	add(&run, until_s, 100, 110, 110 + slope * (100 - until_s));
	assert_int_equal(phases_find(&run, &phases), 2);
	kind = phases[0].kind;
	free(phases);
	series_finish(&run.total);
	return kind;
}

/* A start rises twice as fast as what follows, in less than half of the
 * time. */
static void the_first_phase_may_be_a_start(void **state)
{
	(void)state;
	assert_int_equal(first_kind(40, 0), PHASE_START);
	assert_int_equal(first_kind(48, 0), PHASE_START);
	assert_int_equal(first_kind(52, 0), PHASE_GROWTH);
	assert_int_equal(first_kind(40, 1), PHASE_START);
	assert_int_equal(first_kind(40, -1), PHASE_START);
	assert_int_equal(first_kind(40, 1.4), PHASE_GROWTH);
	assert_int_equal(first_kind(40, -1.4), PHASE_GROWTH);
}

static size_t phases_of(struct run *run)
{
	struct found_phase *phases;
	size_t count = phases_find(run, &phases);

	free(phases);
	series_finish(&run->total);
	return count;
}

/* A step of less than 7 % of the range is no phase, and neither is a
 * spike. */
static void what_is_too_small_is_no_phase(void **state)
{
	struct run run = {.exit.recorded = true};

	(void)state;
	for (int step = 4; step <= 10; step += 6) {
		add(&run, 0, 40, 100, 100);
		add(&run, 40, 80, 200 - step, 200 - step);
		add(&run, 80, 120, 200, 200);
		assert_int_equal(phases_of(&run), step > 7 ? 3 : 2);
		/* a bend as small */
		add(&run, 0, 40, 100, 100);
		add(&run, 40, 80, 200 - step, 200 - step);
		add(&run, 80, 120, 200 - step, 200);
		assert_int_equal(phases_of(&run), step > 7 ? 3 : 2);
		/* and a short one behind the rest */
		add(&run, 0, 40, 100, 100);
		add(&run, 40, 240, 200 - step, 200 - step);
		add(&run, 240, 280, 200 - step, 200);
		assert_int_equal(phases_of(&run), step > 7 ? 3 : 2);
	}
	for (int len = 4; len <= 204; len += 200) {
		for (int i = 0; i < 4000; i++)
			series_add(&run.total, i,
			    i >= 2000 && i < 2000 + len ? 200 : 100);
		assert_int_equal(phases_of(&run), len > 100 ? 3 : 1);
	}
}

/* A short level between two others belongs to that from which it differs less,
 * whichever comes first. */
static void the_weakest_border_goes_first(void **state)
{
	struct run run = {.exit.recorded = true};
	struct found_phase *phases;

	(void)state;
	add(&run, 0, 120, 100, 100);
	add(&run, 120, 140, 110, 110);
	add(&run, 140, 260, 122, 122);
	add(&run, 260, 400, 300, 300);
	assert_int_equal(phases_find(&run, &phases), 3);
	assert_true(near(phases[1].from_s, 1140, 1));
	free(phases);
	run.total.len = 0;
	add(&run, 0, 120, 100, 100);
	add(&run, 120, 140, 112, 112);
	add(&run, 140, 260, 122, 122);
	add(&run, 260, 400, 300, 300);
	assert_int_equal(phases_find(&run, &phases), 3);
	assert_true(near(phases[1].from_s, 1120, 1));
	free(phases);
	series_finish(&run.total);
}

static void two_phases_need_twenty_samples(void **state)
{
	struct run run = {.exit.recorded = true};

	(void)state;
	for (int count = 19; count <= 20; count++) {
		for (int i = 0; i < count; i++)
			series_add(&run.total, i, i < 10 ? 100 : 200);
		assert_int_equal(phases_of(&run), count < 20 ? 1 : 2);
	}
}

/* The slope of few points in much noise may be chance. */
static void a_slope_in_noise_is_steady(void **state)
{
	uint64_t random = 5;

	(void)state;
	for (int noise = 1; noise <= 60; noise += 59) {
		struct run run = {.exit.recorded = true};
		struct found_phase *phases;

		for (int i = 0; i < 60; i++)
			series_add(&run.total, i,
			    500 + i +
				noise * random_unit(&random) * (i % 3 ? 1 : 3));
		assert_int_equal(phases_find(&run, &phases), 1);
		assert_int_equal(phases[0].kind == PHASE_STEADY, noise > 1);
		free(phases);
		series_finish(&run.total);
	}
}

static void kinds_have_names(void **state)
{
	(void)state;
	assert_string_equal(phase_kind_name(PHASE_START), "start-up");
	assert_string_equal(phase_kind_name(PHASE_STEADY), "steady");
	assert_string_equal(phase_kind_name(PHASE_GROWTH), "growth");
	assert_string_equal(phase_kind_name(PHASE_DECLINE), "decline");
	assert_string_equal(phase_kind_name(PHASE_LEAK), "leak");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(labelled_recordings),
	    cmocka_unit_test(a_server_that_leaks),
	    cmocka_unit_test(few_or_equal_samples_are_one_phase),
	    cmocka_unit_test(lines_meet_at_a_sample),
	    cmocka_unit_test(a_line_ends_at_nothing),
	    cmocka_unit_test(a_line_ends_within_the_samples),
	    cmocka_unit_test(the_first_phase_may_be_a_start),
	    cmocka_unit_test(what_is_too_small_is_no_phase),
	    cmocka_unit_test(the_weakest_border_goes_first),
	    cmocka_unit_test(two_phases_need_twenty_samples),
	    cmocka_unit_test(a_slope_in_noise_is_steady),
	    cmocka_unit_test(kinds_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
