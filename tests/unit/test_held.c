// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/held.h"
#include "profile/allocations.h"
#include "profile/profile.h"

static struct run *start(struct profile *profile)
{
	profile_init(profile, "made");
	return profile_add_run(profile);
}

static void make(struct run *run, double time_s, double mib)
{
	struct allocation one = {.time_s = time_s,
	    .mib = mib,
	    .id = run->allocations.len + 1,
	    .site = run_site(run, 1)};

	assert_true(allocations_add(&run->allocations, &one));
}

static double held_at(const struct run *run, const struct held_part *part)
{
	struct held held;
	double mib;

	held_init(&held, run, part);
	mib = held.mib;
	held_finish(&held);
	return mib;
}

static void a_sampled_peak_is_the_moment(void **state)
{
	struct profile profile;
	struct run *run = start(&profile);
	struct held_part part;

	(void)state;
	series_add(&run->total, 1, 50);
	series_add(&run->total, 2, 90);
	series_add(&run->total, 3, 40);
	series_add(&run->peaks, 2, 91); /* by counters that differ a little */
	make(run, 0.5, 60);
	make(run, 1.5, 10);
	allocations_end(&run->allocations, 1, 1, 2, false);
	run_settle_sites(run);
	part = held_at_peak(run);
	assert_true(part.at_s == 2 && !part.until_end);
	assert_true(held_at(run, &part) == 10);
	profile_finish(&profile);
}

static void no_sample_fell_into_a_short_run(void **state)
{
	struct profile profile;
	struct run *run = start(&profile);
	struct held_part part;

	(void)state;
	series_add(&run->total, 1, 1.5);
	series_add(&run->peaks, 1, 39);
	make(run, 1.1, 20);
	make(run, 1.2, 6);
	run_settle_sites(run);
	part = held_at_peak(run);
	assert_true(part.at_s == 1.2 && part.until_end);
	assert_true(held_at(run, &part) == 26);
	/* A metric without high-water marks has no PEAK above its samples. */
	run->peaks.len = 0;
	part = held_at_peak(run);
	assert_true(held_at(run, &part) == 26);
	/* Nothing at all was measured. */
	run->total.len = 0;
	part = held_at_peak(run);
	assert_true(held_at(run, &part) == 26);
	profile_finish(&profile);
}

static void what_was_freed_meanwhile_is_not_added(void **state)
{
	struct profile profile;
	struct run *run = start(&profile);
	struct held_part part;

	(void)state;
	series_add(&run->total, 1, 1.5);
	series_add(&run->total, 3, 1.5);
	series_add(&run->total, 4, 1.5);
	series_add(&run->peaks, 1, 39);
	make(run, 1.1, 20);
	make(run, 1.9, 21);
	make(run, 2.9, 22);
	allocations_end(&run->allocations, 1, 1, 2, false);
	allocations_end(&run->allocations, 2, 2, 3, false);
	allocations_end(
	    &run->allocations, 3, 3, 3, true); /* its process ended */
	run_settle_sites(run);
	part = held_at_peak(run);
	assert_true(part.at_s == 3 && part.until_end);
	assert_true(held_at(run, &part) == 22);
	profile_finish(&profile);
}

static void a_peak_of_something_else_does_not_hide_all(void **state)
{
	struct profile profile;
	struct run *run = start(&profile);
	struct held_part part;

	(void)state;
	series_add(&run->total, 1, 500);
	series_add(&run->total, 2, 60);
	series_add(&run->total, 3, 60);
	make(run, 1.5, 30);
	run_settle_sites(run);
	part = held_at_peak(run);
	assert_true(held_at(run, &part) == 30);
	profile_finish(&profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_sampled_peak_is_the_moment),
	    cmocka_unit_test(no_sample_fell_into_a_short_run),
	    cmocka_unit_test(what_was_freed_meanwhile_is_not_added),
	    cmocka_unit_test(a_peak_of_something_else_does_not_hide_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
