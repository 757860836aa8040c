// SPDX-License-Identifier: MIT
//
// Outliers, early deaths and stragglers of a thousand processes are seen in one
// picture: a row each, the highest or the earliest on top.
#include <math.h>
#include <stdlib.h>

#include "analysis/downsample.h"
#include "analysis/peak.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"
#include "chart/build.h"
#include "profile/label.h"
#include "profile/process.h"
#include "profile/run.h"

/* A row before it is drawn: a run, or a process of a run. */
struct heat_source {
	char *name; /* owned until the row takes it over */
	const struct series *memory;
	double zero_s, peak_mib, start_s;
	const struct exit_status *exit;
	enum run_ending ending; /* of a run */
	bool odd;
	bool ends; /* its end is marked: it failed, or ended before others */
};

struct heat_build {
	struct scene *scene;
	ARRAY(struct heat_source) sources;
};

static int heatmap_compare_peaks(const void *left, const void *right)
{
	const struct heat_source *a = left, *b = right;

	return (a->peak_mib < b->peak_mib) - (a->peak_mib > b->peak_mib);
}

static int heatmap_compare_starts(const void *left, const void *right)
{
	const struct heat_source *a = left, *b = right;

	return a->start_s != b->start_s
		   ? (a->start_s > b->start_s) - (a->start_s < b->start_s)
		   : heatmap_compare_peaks(left, right);
}

static bool heatmap_failed(
    enum run_ending ending, const struct exit_status *exit)
{
	return ending == RUN_CUT_OFF ||
	       (exit->known && (exit->signal || exit->code != 0));
}

/* Members of the spread are sorted by peak: an overview's index in the array
 * tells its run. */
static void heatmap_mark_odd(
    struct heat_build *build, const struct build_set *set)
{
	for (size_t i = 0; i < set->spread.members.len && build->sources.items;
	     i++) {
		const struct spread_member *at = &set->spread.members.items[i];
		size_t run = (size_t)(at->overview - set->overviews);
		const struct spread_score *duration =
		    &at->scores[SPREAD_DURATION];
		struct heat_source *source;

		if (run >= build->sources.len) /* it is not drawn */
			continue;
		source = &build->sources.items[run];
		source->odd |= spread_is_apart(at);
		source->ends |= duration->apart && duration->z < 0;
	}
}

static void heatmap_add_runs(struct heat_build *build,
    const struct chart_request *request, const struct build_set *set)
{
	for (size_t i = 0; i < request->len; i++) {
		const struct run *run = request->runs[i].run;
		bool failed = heatmap_failed(run->ending, &run->exit);

		*array_push(&build->sources) = (struct heat_source){
		    .name = utf8_clean_copy(request->runs[i].name),
		    .memory = &run->total,
		    .zero_s = build_zero(request, i),
		    .peak_mib = set->overviews[i].peak_mib,
		    .start_s = set->overviews[i].start_s,
		    .exit = &run->exit,
		    .ending = run->ending,
		    .odd = failed,
		    .ends = failed};
	}
	heatmap_mark_odd(build, set);
}

static void heatmap_add_processes(
    struct heat_build *build, const struct chart_request *request)
{
	const struct run *run = request->runs[0].run;
	struct process_labels labels;

	process_labels_init(&labels, run);
	for (size_t i = 0; i < run->processes.len; i++) {
		const struct process *process = &run->processes.items[i];
		struct heat_source source = {.memory = &process->memory,
		    .zero_s = build_zero(request, 0),
		    .exit = &process->exit,
		    .odd = process->exit.known && process->exit.signal,
		    .ends = process->exit.known && process->exit.signal};
		char *label;

		if (process->memory.len == 0 ||
		    !process_peak(process, &source.peak_mib))
			continue;
		label = process_label_text(&labels, process);
		source.name = build_pid_name(process, label);
		source.start_s = process->memory.items[0].time_s;
		free(label);
		*array_push(&build->sources) = source;
	}
	process_labels_finish(&labels);
}

/* Adds a row for the launched program. */
static void heatmap_add_program(
    struct heat_build *build, const struct chart_request *request)
{
	const struct run *run = request->runs[0].run;
	const struct series *total = &run->total;
	struct series *memory = scene_own_series(build->scene);
	double *own = mem_zero(total->len + 1, sizeof(own[0]));
	bool failed = heatmap_failed(run->ending, &run->exit);

	run_program_at(run, NULL, total->len, own);
	for (size_t i = 0; i < total->len; i++)
		series_add(memory, total->items[i].time_s, fmax(0, own[i]));
	free(own);
	if (total->len == 0)
		return;
	*array_push(&build->sources) =
	    (struct heat_source){.name = mem_copy(run_program_name(run)),
		.memory = memory,
		.zero_s = build_zero(request, 0),
		.peak_mib = peak_of_program(run),
		.start_s = total->items[0].time_s,
		.exit = &run->exit,
		.ending = run->ending,
		.odd = failed,
		.ends = failed};
}

/* Each part of the axis shows its highest sample; a sample holds until the next
 * one, but not across a gap. */
static void heatmap_fill(const struct heat_build *build,
    const struct heat_source *source, struct scene_heat_row *row)
{
	const struct axis *time = &build->scene->time;
	double step = (time->high - time->low) / HEAT_COLUMNS;
	double gap_s = downsample_gap(source->memory);
	const struct series *memory = source->memory;

	for (size_t i = 0; i < HEAT_COLUMNS; i++)
		row->cells[i] = -1;
	for (size_t i = 0; i < memory->len; i++) {
		double from_s = memory->items[i].time_s - source->zero_s;
		double to_s = i + 1 < memory->len
				  ? memory->items[i + 1].time_s - source->zero_s
				  : from_s;
		long first, last;

		if (gap_s > 0 && to_s - from_s > fmax(gap_s, step))
			to_s = from_s;
		if (from_s > time->high || to_s < time->low)
			continue;
		first = (long)((fmax(from_s, time->low) - time->low) / step);
		last = (long)((fmin(to_s, time->high) - time->low) / step);
		for (long k = first; k <= last && k < HEAT_COLUMNS; k++)
			row->cells[k] =
			    fmaxf(row->cells[k], (float)memory->items[i].mib);
	}
}

/* The end of a row that failed, or ended before the others. */
static char *heatmap_end_text(const struct heat_source *source)
{
	char *killed = build_end_text(source->exit);

	if (killed)
		return killed;
	if (source->ending == RUN_CUT_OFF)
		return mem_copy(run_ending_word(RUN_CUT_OFF));
	if (source->exit->known && source->exit->code != 0)
		return mem_format("status %d", source->exit->code);
	return mem_copy("early");
}

/* The end of a row that failed beside the window is no mark in it, and is said
 * with its time. */
static char *heatmap_end_beside(const struct heat_source *source, double at_s)
{
	char *text = heatmap_end_text(source), after[UNITS_TEXT];
	char *said =
	    mem_format("%s after %s", text, units_duration(after, at_s));

	free(text);
	return said;
}

static void heatmap_end(const struct heat_build *build,
    const struct heat_source *source, struct scene_heat_row *row)
{
	const struct axis *time = &build->scene->time;
	const struct series *memory = source->memory;
	double at_s = memory->len > 0 ? memory->items[memory->len - 1].time_s -
					    source->zero_s
				      : NAN;
	char size[UNITS_TEXT];

	row->ended_column = HEAT_COLUMNS;
	row->detail = mem_format("peak %s", units_size(size, source->peak_mib));
	if (!source->ends || isnan(at_s))
		return;
	if (at_s < time->low || at_s > time->high) {
		if (heatmap_failed(source->ending, source->exit))
			row->ended = heatmap_end_beside(source, at_s);
		return;
	}
	row->ended = heatmap_end_text(source);
	row->ended_column =
	    (size_t)((at_s - time->low) / (time->high - time->low) *
		     (HEAT_COLUMNS - 1));
}

static void heatmap_add_row(struct heat_build *build, struct scene_heat *heat,
    const struct heat_source *source)
{
	struct scene_heat_row *row = mem_zero(1, sizeof(*row));
	float high = 0;

	*array_push(&heat->rows) = row;
	row->name = source->name;
	row->odd = source->odd;
	heatmap_fill(build, source, row);
	heatmap_end(build, source, row);
	/* fmax() of doubles here makes GCC 12 for aarch64 crash. */
	for (size_t i = 0; i < HEAT_COLUMNS; i++)
		high = row->cells[i] > high ? row->cells[i] : high;
	heat->high_mib = fmax(heat->high_mib, high);
}

int chart_heatmap(
    struct scene *scene, const struct chart_request *request, struct err *e)
{
	struct heat_build build = {.scene = scene};
	struct scene_panel *panel;
	struct build_set set;

	if (build_frame(scene, request, e) != 0)
		return -1;
	build_set_init(&set, request);
	if (request->len > 1)
		heatmap_add_runs(&build, request, &set);
	else
		heatmap_add_processes(&build, request);
	if (build.sources.len == 0)
		heatmap_add_runs(&build, request, &set);
	else if (request->len == 1)
		heatmap_add_program(&build, request);
	if (build.sources.len > 0)
		qsort(build.sources.items, build.sources.len,
		    sizeof(build.sources.items[0]),
		    request->by_start ? heatmap_compare_starts
				      : heatmap_compare_peaks);
	if (request->len == 1)
		build_note_total(scene, request->runs[0].run);
	panel = build_panel(scene, PANEL_HEAT);
	for (size_t i = 0; i < build.sources.len; i++)
		heatmap_add_row(&build, &panel->heat, &build.sources.items[i]);
	if (panel->heat.high_mib <= 0)
		panel->heat.high_mib = 1;
	array_free(&build.sources);
	if (request->len > 1)
		build_set_facts(scene, request, &set);
	else
		build_facts(scene, request,
		    series_peak(&request->runs[0].run->total), NULL);
	build_set_finish(&set);
	return 0;
}
