// SPDX-License-Identifier: MIT
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "chart/chart.h"
#include "profile/process.h"
#include "render/html.h"

enum { TICKS = 5000 };

/* Children that come and go, each tick's total their sum and 10 more. */
static void tree(struct profile *profile, int children)
{
	struct run *run;

	profile_init(profile, "tree.dat");
	run = profile_add_run(profile);
	for (int i = 0; i < TICKS; i++) {
		double time_s = 1.7e9 + i * 0.1, sum = 10;

		for (int k = 0; k < children; k++) {
			double mib = (k + 1) * (1 + (i * (k % 5 + 3)) % 17);
			char key[16];

			if (i < k * 10 || i > TICKS - k * 20)
				continue;
			snprintf(key, sizeof(key), "%d", 100 + k);
			series_add(&run_process(run, key, strlen(key))->memory,
			    time_s, mib);
			sum += mib;
		}
		series_add(&run->total, time_s, sum);
	}
	run_place_by_time(run);
}

static void build(struct scene *scene, chart_build *kind,
    const struct profile *profile, struct chart_request request)
{
	struct chart_run run = {&profile->runs.items[0], "tree.dat"};
	struct err e;

	request.runs = &run;
	request.len = 1;
	assert_int_equal(kind(scene, &request, &e), 0);
}

static double at_time(const struct series *series, double time_s)
{
	size_t i = series_find(series, time_s);

	return i < series->len && series->items[i].time_s == time_s
		   ? series->items[i].mib
		   : 0;
}

/* The largest have lines of their own, the others' line is their sum. */
static void others_are_summed_up(void **state)
{
	const struct scene_line *others;
	struct profile profile;
	struct scene scene;

	(void)state;
	tree(&profile, 20);
	build(&scene, chart_timeline, &profile, (struct chart_request){0});
	assert_int_equal(scene.panels.items[0].lines.len, 9);
	others = &scene.panels.items[0].lines.items[8];
	assert_int_equal(others->role, ROLE_OTHER);
	assert_string_equal(others->name, "13 others together");
	for (int i = 0; i < TICKS; i += 37) {
		double time_s = profile.runs.items[0].total.items[i].time_s;
		double sum = 0;

		for (size_t k = 0; k < 13; k++)
			sum += at_time(
			    &profile.runs.items[0].processes.items[k].memory,
			    time_s);
		assert_true(
		    fabs(at_time(others->samples, time_s) - sum) < 1e-9);
	}
	scene_finish(&scene);
	profile_finish(&profile);
}

/* Layers lie on each other and reach the total at every tick that is kept,
 * and the highest tick is. */
static void layers_add_up(void **state)
{
	const struct scene_panel *panel;
	const struct series *total;
	const struct scene_line *last;
	struct profile profile;
	struct scene scene;
	double highest = 0;

	(void)state;
	tree(&profile, 20);
	total = &profile.runs.items[0].total;
	build(&scene, chart_stack, &profile, (struct chart_request){0});
	panel = &scene.panels.items[0];
	for (size_t i = 1; i < panel->lines.len; i++)
		assert_ptr_equal(panel->lines.items[i].base,
		    panel->lines.items[i - 1].samples);
	last = &panel->lines.items[panel->lines.len - 1];
	assert_true(last->samples->len <= 2001);
	for (size_t i = 0; i < last->samples->len; i++) {
		const struct sample *at = &last->samples->items[i];

		assert_true(fabs(at->mib - at_time(total, at->time_s)) < 1e-6);
		highest = fmax(highest, at->mib);
	}
	assert_true(fabs(highest - series_peak(total)->mib) < 1e-6);
	scene_finish(&scene);
	profile_finish(&profile);
}

/* A build: one after the other, a few at a time. */
static void build_of(struct profile *profile, int children)
{
	struct run *run;

	profile_init(profile, "make.dat");
	run = profile_add_run(profile);
	for (int i = 0; i < TICKS; i++) {
		double time_s = 1.7e9 + i * 0.1, sum = 10 + i % 3;

		for (int k = 0; k < children; k++) {
			double mib = 20 + (i * 7 + k) % 13;
			char key[16];

			if (i < k * 16 || i > k * 16 + 70)
				continue;
			snprintf(key, sizeof(key), "%d", 100 + k);
			series_add(&run_process(run, key, strlen(key))->memory,
			    time_s, mib);
			sum += mib;
		}
		series_add(&run->total, time_s, sum);
	}
	run_place_by_time(run);
}

static unsigned long long take_integer(const unsigned char **at)
{
	unsigned long long value = 0;
	int shift = 0;

	do {
		value |= (unsigned long long)(**at & 127) << shift;
		shift += 7;
	} while (*(*at)++ & 128);
	return value;
}

/* Adds what a page's series holds to sums; its times must be those of before,
 * where there were any. */
static void decode(
    const struct html_series *series, double *times, double *sums, bool first)
{
	const unsigned char *at = series->bytes.items;
	long long ticks = 0, steps = 0;

	for (size_t i = 0; i < series->count; i++) {
		unsigned long long step = take_integer(&at);
		unsigned long long change = take_integer(&at) / 2;

		ticks += (long long)(i ? step : step / 2);
		steps += change % 2 ? -(long long)(change / 2) - 1
				    : (long long)(change / 2);
		if (first)
			times[i] = (double)ticks / 1e4;
		assert_true(times[i] == (double)ticks / 1e4);
		sums[i] += (double)steps / 1024;
	}
}

/* A page that can't hold all of it leaves out the same times in each layer: at
 * those that are left they add up to the whole, as in a picture. */
static void a_page_of_layers_adds_up(void **state)
{
	static double times[TICKS], sums[TICKS];
	const struct series *total;
	struct profile profile;
	struct html_pack pack;
	struct scene scene;
	double highest = 0;
	size_t count;

	(void)state;
	build_of(&profile, 300);
	total = &profile.runs.items[0].total;
	build(&scene, chart_stack, &profile, (struct chart_request){0});
	html_pack(&pack, &scene, 1 << 20);
	assert_true(pack.series.len > 290);
	count = pack.series.items[0].count;
	assert_in_range(count, 400, 1900);
	for (size_t k = 0; k < pack.series.len; k++) {
		assert_int_equal(pack.series.items[k].count, count);
		decode(&pack.series.items[k], times, sums, k == 0);
	}
	for (size_t i = 0; i < count; i++) {
		double whole =
		    at_time(total, 1.7e9 + round(times[i] * 10) / 10);

		assert_true(fabs(sums[i] - whole) < 0.3);
		highest = fmax(highest, sums[i]);
	}
	assert_true(fabs(highest - series_peak(total)->mib) < 0.3);
	html_pack_finish(&pack);
	scene_finish(&scene);
	profile_finish(&profile);
}

/* A layer is what has a hundredth of the peak; the rest is one. */
static void small_ones_are_other(void **state)
{
	const struct scene_panel *panel;
	struct profile profile;
	struct scene scene;
	struct run *run;

	(void)state;
	tree(&profile, 1);
	run = &profile.runs.items[0];
	for (int k = 0; k < 3; k++) {
		struct process *tiny =
		    run_process(run, (char[]){(char)('1' + k), 0}, 1);

		series_add(&tiny->memory, run->total.items[50].time_s, 0.1);
	}
	run_place_by_time(run);
	build(&scene, chart_stack, &profile, (struct chart_request){0});
	panel = &scene.panels.items[0];
	assert_int_equal(panel->lines.len, 3);
	assert_string_equal(panel->lines.items[0].name, "the program itself");
	assert_string_equal(panel->lines.items[1].name, "child 100");
	assert_string_equal(panel->lines.items[2].name, "other (3)");
	scene_finish(&scene);
	profile_finish(&profile);
}

/* Old recordings: MEM is the program alone, and less than its children. */
static void mem_without_children(void **state)
{
	const struct scene_panel *panel;
	struct profile profile;
	struct scene scene;
	struct run *run;

	(void)state;
	tree(&profile, 2);
	run = &profile.runs.items[0];
	for (size_t i = 0; i < run->total.len; i++)
		run->total.items[i].mib = 2;
	build(&scene, chart_stack, &profile, (struct chart_request){0});
	panel = &scene.panels.items[0];
	assert_true(panel->lines.items[0].peak.mib == 2);
	scene_finish(&scene);
	profile_finish(&profile);
}

static void nothing_to_draw(void **state)
{
	struct profile profile;
	struct chart_run run;
	struct chart_request request = {.runs = &run, .len = 1};
	struct scene scene;
	struct err e;

	(void)state;
	profile_init(&profile, "empty.dat");
	profile_add_run(&profile);
	run = (struct chart_run){&profile.runs.items[0], "empty.dat"};
#define KIND(name, letter, summary)                                      \
	assert_int_equal(chart_##name(&scene, &request, &e), -1);        \
	assert_string_equal(e.text,                                      \
	    "empty.dat: holds no samples, so there is nothing to draw"); \
	scene_finish(&scene);
#include "chart/kinds.def"
#undef KIND
	profile_finish(&profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(others_are_summed_up),
	    cmocka_unit_test(layers_add_up),
	    cmocka_unit_test(a_page_of_layers_adds_up),
	    cmocka_unit_test(small_ones_are_other),
	    cmocka_unit_test(mem_without_children),
	    cmocka_unit_test(nothing_to_draw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
