// SPDX-License-Identifier: MIT
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "chart/chart.h"
#include "layout/layout.h"
#include "profile/process.h"

/* Every letter is 0.6 of its size wide. */
static double fixed_width(void *fonts, const char *text, double size, bool bold)
{
	(void)fonts;
	(void)bold;
	return 0.6 * size * (double)utf8_width(text);
}

static void draw_scene(struct drawing *drawing, const struct scene *scene,
    double width, double height)
{
	struct layout_request request = {.width = width,
	    .height = height,
	    .density = 1,
	    .measure = {fixed_width, NULL}};

	layout_scene(drawing, scene, &request);
}

static struct process *add_process(struct run *run, int pid)
{
	char key[16];
	struct process *process;
	int len = snprintf(key, sizeof(key), "%d", pid);

	process = run_process(run, key, (size_t)len);
	if (rand() % 2)
		process->command = mem_copy(
		    "/usr/lib/some/where/very/deep/python3 -m tool --option");
	return process;
}

static void add_call(struct run *run, int level, double enter_s, double leave_s)
{
	*array_push(&run->calls) =
	    (struct call){.name = mem_format("pkg.module_%d.function_%d",
			      rand() % 3, rand() % 40),
		.enter_s = enter_s,
		.leave_s = leave_s,
		.enter_mib = rand() % 100,
		.leave_mib = rand() % 100,
		.level = level,
		.pid = 10 + rand() % 2,
		.tid = 0};
}

/* A reading of all figures; counts mostly rise. */
static void add_usage(struct run *run, double time_s)
{
	struct usage_series *usage = usage_at(&run->usage);

	for (size_t i = 0; i < FIGURES; i++) {
		struct series *readings = &usage->figures[i];
		double before = readings->len > 0
				    ? readings->items[readings->len - 1].mib
				    : 0;

		if (rand() % 8 > 0)
			series_add(readings, time_s,
			    fmax(0, before + rand() % 1000 - 100));
	}
}

/* A recording as ugly as they come: long names, many of everything. */
static void ugly(struct profile *profile, unsigned seed)
{
	struct run *run;
	double start = 1.7e9, step = pow(10, (int)seed % 8 - 4);
	double size = pow(10, (int)(seed / 8) % 9 - 2);
	size_t len = (size_t[]){1, 2, 3, 50, 3000}[seed % 5];
	size_t children = (size_t[]){0, 1, 5, 60}[seed / 3 % 4];

	srand(seed);
	profile_init(profile, "ugly.dat");
	run = profile_add_run(profile);
	run->command = mem_format("%0*d", seed % 3 ? 40 : 3000, 7);
	for (size_t i = 0; i < len; i++)
		series_add(&run->total,
		    start + (double)i * step +
			(i > len / 2 && seed % 2 ? 1000 * step : 0),
		    size * (1 + rand() % 100));
	for (size_t k = 0; k < children; k++) {
		struct process *process = add_process(run, 100 + (int)k);

		for (size_t i = 0; i < len; i += 1 + k % 3)
			series_add(&process->memory, run->total.items[i].time_s,
			    size * (rand() % 50));
		process->exit = (struct exit_status){.recorded = true,
		    .known = true,
		    .signal = (int)k % 4 ? 0 : 9,
		    .time_s = start + (double)(rand() % 100) * step};
	}
	for (size_t i = 0; i < seed % 7 * 5; i++)
		add_call(run, rand() % 5, start + rand() % 50 * step,
		    start + (50 + rand() % 50) * step);
	for (size_t i = 0; i < seed % 6 * 4; i++)
		*array_push(&run->marks) =
		    (struct mark){.time_s = start + rand() % 3000 * step,
			.mib = 1,
			.label = mem_format("label of mark number %zu", i)};
	run->exit = (struct exit_status){.recorded = seed % 2,
	    .known = seed % 2,
	    .signal = 9,
	    .oom = true,
	    .time_s = start + (double)len * step};
	series_add(&run->peaks, start + step, size * 101);
	for (size_t i = 0; seed % 3 == 1 && i < len; i++)
		add_usage(run, run->total.items[i].time_s);
}

static bool overlap(const struct draw_box *a, const struct draw_box *b)
{
	const double e = 1e-6;

	return a->x + e < b->x + b->w && b->x + e < a->x + a->w &&
	       a->y + e < b->y + b->h && b->y + e < a->y + a->h;
}

/* Lines of text may touch: a box is higher than its letters. */
static struct draw_box letters_of(const struct shape *shape)
{
	struct draw_box box = shape->box;

	box.y += 0.15 * shape->width;
	box.h = 1.05 * shape->width;
	return box;
}

static void check_texts(const struct drawing *drawing)
{
	for (size_t i = 0; i < drawing->shapes.len; i++) {
		const struct shape *a = &drawing->shapes.items[i];
		struct draw_box box = letters_of(a);

		if (a->kind != SHAPE_TEXT)
			continue;
		if (box.x < 0 || box.y < 0 || box.x + box.w > drawing->width ||
		    box.y + box.h > drawing->height)
			fail_msg("cut off in %.0fx%.0f: %s", drawing->width,
			    drawing->height, a->text);
		for (size_t k = 0; k < i; k++) {
			const struct shape *b = &drawing->shapes.items[k];
			struct draw_box other = letters_of(b);

			if (b->kind == SHAPE_TEXT && overlap(&box, &other))
				fail_msg("%.0fx%.0f: '%s' lies over '%s'",
				    drawing->width, drawing->height, a->text,
				    b->text);
		}
	}
}

static bool has_text(const struct drawing *drawing, const char *part)
{
	for (size_t i = 0; i < drawing->shapes.len; i++) {
		if (drawing->shapes.items[i].text &&
		    strstr(drawing->shapes.items[i].text, part))
			return true;
	}
	return false;
}

/* Whether the line from a to b runs through the box. */
static bool runs_through(const struct draw_point *a, const struct draw_point *b,
    const struct draw_box *box)
{
	double dx = b->x - a->x, dy = b->y - a->y;
	int sides = 0;

	if (fmax(a->x, b->x) < box->x || fmin(a->x, b->x) > box->x + box->w ||
	    fmax(a->y, b->y) < box->y || fmin(a->y, b->y) > box->y + box->h)
		return false;
	for (int corner = 0; corner < 4; corner++) {
		double x = box->x + (corner % 2 ? box->w : 0);
		double y = box->y + (corner / 2 ? box->h : 0);

		sides |= dx * (y - a->y) >= dy * (x - a->x) ? 1 : 2;
	}
	return sides == 3;
}

/* A curve, a line or a dot that lies under the label, or over it. */
static const struct shape *ink_at(
    const struct drawing *drawing, const struct draw_box *box)
{
	for (size_t i = 0; i < drawing->shapes.len; i++) {
		const struct shape *shape = &drawing->shapes.items[i];
		const struct draw_point *points =
		    drawing->points.items + shape->first;
		double r = shape->width;
		struct draw_box dot = {
		    shape->box.x - r, shape->box.y - r, 2 * r, 2 * r};

		if (shape->kind == SHAPE_DOT && overlap(&dot, box))
			return shape;
		for (size_t k = 1; shape->kind == SHAPE_LINE &&
				   shape->clip > 0 && k < shape->len;
		     k++) {
			if (!points[k].starts &&
			    runs_through(&points[k - 1], &points[k], box))
				return shape;
		}
	}
	return NULL;
}

/* Labels in the chart, which have a halo, lie on no ink. */
static void check_ink(const struct drawing *drawing)
{
	for (size_t i = 0; i < drawing->shapes.len; i++) {
		const struct shape *text = &drawing->shapes.items[i];
		struct draw_box box = letters_of(text);
		const struct shape *ink;

		if (text->kind != SHAPE_TEXT || !text->halo)
			continue;
		ink = ink_at(drawing, &box);
		if (ink)
			fail_msg("%.0fx%.0f: '%s' lies on %s", drawing->width,
			    drawing->height, text->text, role_name(ink->role));
	}
}

static void check_points(const struct drawing *drawing)
{
	for (size_t i = 0; i < drawing->points.len; i++) {
		assert_true(fabs(drawing->points.items[i].x) < 1e6);
		assert_true(fabs(drawing->points.items[i].y) < 1e6);
	}
}

static const struct {
	double width, height;
} sizes[] = {
    {160, 100}, {240, 700}, {400, 300}, {1260, 540}, {4000, 1200}, {4000, 150}};

static void check_scene_in_direction(const struct scene *scene)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct drawing drawing;

		draw_scene(&drawing, scene, sizes[i].width, sizes[i].height);
		check_texts(&drawing);
		check_ink(&drawing);
		check_points(&drawing);
		if (scene->panels.items[0].marks.len > 0 &&
		    sizes[i].width >= 400 && sizes[i].height >= 300 &&
		    scene->time.low == 0)
			assert_true(has_text(&drawing, "peak "));
		drawing_finish(&drawing);
	}
}

static void check_scene(struct scene *scene)
{
	for (int backwards = 0; backwards < 2; backwards++) {
		scene->backwards = backwards;
		check_scene_in_direction(scene);
	}
}

/* No text over another, none cut off, whatever the recording and the size. */
static void texts_have_their_places(void **state)
{
	/* the difference takes two recordings */
	static const size_t kinds[] = {0, 1, 2, 4};

	(void)state;
	for (unsigned seed = 0; seed < 150; seed++) {
		struct profile profile;
		struct chart_run run;
		struct chart_request request = {.runs = &run,
		    .len = 1,
		    .functions = true,
		    .slope = seed % 3 == 0,
		    .clock = seed / 4 % 3 == 0,
		    .window_s = {seed % 5 == 0, 2e-3, 3e-3}};
		struct scene scene;
		struct err e;

		ugly(&profile, seed);
		run = (struct chart_run){&profile.runs.items[0], "ugly.dat"};
		/* some are over before the window */
		if (chart_kinds[kinds[seed % 4]].build(&scene, &request, &e) ==
		    0)
			check_scene(&scene);
		else
			assert_true(request.window_s.given);
		scene_finish(&scene);
		profile_finish(&profile);
	}
}

static void a_window_far_from_every_sample(void **state)
{
	static const struct chart_limits windows[] = {{true, 1e6, 1e6 + 1},
	    {true, -10, -5}, {true, 1e-9, 2e-9}, {true, -1e9, 1e9}};
	static const bool empty[] = {true, true, false, false};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct profile profile;
		struct chart_run run;
		struct chart_request request = {.runs = &run,
		    .len = 1,
		    .functions = true,
		    .window_s = windows[i],
		    .memory_mib = {i % 2, 5e-7, 6e-7}};
		struct scene scene;
		struct err e;

		ugly(&profile, 11);
		run = (struct chart_run){&profile.runs.items[0], "ugly.dat"};
		for (size_t k = 0; k < 3; k++) {
			/* stacked areas begin at 0 */
			if (chart_kinds[k].build == chart_stack)
				request.memory_mib.low = 0;
			assert_int_equal(
			    chart_kinds[k].build(&scene, &request, &e), 0);
			assert_int_equal(
			    scene.notes.len > 0 &&
				strstr(scene.notes.items[0], "in this window"),
			    empty[i]);
			check_scene(&scene);
			scene_finish(&scene);
		}
		profile_finish(&profile);
	}
}

/* A line between two samples has its slope where only a part is in sight. */
static void slopes_stay_true_at_the_edges(void **state)
{
	struct profile profile;
	struct chart_run run;
	struct chart_request request = {.runs = &run,
	    .len = 1,
	    .window_s = {true, 499, 501},
	    .memory_mib = {true, 499, 501}};
	struct drawing drawing;
	struct scene scene;
	bool found = false;
	struct err e;

	(void)state;
	profile_init(&profile, "line.dat");
	series_add(&profile_add_run(&profile)->total, 0, 0);
	series_add(&profile.runs.items[0].total, 1e9, 1e9);
	run = (struct chart_run){&profile.runs.items[0], "line.dat"};
	assert_int_equal(chart_timeline(&scene, &request, &e), 0);
	draw_scene(&drawing, &scene, 1000, 600);
	for (size_t i = 0; i < drawing.shapes.len; i++) {
		const struct shape *shape = &drawing.shapes.items[i];
		const struct draw_point *points =
		    drawing.points.items + shape->first;
		const struct draw_box *clip;

		if (shape->kind != SHAPE_LINE || shape->role != ROLE_TOTAL)
			continue;
		found = true;
		clip = &drawing.clips.items[shape->clip - 1];
		for (size_t k = 0; k < shape->len; k++) {
			double x = (points[k].x - clip->x) / clip->w;
			double y = (clip->y + clip->h - points[k].y) / clip->h;

			if (x > -0.01 && x < 1.01)
				assert_true(fabs(x - y) < 0.01);
		}
	}
	assert_true(found);
	/* nothing is filled down to an axis that is not zero */
	for (size_t i = 0; i < drawing.shapes.len; i++)
		assert_true(drawing.shapes.items[i].kind != SHAPE_AREA ||
			    drawing.shapes.items[i].opacity == 1);
	drawing_finish(&drawing);
	scene_finish(&scene);
	profile_finish(&profile);
}

/* A legend that can't name all entries still names the sum. */
static void the_sum_of_a_crowd_is_in_the_legend(void **state)
{
	struct profile profile;
	struct run *run;
	struct chart_run charted;
	struct chart_request request = {.runs = &charted, .len = 1};
	struct drawing drawing;
	struct scene scene;
	struct err e;

	(void)state;
	profile_init(&profile, "crowd.dat");
	run = profile_add_run(&profile);
	for (int k = 0; k < 200; k++) {
		char pid[16];

		snprintf(pid, sizeof(pid), "%d", 100 + k);
		for (int i = 0; i < 3; i++)
			series_add(&run_process(run, pid, strlen(pid))->memory,
			    i, k < 40 ? 20 : 1);
	}
	for (int i = 0; i < 3; i++)
		series_add(&run->total, i, 960);
	run_place_by_time(run);
	charted = (struct chart_run){&profile.runs.items[0], "crowd.dat"};
	assert_int_equal(chart_stack(&scene, &request, &e), 0);
	draw_scene(&drawing, &scene, 400, 300);
	assert_true(has_text(&drawing, "other ("));
	assert_true(has_text(&drawing, " more"));
	drawing_finish(&drawing);
	scene_finish(&scene);
	profile_finish(&profile);
}

static const struct shape *find_text(
    const struct drawing *drawing, const char *part)
{
	for (size_t i = 0; i < drawing->shapes.len; i++) {
		const struct shape *shape = &drawing->shapes.items[i];

		if (shape->text && shape->halo && strstr(shape->text, part))
			return shape;
	}
	return NULL;
}

/* How far the label is from x, y. */
static double distance_of(const struct shape *text, double x, double y)
{
	const struct draw_box *box = &text->box;

	return hypot(x - fmin(fmax(x, box->x), box->x + box->w),
	    y - fmin(fmax(y, box->y), box->y + box->h));
}

/* Whether a line leads from the label to x, y. */
static bool has_leader(const struct drawing *drawing, const struct shape *text,
    double x, double y, double radius)
{
	for (size_t i = 0; i < drawing->shapes.len; i++) {
		const struct shape *shape = &drawing->shapes.items[i];
		const struct draw_point *points =
		    drawing->points.items + shape->first;

		if (shape->kind == SHAPE_LINE && shape->len == 2 &&
		    distance_of(text, points[0].x, points[0].y) < 3 &&
		    hypot(points[1].x - x, points[1].y - y) < radius + 0.01)
			return true;
	}
	return false;
}

static const struct shape *find_dot(const struct drawing *drawing)
{
	for (size_t i = 0; i < drawing->shapes.len; i++) {
		if (drawing->shapes.items[i].kind == SHAPE_DOT)
			return &drawing->shapes.items[i];
	}
	return NULL;
}

/* A run that grows until it is killed: the end is named beside its line, the
 * peak at its dot or with a line to it, in every size. */
static void check_killed(const struct scene *scene, double width, double height)
{
	const struct shape *end, *peak, *dot;
	struct drawing drawing;
	double font;

	draw_scene(&drawing, scene, width, height);
	check_texts(&drawing);
	check_ink(&drawing);
	end = find_text(&drawing, "killed by SIGKILL, out of memory");
	peak = find_text(&drawing, "peak ");
	dot = find_dot(&drawing);
	if (!end || !peak || !dot)
		fail_msg("%.0fx%.0f: no label", width, height);
	font = peak->width;
	assert_true(fabs(end->box.x + end->box.w - dot->box.x) < font);
	if (distance_of(peak, dot->box.x, dot->box.y) > 1.5 * font)
		assert_true(has_leader(
		    &drawing, peak, dot->box.x, dot->box.y, dot->width));
	drawing_finish(&drawing);
}

static void an_end_and_its_peak_are_named(void **state)
{
	static const double widths[] = {400, 600, 1260, 1600, 2400, 4000};

	(void)state;
	for (int limit = 0; limit < 3; limit++) {
		struct profile profile;
		struct chart_run charted;
		struct chart_request request = {.runs = &charted, .len = 1};
		struct scene scene;
		struct run *run;
		struct err e;

		profile_init(&profile, "killed.dat");
		run = profile_add_run(&profile);
		for (int i = 0; i < 600; i++)
			series_add(&run->total, i * 0.1, 20 + i * 1.63);
		series_add(&run->peaks, 60, 1003);
		run->exit = (struct exit_status){.recorded = true,
		    .known = true,
		    .signal = 9,
		    .oom = true,
		    .limit_mib = (double[]){0, 1004, 1024}[limit],
		    .time_s = 60};
		charted = (struct chart_run){run, "killed.dat"};
		assert_int_equal(chart_timeline(&scene, &request, &e), 0);
		for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++)
			check_killed(
			    &scene, widths[i], fmax(300, widths[i] * 0.4));
		scene_finish(&scene);
		profile_finish(&profile);
	}
}

/* Both ends of a time axis have their labels, whichever is at the left. */
static void a_window_given_backwards_has_the_same_times(void **state)
{
	struct profile profile;
	struct chart_run charted;
	struct chart_request request = {.runs = &charted,
	    .len = 1,
	    .clock = true,
	    .window_s = {true, 20, 50}};
	struct scene scene;
	struct run *run;
	struct err e;

	(void)state;
	profile_init(&profile, "window.dat");
	run = profile_add_run(&profile);
	for (int i = 0; i < 100; i++)
		series_add(&run->total, 1.7e9 + i, 100 + i);
	charted = (struct chart_run){run, "window.dat"};
	assert_int_equal(chart_timeline(&scene, &request, &e), 0);
	for (int backwards = 0; backwards < 2; backwards++) {
		struct drawing drawing;

		scene.backwards = backwards;
		draw_scene(&drawing, &scene, 400, 300);
		assert_true(has_text(&drawing, ":40"));
		assert_true(has_text(&drawing, ":10"));
		drawing_finish(&drawing);
	}
	scene_finish(&scene);
	profile_finish(&profile);
}

/* Marks that would be a hatch are ticks at the axis, from the first to the
 * last. */
static void many_marks_are_ticks(void **state)
{
	struct profile profile;
	struct chart_run charted;
	struct chart_request request = {.runs = &charted, .len = 1};
	struct drawing drawing;
	struct scene scene;
	struct run *run;
	size_t ticks = 0;
	double last = 0;
	struct err e;

	(void)state;
	profile_init(&profile, "marks.dat");
	run = profile_add_run(&profile);
	for (int i = 0; i < 500; i++) {
		series_add(&run->total, i, 100 + i % 7);
		*array_push(&run->marks) = (struct mark){
		    .time_s = i, .mib = 1, .label = mem_format("epoch %d", i)};
	}
	charted = (struct chart_run){run, "marks.dat"};
	assert_int_equal(chart_timeline(&scene, &request, &e), 0);
	assert_int_equal(scene.notes.len, 0);
	draw_scene(&drawing, &scene, 1260, 540);
	check_texts(&drawing);
	check_ink(&drawing);
	for (size_t i = 0; i < drawing.shapes.len; i++) {
		const struct shape *shape = &drawing.shapes.items[i];
		const struct draw_point *points =
		    drawing.points.items + shape->first;

		if (shape->kind != SHAPE_LINE || shape->role != ROLE_MARK)
			continue;
		assert_true(fabs(points[1].y - points[0].y) < 12);
		assert_true(points[0].x >= last + 3 - 0.01);
		last = points[0].x;
		ticks++;
	}
	assert_true(ticks > 200 && last > 1200);
	assert_non_null(find_text(&drawing, "epoch 0"));
	assert_non_null(find_text(&drawing, "epoch 400"));
	drawing_finish(&drawing);
	scene_finish(&scene);
	profile_finish(&profile);
}

/* The light band of a dense line, and the lines over it. */
struct dense_found {
	const struct shape *band, *spikes, *mean;
};

static struct dense_found find_dense(const struct drawing *drawing)
{
	struct dense_found found = {NULL, NULL, NULL};

	for (size_t i = 0; i < drawing->shapes.len; i++) {
		const struct shape *shape = &drawing->shapes.items[i];

		if (shape->role != ROLE_TOTAL || shape->clip == 0)
			continue;
		if (shape->kind == SHAPE_AREA && shape->opacity > 0.2 &&
		    shape->opacity < 0.5)
			found.band = shape;
		else if (shape->kind == SHAPE_LINE && shape->width == 1)
			found.spikes = shape;
		else if (shape->kind == SHAPE_LINE)
			found.mean = shape;
	}
	return found;
}

/* Forty samples a column, evenly from 200 to 300 MiB, and two spikes. */
static void dense_data_are_a_band_with_their_mean(void **state)
{
	struct profile profile;
	struct chart_run charted;
	struct chart_request request = {.runs = &charted, .len = 1};
	struct dense_found found;
	const struct draw_point *points;
	double y200, y250, y300;
	struct drawing drawing;
	struct scene scene;
	struct run *run;
	struct err e;

	(void)state;
	profile_init(&profile, "dense.dat");
	run = profile_add_run(&profile);
	for (int i = 0; i < 50000; i++)
		series_add(&run->total, i,
		    i == 20000   ? 600
		    : i == 40000 ? 20
				 : 200 + i * 37 % 101);
	charted = (struct chart_run){run, "dense.dat"};
	assert_int_equal(chart_timeline(&scene, &request, &e), 0);
	draw_scene(&drawing, &scene, 1260, 540);
	found = find_dense(&drawing);
	assert_true(found.band && found.spikes && found.mean);
	/* both spikes are there, to their ends: the dot says where 600 is */
	assert_int_equal(found.spikes->len, 4);
	points = drawing.points.items + found.spikes->first;
	assert_true(fabs(points[1].y - find_dot(&drawing)->box.y) < 0.2);
	y300 = points[0].y;
	y200 = points[2].y;
	assert_true(y200 > y300 && points[3].y > y200 + 20);
	y250 = (y200 + y300) / 2;
	points = drawing.points.items + found.mean->first;
	for (size_t i = 0; i < found.mean->len; i++)
		assert_true(fabs(points[i].y - y250) < 0.3 * (y200 - y300));
	points = drawing.points.items + found.band->first;
	for (size_t i = 0; i < found.band->len; i++)
		assert_true(points[i].y >= find_dot(&drawing)->box.y - 0.2);
	drawing_finish(&drawing);
	scene_finish(&scene);
	profile_finish(&profile);
}

/* Draws count samples, restless or smooth, and tells whether they are a band:
 * 300 MiB up and down, or the same in nine slow waves. */
static bool drawn_as_band(int count, bool restless, double width, double height)
{
	struct profile profile;
	struct chart_run charted;
	struct chart_request request = {.runs = &charted,
	    .len = 1,
	    .memory_mib = {restless, 0, 450}}; /* what is above is cut off */
	struct dense_found found;
	struct drawing drawing;
	struct scene scene;
	struct run *run;
	struct err e;

	profile_init(&profile, "heap.dat");
	run = profile_add_run(&profile);
	for (int i = 0; i < count; i++)
		series_add(&run->total, i,
		    restless ? 200 + i * 7919 % 301
			     : 350 + 150 * sin(i * 56.5 / count));
	charted = (struct chart_run){run, "heap.dat"};
	assert_int_equal(chart_timeline(&scene, &request, &e), 0);
	draw_scene(&drawing, &scene, width, height);
	found = find_dense(&drawing);
	if (found.band) {
		const struct draw_point *mean =
		    drawing.points.items + found.mean->first;
		double path = 0;

		/* as calm as a line is that can be followed */
		for (size_t i = 1; i < found.mean->len; i++)
			path += fabs(mean[i].y - mean[i - 1].y);
		assert_true(path * found.mean->width < 0.1 * width * height ||
			    !restless);
		/* a smooth line keeps its form, pixel by pixel */
		assert_true(restless || (double)found.mean->len > 0.7 * width);
	}
	drawing_finish(&drawing);
	scene_finish(&scene);
	profile_finish(&profile);
	return found.band != NULL;
}

/* Wide strokes of a large picture are a block sooner than those of a small one,
 * and only where the line goes up and down. */
static void strokes_that_are_a_block_become_a_band(void **state)
{
	(void)state;
	assert_true(drawn_as_band(9000, true, 4000, 1400));
	assert_true(drawn_as_band(60000, true, 4000, 1400));
	assert_true(drawn_as_band(3000, true, 1260, 540));
	assert_true(drawn_as_band(1000, true, 400, 300));
	assert_false(drawn_as_band(3000, false, 1260, 540));
	assert_false(drawn_as_band(9000, false, 4000, 1400));
	assert_false(drawn_as_band(600, true, 1260, 540));
	assert_true(drawn_as_band(3000, false, 400, 300));
}

/* A sixth of the time has samples, in two stretches of 90 s and 30 s in 640 s:
 * the band of each has its width and its height, whatever is between them. */
static void a_band_beside_a_gap_is_as_fine_as_another(void **state)
{
	struct profile profile;
	struct chart_run charted;
	struct chart_request request = {.runs = &charted, .len = 1};
	struct dense_found found;
	const struct draw_point *points;
	struct drawing drawing;
	struct scene scene;
	struct run *run;
	struct err e;
	double low = INFINITY, high = -INFINITY;

	(void)state;
	profile_init(&profile, "gap.dat");
	run = profile_add_run(&profile);
	for (int i = 0; i < 1200; i++)
		series_add(&run->total, (i < 900 ? i : i + 5200) / 10.0,
		    400 + i * 7919 % 101);
	charted = (struct chart_run){run, "gap.dat"};
	assert_int_equal(chart_timeline(&scene, &request, &e), 0);
	draw_scene(&drawing, &scene, 1260, 540);
	found = find_dense(&drawing);
	assert_true(found.band && found.mean);
	points = drawing.points.items + found.band->first;
	/* of about 1,190 pixels 167 and 56 */
	assert_true(found.band->len > 2 * 200 / 8);
	for (size_t i = 0; i < found.band->len && points[i].x < 600; i++) {
		low = fmin(low, points[i].x);
		high = fmax(high, points[i].x);
	}
	assert_true(fabs(high - low - 167) < 5);
	drawing_finish(&drawing);
	scene_finish(&scene);
	profile_finish(&profile);
}

static const struct shape *text_behind(
    const struct drawing *drawing, const char *text, double least_x)
{
	for (size_t i = 0; i < drawing->shapes.len; i++) {
		const struct shape *shape = &drawing->shapes.items[i];

		if (shape->kind == SHAPE_TEXT &&
		    strcmp(shape->text, text) == 0 && shape->box.x >= least_x)
			return shape;
	}
	return NULL;
}

/* Two runs, of which one ends early: each name is beside its line's end
 * and in the legend, there with the highest first. */
static void lines_have_their_names_at_their_ends(void **state)
{
	struct profile profile;
	struct chart_run runs[2];
	struct chart_request request = {.runs = runs, .len = 2};
	const struct shape *low, *high, *listed[2];
	struct drawing drawing;
	struct scene scene;
	struct err e;

	(void)state;
	profile_init(&profile, "two.dat");
	profile_add_run(&profile);
	profile_add_run(&profile);
	for (int i = 0; i <= 100; i++) {
		series_add(&profile.runs.items[0].total, i, 50);
		if (i <= 50)
			series_add(&profile.runs.items[1].total, i, 100);
	}
	runs[0] = (struct chart_run){&profile.runs.items[0], "low.dat"};
	runs[1] = (struct chart_run){&profile.runs.items[1], "high.dat"};
	assert_int_equal(chart_timeline(&scene, &request, &e), 0);
	draw_scene(&drawing, &scene, 1260, 540);
	low = text_behind(&drawing, "low.dat", 800);
	high = text_behind(&drawing, "high.dat", 600);
	assert_non_null(low);
	assert_non_null(high);
	assert_int_equal(low->role, ROLE_SERIES);
	assert_int_equal(high->role, ROLE_SERIES + 1);
	/* behind its end, and above its end where nothing is behind it */
	assert_true(high->box.x > 640 && high->box.x < 680);
	assert_true(low->box.x + low->box.w <= 1245 && low->box.x > 1150);
	assert_true(high->box.y < low->box.y);
	listed[0] = text_behind(&drawing, "high.dat", 0);
	listed[1] = text_behind(&drawing, "low.dat", 0);
	assert_true(listed[0]->box.y > 480 && listed[1]->box.y > 480);
	assert_true(listed[0]->box.x < listed[1]->box.x);
	drawing_finish(&drawing);
	scene_finish(&scene);
	profile_finish(&profile);
}

/* Layers are listed as they lie, and what has no room is summed up. */
static void layers_are_listed_as_they_lie(void **state)
{
	struct profile profile;
	struct run *run;
	struct chart_run charted;
	struct chart_request request = {.runs = &charted, .len = 1};
	struct drawing drawing;
	struct scene scene;
	struct err e;

	(void)state;
	profile_init(&profile, "layers.dat");
	run = profile_add_run(&profile);
	for (int k = 0; k < 40; k++) {
		char pid[16];

		snprintf(pid, sizeof(pid), "%d", 100 + k);
		for (int i = 0; i < 3; i++)
			series_add(&run_process(run, pid, strlen(pid))->memory,
			    i, 60 - k);
	}
	for (int i = 0; i < 3; i++)
		series_add(&run->total, i, 1700);
	run_place_by_time(run);
	charted = (struct chart_run){run, "layers.dat"};
	assert_int_equal(chart_stack(&scene, &request, &e), 0);
	draw_scene(&drawing, &scene, 420, 500);
	assert_non_null(text_behind(&drawing, "child 100", 0));
	assert_non_null(text_behind(&drawing, "child 101", 0));
	assert_true(text_behind(&drawing, "child 100", 0)->box.y >
		    text_behind(&drawing, "child 101", 0)->box.y);
	assert_true(has_text(&drawing, " more, highest "));
	drawing_finish(&drawing);
	scene_finish(&scene);
	profile_finish(&profile);
}

/* A box that is a call: in a series' colour, over the width of the legend's. */
static bool is_bar(const struct shape *shape)
{
	return shape->kind == SHAPE_BOX && shape->role >= ROLE_SERIES &&
	       shape->box.w > 30;
}

static void calls_are_bars_below_memory_and_make_room(void **state)
{
	struct profile profile;
	struct chart_run charted;
	struct chart_request request = {
	    .runs = &charted, .len = 1, .functions = true};
	struct drawing drawing;
	struct scene scene;
	struct err e;
	double height, memory;
	size_t bars = 0, names = 0;

	(void)state;
	profile_init(&profile, "calls.dat");
	charted = (struct chart_run){profile_add_run(&profile), "calls.dat"};
	for (int i = 0; i <= 100; i++)
		series_add(&profile.runs.items[0].total, i, 10 + i);
	for (int i = 0; i < 20; i++)
		*array_push(&profile.runs.items[0].calls) =
		    (struct call){.name = mem_format("m.deep%d", i),
			.enter_s = i,
			.leave_s = 100 - i,
			.level = i};
	assert_int_equal(chart_timeline(&scene, &request, &e), 0);
	height = layout_usual_height(&scene);
	assert_true(height > LAYOUT_USUAL_HEIGHT + 20 * 15);
	draw_scene(&drawing, &scene, LAYOUT_USUAL_WIDTH, height);
	memory = drawing.clips.items[0].y + drawing.clips.items[0].h;
	assert_true(memory > LAYOUT_USUAL_HEIGHT / 2.0);
	for (size_t i = 0; i < drawing.shapes.len; i++) {
		const struct shape *shape = &drawing.shapes.items[i];

		bars +=
		    is_bar(shape) && shape->box.y > memory && shape->box.h > 15;
		names += shape->kind == SHAPE_TEXT && shape->box.y > memory &&
			 strncmp(shape->text, "deep", 4) == 0 &&
			 shape->box.x > 50;
	}
	assert_int_equal(bars, 20);
	assert_true(names >= 20);
	drawing_finish(&drawing);
	scene_finish(&scene);
	request.brackets = true;
	assert_int_equal(chart_timeline(&scene, &request, &e), 0);
	assert_true(layout_usual_height(&scene) == LAYOUT_USUAL_HEIGHT);
	scene_finish(&scene);
	profile_finish(&profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_have_their_places),
	    cmocka_unit_test(a_window_far_from_every_sample),
	    cmocka_unit_test(slopes_stay_true_at_the_edges),
	    cmocka_unit_test(the_sum_of_a_crowd_is_in_the_legend),
	    cmocka_unit_test(an_end_and_its_peak_are_named),
	    cmocka_unit_test(a_window_given_backwards_has_the_same_times),
	    cmocka_unit_test(many_marks_are_ticks),
	    cmocka_unit_test(dense_data_are_a_band_with_their_mean),
	    cmocka_unit_test(strokes_that_are_a_block_become_a_band),
	    cmocka_unit_test(a_band_beside_a_gap_is_as_fine_as_another),
	    cmocka_unit_test(calls_are_bars_below_memory_and_make_room),
	    cmocka_unit_test(lines_have_their_names_at_their_ends),
	    cmocka_unit_test(layers_are_listed_as_they_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
