// SPDX-License-Identifier: MIT
#include "chart/build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/downsample.h"
#include "analysis/leak.h"
#include "analysis/trend.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"

struct scene_line *build_line(struct scene_panel *panel,
    const struct series *samples, double zero_s, double gap_s)
{
	struct scene_line *line = array_push(&panel->lines);
	const struct sample *peak = series_peak(samples);

	*line = (struct scene_line){.samples = samples,
	    .zero_s = zero_s,
	    .gap_s = gap_s,
	    .in_legend = true};
	if (peak)
		line->peak = (struct sample){peak->time_s - zero_s, peak->mib};
	return line;
}

char *build_process_name(const struct process *process)
{
	const char *what = process->command && *process->command
			       ? process->command
			       : process->name;
	char *raw = process->pid > 0 ? mem_format("%s%s%s", process->key,
					   what ? " " : "", what ? what : "")
				     : mem_format("child %s", process->key);
	char *clean = utf8_clean_copy(raw);

	free(raw);
	return clean;
}

/* The line that was judged, along its stretch alone. */
static struct trend leak_line(const struct leak *leak)
{
	double rise = leak->mib_per_s * (leak->until_s - leak->since_s);

	return (struct trend){.from_s = leak->since_s,
	    .to_s = leak->until_s,
	    .from_mib = leak->level_mib - rise,
	    .to_mib = leak->level_mib,
	    .mib_per_s = leak->mib_per_s};
}

static struct scene_line *add_straight(struct scene *scene,
    struct scene_panel *panel, const struct trend *trend, double zero_s)
{
	struct series *ends = scene_own_series(scene);
	struct scene_line *line;

	series_add_derived(ends, trend->from_s, trend->from_mib);
	series_add_derived(ends, trend->to_s, trend->to_mib);
	line = build_line(panel, ends, zero_s, 0);
	line->kind = SCENE_TREND;
	line->role = ROLE_TREND;
	return line;
}

static char *rate_text(double mib_per_s, enum leak_verdict verdict)
{
	char text[UNITS_TEXT];

	return mem_format("%s%s, %s", mib_per_s > 0 ? "+" : "",
	    units_rate(text, mib_per_s), leak_word(verdict));
}

/* Adds the trend that mprof leak finds in the total, or in the process that
 * leaks. With too few samples for that a line is fitted all the same. */
static void add_trend(struct scene *scene, struct scene_panel *panel,
    const struct leak *leak, const struct series *part, double zero_s)
{
	struct trend trend = leak_line(leak);
	struct scene_line *line;

	if (!leak->judged && !trend_fit(&trend, part, -INFINITY, INFINITY))
		return;
	line = add_straight(scene, panel, &trend, zero_s);
	line->name = mem_copy("trend");
	line->detail = rate_text(trend.mib_per_s, leak->verdict);
}

static bool has_line(
    const struct scene_panel *panel, const struct process *process)
{
	for (size_t i = 0; i < panel->lines.len; i++) {
		if (panel->lines.items[i].samples == &process->memory)
			return true;
	}
	return false;
}

/* Adds the trend of a process that has a line and, by mprof leak, leaks. */
static void add_leak(struct scene *scene, struct scene_panel *panel,
    const struct leak_process *judged, double zero_s)
{
	const struct leak *leak = &judged->leak;
	struct trend trend = leak_line(leak);
	struct scene_line *line;

	if (leak->verdict != LEAK_LEAKING || !has_line(panel, judged->process))
		return;
	line = add_straight(scene, panel, &trend, zero_s);
	line->pid = judged->process->pid;
	line->name = mem_format("trend of %s", judged->process->key);
	line->detail = rate_text(leak->mib_per_s, leak->verdict);
}

/* Adds the trends that mprof leak finds in the run, or in its window. */
static void add_trends(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request, size_t i)
{
	const struct run *run = request->runs[i].run;
	struct window window = build_window(request, i);
	struct series part = build_part(&run->total, &window);
	double zero_s = build_zero(request, i);
	struct leak_run judged;

	leak_judge_part(run, window.from_s, window.to_s, &judged);
	if (part.len > 0)
		add_trend(scene, panel, &judged.worst, &part, zero_s);
	for (size_t k = 0; request->len == 1 && k < judged.processes.len; k++)
		add_leak(scene, panel, &judged.processes.items[k], zero_s);
	leak_run_finish(&judged);
}

void build_trends(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request)
{
	if (!request->slope)
		return;
	for (size_t i = 0; i < request->len; i++) {
		size_t before = panel->lines.len;

		add_trends(scene, panel, request, i);
		if (request->len > 1 && panel->lines.len > before)
			panel->lines.items[before].role = role_series(i);
	}
}

static double chart_lines_lowest_of(const struct scene_panel *panel)
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

/* The line of a limit is in sight where that is near what the window shows. */
static double with_limit(const struct scene_panel *panel, double best)
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

/* A line whose peak is in the window needs no second look at its samples. */
static double highest_of(
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
	return with_limit(panel, best);
}

/* An empty window has the axis of the whole recording. */
static double highest_sample(const struct chart_request *request)
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
	double low = chart_lines_lowest_of(panel),
	       high = highest_of(scene, panel);

	panel->memory = axis_memory(high > 0 ? high : highest_sample(request));
	if (low < 0)
		panel->memory.low = fmax(low, -panel->memory.high);
	if (request->memory_mib.given) {
		panel->memory.low = request->memory_mib.low;
		panel->memory.high = request->memory_mib.high;
	}
}
