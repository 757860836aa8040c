// SPDX-License-Identifier: MIT
#include "chart/build.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/downsample.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"
#include "profile/label.h"
#include "profile/process.h"
#include "profile/run.h"

enum { MOST_PROCESSES = 8, LONGEST_NAME = 50 };

static void timeline_add_by_time(
    double *sums, const struct series *ticks, const struct series *memory)
{
	size_t at = 0;

	for (size_t i = 0; i < memory->len && at < ticks->len; i++) {
		double time_s = memory->items[i].time_s;

		while (at < ticks->len && ticks->items[at].time_s < time_s)
			at++;
		if (at < ticks->len && ticks->items[at].time_s == time_s)
			sums[at] += memory->items[i].mib;
	}
}

/* Sums at each tick; without MEM, which makes ticks, at the times of the
 * largest process. */
static void timeline_sum_others(struct series *sum, const struct run *run,
    const struct ranking *ranking, size_t from)
{
	const struct series *ticks = run->total.len > 0
					 ? &run->total
					 : &ranking->items[0].process->memory;

	double *sums = mem_zero(ticks->len + 1, sizeof(sums[0]));

	for (size_t i = from; i < ranking->len; i++) {
		const struct process *process = ranking->items[i].process;

		if (run->total.len > 0)
			process_add_at(process, NULL, ticks->len, sums);
		else
			timeline_add_by_time(sums, ticks, &process->memory);
	}
	for (size_t i = 0; i < ticks->len; i++)
		series_add(sum, ticks->items[i].time_s, sums[i]);
	free(sums);
}

/* Writes the figure after the line's name: the highest sample in the window, or
 * without a window mib, the peak including high-water marks. */
static void timeline_write_peak(struct scene_line *line,
    const struct chart_request *request, const struct window *window,
    double mib)
{
	char text[UNITS_TEXT];

	if (request->window_s.given) {
		const struct sample *peak =
		    build_highest(line->samples, window);

		line->peak =
		    (struct sample){peak ? peak->time_s - line->zero_s : 0,
			peak ? peak->mib : 0};
		line->in_legend = peak != NULL;
		mib = line->peak.mib;
	}
	line->peak_mib = mib;
	line->detail =
	    mem_format("%s %s", request->window_s.given ? "highest" : "peak",
		units_size(text, mib));
}

static void timeline_add_others(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request, const struct ranking *ranking,
    size_t from)
{
	struct window window = build_window(request, 0);
	char count[UNITS_COUNT];
	struct series *sum = scene_own_series(scene);
	const struct scene_line *first = &panel->lines.items[0];
	struct scene_line *line;

	timeline_sum_others(sum, request->runs[0].run, ranking, from);
	line = build_line(panel, sum, first->zero_s, first->gap_s);
	line->kind = SCENE_PROCESS;
	line->role = ROLE_OTHER;
	line->name = mem_copy(units_count(
	    count, ranking->len - from, "other process", "others together"));
	timeline_write_peak(line, request, &window, line->peak.mib);
}

/* A picture cuts a long command line in its middle, where the word often is
 * that tells the process from its siblings: the label includes that word. The
 * first long name fills labels. */
static char *timeline_process_name(const struct chart_request *request,
    struct process_labels *labels, const struct process *process)
{
	char *full = build_process_name(process), *label, *name;

	if (request->layers || utf8_width(full) <= LONGEST_NAME)
		return full;
	if (!labels->words)
		process_labels_init(labels, request->runs[0].run);
	label = process_label(labels, process)
		    ? process_label_text(labels, process)
		    : NULL;
	if (!label)
		return full;
	name = mem_format("%s %s", process->key, label);
	free(label);
	free(full);
	full = utf8_clean_copy(name);
	free(name);
	return full;
}

static void timeline_add_process(struct scene_panel *panel,
    const struct chart_request *request, struct process_labels *labels,
    const struct ranked *ranked, size_t nth)
{
	struct window window = build_window(request, 0);
	double gap_s = panel->lines.items[0].gap_s;
	struct scene_line *line = build_line(
	    panel, &ranked->process->memory, build_zero(request, 0), gap_s);
	double mib = line->peak.mib;

	line->kind = SCENE_PROCESS;
	line->role = role_series(nth);
	line->dashed = nth / ROLE_SERIES_COUNT % 2 == 1;
	line->pid = ranked->process->pid > 0 ? ranked->process->pid : 0;
	line->name = timeline_process_name(request, labels, ranked->process);
	process_peak(ranked->process, &mib);
	timeline_write_peak(line, request, &window, mib);
}

/* The name of the program: the last component of its path, without
 * arguments. */
static char *timeline_program_name(const struct run *run)
{
	const char *command = run->command ? run->command : "";
	size_t len = strcspn(command, " ");
	const char *name = command + len;
	char *raw, *clean;

	while (name > command && name[-1] != '/')
		name--;
	if (*command == 0 || *command == '\'' || name == command + len)
		return mem_copy("memory");
	raw = mem_copy_n(name, (size_t)(command + len - name));
	clean = utf8_clean_copy(raw);
	free(raw);
	return clean;
}

static void timeline_add_processes(struct scene *scene,
    struct scene_panel *panel, const struct chart_request *request)
{
	const struct run *run = request->runs[0].run;
	struct window window = build_window(request, 0);
	struct ranking ranking = ranking_of(run, &window);
	struct scene_line *total = &panel->lines.items[0];
	size_t most = request->most_processes, shown = ranking.len;
	struct process_labels labels = {0};

	if (ranking.len > 0) {
		free(total->name);
		total->name = run_total_of(run) == RUN_TOTAL_ALL
				  ? mem_copy("all processes")
				  : timeline_program_name(run);
	}
	if (most == 0)
		most = MOST_PROCESSES;
	if (ranking.len > most)
		shown = most - 1;
	for (size_t i = 0; i < shown; i++)
		timeline_add_process(
		    panel, request, &labels, &ranking.items[i], i);
	if (labels.words)
		process_labels_finish(&labels);
	if (shown < ranking.len)
		timeline_add_others(scene, panel, request, &ranking, shown);
	ranking_finish(&ranking);
}

static bool timeline_has_samples(const struct run *run)
{
	bool has = run->total.len > 0;

	for (size_t i = 0; !has && i < run->processes.len; i++)
		has = run->processes.items[i].memory.len > 0;
	return has;
}

static int timeline_compare_times(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	return (x->time_s > y->time_s) - (x->time_s < y->time_s);
}

/* Without a sample, memory is known where calls begin and end: of one process,
 * that of the first call, as others' memory is another line. */
static const struct series *timeline_of_calls(
    struct scene *scene, const struct run *run)
{
	struct series *memory = scene_own_series(scene);

	for (size_t i = 0; i < run->calls.len; i++) {
		const struct call *call = &run->calls.items[i];

		if (call->pid != run->calls.items[0].pid)
			continue;
		series_add(memory, call->enter_s, call->enter_mib);
		series_add(memory, call->leave_s, call->leave_mib);
	}
	qsort(memory->items, memory->len, sizeof(memory->items[0]),
	    timeline_compare_times);
	return memory;
}

static bool timeline_is_of_calls(const struct run *run)
{
	return !timeline_has_samples(run) && run->calls.len > 0;
}

static const struct series *timeline_memory(
    struct scene *scene, const struct run *run)
{
	return timeline_is_of_calls(run) ? timeline_of_calls(scene, run)
					 : &run->total;
}

static void timeline_add_memory(struct scene_panel *panel,
    const struct chart_request *request, size_t run, enum role role,
    const struct series *memory)
{
	const struct chart_run *chart_run = &request->runs[run];
	const struct series *total = &chart_run->run->total;
	struct scene_line *line = build_line(
	    panel, memory, build_zero(request, run), downsample_gap(total));
	struct window window = build_window(request, run);
	struct sample sampled = {0}, peak = {0};

	line->kind = request->len > 1 ? SCENE_RUN : SCENE_TOTAL;
	line->role = role;
	line->name = request->len > 1 ? utf8_clean_copy(chart_run->name)
				      : mem_copy("memory");
	sampled.mib = line->peak.mib;
	run_peak_above(
	    chart_run->run, memory->len > 0 ? &sampled : NULL, &peak);
	timeline_write_peak(line, request, &window, peak.mib);
	line->in_legend &= memory->len > 0;
}

static void timeline_add_total(struct scene_panel *panel,
    const struct chart_request *request, size_t run, enum role role)
{
	timeline_add_memory(
	    panel, request, run, role, &request->runs[run].run->total);
}

/* More lines over each other show nothing, and take very long. */
enum { MOST_LINES = 100 };

/* Adds at most one run for each colour. */
static void timeline_add_chosen(struct scene_panel *panel,
    const struct chart_request *request, const size_t *runs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		timeline_add_total(panel, request, runs[i], role_series(i));
}

/* Adds all runs: important ones have the colours, and are on top. */
static void timeline_add_crowd(struct scene_panel *panel,
    const struct chart_request *request, const struct build_set *set)
{
	size_t chosen[ROLE_SERIES_COUNT];
	size_t count = build_choose(request, set, chosen);

	for (size_t i = 0; i < request->len; i++) {
		size_t at = 0;

		while (at < count && chosen[at] != i)
			at++;
		if (at == count)
			timeline_add_total(panel, request, i, ROLE_OTHER);
	}
	timeline_add_chosen(panel, request, chosen, count);
}

static void timeline_note_calls(
    struct scene *scene, const struct chart_request *request)
{
	char count[UNITS_COUNT];
	size_t found = 0;
	bool others = false;

	for (size_t i = 0; i < request->len; i++) {
		const struct run *run = request->runs[i].run;

		if (!timeline_is_of_calls(run))
			continue;
		found++;
		for (size_t k = 0; k < run->calls.len; k++)
			others |=
			    run->calls.items[k].pid != run->calls.items[0].pid;
	}
	if (found == 0)
		return;
	units_count(count, found, "recording: its line joins",
	    "recordings: their lines join");
	*array_push(&scene->notes) =
	    mem_format("no samples%s%s the memory where calls begin and end%s",
		request->len > 1 ? " in " : "",
		request->len > 1 ? count : ": the line joins",
		others ? ", of the first process that has any" : "");
}

/* In a picture, more runs than there are colours are drawn as a band; so are
 * very many where a reader can select lines. */
static void timeline_add_totals(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request, const struct build_set *set)
{
	size_t named[ROLE_SERIES_COUNT], count;

	if (request->len <= ROLE_SERIES_COUNT) {
		for (size_t i = 0; i < request->len; i++)
			timeline_add_memory(panel, request, i,
			    request->len > 1 ? role_series(i) : ROLE_TOTAL,
			    timeline_memory(scene, request->runs[i].run));
		timeline_note_calls(scene, request);
	} else if (request->layers && request->len <= MOST_LINES) {
		timeline_add_crowd(panel, request, set);
	} else {
		count = build_band(scene, panel, request, set, named);
		timeline_add_chosen(panel, request, named, count);
	}
}

/* A stack of the program alone would repeat its line. */
static void timeline_add_stack(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request)
{
	struct scene_panel stacked = {.kind = PANEL_MEMORY};

	if (!request->layers || request->len > 1 || panel->lines.len < 2 ||
	    request->runs[0].run->total.len == 0)
		return;
	build_layers(scene, &stacked, request);
	panel->layers = stacked.lines;
}

int chart_timeline(
    struct scene *scene, const struct chart_request *request, struct err *e)
{
	const struct series *total = &request->runs[0].run->total;
	const struct sample *highest;
	struct scene_panel *panel;
	struct sample peak = {0};
	struct build_set set = {.len = 0};

	if (build_frame(scene, request, e) != 0)
		return -1;
	panel = build_panel(scene, PANEL_MEMORY);
	if (request->len + request->others_len > 2)
		build_set_init(&set, request);
	timeline_add_totals(scene, panel, request, &set);
	if (request->len == 1)
		timeline_add_processes(scene, panel, request);
	timeline_add_stack(scene, panel, request);
	if (request->len == 1)
		total = panel->lines.items[0].samples;
	if (panel->lines.len > 0)
		peak = panel->lines.items[0].peak;
	peak.time_s += build_zero(request, 0);
	if (request->window_s.given)
		highest = series_peak(total);
	else
		highest = total->len > 0 ? &peak : NULL;
	build_rest(scene, panel, request, highest, &set);
	if (set.len > 0)
		build_set_finish(&set);
	return 0;
}
