// SPDX-License-Identifier: MIT
#include "chart/build.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/units.h"

/* "CPU (%)" */
static char *build_usage_title(const struct resource *resource)
{
	if (!resource->unit)
		return mem_copy(resource->title);
	return mem_format("%s (%s)", resource->title, resource->unit);
}

/* The mean in the window: each value stands for the step before it. */
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

/* The longest time between two readings: where values are farther apart, one
 * between them is unknown. */
static double build_usage_gap(const struct series *readings)
{
	double longest_s = 0;

	for (size_t i = 1; i < readings->len; i++)
		longest_s = fmax(longest_s,
		    readings->items[i].time_s - readings->items[i - 1].time_s);
	return 1.001 * longest_s;
}

/* gap_s, or less where the other figure has a reading between two of this one:
 * this one was unknown then. */
static double build_usage_missed(
    const struct series *readings, const struct series *other, double gap_s)
{
	size_t at = 0;

	for (size_t i = 1; i < readings->len; i++) {
		const struct sample *sample = &readings->items[i - 1];
		double step_s = sample[1].time_s - sample[0].time_s;

		while (at < other->len &&
		       other->items[at].time_s <= sample[0].time_s)
			at++;
		if (at < other->len &&
		    other->items[at].time_s < sample[1].time_s &&
		    step_s < gap_s)
			gap_s = 0.999 * step_s;
	}
	return gap_s;
}

/* GPUs are read at least once a second, or in each interval; one GPU may not
 * answer each time. */
static double build_usage_gpu_gap(const struct run *run, size_t figure)
{
	const struct series *figures = run->usage->figures;
	double gap_s =
	    3 * fmax(1, fmax(run->info.interval_s, run->info.stretch_s));

	gap_s = fmin(gap_s, build_usage_gap(&figures[figure]));
	for (size_t i = FIGURE_GPU; i < FIGURES; i++)
		gap_s =
		    build_usage_missed(&figures[figure], &figures[i], gap_s);
	return gap_s;
}

/* Adds a line for a figure; NULL where the window has none of it. */
static struct scene_line *build_usage_line(struct scene *scene,
    struct scene_panel *panel, const struct chart_request *request,
    enum resource_figure_id figure)
{
	const struct run *run = request->runs[0].run;
	struct window window = build_window(request, 0);
	struct series *shown = scene_own_series(scene), part;
	bool gpu = figure >= FIGURE_GPU;
	double gap_s = gpu ? build_usage_gpu_gap(run, figure)
			   : build_usage_gap(&run->usage->figures[figure]);
	double mean;
	struct scene_line *line;

	usage_shown(run->usage, figure, shown);
	part = build_part(shown, &window);
	if (part.len == 0)
		return NULL;
	mean = build_usage_mean(&part, gap_s);
	if (!request->window_s.given && !gpu &&
	    usage_mean(run->usage, figure, &mean) != 0)
		mean = NAN;
	line = build_line(panel, shown, build_zero(request, 0), gap_s);
	line->kind = SCENE_PROCESS;
	line->role = role_series(panel->lines.len - 1);
	line->name = mem_copy(resource_figures[figure].words);
	line->detail = build_usage_detail(mean, &part);
	panel->memory.high =
	    fmax(panel->memory.high, 1.12 * series_peak(&part)->mib);
	return line;
}

/* Kinds of memory charged to a group, from the bottom up, each minus the part
 * that is drawn separately. */
static const struct charge {
	enum resource_figure_id figure, less; /* less: FIGURES means nothing */
	const char *words;
} charges[] = {
    {FIGURE_GROUP_ANON, FIGURES, "anonymous"},
    {FIGURE_GROUP_SHMEM, FIGURES, "shared memory"},
    {FIGURE_GROUP_FILE, FIGURE_GROUP_SHMEM, "page cache"},
    {FIGURE_GROUP_SLAB, FIGURES, "slab"},
    {FIGURE_GROUP_KERNEL, FIGURE_GROUP_SLAB, "kernel"},
    {FIGURE_GROUP_SOCK, FIGURES, "sockets"},
};

/* The value at that time, to be subtracted; 0 where unknown. */
static double build_usage_at(
    const struct usage_series *usage, size_t figure, double time_s)
{
	const struct series *series;
	size_t at;

	if (figure >= FIGURES)
		return 0;
	series = &usage->figures[figure];
	at = series_find(series, time_s);
	return at < series->len && series->items[at].time_s == time_s
		   ? series->items[at].mib
		   : 0;
}

/* Adds the area of a kind of memory above the base, at that one's times;
 * returns its upper edge. */
static const struct series *build_usage_layer(struct scene *scene,
    struct scene_panel *panel, const struct chart_request *request,
    const struct charge *charge, const struct series *base)
{
	const struct usage_series *usage = request->runs[0].run->usage;
	struct window window = build_window(request, 0);
	struct series *top = scene_own_series(scene), own = {0};
	struct scene_line *line;
	char text[UNITS_TEXT];

	for (size_t i = 0; i < base->len; i++) {
		double time_s = base->items[i].time_s;
		double mib = build_usage_at(usage, charge->figure, time_s) -
			     build_usage_at(usage, charge->less, time_s);

		mib = fmax(mib, 0);
		series_add(&own, time_s, mib);
		series_add(top, time_s, mib + base->items[i].mib);
	}
	line = build_line(
	    panel, top, build_zero(request, 0), build_usage_gap(base));
	line->kind = SCENE_STACKED;
	line->role = role_series(panel->lines.len - 1);
	line->name = mem_copy(charge->words);
	line->base = base;
	line->detail = mem_format(
	    "highest %s", units_size(text, build_highest(&own, &window)->mib));
	panel->memory.high =
	    fmax(panel->memory.high, 1.12 * build_highest(top, &window)->mib);
	series_finish(&own);
	return top;
}

/* Adds stacked areas, at the times of the first kind of memory; none where the
 * window has no reading of it. */
static void build_usage_stack(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request)
{
	const struct usage_series *usage = request->runs[0].run->usage;
	const struct series *times = &usage->figures[charges[0].figure];
	struct window window = build_window(request, 0);
	struct series *floor = scene_own_series(scene);
	const struct series *base = floor;

	if (build_part(times, &window).len == 0)
		return;
	for (size_t i = 0; i < times->len; i++)
		series_add(floor, times->items[i].time_s, 0);
	for (size_t c = 0; c < sizeof(charges) / sizeof(charges[0]); c++) {
		if (usage->figures[charges[c].figure].len > 0)
			base = build_usage_layer(
			    scene, panel, request, &charges[c], base);
	}
}

/* Draws memory.max and memory.high as lines, where they are near. */
static void build_usage_limits(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request)
{
	const struct usage_series *usage = request->runs[0].run->usage;
	double near = SCENE_LIMIT_NEAR * panel->memory.high;

	for (size_t i = FIGURE_GROUP_MAX; i <= FIGURE_GROUP_HIGH; i++) {
		const struct sample *highest = series_peak(&usage->figures[i]);
		struct scene_line *line;

		if (!highest || highest->mib > near)
			continue;
		line = build_usage_line(
		    scene, panel, request, (enum resource_figure_id)i);
		if (line)
			line->role = ROLE_ALARM;
	}
}

static const char *const event_names[] = {
    "memory.high", "memory.max", "out of memory", "oom_kill"};

enum { EVENTS = sizeof(event_names) / sizeof(event_names[0]) };

/* The mark of that time in [from, to), which is sorted; NULL where there is
 * none. */
static struct scene_mark *build_usage_mark(
    const struct scene_panel *panel, size_t from, size_t to, double at_s)
{
	size_t end = to;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (panel->marks.items[middle].at.time_s < at_s)
			from = middle + 1;
		else
			to = middle;
	}
	return from < end && panel->marks.items[from].at.time_s == at_s
		   ? &panel->marks.items[from]
		   : NULL;
}

/* Events in one reading are one mark. starts: where the marks of each kind up
 * to this one begin. */
static void build_usage_event(
    struct scene_panel *panel, const size_t *starts, size_t kind, double at_s)
{
	struct scene_mark *mark = NULL;
	char *label;

	for (size_t i = 0; i < kind && !mark; i++)
		mark = build_usage_mark(panel, starts[i], starts[i + 1], at_s);
	if (!mark) {
		*array_push(&panel->marks) =
		    (struct scene_mark){.kind = SCENE_LABEL,
			.role = ROLE_ALARM,
			.at = {at_s, NAN},
			.label = mem_copy(event_names[kind])};
		return;
	}
	label = mark->label;
	mark->label = mem_format("%s, %s", label, event_names[kind]);
	free(label);
}

/* Adds a mark where events of the group begin, at the reading that shows them;
 * events in consecutive readings are one mark. */
static void build_usage_events(
    struct scene_panel *panel, const struct chart_request *request)
{
	const struct usage_series *usage = request->runs[0].run->usage;
	size_t starts[EVENTS];

	for (size_t k = 0; k < EVENTS; k++) {
		const struct series *counts =
		    &usage->figures[FIGURE_EVENTS_HIGH + k];
		bool on = false;

		starts[k] = panel->marks.len;
		for (size_t i = 1; i < counts->len; i++) {
			bool more =
			    counts->items[i].mib > counts->items[i - 1].mib;

			if (more && !on)
				build_usage_event(panel, starts, k,
				    counts->items[i].time_s -
					build_zero(request, 0));
			on = more;
		}
	}
}

static void build_usage_panel(struct scene *scene,
    const struct chart_request *request, enum resource_id id)
{
	const struct resource *resource = &resources[id];
	struct scene_panel *panel = build_panel(scene, PANEL_USAGE);

	panel->memory = (struct axis){.kind = AXIS_NUMBER, .high = 0};
	panel->title = build_usage_title(resource);
	if (id == RESOURCE_CGROUP) {
		build_usage_stack(scene, panel, request);
		build_usage_limits(scene, panel, request);
	}
	for (size_t i = 0; id != RESOURCE_CGROUP && i < resource->count; i++) {
		enum resource_figure_id figure =
		    (enum resource_figure_id)(resource->first + i);

		if (usage_is_shown(request->runs[0].run->usage, figure))
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

	build_usage_events(&scene->panels.items[0], request);
	for (size_t i = 0; i < RESOURCES; i++) {
		if (i != RESOURCE_EVENTS &&
		    usage_has(usage, (enum resource_id)i))
			build_usage_panel(scene, request, (enum resource_id)i);
	}
}
