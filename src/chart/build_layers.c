// SPDX-License-Identifier: MIT
//
// Layers lie on each other only where all of them are read at one time. Of the
// ticks in each of a few thousand columns the one with the highest total is
// kept, so that the stack reaches every peak and its layers add up to it.
#include <math.h>
#include <stdlib.h>

#include "analysis/downsample.h"
#include "base/mem.h"
#include "base/units.h"
#include "chart/build.h"
#include "profile/process.h"

/* Processes of one name are told apart by position. Names have different
 * colours. */
enum { COLUMNS = 2000, MOST_LAYERS = 1000, MOST_NAMES = ROLE_SERIES_COUNT };

/* A process with a smaller share of the total's peak is no layer. */
static const double least_share = 0.01;

struct stack_build {
	struct scene *scene;
	struct scene_panel *panel;
	const struct run *run;
	struct ranking ranking;
	const char *highest; /* word for what is highest in the window */
	double zero_s, gap_s;
	size_t most;         /* number of process layers */
	ARRAY(size_t) ticks; /* selected ticks, as indices of the total */
	struct series *top;  /* upper edge of the layers so far */
};

static const struct sample *tick_at(const struct stack_build *build, size_t i)
{
	return &build->run->total.items[build->ticks.items[i]];
}

static void layers_choose_ticks(struct stack_build *build)
{
	const struct series *total = &build->run->total;
	const struct axis *time = &build->scene->time;
	double from_s = build->zero_s + time->low;
	double to_s = build->zero_s + time->high;
	size_t first = series_find(total, from_s);
	size_t last = series_find(total, to_s);
	bool all = last - first <= COLUMNS;
	long column = -1;

	/* a gap is not where ticks were left out */
	if (!all)
		build->gap_s += 2 * (to_s - from_s) / COLUMNS;
	for (size_t i = first; i < last || (i == last && i < total->len); i++) {
		const struct sample *at = &total->items[i];
		long here =
		    (long)((at->time_s - from_s) / (to_s - from_s) * COLUMNS);

		if (all || here != column || build->ticks.len == 0)
			*array_push(&build->ticks) = i;
		else if (at->mib > tick_at(build, build->ticks.len - 1)->mib)
			build->ticks.items[build->ticks.len - 1] = i;
		column = here;
	}
}

static struct scene_line *layers_add(
    struct stack_build *build, const double *sums, enum role role)
{
	const struct series *base = build->top;
	struct series *top = scene_own_series(build->scene);
	struct scene_line *line;
	char text[UNITS_TEXT];

	for (size_t i = 0; i < build->ticks.len; i++)
		series_add(top, tick_at(build, i)->time_s,
		    base->items[i].mib + fmax(0, sums[i]));
	line = build_line(build->panel, top, build->zero_s, build->gap_s);
	line->kind = SCENE_STACKED;
	line->role = role;
	line->base = base;
	line->peak = (struct sample){0, 0};
	for (size_t i = 0; i < top->len; i++) {
		if (sums[i] > line->peak.mib)
			line->peak = (struct sample){
			    top->items[i].time_s - build->zero_s, sums[i]};
	}
	line->detail = mem_format(
	    "%s %s", build->highest, units_size(text, line->peak.mib));
	build->top = top;
	return line;
}

void build_note_total(struct scene *scene, const struct run *run)
{
	if (run_total_is_unclear(run))
		*array_push(&scene->notes) =
		    mem_copy("the recording doesn't tell whether its total is "
			     "of the program alone or of all processes");
}

static void layers_add_program(struct stack_build *build)
{
	double *own = mem_zero(build->ticks.len + 1, sizeof(own[0]));

	run_program_at(build->run, build->ticks.items, build->ticks.len, own);
	layers_add(build, own, ROLE_TOTAL)->name = mem_copy(
	    build->ranking.len > 0 ? run_program_name(build->run) : "memory");
	free(own);
}

static size_t layers_count(const struct stack_build *build, double peak_mib)
{
	size_t count = 0, len = build->ranking.len;

	while (count < len &&
	       build->ranking.items[count].peak_mib >= least_share * peak_mib)
		count++;
	return count > build->most ? build->most : count;
}

static void build_layers_add_process(struct stack_build *build, size_t nth)
{
	const struct process *process = build->ranking.items[nth].process;
	double *sums = mem_zero(build->ticks.len + 1, sizeof(sums[0]));
	struct scene_line *line;

	process_add_at(process, build->ticks.items, build->ticks.len, sums);
	line = layers_add(build, sums, role_series(nth));
	line->name = build_process_name(process);
	line->pid = process->pid > 0 ? process->pid : 0;
	free(sums);
}

static void layers_add_other(struct stack_build *build, size_t from)
{
	double *sums = mem_zero(build->ticks.len + 1, sizeof(sums[0]));

	for (size_t i = from; i < build->ranking.len; i++)
		process_add_at(build->ranking.items[i].process,
		    build->ticks.items, build->ticks.len, sums);
	layers_add(build, sums, ROLE_OTHER)->name =
	    mem_format("other (%zu)", build->ranking.len - from);
	free(sums);
}

static void layers_add_all(struct stack_build *build, double peak_mib)
{
	size_t layers = layers_count(build, peak_mib);

	layers_choose_ticks(build);
	build->top = scene_own_series(build->scene);
	for (size_t i = 0; i < build->ticks.len; i++)
		series_add(build->top, tick_at(build, i)->time_s, 0);
	layers_add_program(build);
	for (size_t i = 0; i < layers; i++)
		build_layers_add_process(build, i);
	if (layers < build->ranking.len)
		layers_add_other(build, layers);
}

void build_layers(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request)
{
	const struct run *run = request->runs[0].run;
	struct window window = build_window(request, 0);
	const struct sample *shown = build_highest(&run->total, &window);
	struct stack_build build = {.scene = scene,
	    .panel = panel,
	    .run = run,
	    .ranking = ranking_of(run, &window),
	    .highest = request->window_s.given ? "highest" : "peak",
	    .zero_s = build_zero(request, 0),
	    .most = request->by_name ? MOST_NAMES : MOST_LAYERS,
	    .gap_s = downsample_gap(&run->total)};

	layers_add_all(&build, shown ? shown->mib : 0);
	build_note_total(scene, run);
	ranking_finish(&build.ranking);
	array_free(&build.ticks);
}
