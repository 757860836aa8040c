// SPDX-License-Identifier: MIT
// These tests pin the parameter at which one verdict on a recording gives way
// to the next, within a percent, and the figures behind verdicts. A change that
// is to change no verdict moves none of these.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/leak.h"

enum { SAMPLES = 600, FEW_SAMPLES = 72, START_S = 1000 };

/* A verdict, or the reason of an undecided one. */
enum said {
	LOADS = LEAK_LOADS,
	NOISE = LEAK_NOISE,
	COARSE = LEAK_COARSE,
	CYCLES = LEAK_CYCLES,
	RESTED = LEAK_RESTED,
	BENDS = LEAK_BENDS,
	FALLS = LEAK_FALLS,
	STEADY = 100 + LEAK_STEADY,
	GROWING = 100 + LEAK_GROWING,
	LEAKING = 100 + LEAK_LEAKING
};

static enum said said(const struct leak *leak)
{
	return (enum said)(leak->verdict == LEAK_UNDECIDED
			       ? (int)leak->reason
			       : 100 + (int)leak->verdict);
}

/* Ups and downs of 1, the same each time. */
static double wiggle(int i)
{
	uint32_t mixed = ((uint32_t)i + 1) * 2654435761u;

	mixed = (mixed ^ mixed >> 15) * 2246822519u;
	return (mixed >> 16) / 65536.0;
}

/* Memory at a sample. */
typedef double memory(int i, double parameter);

/* Growth of 100 and then ups and downs of so much, in the last third. */
static double rests(int i, double ripple)
{
	if (i < 400)
		return 100 + 0.25 * i + (i % 2 ? 8 : 0);
	return 200 + (i % 2 ? ripple : 0);
}

/* A fast start that lasts for so many samples, and a leak. */
static double begins(int i, double start)
{
	return 100 + fmin(i, start) + 0.1 * i + wiggle(i);
}

/* The same, as a curve. */
static double warms_up(int i, double tau)
{
	return 300 - 200 * exp(-i / tau) + 0.05 * i + wiggle(i);
}

/* A leak until then, and the same work without one. */
static double stops(int i, double until)
{
	return 100 + 0.25 * fmin(i, until) + 4 * wiggle(i);
}

/* A leak until then, and nothing more. */
static double stands(int i, double until)
{
	return 100 + 0.25 * fmin(i, until) + (i < until ? 4 * wiggle(i) : 0);
}

/* The second half of a leak behind a start has so much of its pace. */
static double slackens(int i, double pace)
{
	double leaked = i < 60 ? 0 : fmin(i - 60, 270);

	return 100 + 2 * fmin(i, 60) +
	       0.5 * (leaked + pace * fmax(0, i - 330)) + wiggle(i);
}

/* Days of 60, and a rise by so much in all. */
static double days(int i, double rise)
{
	return 500 - 30 * cos(2 * M_PI * i / 120.0) + rise * i / 600 +
	       wiggle(i);
}

static double two_days(int i, double rise)
{
	return 500 - 30 * cos(2 * M_PI * i / 240.0) + rise * i / 600 +
	       wiggle(i);
}

static double weeks(int i, double rise)
{
	return 500 - 30 * cos(2 * M_PI * i / 60.0) + rise * i / 600 + wiggle(i);
}

/* Work of 50 in a third of each of ten days; so much of it is left. */
static double shifts(int i, double left)
{
	int at = i % 60;

	return 200 + left * (i / 60) +
	       (at > 20 && at < 40 ? 50 + 2 * wiggle(i) : 0) + wiggle(i);
}

/* Six lives with a start-up, of which each leaks so much. */
static double lives(int i, double leak)
{
	int at = i % 100;

	return (at < 4 ? 20 + 20 * at : 100) + leak * at / 100 + wiggle(i);
}

/* Four of them leak 20, the others so much. */
static double some_lives(int i, double leak)
{
	int at = i % 100;

	return (at < 4 ? 20 + 20 * at : 100) +
	       (i / 100 % 3 ? 20 : leak) * at / 100 + wiggle(i);
}

/* Lives that begin at once, so low. */
static double low_lives(int i, double low)
{
	int at = i % 100;

	return (at < 1 ? low : 100 + 0.3 * at) + wiggle(i);
}

/* Three falls to 100, from so far above. */
static double falls(int i, double leak)
{
	return 100 + leak * (i % 150) / 150 + 3 * wiggle(i);
}

/* Falls to 100 after a rise in the last half of so much. */
static double late_falls(int i, double leak)
{
	int at = i % 200;

	return 100 + leak * fmax(0, at - 100) / 100 + 3 * wiggle(i);
}

/* Ups and downs of so much, each for a while. */
static double swings(int i, double by)
{
	return 200 + by * wiggle(i * 31) + by * wiggle(i / 7);
}

/* A slope beside such ups and downs. */
static double drifts(int i, double rise)
{
	return 200 + rise * i / 600 + 20 * wiggle(i * 31) + 20 * wiggle(i / 7);
}

/* Steps up of 20, four of them, each in so many samples. */
static double stairs(int i, double width)
{
	int at = i % 150;

	return 100 + 20 * (i / 150) + 20 * fmin(1, at / width) + wiggle(i);
}

/* A leak that dips by so much in its middle. */
static double dips(int i, double by)
{
	return 100 + 0.25 * i - (i >= 300 && i < 320 ? by : 0) + wiggle(i);
}

/* The same with few samples: ups and downs of so much in the last third. */
static double few_rest(int i, double ripple)
{
	if (i < 48)
		return 100 + i + (i % 2 ? 24 : 0);
	return 160 + (i % 2 ? ripple : 0);
}

/* A leak of few samples until then, and nothing more. */
static double few_stand(int i, double until)
{
	return 100 + fmin(i, until) + (i < until ? 2 * wiggle(i) : 0);
}

/* The second half of few samples has so much of the pace of the first. */
static double few_slacken(int i, double pace)
{
	double leaked = i < 8 ? 0 : fmin(i - 8, 32);

	return 100 + 8 * fmin(i, 8) + 2 * (leaked + pace * fmax(0, i - 40)) +
	       wiggle(i);
}

/* Few samples, of which the last ones lie so far below. */
static double few_end(int i, double by)
{
	return 100 + i + 3 * wiggle(i) - (i >= 66 ? by : 0);
}

/* Few samples of noise on a slope. */
static double few_drift(int i, double rise)
{
	return 200 + rise * i / 72 + 20 * wiggle(i * 31);
}

/* Three days of few samples, and a rise by so much in all. */
static double few_days(int i, double rise)
{
	return 500 - 30 * cos(2 * M_PI * i / 24.0) + rise * i / 72 + wiggle(i);
}

/* Few samples where they are ten seconds apart. */
static struct leak judge(memory *of, double parameter, double step_s)
{
	struct series series = {0};
	struct leak leak;

	for (int i = 0; i < (step_s < 10 ? SAMPLES : FEW_SAMPLES); i++)
		series_add(&series, START_S + i * step_s, of(i, parameter));
	leak_judge(&series, false, &leak);
	series_finish(&series);
	return leak;
}

/* On either side of a limit. */
struct side {
	double parameter;
	enum said said;
};

static const struct {
	memory *of;
	double step_s;
	struct side below, above;
} limits[] = {
    {rests, 1, {2.238, LEAKING}, {2.251, RESTED}},
    {warms_up, 1, {67.1, LEAKING}, {67.31, BENDS}},
    {warms_up, 1, {77.64, BENDS}, {77.89, GROWING}},
    {warms_up, 1, {272.6, GROWING}, {273.5, BENDS}},
    {stops, 1, {319.4, STEADY}, {320.9, RESTED}},
    {stops, 1, {329.8, GROWING}, {331.4, STEADY}},
    {stops, 1, {499.8, RESTED}, {502.1, LEAKING}},
    {stands, 1, {23.91, STEADY}, {24.02, FALLS}},
    {stands, 1, {58.52, FALLS}, {58.78, STEADY}},
    {stands, 1, {68.3, STEADY}, {68.6, RESTED}},
    {stands, 1, {330.1, RESTED}, {331.5, FALLS}},
    {stands, 0.2, {23.91, STEADY}, {24.02, FALLS}},
    {stands, 0.2, {58.52, FALLS}, {58.78, STEADY}},
    {stands, 0.2, {68.3, STEADY}, {68.6, RESTED}},
    {stands, 0.2, {330.1, RESTED}, {331.5, FALLS}},
    {slackens, 1, {-0.3135, STEADY}, {-0.3125, GROWING}},
    {slackens, 1, {-0.2949, GROWING}, {-0.2939, RESTED}},
    {slackens, 1, {0.2998, RESTED}, {0.3008, GROWING}},
    {slackens, 1, {0.4609, GROWING}, {0.4629, BENDS}},
    {slackens, 1, {0.582, BENDS}, {0.584, LEAKING}},
    {days, 1, {6.615, STEADY}, {6.641, CYCLES}},
    {days, 1, {14.53, CYCLES}, {14.58, LEAKING}},
    {two_days, 1, {50.83, STEADY}, {51.04, NOISE}},
    {weeks, 1, {2.422, STEADY}, {2.435, LEAKING}},
    {shifts, 1, {0.01659, STEADY}, {0.01665, NOISE}},
    {lives, 1, {0.2619, STEADY}, {0.2633, FALLS}},
    {lives, 1, {0.9509, FALLS}, {0.9562, LEAKING}},
    {low_lives, 1, {89.42, LEAKING}, {89.92, FALLS}},
    {falls, 1, {1.906, STEADY}, {1.912, FALLS}},
    {falls, 1, {14.27, FALLS}, {14.35, NOISE}},
    {late_falls, 1, {1.391, STEADY}, {1.398, FALLS}},
    {swings, 1, {81.42, STEADY}, {81.68, COARSE}},
    {swings, 0.05, {81.42, STEADY}, {81.68, COARSE}},
    {drifts, 1, {9.785, STEADY}, {9.818, NOISE}},
    {drifts, 1, {41.98, NOISE}, {42.11, LEAKING}},
    {stairs, 1, {69.08, NOISE}, {69.31, LEAKING}},
    {dips, 1, {40.31, LEAKING}, {40.47, NOISE}},
    {dips, 0.09, {15, LOADS}, {15.08, LEAKING}},
    {dips, 0.09, {40.31, LEAKING}, {40.47, NOISE}},
    {few_rest, 10, {3.568, LEAKING}, {3.58, STEADY}},
    {few_rest, 10, {7.705, COARSE}, {7.752, NOISE}},
    {few_slacken, 10, {-0.3055, STEADY}, {-0.3043, GROWING}},
    {few_slacken, 10, {0.3145, RESTED}, {0.3156, GROWING}},
    {few_slacken, 10, {0.5875, GROWING}, {0.5898, LEAKING}},
    {few_drift, 10, {2.531, STEADY}, {2.539, NOISE}},
    {few_drift, 10, {12, NOISE}, {12.06, LEAKING}},
    {few_days, 10, {54.75, STEADY}, {55, NOISE}},
};

static void verdicts_have_their_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		const struct side *below = &limits[i].below;
		const struct side *above = &limits[i].above;
		struct leak leak =
		    judge(limits[i].of, below->parameter, limits[i].step_s);

		assert_int_equal(said(&leak), below->said);
		leak = judge(limits[i].of, above->parameter, limits[i].step_s);
		assert_int_equal(said(&leak), above->said);
	}
}

/* The slope with its interval, and what would show; the stretch, and the level
 * at its end; the time that it needs, and that of a cycle. */
struct figures {
	double slope, low, high, shows, since, until, level, need_s, cycle_s;
};

static const struct {
	memory *of;
	double parameter, step_s;
	enum said said;
	size_t lives;
	struct figures figures;
} reported[] = {
    {rests, 0.1, 1, LEAKING, 0,
	{0.24977, 0.24945, 0.25012, 0, 0, 396, 198.41, 0, 0}},
    {rests, 2.251, 1, RESTED, 0,
	{0.24977, 0.24945, 0.25012, 0.25012, 0, 396, 198.41, 396, 0}},
    {begins, 5, 1, LEAKING, 0,
	{0.099796, 0.099501, 0.10012, 0, 16.039, 599, 164.73, 0, 0}},
    {warms_up, 2, 1, LEAKING, 0,
	{0.049714, 0.049491, 0.049902, 0, 20.062, 599, 329.89, 0, 0}},
    {warms_up, 67.31, 1, BENDS, 0,
	{0.054669, 0.051656, 0.058712, 0.058486, 296.17, 599, 330.07, 302.83,
	    0}},
    {warms_up, 77.89, 1, GROWING, 0,
	{0.06485, 0.057293, 0.077069, 0, 247.66, 599, 330.78, 0, 0}},
    {warms_up, 273.5, 1, BENDS, 0,
	{0.21244, 0.18237, 0.24361, 0.24361, 239.6, 599, 308.41, 359.4, 0}},
    {stops, 100, 1, STEADY, 0,
	{-0.00049573, -0.0010403, -3.3159e-05, 0.00071154, 107, 599, 125.2, 0,
	    0}},
    {stops, 320.9, 1, RESTED, 0,
	{0.25055, 0.24504, 0.25556, 0.25021, 0, 352, 184.21, 352, 0}},
    {stops, 331.4, 1, STEADY, 0,
	{0.0002166, -0.00091602, 0.0013705, 0.0010872, 331, 599, 183.23, 0, 0}},
    {stops, 502.1, 1, LEAKING, 0,
	{0.24951, 0.24846, 0.25048, 0, 0, 502, 225.63, 0, 0}},
    {stands, 20, 1, FALLS, 0, {0, 0, 0, 3.4943e-05, 40.979, 599, 105, 0, 0}},
    {stands, 24.02, 1, FALLS, 0, {0, 0, 0, 3.4897e-05, 19, 599, 106, 0, 0}},
    {stands, 58.78, 1, STEADY, 0, {0, 0, 0, 3.841e-05, 63, 599, 114.69, 0, 0}},
    {stands, 68.6, 1, RESTED, 0,
	{0.26323, 0.23829, 0.28812, 0.28812, 0, 50, 115.31, 50, 0}},
    {stands, 331.5, 1, FALLS, 0, {0, 0, 0, 8.6996e-05, 331, 599, 182.88, 0, 0}},
    {stands, 20, 0.2, FALLS, 0,
	{0, 0, 0, 0.00017472, 8.1958, 119.8, 105, 0, 0}},
    {stands, 24.02, 0.2, FALLS, 0,
	{0, 0, 0, 0.00017448, 3.8, 119.8, 106, 0, 0}},
    {stands, 58.78, 0.2, STEADY, 0,
	{0, 0, 0, 0.00019205, 12.6, 119.8, 114.69, 0, 0}},
    {stands, 68.6, 0.2, RESTED, 0,
	{1.3162, 1.1915, 1.4406, 1.4406, 0, 10, 115.31, 10, 0}},
    {stands, 331.5, 0.2, FALLS, 0,
	{0, 0, 0, 0.00043498, 66.2, 119.8, 182.88, 0, 0}},
    {slackens, -0.5, 1, STEADY, 0,
	{-0.24842, -0.25135, -0.2416, 0.0062279, 281, 599, 287.39, 0, 0}},
    {slackens, -0.3125, 1, GROWING, 0,
	{-0.15289, -0.15845, -0.021689, 0, 281, 599, 311.17, 0, 0}},
    {slackens, -0.2939, 1, RESTED, 0,
	{0.49985, 0.49517, 0.50699, 0.50081, 93.019, 352, 355.69, 258.98, 0}},
    {slackens, 0.3008, 1, GROWING, 0,
	{0.15769, 0.1498, 0.23598, 0, 239.6, 599, 395.8, 0, 0}},
    {slackens, 0.4629, 1, BENDS, 0,
	{0.23984, 0.23118, 0.29641, 0.29641, 239.6, 599, 417.41, 359.4, 0}},
    {slackens, 0.584, 1, LEAKING, 0,
	{0.29457, 0.2921, 0.30139, 0, 281, 599, 433.01, 0, 0}},
    {days, -20, 1, STEADY, 0,
	{-0.033207, -0.05924, -0.0070923, 0.025676, 0, 599, 473.2, 0, 0}},
    {days, 6.641, 1, CYCLES, 0,
	{0.010833, 0.008271, 0.013589, 0.02164, 0, 599, 479.97, 599, 119.8}},
    {days, 14.58, 1, LEAKING, 0,
	{0.024021, 0.021462, 0.026464, 0, 0, 599, 487.83, 0, 119.8}},
    {two_days, -20, 1, STEADY, 0,
	{-0.028883, -0.06808, 0.017935, 0.094084, 0, 599, 478.49, 0, 0}},
    {two_days, 51.04, 1, NOISE, 0,
	{0.090434, 0.050286, 0.13615, 0.18035, 0, 599, 549.88, 599, 0}},
    {weeks, -20, 1, STEADY, 0,
	{-0.033421, -0.056489, -0.01102, 0.0034999, 0, 599, 468.11, 0, 0}},
    {weeks, 2.435, 1, LEAKING, 0,
	{0.0042072, 0.003804, 0.0045578, 0, 0, 599, 475.92, 0, 59.9}},
    {shifts, -1, 1, STEADY, 0,
	{-0.016536, -0.017226, -0.01574, 0.00038203, 0, 598, 190.84, 0, 0}},
    {shifts, 0.01665, 1, NOISE, 0,
	{0.00018116, 6.4691e-07, 0.00036988, 0.00029073, 0, 599, 200.26, 599,
	    0}},
    {lives, -5, 1, STEADY, 6,
	{-0.050348, -0.052785, -0.047956, 0.0044026, 505, 599, 95.291, 0, 0}},
    {lives, 0.2633, 1, FALLS, 0,
	{-9.6372e-05, -0.00030248, 0.00014169, 0.14636, 19, 599, 100.2, 0, 0}},
    {lives, 0.9562, 1, LEAKING, 6,
	{0.0088805, 0.006842, 0.011363, 0, 305, 399, 101, 0, 0}},
    {some_lives, -10, 1, LEAKING, 6,
	{0.20132, 0.19781, 0.2042, 0, 405, 499, 120.3, 0, 0}},
    {low_lives, 1, 1, LEAKING, 6,
	{0.2988, 0.29517, 0.30186, 0, 402.95, 499, 130.02, 0, 0}},
    {low_lives, 89.92, 1, FALLS, 0,
	{0.010465, -0.00023943, 0.02782, 0.01256, 0, 599, 117.1, 0, 0}},
    {falls, 1, 1, STEADY, 0,
	{6.6644e-05, -0.00048866, 0.00054638, 0.0025358, 0, 599, 100.8, 0, 0}},
    {falls, 1.912, 1, FALLS, 0,
	{0.00050141, -0.00056356, 0.0016854, 0.0046167, 0, 599, 101.36, 0, 0}},
    {falls, 14.35, 1, NOISE, 0,
	{0.0083048, 0.0012467, 0.015627, 0.010121, 0, 599, 109.81, 599, 0}},
    {late_falls, 1, 1, STEADY, 0,
	{0.00011367, -0.00052441, 0.0010414, 0.0027504, 0, 599, 100.48, 0, 0}},
    {late_falls, 1.398, 1, FALLS, 0,
	{0.00023387, -0.00052814, 0.0015517, 0.0036562, 0, 599, 100.59, 0, 0}},
    {swings, 1, 1, STEADY, 0,
	{-4.2326e-05, -0.00081593, 0.00064351, 0.0012019, 0, 599, 200.43, 0,
	    0}},
    {swings, 81.68, 1, COARSE, 0,
	{-0.0034572, -0.066645, 0.052562, 0.098168, 0, 599, 235.14, 60.017, 0}},
    {swings, 1, 0.05, STEADY, 0,
	{-0.00084651, -0.016319, 0.01287, 0.024037, 0, 29.95, 200.43, 0, 0}},
    {swings, 81.68, 0.05, COARSE, 0,
	{-0.069143, -1.3329, 1.0512, 1.9634, 0, 29.95, 235.14, 29.55, 0}},
    {drifts, -20, 1, STEADY, 0,
	{-0.054405, -0.069281, -0.036605, 0.026736, 207.43, 599, 186.04, 0, 0}},
    {drifts, 9.818, 1, NOISE, 0,
	{0.015362, 3.2466e-05, 0.029372, 0.030283, 0, 599, 218.35, 599, 0}},
    {drifts, 42.11, 1, LEAKING, 0,
	{0.071272, 0.06146, 0.08174, 0, 0, 599, 248.44, 0, 0}},
    {stairs, 1, 1, NOISE, 0,
	{0.12506, 0.11254, 0.13348, 0.13348, 0, 599, 181, 599, 0}},
    {stairs, 69.31, 1, LEAKING, 0,
	{0.13348, 0.12795, 0.13936, 0, 0, 599, 181, 0, 0}},
    {dips, 0, 1, LEAKING, 0,
	{0.25011, 0.2497, 0.25054, 0, 0, 599, 249.18, 0, 0}},
    {dips, 40.47, 1, NOISE, 0,
	{0.25007, 0.24965, 0.25056, 0.25032, 0, 599, 249.17, 599, 0}},
    {dips, 0, 0.09, LOADS, 0,
	{2.779, 2.7744, 2.7838, 2.7828, 0, 53.91, 249.18, 5.59, 0}},
    {dips, 15.08, 0.09, LEAKING, 0,
	{2.7786, 2.7738, 2.784, 0, 0, 53.91, 249.17, 0, 0}},
    {dips, 40.47, 0.09, NOISE, 0,
	{2.7786, 2.7738, 2.784, 2.7813, 0, 53.91, 249.17, 53.91, 0}},
    {few_rest, 0.5, 10, LEAKING, 0,
	{0.099985, 0.099931, 0.10008, 0, 20.318, 440, 144, 0, 0}},
    {few_rest, 3.58, 10, STEADY, 0,
	{0.093227, 0.058736, 0.10016, 0.045097, 0, 710, 169.62, 0, 0}},
    {few_rest, 7.752, 10, NOISE, 0,
	{0.097075, 0.073875, 0.10096, 0.10096, 0, 710, 171, 710, 0}},
    {few_stand, 8, 10, STEADY, 0, {0, 0, 0, 3.2254e-05, 80, 710, 108, 0, 0}},
    {few_stand, 19.82, 10, RESTED, 0,
	{0.07963, 0.053619, 0.10211, 0.10126, 0, 280, 120.86, 280, 0}},
    {few_stand, 20.43, 10, STEADY, 0,
	{0, 0, 0, 4.0818e-05, 208.16, 710, 120.43, 0, 0}},
    {few_stand, 22.04, 10, GROWING, 0,
	{0.093195, 0.077084, 0.10319, 0, 0, 280, 123.28, 0, 0}},
    {few_stand, 23.2, 10, RESTED, 0,
	{0.10125, 0.097959, 0.10517, 0.10517, 0, 230, 123.28, 230, 0}},
    {few_stand, 29.05, 10, STEADY, 0,
	{0, 0, 0, 7.9213e-05, 284, 710, 129.05, 0, 0}},
    {few_slacken, -0.5, 10, STEADY, 0,
	{-0.10359, -0.10482, -0.10111, 0.007176, 338, 710, 196.79, 0, 0}},
    {few_slacken, -0.3043, 10, GROWING, 0,
	{-0.060782, -0.06482, -0.006757, 0, 338, 710, 208.62, 0, 0}},
    {few_slacken, 0.3156, 10, GROWING, 0,
	{0.068897, 0.061374, 0.098452, 0, 284, 710, 247.6, 0, 0}},
    {few_slacken, 0.5898, 10, LEAKING, 0,
	{0.12082, 0.11927, 0.12224, 0, 338, 710, 264.6, 0, 0}},
    {few_end, 1, 10, LEAKING, 0,
	{0.094953, 0.091123, 0.098464, 0, 284, 710, 170.76, 0, 0}},
    {few_drift, -40, 10, STEADY, 0,
	{-0.052836, -0.059115, -0.045314, 0.016394, 0, 710, 169.76, 0, 0}},
    {few_drift, 2.539, 10, NOISE, 0,
	{0.0063644, 5.0699e-06, 0.013891, 0.011738, 0, 710, 211.7, 710, 0}},
    {few_drift, 12.06, 10, LEAKING, 0,
	{0.018149, 0.011136, 0.023828, 0, 0, 710, 214.4, 0, 0}},
    {few_days, -40, 10, STEADY, 0,
	{-0.055091, -0.080148, -0.022541, 0.15326, 0, 710, 461.32, 0, 0}},
    {few_days, 55, 10, NOISE, 0,
	{0.077413, 0.052914, 0.11041, 0.15436, 0, 710, 555.12, 710, 0}},
};

static void assert_about(double got, double expected)
{
	assert_true(fabs(got - expected) <= 2e-4 * fabs(expected) + 1e-8);
}

static void verdicts_have_their_figures(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(reported) / sizeof(reported[0]); i++) {
		const struct figures *want = &reported[i].figures;
		struct leak leak = judge(
		    reported[i].of, reported[i].parameter, reported[i].step_s);

		assert_int_equal(said(&leak), reported[i].said);
		assert_int_equal(leak.lives, reported[i].lives);
		assert_about(leak.mib_per_s, want->slope);
		assert_about(leak.low, want->low);
		assert_about(leak.high, want->high);
		assert_about(leak.visible_mib_per_s, want->shows);
		assert_about(leak.since_s - START_S, want->since);
		assert_about(leak.until_s - START_S, want->until);
		assert_about(leak.level_mib, want->level);
		assert_about(leak.need_s, want->need_s);
		assert_about(leak.cycle_s, want->cycle_s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(verdicts_have_their_limits),
	    cmocka_unit_test(verdicts_have_their_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
