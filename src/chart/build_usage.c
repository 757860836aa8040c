// SPDX-License-Identifier: MIT
#include "chart/build.h"

#include <math.h>

#include "base/mem.h"
#include "base/units.h"

/* "CPU (%)" */
static char *build_usage_title(const struct resource *resource)
{
	if (!resource->unit)
		return mem_copy(resource->title);
	return mem_format("%s (%s)", resource->title, resource->unit);
}

/* The mean in the window: each figure stands for the step before it. */
static double build_usage_mean(const struct series *part, double gap_s)
{
	double area = 0, time_s = 0;

	for (size_t i = 1; i < part->len; i++) {
		double step_s =
		    part->items[i].time_s - part->items[i - 1].time_s;

		if (step_s > gap_s)
			continue;
		area += part->items[i].mib * step_s;
		time_s += step_s;
	}
	return time_s > 0 ? area / time_s : NAN;
}

/* "mean 23, highest 98" */
static char *build_usage_detail(double mean, const struct series *part)
{
	char text[2][UNITS_TEXT];

	units_number(text[1], series_peak(part)->mib);
	if (isnan(mean))
		return mem_format("highest %s", text[1]);
	return mem_format(
	    "mean %s, highest %s", units_number(text[0], mean), text[1]);
}

/* The longest time between two readings: figures that are farther from each
 * other have one between them that is not known. */
static double build_usage_gap(const struct series *readings)
{
	double longest_s = 0;

	for (size_t i = 1; i < readings->len; i++)
		longest_s = fmax(longest_s,
		    readings->items[i].time_s - readings->items[i - 1].time_s);
	return 1.001 * longest_s;
}

/* A line for a figure. */
static void build_usage_line(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request, enum resource_figure_id figure)
{
	const struct run *run = request->runs[0].run;
	struct window window = build_window(request, 0);
	struct series *shown = scene_own_series(scene), part;
	double gap_s = build_usage_gap(&run->usage->figures[figure]), mean;
	struct scene_line *line;

	usage_shown(run->usage, figure, shown);
	part = build_part(shown, &window);
	if (part.len == 0)
		return;
	mean = build_usage_mean(&part, gap_s);
	if (!request->window_s.given &&
	    usage_mean(run->usage, figure, &mean) != 0)
		mean = NAN;
	line = build_line(panel, shown, build_zero(request, 0), gap_s);
	line->kind = SCENE_PROCESS;
	line->role = role_series(panel->lines.len - 1);
	line->name = mem_copy(resource_figures[figure].words);
	line->detail = build_usage_detail(mean, &part);
	panel->memory.high =
	    fmax(panel->memory.high, 1.12 * series_peak(&part)->mib);
}

static void build_usage_panel(struct scene *scene,
    const struct chart_request *request, enum resource_id id)
{
	const struct resource *resource = &resources[id];
	struct scene_panel *panel = build_panel(scene, PANEL_USAGE);

	panel->memory = (struct axis){.kind = AXIS_NUMBER, .high = 0};
	panel->title = build_usage_title(resource);
	for (size_t i = 0; i < resource->count; i++) {
		enum resource_figure_id figure =
		    (enum resource_figure_id)(resource->first + i);

		if (request->runs[0].run->usage->figures[figure].len > 0)
			build_usage_line(scene, panel, request, figure);
	}
	if (panel->memory.high <= 0)
		panel->memory.high = 1;
	if (panel->lines.len == 0)
		scene_drop_panel(scene);
}

void build_usage(struct scene *scene, const struct chart_request *request)
{
	const struct usage_series *usage = request->runs[0].run->usage;

	if (request->len > 1 || !usage)
		return;
	for (size_t i = 0; i < RESOURCES; i++) {
		if (usage_has(usage, (enum resource_id)i))
			build_usage_panel(scene, request, (enum resource_id)i);
	}
}
