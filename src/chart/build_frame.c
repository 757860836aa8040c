// SPDX-License-Identifier: MIT
#include "chart/build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analysis/downsample.h"
#include "analysis/held.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/utf8.h"
#include "profile/measure.h"
#include "profile/run.h"
#include "profile/share.h"

enum { MOST_LISTED = 100 }; /* recordings that are listed singly */

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

static double frame_first_start(const struct chart_request *request)
{
	double start = NAN;

	for (size_t i = 0; i < request->len; i++)
		start = fmin(start, build_start(request->runs[i].run));
	return start;
}

double build_zero(const struct chart_request *request, size_t run)
{
	return request->clock ? frame_first_start(request)
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

static struct axis frame_time_axis(const struct chart_request *request)
{
	struct axis axis = {.kind = request->clock ? AXIS_CLOCK : AXIS_TIME};

	axis.origin_s = frame_first_start(request);
	for (size_t i = 0; i < request->len; i++) {
		const struct run *run = request->runs[i].run;

		if (isfinite(build_start(run)))
			axis.high = fmax(
			    axis.high, build_end(run) - build_zero(request, i));
	}
	/* space for a dot at the end, and for a tick at the end of a round
	 * span */
	axis.high = axis.high > 0 ? 1.01 * axis.high : 1;
	if (request->window_s.given) {
		axis.low = request->window_s.low;
		axis.high = request->window_s.high;
	}
	return axis;
}

/* A window outside the recording makes an empty chart: a note tells when the
 * recording begins and ends. */
static void frame_note_window(
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

/* The older part of a thinned recording has fewer samples than it seems to. */
static void frame_note_thinning(
    struct scene *scene, const struct chart_request *request)
{
	const struct run *run = request->runs[0].run;
	char until[UNITS_TEXT], stretch[UNITS_TEXT];
	size_t thinned = 0;

	for (size_t i = 0; i < request->len; i++)
		thinned += request->runs[i].run->info.stretch_s > 0;
	if (thinned == 0)
		return;
	if (request->len > 1)
		*array_push(&scene->notes) = mem_format(
		    "%zu of %zu recordings %s not exact", thinned, request->len,
		    thinned == 1 ? "is thinned: its mean is"
				 : "are thinned: their means are");
	else
		*array_push(&scene->notes) = mem_format(
		    "thinned up to %s: the lowest and the highest sample of "
		    "each %s are kept, means are not exact",
		    units_duration(until, run->info.until_s - build_start(run)),
		    units_duration(stretch, run->info.stretch_s));
}

/* Refuses lines of different measures, as they would be compared. An unknown
 * measure agrees with any. */
static int frame_check_measures(
    const struct chart_request *request, struct err *e)
{
	const struct chart_run *known = NULL;

	for (size_t i = 0; i < request->len; i++) {
		const struct chart_run *run = &request->runs[i];

		if (known && measure_check(known->run, known->name, run->run,
				 run->name, e) != 0)
			return -1;
		if (!known && measure_of(run->run))
			known = run;
	}
	return 0;
}

static char *frame_choose_title(const struct chart_request *request)
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
	if (!isfinite(frame_first_start(request)))
		return err_set(e,
		    "%s: holds no samples, so there is nothing "
		    "to draw",
		    request->runs[0].name);
	if (frame_check_measures(request, e) != 0)
		return -1;
	scene->title = frame_choose_title(request);
	scene->time = frame_time_axis(request);
	scene->origin_s = scene->time.origin_s;
	frame_note_window(scene, request);
	frame_note_thinning(scene, request);
	return 0;
}

struct scene_panel *build_panel(struct scene *scene, enum scene_panel_kind kind)
{
	struct scene_panel *panel = array_push(&scene->panels);

	*panel = (struct scene_panel){.kind = kind};
	panel->memory = axis_memory(0);
	return panel;
}

static void frame_add_fact(struct scene *scene, const char *label, char *value)
{
	*array_push(&scene->facts) = (struct scene_fact){label, value};
}

static void frame_add_clean_fact(
    struct scene *scene, const char *label, const char *text)
{
	if (text && *text)
		frame_add_fact(scene, label, utf8_clean_copy(text));
}

static char *frame_start_text(double epoch_s)
{
	char text[64];
	time_t whole = (time_t)epoch_s;
	struct tm tm = {0};

	localtime_r(&whole, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", &tm);
	return mem_copy(text);
}

static char *frame_peak_text(const struct run *run, struct sample peak)
{
	char size[UNITS_TEXT], after[UNITS_TEXT];
	double after_s = peak.time_s - build_start(run);

	units_size(size, peak.mib);
	if (!(after_s > 0))
		return mem_format("%s at the start", size);
	return mem_format("%s after %s", size, units_duration(after, after_s));
}

/* "10 s to 20 s of 1 h 2 min", "4 d 15 h 2 min to 4 d 15 h 9 min of 7 d" */
static char *frame_window_text(
    const struct run *run, const struct chart_limits *window)
{
	char from[UNITS_TEXT], to[UNITS_TEXT], all[UNITS_TEXT];
	double step = (window->high - window->low) / 100;

	units_duration_to(from, window->low, step);
	units_duration_to(to, window->high, step);
	units_duration(all, build_end(run) - build_start(run));
	return mem_format("%s to %s of %s", from, to, all);
}

/* Adds the figures of the window to those of the whole recording. */
static void frame_add_window(struct scene *scene, const struct run *run,
    const struct chart_request *request)
{
	struct window window = build_window(request, 0);
	struct series part = build_part(&run->total, &window);
	const struct sample *highest = series_peak(&part);
	char text[UNITS_TEXT];

	frame_add_fact(
	    scene, "Window", frame_window_text(run, &request->window_s));
	if (highest)
		frame_add_fact(scene, "In the window",
		    mem_format("highest %s", units_size(text, highest->mib)));
	frame_add_fact(scene, "Samples",
	    mem_format("%zu of %zu", part.len, run->total.len));
}

/* A note where shared memory makes the peak of a sum of RSS misleading;
 * otherwise NULL. */
static char *frame_shared_text(const struct run *run, double peak_mib)
{
	const struct share *share;

	if (run->shares.len == 0)
		return NULL;
	share = share_at_peak(run->shares.items, run->shares.len, peak_mib);
	return share ? share_text(share, peak_mib) : NULL;
}

static void frame_add_figures(struct scene *scene,
    const struct chart_request *request, const struct sample *sampled)
{
	const struct run *run = request->runs[0].run;
	double interval = run->info.interval_s > 0
			      ? run->info.interval_s
			      : downsample_interval(&run->total);
	double duration = build_end(run) - build_start(run);
	char text[UNITS_TEXT], *shared;
	struct sample peak;

	frame_add_fact(scene, "Started", frame_start_text(build_start(run)));
	if (duration > 0 && !request->window_s.given)
		frame_add_fact(scene, "Duration",
		    mem_copy(units_duration(text, duration)));
	if (interval > 0)
		frame_add_fact(scene, "Interval",
		    mem_copy(units_duration(text, interval)));
	if (request->window_s.given)
		frame_add_window(scene, run, request);
	else
		frame_add_fact(
		    scene, "Samples", mem_format("%zu", run->total.len));
	if (run_peak_above(run, sampled, &peak)) {
		frame_add_fact(scene, "Peak", frame_peak_text(run, peak));
		shared = frame_shared_text(run, peak.mib);
		if (shared)
			frame_add_fact(scene, "Shared", shared);
	}
}

/* Whether a moment of a recording is in the picture. */
static bool frame_shows(
    const struct chart_request *request, const struct run *run, double time_s)
{
	const struct chart_limits *window = &request->window_s;
	double after_s = time_s - build_start(run);

	return !window->given ||
	       (after_s >= window->low && after_s <= window->high);
}

/* Tells in one sentence what a reader should know first about a killed run. */
static void frame_add_finding(struct scene *scene, const struct run *run)
{
	const struct exit_status *exit = &run->exit;
	double after_s = exit->time_s - build_start(run);
	char limit[UNITS_TEXT], after[UNITS_TEXT];
	char *killed = build_end_text(exit);

	if (killed && after_s > 0 && exit->oom && exit->limit_mib > 0 &&
	    exit->limit_of != LIMIT_OF_MACHINE)
		frame_add_fact(scene, "Finding",
		    mem_format("killed at its %s limit after %s",
			units_limit(limit, exit->limit_mib),
			units_duration(after, after_s)));
	else if (killed && after_s > 0)
		frame_add_fact(scene, "Finding",
		    mem_format(
			"%s after %s", killed, units_duration(after, after_s)));
	free(killed);
}

/* Tells which of two recordings has the higher peak, and by how much. */
static void frame_add_comparison(
    struct scene *scene, const struct chart_request *request)
{
	struct sample a, b;
	char text[UNITS_TEXT];

	if (request->len != 2 || !run_peak(request->runs[0].run, &a) ||
	    !run_peak(request->runs[1].run, &b) ||
	    !frame_shows(request, request->runs[0].run, a.time_s) ||
	    !frame_shows(request, request->runs[1].run, b.time_s))
		return;
	if (a.mib == b.mib) {
		frame_add_clean_fact(scene, "Finding", "both peak alike");
		return;
	}
	frame_add_fact(scene, "Finding",
	    mem_format("%s peaks %s higher", request->runs[b.mib > a.mib].name,
		units_size(text, fabs(b.mib - a.mib))));
}

static void frame_add_end(struct scene *scene, const struct exit_status *exit)
{
	char *killed = build_end_text(exit);

	if (killed)
		frame_add_fact(scene, "Ended", killed);
	else if (exit->known && exit->code >= 0)
		frame_add_fact(
		    scene, "Ended", mem_format("status %d", exit->code));
}

/* The machine's limit applies to every program: it is mentioned only if
 * reached. */
static void frame_add_limit(struct scene *scene, const struct exit_status *exit)
{
	static const char *const of[] = {
	    [LIMIT_OF_UNKNOWN] = "",
	    [LIMIT_OF_CGROUP] = " of its cgroup",
	    [LIMIT_OF_ADDRESS_SPACE] = " of its address space",
	    [LIMIT_OF_MACHINE] = " of the machine",
	};
	char text[UNITS_TEXT];

	if (exit->limit_mib > 0 &&
	    (exit->oom || exit->limit_of != LIMIT_OF_MACHINE))
		frame_add_fact(scene, "Limit",
		    mem_format("%s%s", units_limit(text, exit->limit_mib),
			of[exit->limit_of]));
}

/* Names the place that held, or touched, most at the peak. */
static void frame_add_held(struct scene *scene, const struct run *run)
{
	enum memory_source source;
	char *place;

	if (run->allocations.len == 0 && run->touches.len == 0)
		return;
	source = held_source(run);
	if (source == SOURCE_CLOCK)
		return;
	held_places(run, &place, 1);
	if (place)
		frame_add_fact(
		    scene, source == SOURCE_HELD ? "Held" : "Touched", place);
}

/* Ends a list of count recordings that contains only the first. */
static void frame_add_unlisted(struct strbuf *list, size_t count)
{
	if (count > MOST_LISTED)
		strbuf_add_format(list, "; and %zu more", count - MOST_LISTED);
}

/* Lists recordings without a recorded end, by name where there are several. */
static void frame_add_open_ends(
    struct scene *scene, const struct chart_request *request)
{
	struct strbuf all = {0};
	size_t count = 0;

	for (size_t i = 0; i < request->len; i++) {
		char text[RUN_ENDING_TEXT];
		const char *ending =
		    run_ending_text(request->runs[i].run, text);

		if (!ending || count++ >= MOST_LISTED)
			continue;
		strbuf_separate(&all, "; ");
		if (request->len > 1)
			strbuf_add_format(&all, "%s ", request->runs[i].name);
		strbuf_add(&all, ending);
	}
	frame_add_unlisted(&all, count);
	if (all.len > 0)
		frame_add_clean_fact(scene, "End", all.text);
	strbuf_finish(&all);
}

/* The figures of one of several recordings, after its name. */
static char *frame_run_text(const struct chart_run *chart_run)
{
	const struct run *run = chart_run->run;
	const struct sample *sampled = series_peak(&run->total);
	char *start, *peak = NULL, *shared = NULL, *text, duration[UNITS_TEXT];
	struct sample highest;

	if (!isfinite(build_start(run)))
		return mem_format("%s: nothing", chart_run->name);
	start = frame_start_text(build_start(run));
	if (run_peak_above(run, sampled, &highest)) {
		peak = frame_peak_text(run, highest);
		shared = frame_shared_text(run, highest.mib);
	}
	text = mem_format("%s: %s%s%s, %s%s%s%s%s", chart_run->name,
	    run->command ? run->command : "", run->command ? ", " : "", start,
	    units_duration(duration, build_end(run) - build_start(run)),
	    peak ? ", peak " : "", peak ? peak : "", shared ? ", " : "",
	    shared ? shared : "");
	free(start);
	free(peak);
	free(shared);
	return text;
}

/* "a.dat: 272 MiB PSS, 12 processes share memory; b.dat: ..." */
static void frame_add_shared(
    struct scene *scene, const struct chart_request *request)
{
	struct strbuf all = {0};
	size_t count = 0;

	for (size_t i = 0; i < request->len; i++) {
		const struct run *run = request->runs[i].run;
		struct sample peak;
		char *shared = NULL;

		if (run_peak_above(run, series_peak(&run->total), &peak))
			shared = frame_shared_text(run, peak.mib);
		if (shared && count++ < MOST_LISTED) {
			strbuf_separate(&all, "; ");
			strbuf_add_format(
			    &all, "%s: %s", request->runs[i].name, shared);
		}
		free(shared);
	}
	frame_add_unlisted(&all, count);
	frame_add_clean_fact(scene, "Shared", all.text);
	strbuf_finish(&all);
}

/* Three or more recordings are compared with each other. */
static void frame_add_spread(struct scene *scene, const struct build_set *set)
{
	struct spread_lines lines;

	spread_lines_init(&lines, &set->spread);
	for (size_t i = 0; i < lines.list.len; i++)
		frame_add_clean_fact(
		    scene, lines.list.items[i].label, lines.list.items[i].text);
	spread_lines_finish(&lines);
}

/* Lists several recordings: names, then figures. Very many are not listed. */
static void frame_add_names(
    struct scene *scene, const struct chart_request *request)
{
	struct strbuf names = {0};

	if (request->len > MOST_LISTED) {
		frame_add_fact(scene, "Recordings",
		    mem_format("%zu; mprof peak lists the figures of each",
			request->len));
		return;
	}
	for (size_t i = 0; i < request->len; i++)
		strbuf_add_format(
		    &names, "%s%s", i ? ", " : "", request->runs[i].name);
	frame_add_clean_fact(scene, "Recordings", names.text);
	strbuf_finish(&names);
	for (size_t i = 0; i < request->len; i++) {
		char *text = frame_run_text(&request->runs[i]);

		frame_add_clean_fact(scene, "Recording", text);
		free(text);
	}
}

/* The measure that all recordings share, without differing details. */
static char *frame_metric_text(const struct chart_request *request)
{
	const struct run *first = request->runs[0].run;
	char *text = measure_text(first);

	for (size_t i = 1; i < request->len; i++) {
		char *other = measure_text(request->runs[i].run);
		bool same = strcmp(text, other) == 0;

		free(other);
		if (same)
			continue;
		free(text);
		return mem_copy(measure_words(first));
	}
	return text;
}

void build_facts(struct scene *scene, const struct chart_request *request,
    const struct sample *sampled, const struct build_set *set)
{
	const struct run *run = request->runs[0].run;

	frame_add_open_ends(scene, request);
	frame_add_fact(scene, "Metric", frame_metric_text(request));
	if (set && set->len > 2)
		frame_add_spread(scene, set);
	if (request->len > 1) {
		frame_add_comparison(scene, request);
		frame_add_names(scene, request);
		frame_add_shared(scene, request);
		return;
	}
	frame_add_clean_fact(scene, "Command", run->command);
	frame_add_clean_fact(scene, "Host", run->info.host);
	if (isfinite(build_start(run)))
		frame_add_figures(scene, request, sampled);
	if (frame_shows(request, run, run->exit.time_s))
		frame_add_finding(scene, run);
	frame_add_end(scene, &run->exit);
	frame_add_limit(scene, &run->exit);
	frame_add_held(scene, run);
}

void build_set_facts(struct scene *scene, const struct chart_request *request,
    const struct build_set *set)
{
	frame_add_fact(scene, "Metric", frame_metric_text(request));
	if (set && set->len > 2)
		frame_add_spread(scene, set);
}

/* Whether calls were recorded that are to be drawn. */
static bool frame_draws_calls(const struct chart_request *request)
{
	for (size_t i = 0; request->functions && i < request->len; i++) {
		if (request->runs[i].run->calls.len > 0)
			return true;
	}
	return false;
}

void build_rest(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request, const struct sample *sampled,
    const struct build_set *set)
{
	bool calls = frame_draws_calls(request);

	build_trends(scene, panel, request);
	if (calls && request->brackets)
		build_brackets(panel, request);
	build_marks(scene, panel, request, sampled);
	build_memory_axis(scene, panel, request);
	build_facts(scene, request, sampled, set);
	if (calls && !request->brackets)
		build_calls(scene, request);
	if (request->len == 1 && request->runs[0].run->usage)
		build_usage(scene, request);
}
