// SPDX-License-Identifier: MIT
// One stretch of a recording, by its lower envelope: growth to the end is a
// leak, whatever preceded it; what fills up, or comes in few steps, is none.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/fit.h"
#include "analysis/judge.h"

enum { START = 1000, SPAN = 960 };

/* Ups and downs of 1, the same each time. */
static double wiggle(int i)
{
	uint32_t mixed = ((uint32_t)i + 1) * 2654435761u;

	mixed = (mixed ^ mixed >> 15) * 2246822519u;
	return (mixed >> 16) / 65536.0;
}

/* Memory at a share of the time; some take a parameter. */
typedef double shape(double x, double parameter);

static double flat(double x, double by)
{
	(void)x;
	return by;
}

static double line(double x, double by)
{
	return by * x;
}

static double fills_up(double x, double tau)
{
	return 100 * (1 - exp(-x / tau));
}

static double slows(double x, double tau)
{
	return 30 * log1p(x / tau);
}

static double fills_and_leaks(double x, double tau)
{
	return fills_up(x, tau) + 60 * x;
}

static double doubles(double x, double tau)
{
	return 100 * expm1(x / tau) / expm1(1 / tau);
}

static double starts_late(double x, double from)
{
	return 200 * fmax(0, x - from);
}

static double ends_early(double x, double until)
{
	return 100 * fmin(x, until);
}

static double steps(double x, double count)
{
	return 60 * floor(x * (count + 1)) / count;
}

static double many_steps(double x, double count)
{
	return 100 * floor(x * count) / count;
}

static double teeth(double x, double by)
{
	return by * floor(10 * x) / 10 + 80 * (10 * x - floor(10 * x));
}

static struct leak judge(shape *of, double parameter, double noise)
{
	static struct envelope envelope;
	struct leak leak = {.judged = true};

	envelope.first_s = START;
	envelope.span_s = SPAN;
	for (int i = 0; i < ENVELOPE_BINS; i++)
		envelope.floors[i] =
		    500 + of(((double)i + 0.5) / ENVELOPE_BINS, parameter) +
		    noise * wiggle(i);
	judge_envelope(&envelope, &leak);
	return leak;
}

static void each_shape_has_its_verdict(void **state)
{
	static const struct {
		shape *of;
		double parameter;
		enum leak_verdict verdict;
	} rows[] = {
	    {flat, 0, LEAK_STEADY},
	    {line, 100, LEAK_LEAKING},
	    {line, 20, LEAK_LEAKING},
	    {line, -50, LEAK_STEADY},
	    {fills_up, 0.15, LEAK_GROWING},
	    {fills_up, 0.2, LEAK_GROWING},
	    {fills_up, 0.4, LEAK_GROWING},
	    {slows, 0.01, LEAK_GROWING},
	    {slows, 0.05, LEAK_GROWING},
	    {slows, 0.15, LEAK_GROWING},
	    {fills_and_leaks, 0.01, LEAK_LEAKING},
	    {fills_and_leaks, 0.03, LEAK_LEAKING},
	    {fills_and_leaks, 0.05, LEAK_LEAKING},
	    {doubles, 0.2, LEAK_LEAKING},
	    {doubles, 0.4, LEAK_LEAKING},
	    {doubles, 1, LEAK_LEAKING},
	    {starts_late, 0.2, LEAK_LEAKING},
	    {starts_late, 0.4, LEAK_LEAKING},
	    {starts_late, 0.55, LEAK_LEAKING},
	    {many_steps, 30, LEAK_LEAKING},
	    {teeth, 100, LEAK_LEAKING},
	    {teeth, 0, LEAK_STEADY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    judge(rows[i].of, rows[i].parameter, 1).verdict,
		    rows[i].verdict);
		/* and without noise, though its shape is then plain */
		assert_int_equal(
		    judge(rows[i].of, rows[i].parameter, 0.01).verdict,
		    rows[i].verdict);
	}
}

static void what_is_no_growth_to_the_end_is_no_leak(void **state)
{
	(void)state;
	for (double parameter = 1; parameter <= 6; parameter++)
		assert_int_not_equal(
		    judge(steps, parameter, 1).verdict, LEAK_LEAKING);
	for (double until = 0.2; until < 0.75; until += 0.1)
		assert_int_not_equal(
		    judge(ends_early, until, 1).verdict, LEAK_LEAKING);
	for (double from = 0.9; from < 1; from += 0.04)
		assert_int_not_equal(
		    judge(starts_late, from, 1).verdict, LEAK_LEAKING);
}

static void a_leak_is_reported(void **state)
{
	struct leak leak = judge(line, 96, 1);

	(void)state;
	assert_true(fabs(leak.mib_per_s - 96.0 / SPAN) < 0.002);
	assert_true(leak.low < leak.mib_per_s && leak.mib_per_s < leak.high);
	assert_true(leak.high - leak.low < 0.01);
	assert_true(leak.since_s == START);
	assert_true(leak.until_s == START + SPAN);
	assert_true(fabs(leak.level_mib - 596) < 2);
	assert_true(leak.spread_mib > 0 && leak.spread_mib < 0.5);
	leak = judge(starts_late, 0.4, 1);
	assert_true(fabs(leak.mib_per_s - 200.0 / SPAN) < 0.01);
	assert_true(fabs(leak.since_s - (START + 0.4 * SPAN)) < 0.06 * SPAN);
	assert_true(leak.until_s == START + SPAN);
	assert_true(fabs(leak.level_mib - 620) < 3);
	leak = judge(fills_and_leaks, 0.02, 1);
	assert_true(fabs(leak.mib_per_s - 60.0 / SPAN) < 0.01);
	assert_true(leak.since_s > START && leak.since_s < START + 0.5 * SPAN);
	assert_true(fabs(leak.level_mib - 660) < 3);
	leak = judge(teeth, 100, 1);
	assert_true(fabs(leak.mib_per_s - 100.0 / SPAN) < 0.03);
}

/* A leak that shows in as much noise as there is. */
static void what_would_show_is_said_of_a_steady_one(void **state)
{
	struct leak quiet = judge(flat, 0, 1), loud = judge(flat, 0, 100);
	struct leak still = judge(flat, 0, 0);

	(void)state;
	assert_true(quiet.visible_mib_per_s > 0);
	assert_true(quiet.visible_mib_per_s * SPAN < 2);
	assert_true(loud.visible_mib_per_s > 50 * quiet.visible_mib_per_s);
	assert_true(loud.visible_mib_per_s < 200 * quiet.visible_mib_per_s);
	assert_int_equal(
	    judge(line, 20 * loud.visible_mib_per_s * SPAN, 100).verdict,
	    LEAK_LEAKING);
	assert_int_equal(
	    judge(line, 20 * quiet.visible_mib_per_s * SPAN, 1).verdict,
	    LEAK_LEAKING);
	assert_int_not_equal(
	    judge(line, 0.1 * loud.visible_mib_per_s * SPAN, 100).verdict,
	    LEAK_LEAKING);
	assert_int_equal(still.verdict, LEAK_STEADY);
	assert_true(still.mib_per_s == 0 && still.level_mib == 500);
	assert_true(still.since_s == START && still.until_s == START + SPAN);
	/* four times 0.004 and a hundred-thousandth */
	assert_true(fabs(still.visible_mib_per_s - 4 * 0.009 / SPAN) < 1e-9);
}

static double waves(double x, double by)
{
	return by * x + (fmod(8 * x, 1) < 0.5 ? 0 : 1000);
}

/* Growth by less than a five-hundredth of the ups and downs may be an effect of
 * sampling. */
static void a_speck_beside_waves_is_no_leak(void **state)
{
	(void)state;
	assert_int_not_equal(judge(waves, 1.8, 0.01).verdict, LEAK_LEAKING);
	assert_int_equal(judge(waves, 2.2, 0.01).verdict, LEAK_LEAKING);
}

/* A change below rounding is none: a page, or a hundred-thousandth. */
static void rounding_is_no_growth(void **state)
{
	const double small[] = {3, 1, 2}, large[] = {3, 10000, 2};
	struct leak leak = judge(line, 0.03, 0);

	(void)state;
	assert_true(fabs(judge_least_noise(small, 3) - 0.00403) < 1e-12);
	assert_true(fabs(judge_least_noise(large, 3) - 0.104) < 1e-12);
	assert_int_equal(leak.verdict, LEAK_STEADY);
	assert_true(leak.mib_per_s == 0);
	assert_int_equal(judge(line, 0.2, 0).verdict, LEAK_LEAKING);
}

/* Nights of so many days, whose lowest rises by `by` in all, in days of 50. */
static struct leak judge_nights(size_t count, double by, double noise)
{
	static struct envelope envelope;
	struct leak leak = {.judged = true};
	double x[FIT_MAX], y[FIT_MAX];

	envelope.first_s = START;
	envelope.span_s = SPAN;
	for (int i = 0; i < ENVELOPE_BINS; i++) {
		double share = ((double)i + 0.5) / ENVELOPE_BINS;

		envelope.floors[i] = 500 + by * share + 25 -
				     25 * cos(2 * M_PI * share * (double)count);
	}
	for (size_t i = 0; i < count; i++) {
		x[i] = ((double)i + 0.5) / (double)count;
		y[i] = 500 + by * x[i] + noise * wiggle((int)i * 31);
	}
	judge_floors(&envelope, x, y, count, &leak);
	return leak;
}

static void nights_are_compared(void **state)
{
	struct leak leak;

	(void)state;
	for (size_t count = 3; count <= 20; count++) {
		leak = judge_nights(count, 60, 0.1);
		assert_int_equal(leak.verdict, LEAK_LEAKING);
		assert_true(fabs(leak.mib_per_s - 60.0 / SPAN) < 0.003);
		assert_int_equal(
		    judge_nights(count, 0, 0.1).verdict, LEAK_STEADY);
		assert_int_equal(
		    judge_nights(count, -60, 0.1).verdict, LEAK_STEADY);
	}
	/* two are too few */
	leak = judge_nights(2, 60, 0);
	assert_int_equal(leak.verdict, LEAK_UNDECIDED);
	assert_int_equal(leak.reason, LEAK_CYCLES);
	assert_true(leak.need_s == SPAN);
	/* a rise that is small beside the days */
	assert_int_equal(judge_nights(2, 4, 0).verdict, LEAK_STEADY);
	/* few, and not on a line */
	leak = judge_nights(5, 30, 40);
	assert_int_not_equal(leak.verdict, LEAK_LEAKING);
	/* less than a fifth of the days, which counts from eight on */
	assert_int_equal(judge_nights(8, 8, 0.05).verdict, LEAK_LEAKING);
	assert_int_not_equal(judge_nights(7, 8, 0.05).verdict, LEAK_LEAKING);
	/* what would show is a fifth of the days, or nearly half of them */
	assert_true(judge_nights(6, 0, 0.1).visible_mib_per_s * SPAN > 9);
	assert_true(judge_nights(6, 0, 0.1).visible_mib_per_s * SPAN < 12);
	assert_true(judge_nights(4, 0, 0.1).visible_mib_per_s * SPAN > 20);
	assert_true(judge_nights(4, 0, 0.1).visible_mib_per_s * SPAN < 25);
	assert_true(judge_nights(12, 0, 0.1).visible_mib_per_s * SPAN < 2);
}

static double few_teeth(double x, double by)
{
	return by * floor(6.5 * x) / 6.5 + 80 * (6.5 * x - floor(6.5 * x));
}

static double five_teeth(double x, double by)
{
	return by * floor(4.8 * x) / 4.8 + 80 * (4.8 * x - floor(4.8 * x));
}

/* Bottoms of a collector's teeth lie on a line, or do not rise. */
static void bottoms_of_a_few_teeth_count(void **state)
{
	(void)state;
	assert_int_equal(judge(few_teeth, 0, 1).verdict, LEAK_STEADY);
	for (double by = 50; by <= 400; by += 50) {
		struct leak leak = judge(few_teeth, by, 1);

		assert_int_equal(leak.verdict, LEAK_LEAKING);
		assert_true(fabs(leak.mib_per_s * SPAN - by) < 0.15 * by);
		assert_true(leak.until_s == START + SPAN);
	}
	assert_int_equal(judge(five_teeth, 0, 1).verdict, LEAK_STEADY);
	assert_int_equal(judge(five_teeth, 70, 1).verdict, LEAK_LEAKING);
}

/* Points of a stretch may be missing. */
static void gaps_change_no_verdict(void **state)
{
	static struct envelope envelope = {.first_s = START, .span_s = SPAN};

	(void)state;
	for (int leaks = 0; leaks < 2; leaks++) {
		struct leak leak = {.judged = true};

		for (int i = 0; i < ENVELOPE_BINS; i++)
			envelope.floors[i] =
			    i % 200 > 150 ? NAN
					  : 500 + leaks * 0.1 * i + wiggle(i);
		judge_envelope(&envelope, &leak);
		assert_int_equal(
		    leak.verdict, leaks ? LEAK_LEAKING : LEAK_STEADY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_shape_has_its_verdict),
	    cmocka_unit_test(what_is_no_growth_to_the_end_is_no_leak),
	    cmocka_unit_test(a_leak_is_reported),
	    cmocka_unit_test(what_would_show_is_said_of_a_steady_one),
	    cmocka_unit_test(a_speck_beside_waves_is_no_leak),
	    cmocka_unit_test(rounding_is_no_growth),
	    cmocka_unit_test(nights_are_compared),
	    cmocka_unit_test(bottoms_of_a_few_teeth_count),
	    cmocka_unit_test(gaps_change_no_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
