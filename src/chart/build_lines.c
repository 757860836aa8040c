// SPDX-License-Identifier: MIT
#include "chart/build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/phases.h"
#include "analysis/downsample.h"
#include "analysis/leak.h"
#include "analysis/trend.h"
#include "base/mem.h"
#include "base/signal_name.h"
#include "base/units.h"
#include "base/utf8.h"
#include "profile/run.h"

struct scene_line *build_line(struct scene_panel *panel,
    const struct series *samples, double zero_s, double gap_s)
{
	struct scene_line *line = array_push(&panel->lines);
	const struct sample *peak = series_peak(samples);

	*line = (struct scene_line){.kind = SCENE_TOTAL,
	    .role = ROLE_TOTAL,
	    .samples = samples,
	    .zero_s = zero_s,
	    .gap_s = gap_s,
	    .in_legend = true};
	if (peak)
		line->peak = (struct sample){peak->time_s - zero_s, peak->mib};
	return line;
}

char *build_pid_name(const struct process *process, const char *what)
{
	if (!*process->key)
		return mem_copy(what ? what : "");
	return what ? mem_format("%s %s", process->key, what)
		    : mem_format("child %s", process->key);
}

char *build_process_name(const struct process *process)
{
	const char *what = process->command && *process->command
			       ? process->command
			       : process->name;
	char *raw = build_pid_name(process, what);
	char *clean = utf8_clean_copy(raw);

	free(raw);
	return clean;
}

static int lines_compare_peaks(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->peak_mib != y->peak_mib)
		return x->peak_mib < y->peak_mib ? 1 : -1;
	return (x->place > y->place) - (x->place < y->place);
}

struct ranking ranking_of(const struct run *run, const struct window *window)
{
	struct ranking ranking = {
	    mem_zero(run->processes.len + 1, sizeof(struct ranked)), 0};

	for (size_t i = 0; i < run->processes.len; i++) {
		const struct process *process = &run->processes.items[i];
		const struct sample *peak =
		    build_highest(&process->memory, window);

		if (peak)
			ranking.items[ranking.len++] =
			    (struct ranked){process, peak->mib, i};
	}
	qsort(ranking.items, ranking.len, sizeof(ranking.items[0]),
	    lines_compare_peaks);
	return ranking;
}

void ranking_finish(struct ranking *ranking)
{
	free(ranking->items);
	*ranking = (struct ranking){0};
}

static struct scene_line *lines_add_straight(struct scene *scene,
    struct scene_panel *panel, const struct trend *trend, double zero_s)
{
	struct series *ends = scene_own_series(scene);
	struct scene_line *line;

	series_add_derived(ends, trend->from_s, trend->from_mib);
	series_add_derived(ends, trend->to_s, trend->to_mib);
	line = build_line(panel, ends, zero_s, 0);
	line->kind = SCENE_TREND;
	line->role = ROLE_TOTAL;
	return line;
}

static char *lines_rate_text(double mib_per_s, enum leak_verdict verdict)
{
	char text[UNITS_TEXT];

	return mem_format("%s%s, %s", mib_per_s > 0 ? "+" : "",
	    units_rate(text, mib_per_s), leak_word(verdict));
}

/* Adds the trend that mprof leak finds in the total, or in the leaking process,
 * or the line that fits too few samples. */
static void lines_add_trend(struct scene *scene, struct scene_panel *panel,
    const struct leak *leak, const struct series *part, double zero_s)
{
	struct scene_line *line;
	struct trend trend;

	if (!trend_of(&trend, part, leak))
		return;
	line = lines_add_straight(scene, panel, &trend, zero_s);
	line->name = mem_copy("trend");
	line->detail = lines_rate_text(trend.mib_per_s, leak->verdict);
}

/* The index of the process's line; the number of lines where it has none. */
static size_t lines_find(
    const struct scene_panel *panel, const struct process *process)
{
	size_t i = 0;

	while (i < panel->lines.len &&
	       panel->lines.items[i].samples != &process->memory)
		i++;
	return i;
}

/* Adds the trend of a process that has a line and leaks, by mprof leak. */
static void lines_add_leak(struct scene *scene, struct scene_panel *panel,
    const struct leak_process *judged, double zero_s)
{
	const struct leak *leak = &judged->leak;
	size_t of = lines_find(panel, judged->process);
	struct scene_line *line;
	struct trend trend;

	if (leak->verdict != LEAK_LEAKING || of == panel->lines.len ||
	    !trend_of(&trend, &judged->process->memory, leak))
		return;
	line = lines_add_straight(scene, panel, &trend, zero_s);
	line->role = panel->lines.items[of].role;
	line->pid = judged->process->pid;
	line->name = mem_format("trend of %s", judged->process->key);
	line->detail = lines_rate_text(leak->mib_per_s, leak->verdict);
}

/* Adds the trends that mprof leak finds in the run, or in its window. */
static void lines_add_trends(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request, size_t i)
{
	const struct run *run = request->runs[i].run;
	struct window window = build_window(request, i);
	struct series part = build_part(&run->total, &window);
	double zero_s = build_zero(request, i);
	struct leak_run judged;

	leak_judge_part(run, window.from_s, window.to_s, &judged);
	if (part.len > 0)
		lines_add_trend(scene, panel, &judged.worst, &part, zero_s);
	for (size_t k = 0; request->len == 1 && k < judged.processes.len; k++)
		lines_add_leak(
		    scene, panel, &judged.processes.items[k], zero_s);
	leak_run_finish(&judged);
}

/* The line of the samples; NULL where the panel has none. */
static const struct scene_line *chart_lines_find(
    const struct scene_panel *panel, const struct series *samples)
{
	for (size_t i = 0; i < panel->lines.len; i++) {
		if (panel->lines.items[i].samples == samples)
			return &panel->lines.items[i];
	}
	return NULL;
}

/* Each trend of several runs has its run's colour and name. */
static void lines_name_trend(struct scene_panel *panel, size_t trend,
    const struct chart_request *request, size_t run)
{
	struct scene_line *line = &panel->lines.items[trend];
	const struct scene_line *of =
	    chart_lines_find(panel, &request->runs[run].run->total);
	char *raw = mem_format("trend of %s", request->runs[run].name);

	free(line->name);
	line->name = utf8_clean_copy(raw);
	if (of)
		line->role = of->role;
	free(raw);
}

void build_trends(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request)
{
	if (!request->slope)
		return;
	for (size_t i = 0; i < request->len; i++) {
		size_t before = panel->lines.len;

		if (request->len > 1 &&
		    !chart_lines_find(panel, &request->runs[i].run->total))
			continue;
		lines_add_trends(scene, panel, request, i);
		if (request->len > 1 && panel->lines.len > before)
			lines_name_trend(panel, before, request, i);
	}
}

static double lines_lowest(const struct scene_panel *panel)
{
	double low = 0;

	for (size_t i = 0; i < panel->lines.len; i++) {
		const struct scene_line *line = &panel->lines.items[i];

		if (line->kind != SCENE_TREND)
			continue;
		for (size_t k = 0; k < line->samples->len; k++)
			low = fmin(low, line->samples->items[k].mib);
	}
	return low;
}

/* Extends the axis to a limit that is near what the window shows. */
static double lines_with_limit(const struct scene_panel *panel, double best)
{
	double limit = best;

	for (size_t i = 0; i < panel->marks.len; i++) {
		const struct scene_mark *mark = &panel->marks.items[i];

		if (mark->kind == SCENE_LIMIT &&
		    mark->at.mib <= SCENE_LIMIT_NEAR * best)
			limit = fmax(limit, mark->at.mib);
	}
	return limit;
}

/* A line whose peak is in the window needs no search. */
static double lines_highest(
    const struct scene *scene, const struct scene_panel *panel)
{
	double best = 0;

	for (size_t i = 0; i < panel->lines.len; i++) {
		const struct scene_line *line = &panel->lines.items[i];
		struct window view = build_view(scene, line->zero_s);
		const struct sample *highest;

		if (line->kind != SCENE_STACKED && line->peak.mib <= best)
			continue;
		if (line->kind != SCENE_STACKED &&
		    line->peak.time_s >= scene->time.low &&
		    line->peak.time_s <= scene->time.high) {
			best = line->peak.mib;
			continue;
		}
		highest = build_highest(line->samples, &view);
		best = highest ? fmax(best, highest->mib) : best;
	}
	for (size_t i = 0; i < panel->marks.len; i++) {
		const struct scene_mark *mark = &panel->marks.items[i];

		if (mark->kind == SCENE_PEAK &&
		    mark->at.time_s <= scene->time.high &&
		    mark->at.time_s >= scene->time.low)
			best = fmax(best, mark->at.mib);
	}
	for (size_t i = 0; i < panel->spans.len; i++)
		best = fmax(best, fmax(panel->spans.items[i].from.mib,
				      panel->spans.items[i].to.mib));
	return best;
}

/* An empty window has the axis of the whole recording. */
static double lines_highest_sample(const struct chart_request *request)
{
	double best = 0;

	for (size_t i = 0; i < request->len; i++) {
		const struct sample *peak =
		    series_peak(&request->runs[i].run->total);

		best = peak ? fmax(best, peak->mib) : best;
	}
	return best;
}

void build_memory_axis(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request)
{
	double low = lines_lowest(panel), high = lines_highest(scene, panel);

	high = high > 0 ? high : lines_highest_sample(request);
	panel->memory = axis_memory(lines_with_limit(panel, high));
	panel->memory.unit_of = high;
	if (low < 0)
		panel->memory.low = fmax(low, -panel->memory.high);
	if (request->memory_mib.given) {
		panel->memory.low = request->memory_mib.low;
		panel->memory.high = request->memory_mib.high;
		panel->memory.unit_of = request->memory_mib.high;
	}
}

/* Limits of what is drawn; more would be a pattern. */
enum { MOST_MARKS = 900, MOST_GAPS = 64, MOST_ENDS = 8 };

char *build_end_text(const struct exit_status *exit)
{
	const char *oom = exit->oom ? ", out of memory" : "";
	const char *name;

	if (!exit->known || exit->signal <= 0)
		return NULL;
	name = signal_name(exit->signal);
	if (name)
		return mem_format("killed by %s%s", name, oom);
	return mem_format("killed by signal %d%s", exit->signal, oom);
}

static struct scene_mark *lines_add_mark(struct scene_panel *panel,
    enum scene_mark_kind kind, double time_s, double mib)
{
	static const enum role roles[] = {
	    [SCENE_PEAK] = ROLE_PEAK,
	    [SCENE_LABEL] = ROLE_MARK,
	    [SCENE_END] = ROLE_ALARM,
	    [SCENE_GAP] = ROLE_GAP,
	    [SCENE_LIMIT] = ROLE_ALARM,
	    [SCENE_PHASE] = ROLE_BACKGROUND,
	};
	struct scene_mark *mark = array_push(&panel->marks);

	*mark = (struct scene_mark){
	    .kind = kind, .role = roles[kind], .at = {time_s, mib}};
	return mark;
}

/* A PEAK record shows a peak between samples; its dot is at the record's
 * time. */
static void lines_add_peak(struct scene_panel *panel, const struct run *run,
    const struct sample *sampled, double zero_s)
{
	char text[UNITS_TEXT];
	struct scene_mark *mark;
	struct sample peak;
	bool unseen;

	if (!run_peak_above(run, sampled, &peak))
		return;
	unseen = !sampled || peak.mib > sampled->mib;
	mark =
	    lines_add_mark(panel, SCENE_PEAK, peak.time_s - zero_s, peak.mib);
	mark->label = mem_format("peak %s%s", units_size(text, peak.mib),
	    unseen ? ", between samples" : "");
}

static void lines_add_limit(struct scene_panel *panel, const struct run *run,
    const struct sample *sampled)
{
	static const char *const of[] = {
	    [LIMIT_OF_UNKNOWN] = "",
	    [LIMIT_OF_CGROUP] = " (cgroup)",
	    [LIMIT_OF_ADDRESS_SPACE] = " (address space)",
	    [LIMIT_OF_MACHINE] = " (machine)",
	};
	const struct exit_status *exit = &run->exit;
	char text[UNITS_TEXT];
	struct sample peak;

	if (exit->limit_mib > 0 && run_peak_above(run, sampled, &peak) &&
	    exit->limit_mib <= SCENE_LIMIT_NEAR * peak.mib)
		lines_add_mark(panel, SCENE_LIMIT, 0, exit->limit_mib)->label =
		    mem_format("limit %s%s", units_limit(text, exit->limit_mib),
			of[exit->limit_of]);
}

/* Counts the MARK records in the window. */
static size_t lines_count_labels(
    const struct scene *scene, const struct run *run, double zero_s)
{
	size_t count = 0;

	for (size_t i = 0; i < run->marks.len; i++) {
		double at_s = run->marks.items[i].time_s - zero_s;

		count += at_s >= scene->time.low && at_s <= scene->time.high;
	}
	return count;
}

/* Adds the MARK records in the window; every nth one if there are too many.
 * Returns the number left out. */
static size_t lines_add_labels(const struct scene *scene,
    struct scene_panel *panel, const struct run *run, double zero_s)
{
	size_t count = lines_count_labels(scene, run, zero_s), nth = 0,
	       drawn = 0;
	size_t every =
	    count > MOST_MARKS ? (count + MOST_MARKS - 1) / MOST_MARKS : 1;

	for (size_t i = 0; i < run->marks.len; i++) {
		const struct mark *mark = &run->marks.items[i];
		double at_s = mark->time_s - zero_s;

		if (at_s < scene->time.low || at_s > scene->time.high ||
		    nth++ % every != 0)
			continue;
		lines_add_mark(panel, SCENE_LABEL, at_s, mark->mib)->label =
		    utf8_clean_copy(mark->label ? mark->label : "");
		drawn++;
	}
	return count - drawn;
}

static bool lines_has(
    const struct scene_panel *panel, const struct series *samples)
{
	for (size_t i = 0; i < panel->lines.len; i++) {
		if (panel->lines.items[i].samples == samples)
			return true;
	}
	return false;
}

static void lines_add_end(
    struct scene_panel *panel, const struct chart_request *request)
{
	const struct run *run = request->runs[0].run;
	char *text = build_end_text(&run->exit);

	if (text)
		lines_add_mark(panel, SCENE_END,
		    run->exit.time_s - build_zero(request, 0), NAN)
		    ->label = text;
}

/* Marks the end of each run that has a line, on that line, which goes on where
 * descendants outlive the program. Runs of a band have no line, and a note
 * there counts their ends. */
static void lines_add_ends(
    struct scene_panel *panel, const struct chart_request *request)
{
	for (size_t i = 0; i < request->len; i++) {
		const struct run *run = request->runs[i].run;
		const struct series *total = &run->total;
		char *text = build_end_text(&run->exit), *name;

		if (text && total->len > 0 && lines_has(panel, total)) {
			name = utf8_clean_copy(request->runs[i].name);
			lines_add_mark(panel, SCENE_END,
			    run->exit.time_s - build_zero(request, i),
			    series_at(total, run->exit.time_s)->mib)
			    ->label = mem_format("%s %s", name, text);
			free(name);
		}
		free(text);
	}
}

/* Marks the end of a child that has a line. */
static void lines_add_child_ends(
    struct scene_panel *panel, const struct run *run, double zero_s)
{
	size_t ends = 0;

	for (size_t i = 0; i < run->processes.len; i++) {
		const struct process *process = &run->processes.items[i];
		const struct series *memory = &process->memory;
		char *text = build_end_text(&process->exit);

		if (text && lines_has(panel, memory) && memory->len > 0 &&
		    ends++ < MOST_ENDS)
			lines_add_mark(panel, SCENE_END,
			    process->exit.time_s - zero_s,
			    memory->items[memory->len - 1].mib)
			    ->label = mem_format("%s %s", process->key, text);
		free(text);
	}
}

struct gap {
	double from_s, to_s;
};

struct gaps {
	ARRAY(struct gap) list;
};

static int lines_compare_gaps(const void *a, const void *b)
{
	const struct gap *x = a, *y = b;
	double left = x->to_s - x->from_s, right = y->to_s - y->from_s;

	return left > right ? -1 : left < right;
}

/* Finds the line's gaps that extend into the window, in axis seconds. */
static struct gaps lines_find_gaps(
    const struct scene *scene, const struct scene_line *line)
{
	const struct series *samples = line->samples;
	struct window view = build_view(scene, line->zero_s);
	size_t first = series_find(samples, view.from_s);
	struct gaps found = {{0}};

	for (size_t i = first > 0 ? first : 1;
	     line->gap_s > 0 && i < samples->len; i++) {
		double from_s = samples->items[i - 1].time_s;
		double to_s = samples->items[i].time_s;

		if (from_s > view.to_s)
			break;
		if (to_s - from_s > line->gap_s)
			*array_push(&found.list) = (struct gap){
			    from_s - line->zero_s, to_s - line->zero_s};
	}
	return found;
}

/* Marks the gaps; the longest ones if there are too many. */
static void lines_add_gaps(struct scene *scene, struct scene_panel *panel,
    const struct scene_line *line)
{
	char count[UNITS_COUNT];
	struct gaps found = lines_find_gaps(scene, line);
	char text[UNITS_TEXT];

	if (found.list.len > MOST_GAPS) {
		qsort(found.list.items, found.list.len,
		    sizeof(found.list.items[0]), lines_compare_gaps);
		*array_push(&scene->notes) = mem_copy(
		    units_count(count, found.list.len - (size_t)MOST_GAPS,
			"shorter gap is not shaded",
			"shorter gaps are not shaded"));
		found.list.len = MOST_GAPS;
	}
	for (size_t i = 0; i < found.list.len; i++) {
		const struct gap *gap = &found.list.items[i];
		struct scene_mark *mark =
		    lines_add_mark(panel, SCENE_GAP, gap->from_s, NAN);

		mark->until_s = gap->to_s;
		mark->label = mem_format("no samples for %s",
		    units_duration(text, gap->to_s - gap->from_s));
	}
	array_free(&found.list);
}

/* Shades every second phase. A run with marks has its phases between these. */
static void lines_add_phases(
    struct scene_panel *panel, const struct run *run, double zero_s)
{
	struct found_phase *phases;
	size_t count;

	if (run->marks.len > 0)
		return;
	count = phases_find(run, &phases);
	for (size_t i = 0; i < count && count > 1; i++) {
		char rate[UNITS_TEXT];
		const char *name = phase_kind_name(phases[i].kind);
		struct scene_mark *mark = lines_add_mark(
		    panel, SCENE_PHASE, phases[i].from_s - zero_s, NAN);

		mark->role = i % 2 ? ROLE_GRID : ROLE_BACKGROUND;
		mark->until_s = phases[i].until_s - zero_s;
		mark->label = phases[i].kind == PHASE_STEADY
				  ? mem_copy(name)
				  : mem_format("%s, %s%s", name,
					phases[i].mib_per_s > 0 ? "+" : "",
					units_rate(rate, phases[i].mib_per_s));
	}
	free(phases);
}

void build_marks(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request, const struct sample *sampled)
{
	char count[UNITS_COUNT];
	const struct run *run = request->runs[0].run;
	double zero_s = build_zero(request, 0);
	size_t more = 0;

	if (request->len == 1) {
		if (panel->lines.len > 0)
			lines_add_gaps(scene, panel, &panel->lines.items[0]);
		if (request->phases)
			lines_add_phases(panel, run, zero_s);
		lines_add_child_ends(panel, run, zero_s);
	}
	for (size_t i = 0; i < request->len; i++) {
		run = request->runs[i].run;
		zero_s = build_zero(request, i);
		more += lines_add_labels(scene, panel, run, zero_s);
	}
	if (request->len == 1) {
		lines_add_end(panel, request);
		lines_add_peak(panel, run, sampled, zero_s);
		lines_add_limit(panel, run, sampled);
	} else {
		lines_add_ends(panel, request);
	}
	if (more > 0)
		*array_push(&scene->notes) =
		    mem_format("%s not drawn; -w shows a part of the time",
			units_count(count, more, "mark between others is",
			    "marks between others are"));
}
