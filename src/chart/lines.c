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

/* The range of the scene's window as a run's own times. */
static void window_of(
    const struct scene *scene, double zero_s, double *from_s, double *to_s)
{
	*from_s = zero_s + scene->time.low;
	*to_s = zero_s + scene->time.high;
}

/* What mprof leak says of the samples in the window: a leak's line is the one
 * that was judged, from the end of the warm-up on. */
static struct leak judge_window(
    const struct series *samples, struct trend *trend)
{
	size_t first = series_find(samples, trend->from_s);
	size_t end = series_find(samples, nextafter(trend->to_s, INFINITY));
	/* Borrowed: leak_judge() only reads it. */
	const struct series part = {
	    samples->items + first, end - first, end - first, false};
	struct leak leak;

	leak_judge(&part, &leak);
	if (leak.verdict == LEAK_LEAKING) {
		trend->from_s = leak.since_s;
		trend->to_s = leak.last_s;
		trend->mib_per_s = leak.mib_per_s;
		trend->to_mib = leak.level_mib;
		trend->from_mib =
		    trend->to_mib -
		    leak.mib_per_s * (trend->to_s - trend->from_s);
	}
	return leak;
}

static void add_trend(struct scene *scene, struct scene_panel *panel,
    const struct series *samples, double zero_s)
{
	double from_s, to_s;
	char text[UNITS_TEXT];
	struct trend trend;
	struct scene_line *line;
	struct series *ends;
	struct leak leak;

	window_of(scene, zero_s, &from_s, &to_s);
	if (!trend_fit(&trend, samples, from_s, to_s))
		return;
	leak = judge_window(samples, &trend);
	ends = scene_own_series(scene);
	series_add(ends, trend.from_s, trend.from_mib);
	series_add(ends, trend.to_s, trend.to_mib);
	line = build_line(panel, ends, zero_s, 0);
	line->kind = SCENE_TREND;
	line->role = ROLE_TREND;
	line->name = mem_copy("trend");
	line->detail = mem_format("%s%s, %s", trend.mib_per_s > 0 ? "+" : "",
	    units_rate(text, trend.mib_per_s), leak_word(leak.verdict));
}

void build_trends(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request)
{
	if (!request->slope)
		return;
	for (size_t i = 0; i < request->len; i++) {
		const struct series *total = &request->runs[i].run->total;
		size_t before = panel->lines.len;

		if (total->len > 0)
			add_trend(scene, panel, total, build_zero(request, i));
		if (request->len > 1 && panel->lines.len > before)
			panel->lines.items[before].role = role_series(i);
	}
}

static double highest(const struct series *series, double from_s, double to_s)
{
	double best = -INFINITY;

	for (size_t i = series_find(series, from_s);
	     i < series->len && series->items[i].time_s <= to_s; i++)
		best = fmax(best, series->items[i].mib);
	return best;
}

static double lowest_of(const struct scene_panel *panel)
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
	double best = 0, from_s, to_s;

	for (size_t i = 0; i < panel->lines.len; i++) {
		const struct scene_line *line = &panel->lines.items[i];

		if (line->kind != SCENE_STACKED && line->peak.mib <= best)
			continue;
		window_of(scene, line->zero_s, &from_s, &to_s);
		if (line->kind != SCENE_STACKED &&
		    line->peak.time_s >= scene->time.low &&
		    line->peak.time_s <= scene->time.high)
			best = line->peak.mib;
		else
			best = fmax(best, highest(line->samples, from_s, to_s));
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

void build_memory_axis(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request)
{
	double low = lowest_of(panel);

	panel->memory = axis_memory(highest_of(scene, panel));
	if (low < 0)
		panel->memory.low = fmax(low, -panel->memory.high);
	if (request->memory_mib.given) {
		panel->memory.low = request->memory_mib.low;
		panel->memory.high = request->memory_mib.high;
	}
}
