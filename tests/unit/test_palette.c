// SPDX-License-Identifier: MIT
//
// Colours that stand for different things can be told apart, also with
// red-green blindness, and from the background. The difference of two colours
// is CIEDE2000 (Sharma, Wu, Dalal: "The CIEDE2000 Color-Difference Formula",
// 2005); blindness is simulated as by Machado, Oliveira, Fernandes (2009),
// complete.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "render/palette.h"

struct lab {
	double l, a, b;
};

static const double vision[][3][3] = {
    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
    /* without the cones for red, then for green */
    {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216},
	{-0.003882, -0.048116, 1.051998}},
    {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413},
	{-0.011820, 0.042940, 0.968881}},
};

enum { VISIONS = sizeof(vision) / sizeof(vision[0]) };

static double linear(uint32_t byte)
{
	double c = byte / 255.0;

	return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static void linear_rgb(uint32_t rgb, double out[3])
{
	for (int i = 0; i < 3; i++)
		out[i] = linear(rgb >> (16 - 8 * i) & 255);
}

static double lab_part(double t)
{
	return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

static struct lab lab_of(uint32_t rgb, size_t sight)
{
	static const double to_xyz[3][3] = {{0.4124564, 0.3575761, 0.1804375},
	    {0.2126729, 0.7151522, 0.0721750},
	    {0.0193339, 0.1191920, 0.9503041}};
	static const double white[3] = {0.95047, 1, 1.08883};
	double in[3], seen[3] = {0}, part[3];

	linear_rgb(rgb, in);
	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < 3; k++)
			seen[i] += vision[sight][i][k] * in[k];
		seen[i] = fmin(1, fmax(0, seen[i]));
	}
	for (int i = 0; i < 3; i++) {
		double sum = 0;

		for (int k = 0; k < 3; k++)
			sum += to_xyz[i][k] * seen[k];
		part[i] = lab_part(sum / white[i]);
	}
	return (struct lab){116 * part[1] - 16, 500 * (part[0] - part[1]),
	    200 * (part[1] - part[2])};
}

static double radians(double degrees)
{
	return degrees * M_PI / 180;
}

static double hue(double a, double b)
{
	double h = a == 0 && b == 0 ? 0 : atan2(b, a);

	return h < 0 ? h + 2 * M_PI : h;
}

/* G of the formula: how much a is stretched near grey. */
static double stretch(double chroma)
{
	double c7 = pow(chroma, 7);

	return sqrt(c7 / (c7 + pow(25, 7)));
}

static double mean_hue(double h1, double h2, bool grey)
{
	if (grey)
		return h1 + h2;
	if (fabs(h1 - h2) <= M_PI)
		return (h1 + h2) / 2;
	return (h1 + h2) / 2 + (h1 + h2 < 2 * M_PI ? M_PI : -M_PI);
}

static double ciede2000(struct lab x, struct lab y)
{
	double g = 0.5 * (1 - stretch((hypot(x.a, x.b) + hypot(y.a, y.b)) / 2));
	double a1 = (1 + g) * x.a, a2 = (1 + g) * y.a;
	double c1 = hypot(a1, x.b), c2 = hypot(a2, y.b), c = (c1 + c2) / 2;
	double h1 = hue(a1, x.b), h2 = hue(a2, y.b), turn = h2 - h1;
	double l = (x.l + y.l) / 2, h, t, sl, sc, sh, rt, dl, dc, dh;
	bool grey = c1 * c2 == 0;

	turn += turn > M_PI ? -2 * M_PI : turn < -M_PI ? 2 * M_PI : 0;
	h = mean_hue(h1, h2, grey);
	t = 1 - 0.17 * cos(h - radians(30)) + 0.24 * cos(2 * h) +
	    0.32 * cos(3 * h + radians(6)) - 0.2 * cos(4 * h - radians(63));
	sl = 1 + 0.015 * pow(l - 50, 2) / sqrt(20 + pow(l - 50, 2));
	sc = 1 + 0.045 * c;
	sh = 1 + 0.015 * c * t;
	rt = -2 * stretch(c) *
	     sin(radians(60) * exp(-pow((h * 180 / M_PI - 275) / 25, 2)));
	dl = (y.l - x.l) / sl;
	dc = (c2 - c1) / sc;
	dh = 2 * sqrt(c1 * c2) * sin(grey ? 0 : turn / 2) / sh;
	return sqrt(dl * dl + dc * dc + dh * dh + rt * dc * dh);
}

/* Pairs of the paper's table of test data. */
static void the_formula_is_right(void **state)
{
	static const struct {
		struct lab x, y;
		double difference;
	} rows[] = {
	    {{50, 2.6772, -79.7751}, {50, 0, -82.7485}, 2.0425},
	    {{50, 2.5, 0}, {50, 0, -2.5}, 4.3065},
	    {{50, 2.5, 0}, {73, 25, -18}, 27.1492},
	    {{60.2574, -34.0099, 36.2677}, {60.4626, -34.1751, 39.4387},
		1.2644},
	    {{2.0776, 0.0795, -1.1350}, {0.9033, -0.0636, -0.5514}, 0.9082},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_true(fabs(ciede2000(rows[i].x, rows[i].y) -
				 rows[i].difference) < 1e-4);
}

static double luminance(uint32_t rgb)
{
	double in[3];

	linear_rgb(rgb, in);
	return 0.2126 * in[0] + 0.7152 * in[1] + 0.0722 * in[2];
}

/* As WCAG defines it. */
static double contrast(uint32_t x, uint32_t y)
{
	double a = luminance(x), b = luminance(y);

	return (fmax(a, b) + 0.05) / (fmin(a, b) + 0.05);
}

/* The roles that lines and areas of different meaning have. */
static const enum role lines[] = {ROLE_TOTAL, ROLE_OTHER, ROLE_ALARM,
    ROLE_SERIES, ROLE_SERIES + 1, ROLE_SERIES + 2, ROLE_SERIES + 3,
    ROLE_SERIES + 4, ROLE_SERIES + 5};

enum { LINES = sizeof(lines) / sizeof(lines[0]) };

static void check_pair(enum palette_theme theme, size_t i, size_t k)
{
	static const double least[VISIONS] = {18, 10, 10};

	for (size_t sight = 0; sight < VISIONS; sight++) {
		double difference =
		    ciede2000(lab_of(palette_rgb(theme, lines[i]), sight),
			lab_of(palette_rgb(theme, lines[k]), sight));

		if (difference < least[sight])
			fail_msg("theme %d, vision %zu: %s and %s differ by "
				 "%.1f",
			    (int)theme, sight, role_name(lines[i]),
			    role_name(lines[k]), difference);
	}
}

static void lines_can_be_distinguished(void **state)
{
	(void)state;
	assert_int_equal(LINES, 3 + ROLE_SERIES_COUNT);
	for (int theme = PALETTE_LIGHT; theme <= PALETTE_DARK; theme++) {
		for (size_t i = 0; i < LINES; i++) {
			for (size_t k = 0; k < i; k++)
				check_pair(theme, i, k);
		}
	}
}

static void everything_stands_out_from_the_background(void **state)
{
	static const struct {
		enum role role;
		double least;
	} others[] = {{ROLE_FRAME, 3}, {ROLE_TEXT, 7}, {ROLE_TEXT_SOFT, 4.5},
	    {ROLE_PEAK, 4.5}, {ROLE_TREND, 3}, {ROLE_MARK, 4.5},
	    {ROLE_ALARM, 4.5}};

	(void)state;
	for (int theme = PALETTE_LIGHT; theme <= PALETTE_DARK; theme++) {
		uint32_t ground = palette_rgb(theme, ROLE_BACKGROUND);

		for (size_t i = 0; i < LINES; i++)
			assert_true(contrast(palette_rgb(theme, lines[i]),
					ground) >= 3);
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
			assert_true(contrast(palette_rgb(theme, others[i].role),
					ground) >= others[i].least);
	}
}

/* Red says that something ended badly or would have to, and nothing else. */
static void red_has_one_meaning(void **state)
{
	(void)state;
	for (int theme = PALETTE_LIGHT; theme <= PALETTE_DARK; theme++) {
		for (int role = 0; role < ROLE_COUNT; role++)
			assert_true(role == ROLE_ALARM ||
				    palette_rgb(theme, role) !=
					palette_rgb(theme, ROLE_ALARM));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_formula_is_right),
	    cmocka_unit_test(lines_can_be_distinguished),
	    cmocka_unit_test(everything_stands_out_from_the_background),
	    cmocka_unit_test(red_has_one_meaning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
