// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/held.h"
#include "analysis/origin.h"
#include "base/mem.h"
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

/* It is held at the highest sample, so that is the moment. */
static void a_single_allocation_is_held_at_the_peak(void **state)
{
	struct profile profile;
	struct run *run = start(&profile);
	struct held_part part;

	(void)state;
	series_add(&run->total, 1, 50);
	series_add(&run->total, 2, 90);
	series_add(&run->total, 3, 40);
	make(run, 1.5, 10);
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

/* As in a tree whose main program has an allocator of its own, while a small
 * one before it is sampled. */
static void what_was_touched_at_the_peak_is_not_hidden(void **state)
{
	(void)state;
	for (double touched = 3; touched <= 5; touched++) {
		struct allocation page = {.id = 1,
		    .time_s = 2.5,
		    .mib = touched,
		    .size_mib = touched};
		struct profile profile;
		struct run *run = start(&profile);
		struct held_part part;

		series_add(&run->total, 1, 3);
		series_add(&run->total, 3, 800);
		make(run, 1.1, 2);
		allocations_end(&run->allocations, 1, 1, 1.4, true);
		page.site = run_site(run, 77);
		assert_true(allocations_add(&run->touches, &page));
		run_settle_sites(run);
		part = held_at_peak(run);
		assert_int_equal(
		    part.source, touched > 4 ? SOURCE_TOUCHED : SOURCE_HELD);
		assert_int_equal(held_source(run), part.source);
		assert_true(part.at_s == (touched > 4 ? 3 : 1.4));
		assert_int_equal(part.until_end, touched <= 4);
		profile_finish(&profile);
	}
}

/* Nor by what a small one holds at that moment. */
static void little_that_is_held_hides_nothing(void **state)
{
	(void)state;
	for (double touched = 90; touched <= 110; touched += 20) {
		struct allocation page = {.id = 1,
		    .time_s = 2.5,
		    .mib = touched,
		    .size_mib = touched};
		struct profile profile;
		struct run *run = start(&profile);

		series_add(&run->total, 1, 3);
		series_add(&run->total, 3, 800);
		make(run, 1.1, 2);
		page.site = run_site(run, 77);
		assert_true(allocations_add(&run->touches, &page));
		run_settle_sites(run);
		assert_int_equal(held_source(run),
		    touched > 100 ? SOURCE_TOUCHED : SOURCE_HELD);
		profile_finish(&profile);
	}
}

/* A Python without samples, whose stacks are read on the clock, beside small
 * programs. */
static void most_of_it_is_the_source(void **state)
{
	(void)state;
	for (double grown = 100; grown <= 120; grown += 20) {
		struct allocation page = {
		    .id = 1, .time_s = 2.5, .mib = 110, .size_mib = 110};
		struct frame *frames = mem_zero(1, sizeof(*frames));
		struct profile profile;
		struct run *run = start(&profile);
		size_t place;

		frames->file = mem_copy("a.py");
		frames->function = mem_copy("f");
		series_add(&run->total, 1, 3);
		series_add(&run->total, 3, 800);
		make(run, 1.1, 2);
		page.site = run_site(run, 77);
		assert_true(allocations_add(&run->touches, &page));
		place = run_stack(run, 1);
		run->stacks.items[place].frames = frames;
		run->stacks.items[place].len = 1;
		for (int i = 1; i <= 2; i++)
			*array_push(&run->stack_samples) =
			    (struct stack_sample){.time_s = i,
				.mib = i * grown,
				.stack = place,
				.pid = 5};
		run_settle_sites(run);
		assert_int_equal(held_source(run),
		    grown > 110 ? SOURCE_CLOCK : SOURCE_TOUCHED);
		profile_finish(&profile);
	}
}

/* The moment after the last sample is the peak if more than twice as much was
 * held then as at the highest sample. */
static void the_most_may_come_after_the_last_sample(void **state)
{
	(void)state;
	for (double later = 29; later <= 31; later++) {
		struct profile profile;
		struct run *run = start(&profile);
		struct held_part part;

		series_add(&run->total, 1, 50);
		series_add(&run->total, 2, 90);
		make(run, 1.5, 30);
		assert_int_equal(held_source(run), SOURCE_HELD);
		make(run, 2.5, later);
		run_settle_sites(run);
		part = held_at_peak(run);
		assert_true(part.at_s == (later > 30 ? 2.5 : 2));
		assert_int_equal(part.until_end, later > 30);
		profile_finish(&profile);
	}
}

/* A free shows that a table was read, so that the sum is right then. */
static void the_most_is_seen_at_a_reading(void **state)
{
	struct profile profile;
	struct run *run = start(&profile);
	struct held_part part;

	(void)state;
	make(run, 1.1, 20);
	make(run, 1.2, 30);
	make(run, 1.3, 7);
	allocations_end(&run->allocations, 1, 1, 1.3, false);
	allocations_end(&run->allocations, 2, 3, 1.4, false);
	run_settle_sites(run);
	part = held_at_peak(run);
	assert_true(part.at_s == 1.3 && part.until_end);
	assert_true(held_at(run, &part) == 37);
	profile_finish(&profile);
}

/* Programs that ran one after another between two readings. */
static void one_after_another_the_largest_is_the_most(void **state)
{
	struct profile profile;
	struct run *run = start(&profile);
	struct held_part part;

	(void)state;
	for (int i = 0; i < 5; i++) {
		uint64_t id = run->allocations.len + 1;

		make(run, 1 + i, 10);
		make(run, 1.1 + i, i == 2 ? 12 : 10);
		allocations_end_before(
		    &run->allocations, id, id + 1, 1.2 + i, 9);
	}
	run_settle_sites(run);
	part = held_at_peak(run);
	assert_true(part.at_s == 1.1 + 2 && part.until_end);
	assert_true(held_at(run, &part) == 22);
	profile_finish(&profile);
}

/* Beside a process that goes on: what it freed by the next reading may have
 * been freed before that end, but not before the last reading. */
static void at_an_end_between_readings_what_is_sure_counts(void **state)
{
	(void)state;
	for (double read_s = 2.1; read_s <= 2.3; read_s += 0.2) {
		struct profile profile;
		struct run *run = start(&profile);
		struct held_part part;

		make(run, 1.0, 40);
		make(run, 1.1, 1);
		make(run, 2.0, 50);
		allocations_end_before(&run->allocations, 3, 3, 2.2, 3);
		allocations_end(&run->allocations, 1, 1, 4, false);
		/* A reading before that end, or after it. */
		allocations_end(&run->allocations, 2, 2, read_s, false);
		run_settle_sites(run);
		part = held_at_peak(run);
		if (read_s < 2.2) {
			assert_true(part.at_s == 2.1);
			assert_true(held_at(run, &part) == 90);
		} else {
			assert_true(part.at_s == 2.0);
			assert_true(held_at(run, &part) == 90);
		}
		profile_finish(&profile);
	}
}

/* As much is held at two moments. */
static void the_first_of_equal_moments_is_the_most(void **state)
{
	struct profile profile;
	struct run *run = start(&profile);

	(void)state;
	make(run, 1.0, 10);
	make(run, 1.1, 20);
	allocations_end(&run->allocations, 1, 1, 1.2, false);
	make(run, 1.3, 5);
	allocations_end(&run->allocations, 3, 3, 1.4, false);
	allocations_end(&run->allocations, 2, 2, 1.5, false);
	run_settle_sites(run);
	assert_true(held_at_peak(run).at_s == 1.2);
	profile_finish(&profile);
}

/* A program that frees all when it ends, after a while in which nothing
 * changed.
 */
static void the_most_since_a_moment_is_at_a_sample(void **state)
{
	struct profile profile;
	struct run *run = start(&profile);
	struct held_part part = {.from_s = 2,
	    .to_s = INFINITY,
	    .at_s = 9,
	    .until_end = true,
	    .source = SOURCE_HELD};

	(void)state;
	held_part_to_most(&part, run);
	assert_true(part.at_s == 9 && part.until_end);
	for (int i = 1; i < 9; i++)
		series_add(&run->total, i, 50);
	make(run, 1, 100); /* before that moment */
	make(run, 3.5, 10);
	make(run, 4.5, 20);
	make(run, 8, 5);
	allocations_end(&run->allocations, 1, 2, 8, false);
	run_settle_sites(run);
	held_part_to_most(&part, run);
	assert_true(part.at_s == 5 && !part.until_end);
	assert_true(held_at(run, &part) == 30);
	/* The rest of a mapping counts from the time at which it was cut. */
	make(run, 2.5, 60);
	allocations_end(&run->allocations, 5, 5, 6, false);
	make(run, 2.5, 30);
	run->allocations.items[5].begun_s = 6;
	make(run, 6.5, 40);
	held_part_to_most(&part, run);
	assert_true(part.at_s == 7);
	assert_true(held_at(run, &part) == 100);
	profile_finish(&profile);
}

/* Frames of machine code: the library of mprof is distinguished from the
 * allocator's functions in it. */
static void what_the_recorder_does_is_credited_to_it(void **state)
{
	static char library[] = "/usr/lib/mprof/allocation.so";
	static char libc[] = "/usr/lib/x86_64-linux-gnu/libc.so.6";
	static char program[] = "/srv/app/server";
	static struct frame frames[] = {
	    {"libc.c", 1, "sysmalloc", libc},
	    {"hooks.c", 2, "malloc", library},
	    {"server.c", 3, "serve", program},
	};
	static struct frame table[] = {
	    {"log.c", 1, "log_intern", library},
	    {"hooks.c", 2, "malloc", library},
	    {"server.c", 3, "serve", program},
	};
	static struct frame back[] = {
	    {"server.c", 3, "compare", program},
	    {"log.c", 1, "log_intern", library},
	};
	static struct frame other[] = {
	    {"a.c", 1, "fill", "/srv/app/allocation.so"},
	};
	const struct stack passing = {1, frames, 3}, own = {2, table, 3},
			   called = {3, back, 2}, named = {4, other, 1};

	(void)state;
	assert_false(origin_is_recorders(&passing));
	assert_int_equal(origin_leader(&passing), 2);
	assert_true(origin_is_recorders(&own));
	assert_false(origin_is_recorders(&called));
	assert_false(origin_is_recorders(&named));
	assert_int_equal(origin_of(&other[0]), ORIGIN_OWN);
}

/* A stack that was cut before the program's own code. */
static void a_library_leads_where_it_is_the_programs_nearest(void **state)
{
	static char libc[] = "/usr/lib/x86_64-linux-gnu/libc.so.6";
	static char library[] = "/usr/lib/libMagickCore-6.Q16.so.6";
	static char hook[] = "/usr/lib/mprof/allocation.so";
	static struct frame cut[] = {
	    {"memmove.S", 664, "__memmove_avx512_unaligned_erms", libc},
	    {"", 0, "+0x4fcfa", library},
	    {"", 0, "+0x30abd", library},
	};
	static struct frame python[] = {
	    {"", 0, "+0x4fcfa", library},
	    {"/usr/lib/python3/dist-packages/a.py", 3, "load", NULL},
	};
	static struct frame none[] = {
	    {"malloc.c", 1, "sysmalloc", libc},
	    {"hooks.c", 2, "malloc", hook},
	    {"", 0, "+0x1", libc},
	};
	const struct stack of_library = {1, cut, 3}, of_python = {2, python, 2},
			   of_none = {3, none, 3};

	(void)state;
	assert_int_equal(origin_leader(&of_library), 1);
	assert_int_equal(origin_leader(&of_python), 1);
	assert_int_equal(origin_leader(&of_none), 0);
}

/* Memory of a process that has ended is held no more. */
static void what_has_ended_is_not_added(void **state)
{
	struct profile profile;
	struct run *run = start(&profile);
	struct held_part part;

	(void)state;
	make(run, 1, 50);
	allocations_end(&run->allocations, 1, 1, 2, true);
	make(run, 3, 30);
	run_settle_sites(run);
	part = held_at_peak(run);
	assert_true(part.at_s == 2 && part.until_end);
	assert_true(held_at(run, &part) == 50);
	profile_finish(&profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_sampled_peak_is_the_moment),
	    cmocka_unit_test(a_single_allocation_is_held_at_the_peak),
	    cmocka_unit_test(no_sample_fell_into_a_short_run),
	    cmocka_unit_test(what_was_freed_meanwhile_is_not_added),
	    cmocka_unit_test(a_peak_of_something_else_does_not_hide_all),
	    cmocka_unit_test(what_was_touched_at_the_peak_is_not_hidden),
	    cmocka_unit_test(little_that_is_held_hides_nothing),
	    cmocka_unit_test(most_of_it_is_the_source),
	    cmocka_unit_test(the_most_may_come_after_the_last_sample),
	    cmocka_unit_test(one_after_another_the_largest_is_the_most),
	    cmocka_unit_test(at_an_end_between_readings_what_is_sure_counts),
	    cmocka_unit_test(the_first_of_equal_moments_is_the_most),
	    cmocka_unit_test(the_most_since_a_moment_is_at_a_sample),
	    cmocka_unit_test(the_most_is_seen_at_a_reading),
	    cmocka_unit_test(what_the_recorder_does_is_credited_to_it),
	    cmocka_unit_test(a_library_leads_where_it_is_the_programs_nearest),
	    cmocka_unit_test(what_has_ended_is_not_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
