// SPDX-License-Identifier: MIT
// These tests pin the slope or time constant at which one verdict on a stretch
// gives way to the next, within half a percent, and the figures behind
// verdicts. A change that is to change no verdict moves none of these.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/fit.h"
#include "analysis/judge.h"

enum { START_S = 1000, SPAN = 960 };

/* A verdict, or the reason of an undecided one. */
enum said {
	NOISE = LEAK_NOISE,
	CYCLES = LEAK_CYCLES,
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

/* Memory at a share of the time, with a slope or a time constant. */
typedef double shape(double x, double parameter);

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

static double fills_and_leaks(double x, double by)
{
	return fills_up(x, 0.03) + by * x;
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

static double bends(double x, double by)
{
	return x < 0.5 ? 100 * x : 50 + by * (x - 0.5);
}

static double two_steps(double x, double by)
{
	return by * floor(x * 3) + 30 * x;
}

static double few_steps(double x, double by)
{
	return by * floor(x * 5) + 30 * x;
}

static double teeth(double x, double by, double count)
{
	double tooth = floor(count * x);

	return by * tooth / count + 80 * (count * x - tooth);
}

static double five_teeth(double x, double by)
{
	return teeth(x, by, 4.8);
}

static double six_teeth(double x, double by)
{
	return teeth(x, by, 6.5);
}

static double ten_teeth(double x, double by)
{
	return teeth(x, by, 10);
}

static double waves(double x, double by)
{
	return by * x + (fmod(8 * x, 1) < 0.5 ? 0 : 1000);
}

static double slow_wave(double x, double by)
{
	return by * x + 10 * sin(12 * x);
}

static double late_after_waves(double x, double by)
{
	return x < 0.7 ? by * sin(60 * x) : 100 * (x - 0.7);
}

static struct leak judge(shape *of, double parameter, double noise)
{
	static struct envelope envelope = {.first_s = START_S, .span_s = SPAN};
	struct leak leak = {.judged = true};

	for (int i = 0; i < ENVELOPE_BINS; i++)
		envelope.floors[i] =
		    500 + of(((double)i + 0.5) / ENVELOPE_BINS, parameter) +
		    noise * wiggle(i);
	judge_envelope(&envelope, &leak);
	return leak;
}

/* Nights of so many days of 50 MiB, whose lowest rises by `by` in all. */
static struct leak judge_nights(size_t count, double by, double noise)
{
	static struct envelope envelope = {.first_s = START_S, .span_s = SPAN};
	struct leak leak = {.judged = true};
	double x[FIT_MAX], y[FIT_MAX];

	for (int i = 0; i < ENVELOPE_BINS; i++) {
		double at = ((double)i + 0.5) / ENVELOPE_BINS;

		envelope.floors[i] = 500 + by * at + 25 -
				     25 * cos(2 * M_PI * at * (double)count);
	}
	for (size_t i = 0; i < count; i++) {
		x[i] = ((double)i + 0.5) / (double)count;
		y[i] = 500 + by * x[i] + noise * wiggle((int)i * 31);
	}
	judge_floors(&envelope, x, y, count, &leak);
	return leak;
}

/* On either side of a limit. */
struct side {
	double parameter;
	enum said said;
};

static const struct {
	shape *of;
	double noise;
	struct side below, above;
} limits[] = {
    {line, 0, {0.03590, STEADY}, {0.03606, LEAKING}},
    {line, 1, {0.1363, STEADY}, {0.1369, LEAKING}},
    {line, 20, {3.854, STEADY}, {3.866, LEAKING}},
    {fills_up, 0.02, {0.07103, STEADY}, {0.07121, NOISE}},
    {fills_up, 0.02, {0.1077, NOISE}, {0.108, GROWING}},
    {fills_up, 0.02, {1.357, GROWING}, {1.361, LEAKING}},
    {fills_up, 1, {0.07785, STEADY}, {0.07806, NOISE}},
    {fills_up, 1, {1.478, GROWING}, {1.482, LEAKING}},
    {fills_up, 20, {0.1188, STEADY}, {0.1191, NOISE}},
    {fills_up, 20, {1.661, GROWING}, {1.665, LEAKING}},
    {slows, 0.02, {0.6838, GROWING}, {0.686, LEAKING}},
    {slows, 1, {0.8609, GROWING}, {0.8636, LEAKING}},
    {slows, 20, {0.8988, GROWING}, {0.9016, LEAKING}},
    {fills_and_leaks, 0.02, {0.2669, NOISE}, {0.2677, LEAKING}},
    {fills_and_leaks, 1, {0.2395, STEADY}, {0.2404, LEAKING}},
    {fills_and_leaks, 20, {3.255, STEADY}, {3.266, LEAKING}},
    {doubles, 1, {0.1101, STEADY}, {0.1105, LEAKING}},
    {doubles, 20, {0.1122, STEADY}, {0.1126, LEAKING}},
    {starts_late, 0.02, {0.85, LEAKING}, {0.8523, STEADY}},
    {starts_late, 1, {0.8523, LEAKING}, {0.8545, STEADY}},
    {starts_late, 20, {0.8636, LEAKING}, {0.8659, STEADY}},
    {ends_early, 0.02, {0.5275, STEADY}, {0.5289, GROWING}},
    {ends_early, 0.02, {0.841, GROWING}, {0.8434, NOISE}},
    {ends_early, 1, {0.5348, STEADY}, {0.5363, GROWING}},
    {ends_early, 1, {0.8434, GROWING}, {0.8458, NOISE}},
    {ends_early, 20, {0.6065, STEADY}, {0.6082, GROWING}},
    {ends_early, 20, {0.8248, GROWING}, {0.8271, NOISE}},
    {ends_early, 20, {0.8945, NOISE}, {0.897, LEAKING}},
    {bends, 0.02, {-13.83, STEADY}, {-13.8, GROWING}},
    {bends, 0.02, {-10.49, GROWING}, {-10.46, STEADY}},
    {bends, 0.02, {1.727, STEADY}, {1.731, GROWING}},
    {bends, 0.02, {58.02, GROWING}, {58.14, LEAKING}},
    {bends, 1, {-19.15, STEADY}, {-19.09, GROWING}},
    {bends, 1, {-10.34, GROWING}, {-10.31, STEADY}},
    {bends, 1, {2.133, STEADY}, {2.141, GROWING}},
    {bends, 1, {58.14, GROWING}, {58.26, LEAKING}},
    {bends, 20, {7.086, STEADY}, {7.101, GROWING}},
    {bends, 20, {61.18, GROWING}, {61.42, LEAKING}},
    {two_steps, 0.02, {6.011, LEAKING}, {6.03, STEADY}},
    {two_steps, 1, {5.915, LEAKING}, {5.934, STEADY}},
    {two_steps, 20, {6.798, LEAKING}, {6.818, STEADY}},
    {few_steps, 0.02, {6.434, LEAKING}, {6.453, STEADY}},
    {few_steps, 1, {6.395, LEAKING}, {6.414, STEADY}},
    {five_teeth, 0.02, {43.22, STEADY}, {43.31, NOISE}},
    {five_teeth, 1, {43.05, STEADY}, {43.14, NOISE}},
    {five_teeth, 20, {45.72, STEADY}, {45.89, NOISE}},
    {five_teeth, 20, {48.56, NOISE}, {48.74, LEAKING}},
    {six_teeth, 1, {17.29, STEADY}, {17.33, LEAKING}},
    {six_teeth, 20, {24.18, STEADY}, {24.27, LEAKING}},
    {ten_teeth, 0.02, {0.1192, STEADY}, {0.1196, LEAKING}},
    {ten_teeth, 1, {29.52, STEADY}, {29.61, LEAKING}},
    {ten_teeth, 20, {38.69, STEADY}, {38.78, NOISE}},
    {ten_teeth, 20, {45.18, NOISE}, {45.36, LEAKING}},
    {waves, 0.02, {2.006, STEADY}, {2.011, LEAKING}},
    {waves, 1, {2.053, STEADY}, {2.058, LEAKING}},
    {waves, 20, {10.77, STEADY}, {10.79, LEAKING}},
    {late_after_waves, 0.02, {6.896, LEAKING}, {6.91, NOISE}},
    {late_after_waves, 1, {6.951, LEAKING}, {6.979, NOISE}},
    {late_after_waves, 20, {43.84, NOISE}, {43.93, STEADY}},
};

static void verdicts_have_their_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		const struct side *below = &limits[i].below;
		const struct side *above = &limits[i].above;
		struct leak leak =
		    judge(limits[i].of, below->parameter, limits[i].noise);

		assert_int_equal(said(&leak), below->said);
		leak = judge(limits[i].of, above->parameter, limits[i].noise);
		assert_int_equal(said(&leak), above->said);
	}
}

static const struct {
	size_t count;
	double noise;
	struct side below, above;
} limits_of_nights[] = {
    {2, 0.1, {5.349, STEADY}, {5.365, CYCLES}},
    {2, 4, {5.205, STEADY}, {5.221, CYCLES}},
    {3, 0.1, {5.45, STEADY}, {5.468, CYCLES}},
    {3, 0.1, {35.77, CYCLES}, {35.88, LEAKING}},
    {3, 4, {7.066, STEADY}, {7.088, CYCLES}},
    {3, 4, {40.16, CYCLES}, {40.29, LEAKING}},
    {4, 0.1, {5.333, STEADY}, {5.349, CYCLES}},
    {4, 0.1, {36.22, CYCLES}, {36.34, LEAKING}},
    {4, 4, {7.239, STEADY}, {7.261, CYCLES}},
    {4, 4, {39.06, CYCLES}, {39.18, LEAKING}},
    {5, 0.1, {5.397, STEADY}, {5.415, CYCLES}},
    {5, 0.1, {11.93, CYCLES}, {11.96, LEAKING}},
    {5, 4, {6.336, STEADY}, {6.355, CYCLES}},
    {5, 4, {12.98, CYCLES}, {13.02, LEAKING}},
    {6, 0.1, {5.285, STEADY}, {5.301, CYCLES}},
    {6, 0.1, {11.75, CYCLES}, {11.78, LEAKING}},
    {6, 4, {4.841, STEADY}, {4.855, CYCLES}},
    {7, 0.1, {5.301, STEADY}, {5.317, CYCLES}},
    {7, 0.1, {11.86, CYCLES}, {11.89, LEAKING}},
    {7, 4, {4.536, STEADY}, {4.551, CYCLES}},
    {7, 4, {11, CYCLES}, {11.04, LEAKING}},
    {8, 0.1, {0.3785, STEADY}, {0.3796, LEAKING}},
    {8, 4, {3.893, STEADY}, {3.905, CYCLES}},
    {9, 0.1, {0.2618, STEADY}, {0.2626, LEAKING}},
    {9, 4, {4.407, STEADY}, {4.42, CYCLES}},
    {10, 0.1, {0.2254, STEADY}, {0.2261, LEAKING}},
    {10, 4, {3.319, STEADY}, {3.33, CYCLES}},
    {10, 4, {25.09, CYCLES}, {25.17, LEAKING}},
    {11, 0.1, {0.2538, STEADY}, {0.2546, LEAKING}},
    {11, 4, {3.12, STEADY}, {3.13, CYCLES}},
    {11, 4, {20.93, CYCLES}, {21, LEAKING}},
    {12, 0.1, {0.2823, STEADY}, {0.2831, LEAKING}},
    {12, 4, {3.042, STEADY}, {3.052, CYCLES}},
    {12, 4, {19.96, CYCLES}, {20.03, LEAKING}},
    {13, 4, {2.718, STEADY}, {2.727, CYCLES}},
    {13, 4, {15.42, CYCLES}, {15.47, LEAKING}},
};

static void nights_have_their_limits(void **state)
{
	(void)state;
	for (size_t i = 0;
	     i < sizeof(limits_of_nights) / sizeof(limits_of_nights[0]); i++) {
		const struct side *below = &limits_of_nights[i].below;
		const struct side *above = &limits_of_nights[i].above;
		struct leak leak = judge_nights(limits_of_nights[i].count,
		    below->parameter, limits_of_nights[i].noise);

		assert_int_equal(said(&leak), below->said);
		leak = judge_nights(limits_of_nights[i].count, above->parameter,
		    limits_of_nights[i].noise);
		assert_int_equal(said(&leak), above->said);
	}
}

/* In the whole of the time: the slope with its interval, and what would show;
 * then when it begins, its level and spread, and the time that it needs. */
struct figures {
	double slope, low, high, shows, since, level, spread, need_s;
};

static void assert_about(double got, double expected)
{
	assert_true(fabs(got - expected) <= 2e-4 * fabs(expected) + 1e-5);
}

static void assert_figures(const struct leak *leak, const struct figures *want)
{
	assert_about(leak->mib_per_s * SPAN, want->slope);
	assert_about(leak->low * SPAN, want->low);
	assert_about(leak->high * SPAN, want->high);
	assert_about(leak->visible_mib_per_s * SPAN, want->shows);
	assert_about((leak->since_s - START_S) / SPAN, want->since);
	assert_about(leak->level_mib, want->level);
	assert_about(leak->spread_mib, want->spread);
	assert_about(leak->need_s, want->need_s);
	assert_true(leak->until_s == START_S + SPAN);
}

static const struct {
	shape *of;
	double parameter, noise;
	enum said said;
	struct figures figures;
} reported[] = {
    {line, 0, 1, STEADY,
	{-0.033166, -0.074056, -0.0032145, 0.044039, 0, 500.02, 0.029237, 0}},
    {line, 0, 20, STEADY,
	{-0.66331, -1.4811, -0.06429, 0.88078, 0, 500.37, 0.58474, 0}},
    {line, 3, 1, LEAKING,
	{2.9684, 2.9148, 3.0037, 2.996, 0, 503.02, 0.03208, 0}},
    {line, -50, 1, STEADY,
	{-50.021, -50.123, -49.909, 0.51178, 0, 449.87, 0.11781, 0}},
    {line, -50, 20, STEADY,
	{-50.818, -51.674, -50.156, 2.4234, 0, 450.31, 0.81974, 0}},
    {line, 50, 20, LEAKING,
	{49.342, 48.314, 50.077, 49.992, 0, 550.46, 0.61192, 0}},
    {line, 3.7, 20, STEADY,
	{3.058, 2.2022, 3.6446, 3.8139, 0, 504.09, 0.57866, 0}},
    {line, 3, 20, STEADY,
	{2.3581, 1.5005, 2.9455, 3.1896, 0, 503.39, 0.57594, 0}},
    {fills_up, 0.2, 1, GROWING,
	{16.874, 10.64, 24.694, 24.694, 0.4, 601.18, 1.1263, 0}},
    {fills_up, 0.05, 1, STEADY,
	{0.046232, 0.0030775, 0.089512, 0.19737, 0.35767, 600.04, 0.02527, 0}},
    {fills_up, 0.02, 20, STEADY,
	{-0.3457, -1.0565, 0.22895, 0.89229, 0.086333, 600.49, 0.55756, 0}},
    {slows, 0.05, 1, GROWING,
	{40.944, 36.445, 45.698, 45.698, 0.4, 592.88, 0.65598, 0}},
    {slows, 0.3, 20, GROWING,
	{30.186, 27.034, 33.439, 32.876, 0.4, 545.44, 0.61396, 0}},
    {fills_and_leaks, 60, 1, LEAKING,
	{59.962, 59.841, 60.134, 60.134, 0.2042, 659.78, 0.12609, 0}},
    {fills_and_leaks, 3, 20, STEADY,
	{2.8793, 2.2507, 3.3588, 3.5126, 0.13111, 603.6, 0.51746, 0}},
    {doubles, 0.3, 1, LEAKING,
	{152.49, 118.9, 190.93, 185.17, 0.49444, 582.6, 5.1008, 0}},
    {starts_late, 0.4, 1, LEAKING,
	{200.08, 199.61, 200.57, 200.57, 0.40556, 618.91, 0.2641, 0}},
    {starts_late, 0.9, 1, STEADY,
	{140.21, 87.559, 189.38, 0.078303, 0.85, 516.47, 2.4753, 0}},
    {ends_early, 0.5, 1, STEADY,
	{0.086989, -0.047585, 2.0195, 15.583, 0.4, 550.05, 0.039679, 0}},
    {ends_early, 0.75, 20, GROWING,
	{92.658, 75.247, 100.01, 98.399, 0, 594.86, 2.6003, 0}},
    {bends, -15, 1, GROWING,
	{-14.39, -15.074, 11.201, 17.688, 0.4, 542.26, 0.19621, 0}},
    {bends, 30, 1, GROWING,
	{30.179, 29.71, 33.471, 32.308, 0.4, 564.97, 0.13204, 0}},
    {two_steps, 3, 1, LEAKING,
	{37.399, 35.834, 38.756, 38.716, 0, 536.6, 0.96795, 0}},
    {few_steps, 20, 1, STEADY,
	{123.06, 117.02, 128.51, 128.51, 0, 615.9, 7.0702, 0}},
    {five_teeth, 0, 1, STEADY,
	{17.882, -7.9221, 41.816, 93.263, 0, 541.77, 25.613, 0}},
    {six_teeth, 60, 1, LEAKING,
	{65.204, 54.453, 95.225, 71.573, 0, 566.53, 7.844, 0}},
    {six_teeth, 5, 20, STEADY,
	{13.612, -4.866, 35.039, 16.602, 0, 541.23, 27.488, 0}},
    {ten_teeth, 20, 20, STEADY,
	{28.015, 5.7157, 52.155, 31.918, 0, 557.51, 28.013, 0}},
    {waves, 1, 1, STEADY,
	{0.99162, 0.92065, 1.0491, 2.002, 0, 1001.1, 741.26, 0}},
    {slow_wave, 5, 1, STEADY,
	{-5.8546, -19.308, 6.5509, 34.358, 0, 498.77, 7.3506, 0}},
    {late_after_waves, 20, 1, NOISE,
	{100.75, 96.057, 106.39, 100.58, 0.61296, 528.39, 0.29005, 240}},
    {late_after_waves, 1, 20, LEAKING,
	{96.071, 93.449, 99.232, 99.232, 0.70185, 530.09, 0.44378, 0}},
};

static void verdicts_have_their_figures(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(reported) / sizeof(reported[0]); i++) {
		struct leak leak = judge(
		    reported[i].of, reported[i].parameter, reported[i].noise);

		assert_int_equal(said(&leak), reported[i].said);
		assert_figures(&leak, &reported[i].figures);
	}
}

static const struct {
	size_t count;
	enum said said;
	struct figures figures;
} reported_of_nights[] = {
    {1, STEADY, {0, 0, 0, 24.75, 0, 505.36, 0, 0}},
    {2, CYCLES, {10.034, 10.034, 10.034, 25.738, 0, 510.39, 0, 960}},
    {3, CYCLES, {9.6182, 9.1847, 10.052, 26.096, 0, 510.05, 0, 960}},
    {4, CYCLES, {9.5535, 8.913, 10.069, 25.701, 0, 510, 0.058018, 960}},
    {5, CYCLES, {9.7823, 8.6412, 10.742, 11.588, 0, 510.17, 0.090073, 960}},
    {6, CYCLES, {10.103, 9.2364, 12.617, 12.617, 0, 510.35, 0.21421, 960}},
    {7, CYCLES, {10.178, 9.1091, 11.958, 11.958, 0, 510.52, 0.3451, 960}},
    {8, CYCLES, {10.198, 9.5299, 11.134, 11.134, 0, 510.5, 0.17658, 960}},
    {9, CYCLES, {10.185, 9.2771, 11.052, 11.052, 0, 510.48, 0.18161, 960}},
    {10, LEAKING, {10.397, 9.6514, 11.326, 11.326, 0, 510.6, 0.25629, 0}},
    {11, LEAKING, {10.436, 9.6331, 11.286, 11.286, 0, 510.67, 0.27579, 0}},
    {12, LEAKING, {10.395, 9.8174, 10.981, 10.981, 0, 510.64, 0.20098, 0}},
    {13, LEAKING, {10.507, 9.973, 10.957, 10.957, 0, 510.75, 0.22437, 0}},
};

static void nights_have_their_figures(void **state)
{
	(void)state;
	for (size_t i = 0;
	     i < sizeof(reported_of_nights) / sizeof(reported_of_nights[0]);
	     i++) {
		struct leak leak =
		    judge_nights(reported_of_nights[i].count, 10, 1);

		assert_int_equal(said(&leak), reported_of_nights[i].said);
		assert_figures(&leak, &reported_of_nights[i].figures);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(verdicts_have_their_limits),
	    cmocka_unit_test(nights_have_their_limits),
	    cmocka_unit_test(verdicts_have_their_figures),
	    cmocka_unit_test(nights_have_their_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
