// SPDX-License-Identifier: MIT
// Ends, lives and falls at the very limits of what counts as one, and beside a
// search through all samples.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/evidence.h"
#include "base/random.h"

enum { WINDOW = 12, START = 3 };

static double mean_of(const struct sample *s)
{
	double sum = 0;

	for (int i = 0; i < WINDOW; i++)
		sum += s[i].mib / WINDOW;
	return sum;
}

/* From the mean of twelve samples to that of twelve behind the next three. */
static double fall_at(const struct sample *s)
{
	return mean_of(s - WINDOW) - mean_of(s + START);
}

static double largest_fall(const struct series *series)
{
	double largest = 0;

	for (size_t i = WINDOW; i + START + WINDOW <= series->len; i++)
		largest = fmax(largest, fall_at(&series->items[i]));
	return largest;
}

/* The first of the samples before which memory falls most steeply, among those
 * about the first of the deepest falls from i on. */
static size_t place_of(const struct sample *s, size_t i)
{
	size_t deepest = i, steepest;

	for (size_t j = i + 1; j < i + 10; j++)
		if (fall_at(&s[j]) > fall_at(&s[deepest]))
			deepest = j;
	steepest = deepest - START;
	for (size_t j = deepest - START; j <= deepest + START; j++)
		if (s[j - 1].mib - s[j].mib >
		    s[steepest - 1].mib - s[steepest].mib)
			steepest = j;
	/* of equal ones the deepest fall's own */
	if (s[steepest - 1].mib - s[steepest].mib ==
	    s[deepest - 1].mib - s[deepest].mib)
		return deepest;
	return steepest;
}

/* All falls of two fifths of the largest or more, and 0.7 usual steps. */
static size_t search_falls(const struct series *series, size_t *starts)
{
	size_t n = series->len, least = n / 50 > 24 ? n / 50 : 24, count = 1;
	double fall = 0.4 * largest_fall(series);

	if (n < 2 * least || fall < 0.7 * envelope_step(series))
		return 0;
	starts[0] = 0;
	for (size_t i = least; i + least <= n; i++) {
		if (fall_at(&series->items[i]) < fall)
			continue;
		if (count == EVIDENCE_FALLS)
			return 0;
		starts[count] = place_of(series->items, i);
		i = starts[count++] + least - 1;
	}
	starts[count] = n;
	return count > 1 ? count : 0;
}

/* Levels of 5 to 64 samples each, in twelfths: all sums are exact, and some
 * falls are exactly two fifths of the largest. Every third rises on its way. */
static void draw_levels(struct series *series, size_t count, uint64_t *random)
{
	size_t left = 0;
	double mib = 0, rise = 0;

	*series = (struct series){0};
	for (size_t i = 0; i < count; i++) {
		if (left == 0) {
			left = 5 + random_next(random) % 60;
			mib = 1200 + 60 * (double)(random_next(random) % 20);
			rise = random_next(random) % 3 ? 0 : 12;
		}
		series_add(series, 10 + (double)i, mib);
		mib += rise;
		left--;
	}
}

static void falls_are_those_of_a_full_search(void **state)
{
	size_t starts[EVIDENCE_LIVES + 1], want[EVIDENCE_LIVES + 1];
	uint64_t random = 2;
	size_t found = 0, none = 0;

	(void)state;
	for (int trial = 0; trial < 300; trial++) {
		struct series series;
		size_t count;
		double fall = 0;

		draw_levels(&series, 40 + (size_t)trial % 60 * 11, &random);
		count = search_falls(&series, want);
		assert_int_equal(evidence_falls(&series, starts), count);
		for (size_t i = 0; count && i <= count; i++)
			assert_int_equal(starts[i], want[i]);
		for (size_t i = 1; i < count; i++)
			if (want[i] + START + WINDOW <= series.len)
				fall =
				    fmax(fall, fall_at(&series.items[want[i]]));
		if (count)
			assert_true(
			    evidence_fall(&series, want, count) == fall);
		found += count > 2;
		none += count == 0;
		series_finish(&series);
	}
	assert_true(found > 100 && none > 10);
}

/* One in many thousands of samples, in each place of a part. */
static void a_fall_anywhere_in_a_long_recording(void **state)
{
	size_t starts[EVIDENCE_LIVES + 1];
	struct series series = {0};

	(void)state;
	for (int i = 0; i < 4000; i++)
		series_add(&series, i, 12);
	for (size_t at = 80; at <= 3920; at += 97) {
		for (size_t i = 0; i < 4000; i++)
			series.items[i].mib = i < at ? 24 : 12;
		assert_int_equal(evidence_falls(&series, starts), 2);
		assert_int_equal(starts[1], at);
		assert_int_equal(starts[2], 4000);
		assert_true(evidence_fall(&series, starts, 2) == 12);
	}
	/* in one where each sample is a part, up to the last that may be */
	series.len = 255;
	for (size_t at = 24; at <= 232; at++) {
		for (size_t i = 0; i < 255; i++)
			series.items[i].mib = i < at ? 24 : 12;
		assert_int_equal(evidence_falls(&series, starts), 2);
		assert_int_equal(starts[1], at);
	}
	series.len = 4;
	assert_int_equal(evidence_falls(&series, starts), 0);
	series_finish(&series);
}

/* A fall of two samples of the last twenty-four has no mean behind it. */
static void a_fall_at_the_end_has_no_size(void **state)
{
	const size_t starts[] = {0, 40, 86, 100}, late[] = {0, 85, 100};
	struct series series = {0};

	(void)state;
	for (int i = 0; i < 100; i++)
		series_add(&series, i, i < 40 ? 36 : i < 85 ? 24 : 0);
	assert_true(evidence_fall(&series, starts, 3) == 12);
	assert_true(evidence_fall(&series, late, 2) == 24);
	assert_true(evidence_fall(&series, late, 1) == 0);
	series_finish(&series);
}

/* A life whose memory jumps by 120 at `at`, of `len` samples. */
static bool rises_slowly(size_t len, size_t at, double fall)
{
	struct series life = {0};
	bool slowly;

	for (size_t i = 0; i < len; i++)
		series_add(&life, (double)i, i < at ? 120 : 240);
	slowly = evidence_rises_slowly(&life, fall);
	series_finish(&life);
	return slowly;
}

/* Sudden is three fifths of the fall. The first two dozen samples are the
 * start, and a rise needs a dozen samples behind it. */
static void what_is_a_sudden_rise(void **state)
{
	(void)state;
	assert_false(rises_slowly(100, 50, 200));
	assert_true(rises_slowly(100, 50, 200.5));
	assert_false(rises_slowly(100, 24, 200));
	assert_false(rises_slowly(100, 85, 200));
	assert_false(rises_slowly(100, 88, 200));
	assert_true(rises_slowly(100, 89, 200));
	assert_false(rises_slowly(39, 24, 200));
	assert_true(rises_slowly(38, 24, 200));
	/* behind the last dozen a part of it is seen: a third, and none */
	assert_true(rises_slowly(100, 93, 200));
	assert_true(rises_slowly(100, 0, 200));
	/* of its rise a dozenth less for each sample that came before 24 */
	assert_false(rises_slowly(100, 14, 20));
	assert_true(rises_slowly(100, 12, 20));
}

/* Three lives of 20, 21 and `last` samples; between them memory is at 100 for
 * three samples or more, and each begins as it says. */
struct lives {
	double begins[3]; /* of the second life: its first three samples */
	size_t first, second, last;
	size_t count;
};

static size_t lives_of(const struct lives *lives, size_t *starts)
{
	struct series series = {0};
	size_t first = lives->first, second = first + lives->second, count;

	for (size_t i = 0; i < second + lives->last; i++) {
		double mib = 100;

		if (i >= first && i < first + 3)
			mib = lives->begins[i - first];
		else if (i >= second && i < second + 3)
			mib = i == second ? 10 : 60;
		series_add(&series, (double)i, mib);
	}
	count = evidence_lives(&series, starts);
	series_finish(&series);
	return count;
}

static void lives_at_the_limits(void **state)
{
	static const struct lives rows[] = {
	    {{10, 60, 60}, 20, 20, 20, 3},
	    {{10, 60, 60}, 19, 21, 20, 0},
	    {{10, 60, 60}, 21, 19, 20, 0},
	    {{10, 60, 60}, 20, 21, 19, 0},
	    /* within three tenths of the way from the lowest: 37 */
	    {{37, 60, 60}, 30, 30, 30, 3},
	    {{37.125, 60, 60}, 30, 30, 30, 0},
	    /* it begins where memory stops falling */
	    {{30, 20, 60}, 30, 30, 30, 3},
	    {{20, 20, 60}, 30, 30, 30, 3},
	    /* of 2,100 samples or more a hundredth is the least */
	    {{10, 60, 60}, 21, 2000, 79, 3},
	    {{10, 60, 60}, 21, 2000, 179, 0},
	    {{10, 60, 60}, 22, 2000, 178, 3},
	    {{10, 60, 60}, 2000, 80, 20, 0},
	    {{10, 60, 60}, 2000, 79, 21, 3},
	};
	size_t starts[EVIDENCE_LIVES + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t late = rows[i].begins[1] < rows[i].begins[0];

		assert_int_equal(lives_of(&rows[i], starts), rows[i].count);
		if (rows[i].count == 0)
			continue;
		assert_int_equal(starts[0], 0);
		assert_int_equal(starts[1], rows[i].first + late);
		assert_int_equal(starts[2], rows[i].first + rows[i].second);
		assert_int_equal(
		    starts[3], rows[i].first + rows[i].second + rows[i].last);
	}
}

/* Three lives, the lowest at 0; the second begins with these samples, of which
 * one counts if it is at most seven tenths of the level three before. */
static bool begins_with(const double *way, size_t count)
{
	size_t starts[EVIDENCE_LIVES + 1], found;
	struct series series = {0};

	for (size_t i = 0; i < 120; i++) {
		double mib = i == 80 ? 0 : 100;

		if (i >= 40 && i < 40 + count)
			mib = way[i - 40];
		series_add(&series, (double)i, mib + (i > 80 ? 1 : 0));
	}
	found = evidence_lives(&series, starts);
	series_finish(&series);
	return found == 3;
}

#define BEGINS(...)                                \
	begins_with((const double[]){__VA_ARGS__}, \
	    sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

static void a_life_begins_far_below_what_was_before(void **state)
{
	(void)state;
	assert_true(BEGINS(30, 90));
	assert_false(BEGINS(30.125, 90));
	/* the level is that of the third and the fourth sample before */
	assert_true(BEGINS(60, 50, 30, 90));
	assert_false(BEGINS(60, 50, 40, 20, 90));
	assert_false(BEGINS(60, 60, 55, 50, 20, 90));
	assert_true(BEGINS(100, 60, 25, 20, 15, 90));
}

enum { SAMPLES = 400 };

/* A level of 100, its last samples as given. */
static size_t kept_of(const double *tail, size_t count, bool ended)
{
	struct series series = {0};
	size_t kept;

	for (size_t i = 0; i < SAMPLES; i++)
		series_add(&series, (double)i,
		    i + count < SAMPLES ? 100 : tail[i + count - SAMPLES]);
	kept = evidence_end(&series, ended);
	series_finish(&series);
	return SAMPLES - kept;
}

#define CUT(ended, ...)                        \
	kept_of((const double[]){__VA_ARGS__}, \
	    sizeof((const double[]){__VA_ARGS__}) / sizeof(double), ended)

static void the_way_down_belongs_to_the_end(void **state)
{
	(void)state;
	assert_int_equal(CUT(false, 99), 1);
	assert_int_equal(CUT(false, 99, 98, 97), 3);
	assert_int_equal(CUT(false, 99, 99, 97), 3);
	assert_int_equal(CUT(false, 99, 101), 0);
	assert_int_equal(CUT(false, 100, 101, 97), 1);
	assert_int_equal(CUT(false, 100, 102, 101, 97), 2);
	assert_int_equal(CUT(false, 100, 102, 102, 97), 1);
}

/* An end of 13: it stays below three quarters of 100 from the seventh on, or
 * leads there and rises by less than a tenth of its fall on the way. */
static void what_a_long_end_leads_to(void **state)
{
	(void)state;
	assert_int_equal(
	    CUT(false, 80, 90, 80, 90, 80, 90, 75, 75, 75, 75, 75, 75, 75), 13);
	assert_int_equal(
	    CUT(false, 80, 90, 80, 90, 80, 90, 76, 75, 75, 75, 75, 75, 75), 0);
	assert_int_equal(
	    CUT(false, 80, 90, 80, 90, 80, 90, 75, 75, 75, 75, 75, 75, 75.5),
	    0);
	/* from 100 to 20, with a rise of 7.875 and of 8 */
	assert_int_equal(
	    CUT(false, 99, 98, 97, 96, 95, 94, 93, 92, 91, 90, 88.125, 96, 20),
	    13);
	assert_int_equal(
	    CUT(false, 99, 98, 97, 96, 95, 94, 93, 92, 91, 90, 88, 96, 20), 0);
	/* to 75, and below */
	assert_int_equal(
	    CUT(false, 99, 98, 97, 96, 95, 94, 93, 92, 91, 90, 85, 80, 75), 0);
	assert_int_equal(
	    CUT(false, 99, 98, 97, 96, 95, 94, 93, 92, 91, 90, 85, 80, 74.5),
	    13);
}

/* Falls by so much in so many samples, and rises again, three times before an
 * end of 50 in `end` samples. */
static size_t cut_after(double fall, size_t way, size_t end, size_t first)
{
	struct series series = {0};
	size_t kept;

	for (size_t i = 0; i < SAMPLES; i++) {
		double mib = 100;

		for (size_t at = first; at < SAMPLES; at += SAMPLES)
			if (i >= at && i < at + 20)
				mib -= fall * fmin(1, (double)(i - at + 1) /
							  (double)way);
		series_add(&series, (double)i, i + end < SAMPLES ? mib : 50);
	}
	kept = evidence_end(&series, false);
	series_finish(&series);
	return SAMPLES - kept;
}

/* A fall of more than three fifths, in as many samples, before the last fifth
 * of the samples: it is the program's way. */
static void what_fell_before_is_no_end(void **state)
{
	(void)state;
	assert_int_equal(cut_after(30, 1, 4, 100), 4);
	assert_int_equal(cut_after(30.5, 1, 4, 100), 0);
	/* the end is four samples: a way of four, too, is seen as a whole */
	assert_int_equal(cut_after(40, 4, 4, 100), 0);
	assert_int_equal(cut_after(40, 5, 4, 100), 0);
	assert_int_equal(cut_after(37.5, 5, 4, 100), 4);
	assert_int_equal(cut_after(40, 4, 3, 100), 3);
	assert_int_equal(cut_after(41, 4, 3, 100), 0);
	/* samples 280 to 360 are the last fifth before the end's tenth */
	assert_int_equal(cut_after(40, 1, 4, 1), 4);
	assert_int_equal(cut_after(40, 1, 4, 2), 0);
	assert_int_equal(cut_after(40, 1, 4, 275), 0);
	assert_int_equal(cut_after(40, 1, 4, 290), 4);
}

static struct envelope envelope;

/* Levels of as many bins each, NAN where there is no sample; returns the
 * number of valleys. */
static size_t valleys(
    const double *levels, size_t count, double share, double *x, double *y)
{
	for (size_t i = 0; i < ENVELOPE_BINS; i++)
		envelope.floors[i] = levels[i * count / ENVELOPE_BINS];
	return envelope_valleys(&envelope, share, 8, x, y);
}

/* A fall and a rise of more than the share make a valley; its place is the last
 * of the lowest. */
static void valleys_at_the_limits(void **state)
{
	static const double fall[] = {0, 100, 50, 100};
	static const double rise[] = {100, 0, 50, 0, 100};
	static const double gap[] = {100, 20, NAN, 20, 100, NAN};
	double x[8], y[8];

	(void)state;
	assert_int_equal(valleys(fall, 4, 0.5, x, y), 0);
	assert_int_equal(valleys(fall, 4, 0.49, x, y), 1);
	assert_true(y[0] == 50 && x[0] == 719.5 / 960);
	assert_int_equal(valleys(rise, 5, 0.5, x, y), 1);
	assert_true(y[0] == 0 && x[0] == 767.5 / 960);
	assert_int_equal(valleys(rise, 5, 0.49, x, y), 2);
	assert_true(y[0] == 0 && x[0] == 383.5 / 960);
	assert_true(y[1] == 0 && x[1] == 767.5 / 960);
	assert_int_equal(valleys(gap, 6, 0.5, x, y), 1);
	assert_true(y[0] == 20 && x[0] == 639.5 / 960);
	/* the bottom may be one bin, and of several the lowest */
	for (size_t i = 0; i < ENVELOPE_BINS; i++)
		envelope.floors[i] = i == 500 ? 0 : i == 510 ? 40 : 100;
	assert_int_equal(envelope_valleys(&envelope, 0.5, 8, x, y), 2);
	assert_true(x[0] == 500.5 / 960 && x[1] == 510.5 / 960);
	assert_int_equal(envelope_valleys(&envelope, 0.7, 8, x, y), 1);
	assert_true(x[0] == 500.5 / 960 && y[0] == 0);
	envelope.floors[0] = 90; /* the first is no top yet */
	envelope.floors[959] = 0;
	assert_int_equal(envelope_valleys(&envelope, 0.5, 2, x, y), 2);
	assert_int_equal(envelope_valleys(&envelope, 0.5, 1, x, y), 0);
}

/* The median of all steps, or of 1,024 that are spread over them. */
static void the_usual_step_is_the_median(void **state)
{
	struct series series = {0};

	(void)state;
	series_add(&series, 0, 10);
	assert_true(envelope_step(&series) == 0);
	series_add(&series, 1, 11);
	assert_true(envelope_step(&series) == 1);
	series_add(&series, 2, 6);
	assert_true(envelope_step(&series) == 3);
	series.len = 0;
	for (int i = 0; i <= 2048; i++)
		series_add(&series, i, i < 1000 ? i % 2 : i % 2 * 8);
	assert_true(envelope_step(&series) == 8);
	for (int i = 0; i <= 2048; i++)
		series.items[i].mib = i < 1100 ? i % 2 : i % 2 * 8;
	assert_true(envelope_step(&series) == 1);
	series_finish(&series);
}

/* The first and the last sample have no neighbour to be below: no dips. Four
 * of two hundred are a fiftieth, and three are less. */
static void ends_are_no_dips(void **state)
{
	struct series series = {0};

	(void)state;
	for (int i = 0; i < 200; i++)
		series_add(&series, i, 100);
	for (int dips = 0; dips <= 4; dips++) {
		series.items[0].mib = series.items[199].mib = 40;
		if (dips > 0)
			series.items[20 * dips].mib = 50;
		envelope_init(&envelope, &series);
		assert_true(envelope.floors[0] == 40);
		assert_true(envelope.floors[959] == 40);
		assert_true(isnan(envelope.floors[20 * 960 / 199]) ==
			    (dips > 0 && dips < 4));
	}
	series_finish(&series);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(falls_are_those_of_a_full_search),
	    cmocka_unit_test(a_fall_anywhere_in_a_long_recording),
	    cmocka_unit_test(a_fall_at_the_end_has_no_size),
	    cmocka_unit_test(what_is_a_sudden_rise),
	    cmocka_unit_test(lives_at_the_limits),
	    cmocka_unit_test(a_life_begins_far_below_what_was_before),
	    cmocka_unit_test(the_way_down_belongs_to_the_end),
	    cmocka_unit_test(what_a_long_end_leads_to),
	    cmocka_unit_test(what_fell_before_is_no_end),
	    cmocka_unit_test(valleys_at_the_limits),
	    cmocka_unit_test(the_usual_step_is_the_median),
	    cmocka_unit_test(ends_are_no_dips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
