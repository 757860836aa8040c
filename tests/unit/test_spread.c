// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/spread.h"
#include "base/mem.h"
#include "near.h"

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
	assert_near(spread.medians[SPREAD_PEAK], 103.5, 1e-9);
	assert_near(spread.members.items[7].scores[SPREAD_PEAK].z,
	    0.6745 * (200 - 103.5) / 2, 0.01);
	assert_true(spread.members.items[7].scores[SPREAD_PEAK].apart);
	assert_false(spread.members.items[0].scores[SPREAD_PEAK].apart);
	assert_near(spread_share(&spread), 100 / 103.5, 1e-9);
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

/* Members of a set, each with a name of one letter. */
static const char *const letters[] = {"a", "b", "c", "d", "e", "f", "g", "h",
    "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"};

static void make_set(
    struct overview *overviews, const double *peaks, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		overviews[i] = made(peaks[i]);
		overviews[i].name = (char *)letters[i];
		overviews[i].duration_s = 10;
	}
}

/* Ranks of one job of that size. */
static void make_ranks(
    struct overview *overviews, const long *ranks, size_t len, long size)
{
	for (size_t i = 0; i < len; i++) {
		overviews[i] = made(100);
		overviews[i].rank = ranks[i];
		overviews[i].ranks = size;
		overviews[i].job = (char *)"7";
	}
}

/* The sentence with that label; NULL where the set has none. */
static const char *says(
    const struct overview *overviews, size_t len, const char *label)
{
	static char text[512];
	struct spread_lines lines;
	struct spread spread;
	bool found = false;

	spread_init(&spread, overviews, len);
	spread_lines_init(&lines, &spread);
	for (size_t i = 0; i < lines.list.len; i++) {
		if (strcmp(lines.list.items[i].label, label) != 0)
			continue;
		assert_false(found); /* each is said once */
		found = true;
		snprintf(text, sizeof(text), "%s", lines.list.items[i].text);
	}
	spread_lines_finish(&lines);
	spread_finish(&spread);
	return found ? text : NULL;
}

static void assert_says(const struct overview *overviews, size_t len,
    const char *label, const char *expected)
{
	const char *got = says(overviews, len, label);

	assert_non_null(got);
	assert_string_equal(got, expected);
}

static void the_range_is_reported(void **state)
{
	static const double peaks[] = {300, 103, 101, 104, 102};
	struct overview overviews[5];

	(void)state;
	make_set(overviews, peaks, 5);
	assert_says(overviews, 5, "Set",
	    "5 recordings: lowest 101 MiB (c), median 103 MiB, highest 300 MiB "
	    "(a)");
	assert_says(overviews, 1, "Set",
	    "1 recording: lowest 300 MiB (a), median 300 MiB, highest 300 MiB "
	    "(a)");
	assert_null(says(overviews, 0, "Set"));
	assert_null(says(overviews, 5, "Failed"));
	assert_null(says(overviews, 5, "Missing ranks"));
	assert_null(says(overviews, 5, "Jobs"));
}

/* Equal peaks are in the order of their names. */
static void equal_members_are_in_order(void **state)
{
	struct overview overviews[4];
	struct spread spread;

	(void)state;
	make_set(overviews, (const double[]){5, 7, 5, 7}, 4);
	overviews[0].name = (char *)"x10";
	overviews[2].name = (char *)"x9";
	spread_init(&spread, overviews, 4);
	assert_string_equal(spread.members.items[0].overview->name, "x9");
	assert_string_equal(spread.members.items[1].overview->name, "x10");
	assert_string_equal(spread.members.items[2].overview->name, "b");
	assert_string_equal(spread.members.items[3].overview->name, "d");
	assert_near(spread_share(&spread), 2 / 6.0, 1e-9);
	spread_finish(&spread);
	spread_init(&spread, overviews, 0);
	assert_true(spread_share(&spread) == 0);
	spread_finish(&spread);
}

static void outliers_are_reported_the_farthest_first(void **state)
{
	static const double peaks[] = {
	    100, 101, 102, 103, 103, 104, 105, 309, 51.5};
	struct overview overviews[9];

	(void)state;
	make_set(overviews, peaks, 9);
	assert_says(overviews, 9, "Apart",
	    "h 309 MiB, 3 times the median; i 51.5 MiB, 50 % below the median "
	    "(by the median absolute deviation)");
	overviews[7].peak_mib = 206;
	overviews[8].peak_mib = 102;
	assert_says(overviews, 9, "Apart",
	    "h 206 MiB, 2 times the median (by the median absolute "
	    "deviation)");
	overviews[7].peak_mib = 164.8;
	assert_says(overviews, 9, "Apart",
	    "h 165 MiB, 60 % above the median (by the median absolute "
	    "deviation)");
	assert_says(
	    overviews, 7, "Apart", "none, by the median absolute deviation");
	assert_says(
	    overviews, 5, "Apart", "none, by the median absolute deviation");
	assert_says(overviews, 4, "Apart",
	    "too few to tell, 5 recordings are the least");
	assert_null(says(overviews, 9, "Apart in time"));
}

/* A median below 1 is one, too. */
static void short_recordings_are_compared(void **state)
{
	struct overview overviews[9];

	(void)state;
	for (size_t i = 0; i < 9; i++) {
		overviews[i] = made(100);
		overviews[i].name = (char *)letters[i];
		overviews[i].duration_s = i == 7 ? 1.5 : 0.5;
	}
	assert_says(overviews, 9, "Apart in time",
	    "h 1.50 s, 3 times the median (by the median absolute deviation)");
}

/* The limit of 8 members is 10: 5 + 40 / 8. */
static void the_limit_is_the_documented_one(void **state)
{
	static const double peaks[] = {98, 99, 99, 100, 100, 101, 101, 0};
	struct overview overviews[8];
	struct spread spread;

	(void)state;
	make_set(overviews, peaks, 8);
	for (int step = -1; step <= 1; step += 2) {
		double z = 10 + 0.05 * step;

		/* median 100 and deviation 1 */
		overviews[7].peak_mib = 100 + z * 1.4826;
		spread_init(&spread, overviews, 8);
		assert_near(
		    spread.members.items[7].scores[SPREAD_PEAK].z, z, 1e-9);
		assert_int_equal(
		    spread_is_apart(&spread.members.items[7]), step > 0);
		assert_false(spread_is_apart(&spread.members.items[0]));
		spread_finish(&spread);
	}
}

static void who_took_longer_is_reported(void **state)
{
	static const double peaks[] = {100, 101, 102, 103, 103, 104};
	struct overview overviews[6];
	struct spread spread;

	(void)state;
	make_set(overviews, peaks, 6);
	overviews[2].duration_s = 40;
	assert_says(overviews, 6, "Apart in time",
	    "c 40.0 s, 4 times the median (by the median absolute deviation)");
	assert_says(
	    overviews, 6, "Apart", "none, by the median absolute deviation");
	spread_init(&spread, overviews, 6);
	assert_true(spread_is_apart(&spread.members.items[2]));
	assert_false(spread_is_apart(&spread.members.items[1]));
	assert_true(spread.medians[SPREAD_DURATION] == 10);
	spread_finish(&spread);
	assert_says(overviews, 4, "Apart",
	    "too few to tell, 5 recordings are the least");
	assert_null(says(overviews, 4, "Apart in time"));
}

static void eight_outliers_are_named(void **state)
{
	struct overview overviews[MOST];

	(void)state;
	for (size_t outliers = 8; outliers <= 10; outliers++) {
		const char *got;

		for (size_t i = 0; i < 40; i++) {
			overviews[i] = made(100 + (double)(i % 3));
			if (i >= outliers)
				continue;
			overviews[i] = made(2000 - 10 * (double)i);
			overviews[i].name = (char *)letters[i];
		}
		got = says(overviews, 40, "Apart");
		assert_non_null(strstr(got, "a 1.95 GiB, "));
		assert_non_null(strstr(got, "; h 1.88 GiB, "));
		assert_null(strstr(got, "; i "));
		assert_int_equal(strstr(got, " more") != NULL, outliers > 8);
		assert_int_equal(
		    strstr(got, "; and 1 more (by") != NULL, outliers == 9);
		assert_int_equal(
		    strstr(got, "; and 2 more (by") != NULL, outliers == 10);
	}
}

static void end_with(struct overview *overview, int code)
{
	overview->ended = true;
	overview->exit =
	    (struct exit_status){.recorded = true, .known = true, .code = code};
}

static void failures_are_reported(void **state)
{
	static const double peaks[] = {
	    100, 101, 102, 103, 104, 105, 106, 107, 108, 109};
	struct overview overviews[10];

	(void)state;
	make_set(overviews, peaks, 10);
	end_with(&overviews[1], 3);
	end_with(&overviews[2], 0);
	overviews[4].ending = RUN_CUT_OFF;
	assert_says(overviews, 10, "Failed", "b: 3; e: cut off");
	overviews[3].measured = false;
	assert_says(
	    overviews, 10, "Failed", "b: 3; e: cut off; 1 without a sample");
	assert_says(&overviews[3], 1, "Failed", "1 without a sample");
	for (size_t i = 0; i < 8; i++) {
		overviews[i].measured = true;
		end_with(&overviews[i], 1);
	}
	assert_says(overviews, 10, "Failed",
	    "a: 1; b: 1; c: 1; d: 1; e: cut off; f: 1; g: 1; h: 1");
	end_with(&overviews[8], 1);
	assert_says(overviews, 10, "Failed",
	    "a: 1; b: 1; c: 1; d: 1; e: cut off; f: 1; g: 1; h: 1; and 1 more");
	end_with(&overviews[9], 1);
	assert_says(overviews, 10, "Failed",
	    "a: 1; b: 1; c: 1; d: 1; e: cut off; f: 1; g: 1; h: 1; and 2 more");
}

static void ranks_that_are_missing_are_reported(void **state)
{
	static const long some[] = {0, 1, 2, 4, 8};
	struct overview overviews[12];

	(void)state;
	make_ranks(overviews, some, 5, 9);
	assert_says(overviews, 5, "Missing ranks", "3, 5-7 of 9 (4)");
	/* a file that was cut off at once tells no rank */
	overviews[5] =
	    (struct overview){.name = (char *)"y", .rank = -1, .ranks = -1};
	assert_says(overviews, 6, "Missing ranks", "3, 5-7 of 9 (4)");
	/* one that was measured, and has none, is of another kind */
	overviews[5].measured = true;
	assert_null(says(overviews, 6, "Missing ranks"));
	make_ranks(overviews, some, 5, 9);
	overviews[4].ranks = 10;
	assert_null(says(overviews, 5, "Missing ranks"));
	make_ranks(overviews, some, 5, 9);
	overviews[4].job = (char *)"8";
	assert_null(says(overviews, 5, "Missing ranks"));
	/* no size, and one too large to be true */
	make_ranks(overviews, some, 5, 0);
	assert_null(says(overviews, 5, "Missing ranks"));
	make_ranks(overviews, some, 5, 10000001);
	assert_null(says(overviews, 5, "Missing ranks"));
	make_ranks(overviews, some, 3, 3);
	assert_null(says(overviews, 3, "Missing ranks"));
	make_ranks(overviews, some, 1, 2);
	assert_says(overviews, 1, "Missing ranks", "1 of 2 (1)");
}

static void eight_stretches_of_ranks_are_named(void **state)
{
	static const long odd[] = {1, 3, 5, 7, 9, 11, 13, 15, 17};
	struct overview overviews[9];

	(void)state;
	make_ranks(overviews, odd, 8, 16);
	assert_says(overviews, 8, "Missing ranks",
	    "0, 2, 4, 6, 8, 10, 12, 14 of 16 (8)");
	make_ranks(overviews, odd, 9, 18);
	assert_says(overviews, 9, "Missing ranks",
	    "0, 2, 4, 6, 8, 10, 12, 14, ... of 18 (9)");
}

static void several_jobs_are_reported(void **state)
{
	static const double peaks[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
	struct overview overviews[12];
	struct spread spread;
	char jobs[12][4];

	(void)state;
	make_set(overviews, peaks, 12);
	assert_null(says(overviews, 12, "Jobs"));
	for (size_t i = 0; i < 12; i++) {
		snprintf(jobs[i], sizeof(jobs[i]), "%d", i < 6 ? 70 : 71);
		overviews[i].job = jobs[i];
	}
	assert_null(says(overviews, 6, "Jobs"));
	assert_says(
	    overviews, 12, "Jobs", "70, 71: the files are of several jobs");
	overviews[3].job = NULL;
	overviews[5].job = NULL;
	assert_says(overviews, 12, "Jobs",
	    "70, none, 71: the files are of several jobs");
	for (size_t i = 0; i < 12; i++)
		overviews[i].job = (char *)letters[i];
	assert_says(overviews, 8, "Jobs",
	    "a, b, c, d, e, f, g, h: the files are of several jobs");
	assert_says(overviews, 12, "Jobs",
	    "a, b, c, d, e, f, g, h, ...: the files are of several jobs");
	spread_init(&spread, overviews, 12);
	assert_int_equal(spread.jobs.len, 9); /* one more than is named */
	spread_finish(&spread);
}

static void measures_that_differ_are_not_compared(void **state)
{
	static const double peaks[] = {100, 300, 100, 100, 100, 100};
	struct overview overviews[6];
	struct spread spread;

	(void)state;
	make_set(overviews, peaks, 6);
	overviews[1].measure = overviews[3].measure = (char *)"rss";
	assert_non_null(says(overviews, 6, "Apart"));
	overviews[4].measure = (char *)"pss";
	overviews[5].measure = (char *)"uss"; /* a third changes nothing */
	assert_says(
	    overviews, 6, "Set", "not compared: some record rss, some pss");
	assert_null(says(overviews, 6, "Apart"));
	spread_init(&spread, overviews, 6);
	assert_true(isnan(spread_share(&spread)));
	spread_finish(&spread);
}

/* The JSON of a set, on one line. */
static const char *written(const struct overview *overviews, size_t len)
{
	static char text[2048];
	FILE *out = fmemopen(text, sizeof(text), "w");
	struct spread spread;
	struct json json;

	spread_init(&spread, overviews, len);
	json_init_line(&json, out);
	spread_write(&spread, &json);
	fclose(out);
	spread_finish(&spread);
	return text;
}

#define TESTED                                                              \
	"\"test\":\"modified z-score (median absolute deviation; Iglewicz " \
	"and Hoaglin 1993) above 5 + 40 / count\","

static void a_set_is_written(void **state)
{
	static const double peaks[] = {98, 99, 99, 100, 101, 101, 160, 40};
	static const long some[] = {0, 2};
	struct overview overviews[8];

	(void)state;
	make_set(overviews, peaks, 8);
	overviews[1].duration_s = 20;
	assert_string_equal(written(overviews, 8),
	    "{\"count\":8," TESTED
	    "\"lowest\":{\"path\":\"h\",\"peak_mib\":40},"
	    "\"highest\":{\"path\":\"g\",\"peak_mib\":160},"
	    "\"apart\":[{\"path\":\"g\",\"peak_mib\":160,\"z\":27.204,"
	    "\"duration_s\":10,\"duration_z\":0},"
	    "{\"path\":\"b\",\"peak_mib\":99,\"z\":-0.225,"
	    "\"duration_s\":20,\"duration_z\":67.45},"
	    "{\"path\":\"h\",\"peak_mib\":40,\"z\":-26.755,"
	    "\"duration_s\":10,\"duration_z\":0}],"
	    "\"median_mib\":99.5,\"spread\":1.20603,\"missing_ranks\":[],"
	    "\"jobs\":[null]}\n");
	make_ranks(overviews, some, 2, 4);
	assert_string_equal(written(overviews, 2),
	    "{\"count\":2," TESTED
	    "\"lowest\":{\"path\":\"x\",\"peak_mib\":100},"
	    "\"highest\":{\"path\":\"x\",\"peak_mib\":100},\"apart\":[],"
	    "\"median_mib\":100,\"spread\":0,\"missing_ranks\":[1,3],"
	    "\"jobs\":[\"7\"]}\n");
}

static void a_set_without_figures_is_written(void **state)
{
	struct overview overviews[2] = {{0}};

	(void)state;
	assert_string_equal(written(overviews, 0),
	    "{\"count\":0," TESTED "\"median_mib\":null,\"spread\":null,"
	    "\"missing_ranks\":[],\"jobs\":[]}\n");
	make_set(overviews, (const double[]){1, 2}, 2);
	overviews[0].measure = (char *)"rss";
	overviews[1].measure = (char *)"pss";
	assert_string_equal(written(overviews, 2),
	    "{\"count\":2," TESTED "\"median_mib\":null,\"spread\":null,"
	    "\"missing_ranks\":[],\"jobs\":[null]}\n");
}

/* Nothing differs from nothing, and a rank of a job without a size is none. */
static void nothing_is_apart_from_nothing(void **state)
{
	static const long some[] = {0, 1, 2};
	struct overview overviews[8];
	struct spread spread;

	(void)state;
	make_set(overviews, (const double[]){0, 0, 0, 0, 0, 0}, 6);
	spread_init(&spread, overviews, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_true(spread.members.items[i].scores[SPREAD_PEAK].z == 0);
		assert_false(spread_is_apart(&spread.members.items[i]));
	}
	assert_true(spread_share(&spread) == 0);
	spread_finish(&spread);
	make_ranks(overviews, some, 3, 9);
	overviews[0].ranks = 0;
	assert_null(says(overviews, 3, "Missing ranks"));
	/* one that lies beyond the job, or twice in it, is no other */
	make_ranks(overviews, some, 3, 3);
	overviews[2].rank = 3;
	assert_says(overviews, 3, "Missing ranks", "2 of 3 (1)");
	overviews[2].rank = 1;
	assert_says(overviews, 3, "Missing ranks", "2 of 3 (1)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(noise_is_seldom_apart),
	    cmocka_unit_test(the_score_is_the_published_one),
	    cmocka_unit_test(what_hardly_differs_is_not_apart),
	    cmocka_unit_test(the_range_is_reported),
	    cmocka_unit_test(equal_members_are_in_order),
	    cmocka_unit_test(short_recordings_are_compared),
	    cmocka_unit_test(outliers_are_reported_the_farthest_first),
	    cmocka_unit_test(the_limit_is_the_documented_one),
	    cmocka_unit_test(who_took_longer_is_reported),
	    cmocka_unit_test(eight_outliers_are_named),
	    cmocka_unit_test(failures_are_reported),
	    cmocka_unit_test(ranks_that_are_missing_are_reported),
	    cmocka_unit_test(eight_stretches_of_ranks_are_named),
	    cmocka_unit_test(several_jobs_are_reported),
	    cmocka_unit_test(measures_that_differ_are_not_compared),
	    cmocka_unit_test(a_set_is_written),
	    cmocka_unit_test(a_set_without_figures_is_written),
	    cmocka_unit_test(nothing_is_apart_from_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
