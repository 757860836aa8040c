// SPDX-License-Identifier: MIT
// These tests pin the phases of a recording: the parameter at which there is
// one more, or one of another kind, within half a percent, and the figures of
// phases. A change that is to change no phase moves none of these.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "analysis/phases.h"

enum { START_S = 1000, MOST = 8 };

/* Ups and downs of 1, the same each time. */
static double wiggle(int i)
{
	uint32_t mixed = ((uint32_t)i + 1) * 2654435761u;

	mixed = (mixed ^ mixed >> 15) * 2246822519u;
	return (mixed >> 16) / 65536.0;
}

/* Memory at a share of the time. */
typedef double memory(double x, double parameter);

/* A step up by so much, in the middle. */
static double steps(double x, double by)
{
	return 100 + 100 * (x > 0.8) + (x > 0.4 ? by : 0);
}

/* A line that bends there to another slope. */
static double bends(double x, double slope)
{
	return 100 + 100 * fmin(x, 0.5) + slope * fmax(0, x - 0.5);
}

/* A higher level for such a share of the time. */
static double peaks(double x, double share)
{
	return x > 0.5 && x < 0.5 + share ? 200 : 100;
}

/* Growth until then, and a level. */
static double begins(double x, double until)
{
	return 50 + 200 * fmin(x, until);
}

/* A start, and then a slope. */
static double goes_on(double x, double slope)
{
	return 50 + 400 * fmin(x, 0.25) + slope * fmax(0, x - 0.25);
}

/* A slope from one end to the other. */
static double grows(double x, double by)
{
	return 300 + by * x;
}

/* A level, and a leak from then on. */
static double leaks(double x, double from)
{
	return 200 + 300 * fmax(0, x - from);
}

/* A leak, and a level from then on. */
static double rests(double x, double from)
{
	return 200 + 300 * fmin(x, from);
}

/* A fall of so much, in a tenth of the time. */
static double falls(double x, double by)
{
	return 400 - by * fmin(1, fmax(0, x - 0.45) * 10);
}

/* Two levels of a third each, in between a ramp to above the second. */
static double overshoots(double x, double by)
{
	return x < 0.3 ? 100 : x < 0.6 ? 100 + (x - 0.3) / 0.3 * by : 180;
}

/* A curve without any noise is a few lines, and not as many as fit it best. */
static double curves(double x, double power)
{
	return 100 + 300 * pow(x, power);
}

/* Finds the phases of a recording with four samples a second. */
static size_t find(memory *of, double parameter, double noise, int samples,
    struct found_phase **phases)
{
	struct run run = {.exit.recorded = true};
	size_t count;

	for (int i = 0; i < samples; i++)
		series_add(&run.total, START_S + i / 4.0,
		    of((double)i / samples, parameter) + noise * wiggle(i));
	count = phases_find(&run, phases);
	series_finish(&run.total);
	return count;
}

/* A letter a phase: a start ("k" as in kick-off), steady, growth, decline,
 * leak. */
static void assert_kinds(memory *of, double parameter, double noise,
    int samples, const char *expected)
{
	static const char letters[] = {[PHASE_START] = 'k',
	    [PHASE_STEADY] = 's',
	    [PHASE_GROWTH] = 'g',
	    [PHASE_DECLINE] = 'd',
	    [PHASE_LEAK] = 'l'};
	struct found_phase *phases;
	size_t count = find(of, parameter, noise, samples, &phases);
	char kinds[MOST + 1] = "";

	assert_in_range(count, 1, MOST);
	for (size_t i = 0; i < count; i++)
		kinds[i] = letters[phases[i].kind];
	assert_string_equal(kinds, expected);
	free(phases);
}

/* On either side of a limit. */
struct side {
	double parameter;
	const char *kinds;
};

static const struct {
	memory *of;
	double noise;
	int samples;
	struct side below, above;
} limits[] = {
    {steps, 40, 1200, {30.14, "gs"}, {30.21, "sss"}},
    {bends, 5, 1200, {-7.153, "kd"}, {-7.129, "ks"}},
    {bends, 5, 1200, {36.62, "kl"}, {36.72, "gl"}},
    {bends, 5, 1200, {84.96, "gl"}, {85.16, "l"}},
    {bends, 5, 300, {-8.789, "gd"}, {-8.765, "gs"}},
    {bends, 5, 300, {81.84, "gl"}, {82.03, "l"}},
    {bends, 40, 1200, {-20.51, "gd"}, {-20.46, "gs"}},
    {bends, 40, 1200, {36.72, "g"}, {36.82, "l"}},
    {bends, 40, 1200, {182.8, "l"}, {183.2, "gl"}},
    {bends, 40, 300, {74.02, "g"}, {74.22, "l"}},
    {bends, 40, 300, {207, "l"}, {207.8, "ll"}},
    {peaks, 5, 1200, {0.01164, "sss"}, {0.01168, "sgs"}},
    {peaks, 5, 300, {0.01665, "sss"}, {0.01669, "sgs"}},
    {peaks, 40, 1200, {0.008323, "s"}, {0.008356, "sgs"}},
    {peaks, 40, 300, {0.01665, "s"}, {0.01669, "sgs"}},
    {peaks, 40, 300, {0.02664, "sgs"}, {0.0267, "sss"}},
    {begins, 5, 1200, {0.502, "ks"}, {0.503, "gs"}},
    {begins, 5, 1200, {0.8327, "gs"}, {0.8343, "ls"}},
    {begins, 5, 300, {0.8343, "gs"}, {0.836, "ls"}},
    {begins, 40, 1200, {0.1699, "g"}, {0.1705, "ss"}},
    {begins, 40, 300, {0.1355, "s"}, {0.136, "g"}},
    {begins, 40, 300, {0.2559, "g"}, {0.2569, "ks"}},
    {begins, 40, 300, {0.4835, "ks"}, {0.4845, "gs"}},
    {goes_on, 5, 1200, {-9.793, "kd"}, {-9.766, "ks"}},
    {goes_on, 5, 1200, {310.2, "gl"}, {311, "l"}},
    {goes_on, 5, 300, {-10.01, "kd"}, {-9.985, "ks"}},
    {goes_on, 5, 300, {10.39, "ks"}, {10.42, "kl"}},
    {goes_on, 5, 300, {197.2, "kl"}, {197.7, "gl"}},
    {goes_on, 40, 1200, {-204.4, "gd"}, {-204, "kd"}},
    {goes_on, 40, 1200, {189.3, "kl"}, {189.7, "gl"}},
    {goes_on, 40, 300, {-181.6, "gd"}, {-181.2, "kd"}},
    {grows, 40, 300, {9.888, "s"}, {9.912, "g"}},
    {leaks, 5, 1200, {0.06841, "l"}, {0.06861, "sl"}},
    {leaks, 5, 1200, {0.8521, "sl"}, {0.8546, "sg"}},
    {leaks, 5, 300, {0.07543, "l"}, {0.07566, "sl"}},
    {leaks, 5, 300, {0.8623, "sl"}, {0.8649, "sg"}},
    {leaks, 40, 1200, {0.1136, "l"}, {0.1139, "sl"}},
    {leaks, 40, 1200, {0.8213, "sl"}, {0.8239, "sg"}},
    {leaks, 40, 300, {0.1448, "l"}, {0.1452, "sl"}},
    {leaks, 40, 300, {0.8341, "sl"}, {0.8367, "sg"}},
    {rests, 5, 1200, {0.4945, "ks"}, {0.496, "gs"}},
    {rests, 5, 1200, {0.8315, "gs"}, {0.8341, "ls"}},
    {rests, 5, 300, {0.499, "ks"}, {0.5004, "gs"}},
    {rests, 5, 300, {0.8315, "gs"}, {0.8341, "ls"}},
    {rests, 40, 1200, {0.07336, "s"}, {0.07359, "g"}},
    {rests, 40, 1200, {0.1246, "g"}, {0.125, "ks"}},
    {rests, 40, 1200, {0.4857, "ks"}, {0.4872, "gs"}},
    {rests, 40, 300, {0.1113, "s"}, {0.1116, "g"}},
    {rests, 40, 300, {0.1709, "g"}, {0.1714, "ks"}},
    {rests, 40, 300, {0.4784, "ks"}, {0.4798, "gs"}},
    {falls, 5, 1200, {6.044, "ss"}, {6.064, "sd"}},
    {falls, 5, 300, {5.318, "d"}, {5.332, "ds"}},
    {falls, 40, 1200, {48.34, "ss"}, {48.46, "sd"}},
    {falls, 40, 300, {5.708, "s"}, {5.721, "d"}},
    {falls, 40, 300, {42.55, "d"}, {42.67, "ds"}},
    {overshoots, 40, 300, {14.08, "ss"}, {14.12, "gs"}},
    {overshoots, 40, 300, {56.19, "gs"}, {56.36, "gg"}},
    {overshoots, 40, 300, {76.96, "gg"}, {77.17, "kg"}},
};

static void phases_have_their_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		assert_kinds(limits[i].of, limits[i].below.parameter,
		    limits[i].noise, limits[i].samples, limits[i].below.kinds);
		assert_kinds(limits[i].of, limits[i].above.parameter,
		    limits[i].noise, limits[i].samples, limits[i].above.kinds);
	}
}

/* Of the second phase, or the only one. */
struct figures {
	double from, until, from_mib, to_mib, mib_per_s;
};

static const struct {
	memory *of;
	double noise;
	int samples;
	double parameter;
	struct figures figures;
} reported[] = {
    {steps, 40, 1200, 30.21, {120.25, 240.25, 147.817, 152.703, 0.0407136}},
    {bends, 5, 1200, -7.129, {149, 299.75, 152.684, 148.959, -0.0247101}},
    {bends, 5, 1200, 36.72, {159.75, 299.75, 153.814, 170.867, 0.121811}},
    {bends, 5, 1200, 85.16, {0, 299.75, 104.217, 196.983, 0.30948}},
    {bends, 5, 300, -8.765, {39.25, 74.75, 151.959, 148.213, -0.105536}},
    {bends, 5, 300, 82.03, {0, 74.75, 104.663, 195.334, 1.21299}},
    {bends, 40, 1200, -20.46, {162.25, 299.75, 169.729, 160.229, -0.0690951}},
    {bends, 40, 1200, 36.82, {0, 299.75, 126.88, 197.123, 0.23434}},
    {bends, 40, 1200, 183.2, {120.5, 299.75, 153.547, 261.547, 0.602513}},
    {bends, 40, 300, 74.22, {0, 74.75, 122.7, 208.903, 1.15323}},
    {bends, 40, 300, 207.8, {35.25, 74.75, 160.871, 273.732, 2.85723}},
    {peaks, 5, 1200, 0.01168, {147.75, 153.75, 109.086, 204.954, 20.153}},
    {peaks, 5, 300, 0.01669, {36.75, 39, 100.937, 204.74, 61.9861}},
    {peaks, 40, 1200, 0.008356, {146.75, 152.75, 107.988, 228.276, 20.0479}},
    {peaks, 40, 300, 0.01669, {36.5, 39, 101.204, 237.919, 71.6463}},
    {peaks, 40, 300, 0.0267, {37.75, 39.75, 237.919, 171.667, -37.426}},
    {begins, 5, 1200, 0.503, {152.75, 299.75, 153.251, 153.121, -0.000884144}},
    {begins, 5, 1200, 0.8343, {249.25, 299.75, 219.42, 219.375, -0.000891031}},
    {begins, 5, 300, 0.836, {62.25, 74.75, 219.651, 219.889, 0.0190407}},
    {begins, 40, 1200, 0.1705, {38, 299.75, 102.93, 105.164, 0.00853424}},
    {begins, 40, 300, 0.136, {0, 74.75, 89.6679, 99.2803, 0.128593}},
    {begins, 40, 300, 0.2569, {19.25, 74.75, 120.581, 120.559, -0.000390145}},
    {begins, 40, 300, 0.4845, {42.25, 74.75, 162.903, 168.232, 0.163974}},
    {goes_on, 5, 1200, -9.766, {76.5, 299.75, 152.423, 145.266, -0.0320565}},
    {goes_on, 5, 1200, 311, {0, 299.75, 64.8347, 387.295, 1.08421}},
    {goes_on, 5, 300, -9.985, {19.75, 74.75, 152.179, 144.986, -0.130791}},
    {goes_on, 5, 300, 10.42, {19.75, 74.75, 152.451, 160.222, 0.141276}},
    {goes_on, 5, 300, 197.7, {19.75, 74.75, 154.949, 300.057, 2.63834}},
    {goes_on, 40, 1200, -204, {78.75, 299.75, 166.84, 18.1289, -0.6729}},
    {goes_on, 40, 1200, 189.7, {65.5, 299.75, 163.752, 312.796, 0.636261}},
    {goes_on, 40, 300, -181.2, {21.5, 74.75, 161.322, 34.5184, -2.38129}},
    {grows, 40, 300, 9.912, {0, 74.75, 319.509, 328.708, 0.123059}},
    {leaks, 5, 1200, 0.06861, {20.75, 299.75, 202.828, 481.834, 1.00115}},
    {leaks, 5, 1200, 0.8546, {257.5, 299.75, 203.718, 245.962, 0.99986}},
    {leaks, 5, 300, 0.07566, {5.75, 74.75, 202.69, 478.676, 3.9998}},
    {leaks, 5, 300, 0.8649, {65.5, 74.75, 207.174, 242.029, 3.95549}},
    {leaks, 40, 1200, 0.1139, {37, 299.75, 222.454, 486.291, 1.00414}},
    {leaks, 40, 1200, 0.8239, {253.75, 299.75, 228.09, 272.329, 0.961734}},
    {leaks, 40, 300, 0.1452, {18.75, 74.75, 250.379, 474.749, 4.00661}},
    {leaks, 40, 300, 0.8367, {65.5, 74.75, 234.275, 267.981, 3.64395}},
    {rests, 5, 1200, 0.496, {150.5, 299.75, 351.439, 351.328, -0.000744607}},
    {rests, 5, 1200, 0.8341, {249.25, 299.75, 452.772, 452.755, -0.000341604}},
    {rests, 5, 300, 0.5004, {38.5, 74.75, 352.392, 352.629, 0.00651797}},
    {rests, 5, 300, 0.8341, {62.25, 74.75, 452.701, 452.91, 0.0166769}},
    {rests, 40, 1200, 0.07359, {0, 299.75, 237.912, 244.448, 0.0218054}},
    {rests, 40, 1200, 0.125, {37, 299.75, 257.166, 258.156, 0.00376683}},
    {rests, 40, 1200, 0.4872, {150.5, 299.75, 367.272, 366.383, -0.00595686}},
    {rests, 40, 300, 0.1116, {0, 74.75, 245.746, 255.704, 0.133223}},
    {rests, 40, 300, 0.1714, {12.75, 74.75, 267.889, 271.823, 0.0634438}},
    {rests, 40, 300, 0.4798, {39.25, 74.75, 361.249, 364.466, 0.0906418}},
    {falls, 5, 1200, 6.064, {146.75, 299.75, 397.343, 396.108, -0.00807327}},
    {falls, 5, 300, 5.332, {39.25, 74.75, 397.004, 397.151, 0.00411797}},
    {falls, 40, 1200, 48.46, {146.75, 299.75, 378.792, 368.921, -0.0645187}},
    {falls, 40, 300, 5.721, {0, 74.75, 420.921, 411.716, -0.12314}},
    {falls, 40, 300, 42.67, {39.25, 74.75, 376.021, 377.19, 0.0329248}},
    {overshoots, 40, 300, 14.12, {45, 74.75, 195.958, 201.601, 0.189684}},
    {overshoots, 40, 300, 56.36, {38, 74.75, 177.409, 208.796, 0.854052}},
    {curves, 0, 1200, 2, {60, 120, 112, 145.975, 0.599167}},
    {curves, 0, 1200, 3, {132.5, 180.75, 125.847, 163.634, 0.829165}},
    {overshoots, 40, 300, 77.17, {37, 74.75, 186.134, 205.213, 0.505379}},
};

static void assert_about(double got, double expected)
{
	assert_true(fabs(got - expected) <= 2e-5 * fabs(expected) + 1e-6);
}

static void phases_have_their_figures(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(reported) / sizeof(reported[0]); i++) {
		const struct figures *want = &reported[i].figures;
		struct found_phase *phases, *phase;
		size_t count = find(reported[i].of, reported[i].parameter,
		    reported[i].noise, reported[i].samples, &phases);

		phase = &phases[count > 1 ? 1 : 0];
		assert_true(phase->from_s - START_S == want->from);
		assert_true(phase->until_s - START_S == want->until);
		assert_about(phase->from_mib, want->from_mib);
		assert_about(phase->to_mib, want->to_mib);
		assert_about(phase->mib_per_s, want->mib_per_s);
		free(phases);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(phases_have_their_limits),
	    cmocka_unit_test(phases_have_their_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
