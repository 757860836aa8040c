// SPDX-License-Identifier: MIT
#include "chart/build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"
#include "profile/ending.h"
#include "profile/measure.h"

static bool can_be_drawn(const struct run *run)
{
	if (run->total.len > 0 || run->calls.len > 0)
		return true;
	for (size_t i = 0; i < run->processes.len; i++) {
		if (run->processes.items[i].memory.len > 0)
			return true;
	}
	return false;
}

double build_start(const struct run *run)
{
	return can_be_drawn(run) ? run_first_s(run) : NAN;
}

double build_end(const struct run *run)
{
	return can_be_drawn(run) ? run_last_s(run) : NAN;
}

static double first_start(const struct chart_request *request)
{
	double start = NAN;

	for (size_t i = 0; i < request->len; i++)
		start = fmin(start, build_start(request->runs[i].run));
	return start;
}

double build_zero(const struct chart_request *request, size_t run)
{
	return request->clock ? first_start(request)
			      : build_start(request->runs[run].run);
}

struct window build_window(const struct chart_request *request, size_t run)
{
	const struct chart_limits *window = &request->window_s;
	double zero_s = build_zero(request, run);

	if (!window->given)
		return (struct window){-INFINITY, INFINITY};
	return (struct window){zero_s + window->low, zero_s + window->high};
}

struct series build_part(
    const struct series *series, const struct window *window)
{
	return series_part(series, window->from_s, window->to_s);
}

const struct sample *build_highest(
    const struct series *series, const struct window *window)
{
	struct series part = build_part(series, window);

	return series_peak(&part);
}

struct window build_view(const struct scene *scene, double zero_s)
{
	return (struct window){
	    zero_s + scene->time.low, zero_s + scene->time.high};
}

static struct axis time_axis(const struct chart_request *request)
{
	struct axis axis = {.kind = request->clock ? AXIS_CLOCK : AXIS_TIME};

	axis.origin_s = first_start(request);
	for (size_t i = 0; i < request->len; i++) {
		const struct run *run = request->runs[i].run;

		if (isfinite(build_start(run)))
			axis.high = fmax(
			    axis.high, build_end(run) - build_zero(request, i));
	}
	/* air for a dot at the end, and for the tick that ends a round span */
	axis.high = axis.high > 0 ? 1.01 * axis.high : 1;
	if (request->window_s.given) {
		axis.low = request->window_s.low;
		axis.high = request->window_s.high;
	}
	return axis;
}

/* A window beside all that there is makes an empty chart: the note says where
 * the recording is. */
static void note_window(
    struct scene *scene, const struct chart_request *request)
{
	const struct chart_limits *window = &request->window_s;
	char from[UNITS_TEXT], to[UNITS_TEXT];
	double last_s = -INFINITY, first_s = INFINITY;

	for (size_t i = 0; i < request->len; i++) {
		const struct run *run = request->runs[i].run;
		double zero_s = build_zero(request, i);

		first_s = fmin(first_s, build_start(run) - zero_s);
		last_s = fmax(last_s, build_end(run) - zero_s);
	}
	if (!window->given ||
	    (window->low <= last_s && window->high >= first_s))
		return;
	*array_push(&scene->notes) = mem_format(
	    "nothing was recorded in this window; the %s from %s to %s",
	    request->len > 1 ? "recordings run" : "recording runs",
	    units_duration(from, first_s), units_duration(to, last_s));
}

/* Lines of two measures over each other would be compared. */
static int check_measures(const struct chart_request *request, struct err *e)
{
	for (size_t i = 0; i < request->len; i++) {
		for (size_t j = i + 1; j < request->len; j++) {
			const struct chart_run *a = &request->runs[i];
			const struct chart_run *b = &request->runs[j];

			if (measure_check(
				a->run, a->name, b->run, b->name, e) != 0)
				return -1;
		}
	}
	return 0;
}

static char *choose_title(const struct chart_request *request)
{
	const struct chart_run *first = &request->runs[0];

	if (request->title)
		return utf8_clean_copy(request->title);
	for (size_t i = 1; i < request->len; i++) {
		const char *command = request->runs[i].run->command;

		if (!command || !first->run->command ||
		    strcmp(command, first->run->command) != 0)
			return mem_format("%zu recordings", request->len);
	}
	return utf8_clean_copy(
	    first->run->command ? first->run->command : first->name);
}

int build_frame(
    struct scene *scene, const struct chart_request *request, struct err *e)
{
	*scene = (struct scene){0};
	if (!isfinite(first_start(request)))
		return err_set(e,
		    "%s: holds no samples, so there is nothing "
		    "to draw",
		    request->runs[0].name);
	if (check_measures(request, e) != 0)
		return -1;
	scene->title = choose_title(request);
	scene->time = time_axis(request);
	scene->origin_s = scene->time.origin_s;
	note_window(scene, request);
	return 0;
}

struct scene_panel *build_panel(struct scene *scene, enum scene_panel_kind kind)
{
	struct scene_panel *panel = array_push(&scene->panels);

	*panel = (struct scene_panel){.kind = kind};
	panel->memory = axis_memory(0);
	return panel;
}
