// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analysis/spread.h"
#include "base/mem.h"

enum { SETS = 400, MOST = 64 };

/* A sum of twelve uniform numbers: near enough to normal, and the same on each
 * machine. */
static double noise(void)
{
	static uint64_t state = 1;
	double sum = -6;

	for (int i = 0; i < 12; i++) {
		state = state * UINT64_C(6364136223846793005) +
			UINT64_C(1442695040888963407);
		sum += (double)(state >> 11) / 9007199254740992.0;
	}
	return sum;
}

static struct overview made(double peak_mib)
{
	return (struct overview){.name = (char *)"x",
	    .measured = true,
	    .peak_mib = peak_mib,
	    .rank = -1};
}

static size_t apart_in_noise(size_t len)
{
	struct overview overviews[MOST] = {{0}};
	size_t found = 0;

	for (size_t set = 0; set < SETS; set++) {
		struct spread spread;
		bool apart = false;

		for (size_t i = 0; i < len; i++)
			overviews[i] = made(1000 + 50 * noise());
		spread_init(&spread, overviews, len);
		for (size_t i = 0; i < len; i++)
			apart =
			    apart ||
			    spread.members.items[i].scores[SPREAD_PEAK].apart;
		found += apart;
		spread_finish(&spread);
	}
	return found;
}

/* The numbers are the same each time: no test of luck. */
static void noise_is_seldom_apart(void **state)
{
	(void)state;
	assert_true(apart_in_noise(5) <= SETS * 3 / 100);
	assert_true(apart_in_noise(16) <= SETS * 2 / 100);
	assert_true(apart_in_noise(64) <= SETS * 1 / 100);
}

/* 0.6745 * (200 - 103.5) / 2, worked out by hand: the median of 100, 101 ...
 * 106 with 200 is 103.5, the deviations' median is 2. */
static void the_score_is_the_published_one(void **state)
{
	static const double peaks[] = {100, 101, 102, 103, 104, 105, 106, 200};
	struct overview overviews[8];
	struct spread spread;

	(void)state;
	for (size_t i = 0; i < 8; i++)
		overviews[i] = made(peaks[i]);
	spread_init(&spread, overviews, 8);
	assert_float_equal(spread.medians[SPREAD_PEAK], 103.5, 1e-9);
	assert_float_equal(spread.members.items[7].scores[SPREAD_PEAK].z,
	    0.6745 * (200 - 103.5) / 2, 0.01);
	assert_true(spread.members.items[7].scores[SPREAD_PEAK].apart);
	assert_false(spread.members.items[0].scores[SPREAD_PEAK].apart);
	assert_float_equal(spread_share(&spread), 100 / 103.5, 1e-9);
	spread_finish(&spread);
}

/* Half of them are equal: the deviation is 0, and 1 % of the median counts. */
static void what_hardly_differs_is_not_apart(void **state)
{
	struct overview overviews[8];
	struct spread spread;

	(void)state;
	for (size_t i = 0; i < 8; i++)
		overviews[i] = made(i == 7 ? 105 : 100);
	spread_init(&spread, overviews, 8);
	assert_false(spread.members.items[7].scores[SPREAD_PEAK].apart);
	spread_finish(&spread);
	overviews[7].peak_mib = 130;
	spread_init(&spread, overviews, 8);
	assert_true(spread.members.items[7].scores[SPREAD_PEAK].apart);
	spread_finish(&spread);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(noise_is_seldom_apart),
	    cmocka_unit_test(the_score_is_the_published_one),
	    cmocka_unit_test(what_hardly_differs_is_not_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
