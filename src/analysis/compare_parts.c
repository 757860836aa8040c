// SPDX-License-Identifier: MIT
#include "analysis/compare_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static double phase_figure(
    const struct recording_set_run *run, const char *name, size_t offset)
{
	const struct phase *phase = recording_set_phase(run, name);

	return phase ? recording_set_figure(&phase->figures, offset) : NAN;
}

/* The highest of the processes of that name. */
static double process_figure(
    const struct recording_set_run *run, const char *name, size_t offset)
{
	double highest = NAN;

	for (size_t i = 0; i < run->run->processes.len; i++) {
		const struct process *p = &run->run->processes.items[i];
		struct figures figures;

		if (!p->name || strcmp(p->name, name) != 0 ||
		    figures_of_series(
			&p->memory, -INFINITY, INFINITY, &figures) != 0)
			continue;
		highest = fmax(highest, recording_set_figure(&figures, offset));
	}
	return highest;
}

/* How many processes of that name a run of the side has at most. */
static size_t count_named(const struct recording_set *side, const char *name)
{
	size_t most = 0;

	for (size_t i = 0; i < side->runs.len; i++) {
		const struct run *run = side->runs.items[i].run;
		size_t count = 0;

		for (size_t k = 0; k < run->processes.len; k++) {
			const struct process *p = &run->processes.items[k];

			count += p->memory.len > 0 && p->name &&
				 strcmp(p->name, name) == 0;
		}
		most = count > most ? count : most;
	}
	return most;
}

typedef double part_figure(
    const struct recording_set_run *run, const char *name, size_t offset);

static size_t compare_parts_collect(const struct recording_set *side,
    part_figure *figure, const char *name, size_t offset, double *values)
{
	size_t count = 0;

	for (size_t i = 0; i < side->runs.len; i++) {
		double value = figure(&side->runs.items[i], name, offset);

		if (isfinite(value))
			values[count++] = value;
	}
	return count;
}

/* -1 where one of the sides has no such part. */
static int compare_part(const struct recording_set *const sides[2],
    part_figure *figure, const char *name, size_t offset,
    struct comparison *out)
{
	double *a = mem_zero(sides[0]->runs.len, sizeof(a[0]));
	double *b = mem_zero(sides[1]->runs.len, sizeof(b[0]));
	size_t a_count =
	    compare_parts_collect(sides[0], figure, name, offset, a);
	size_t b_count =
	    compare_parts_collect(sides[1], figure, name, offset, b);
	int got = a_count && b_count ? 0 : -1;

	if (got == 0)
		compare_values(a, a_count, b, b_count, out);
	free(a);
	free(b);
	return got;
}

static bool same_part(const void *items, size_t at, const void *name)
{
	return strcmp(((const struct compared_part *)items)[at].name, name) ==
	       0;
}

static void add_part(struct compared_parts *list,
    const struct recording_set *const sides[2], part_figure *figure,
    const char *name)
{
	struct compared_part part = {.name = name};
	uint32_t hash = name ? index_hash(name, strlen(name)) : 0;

	if (!name ||
	    index_find(&list->index, hash, same_part, list->items.items,
		name) != INDEX_NONE ||
	    compare_part(sides, figure, name,
		offsetof(struct figures, peak_mib), &part.peak) != 0 ||
	    compare_part(sides, figure, name,
		offsetof(struct figures, growth_mib), &part.growth) != 0)
		return;
	for (size_t i = 0; figure == process_figure && i < 2; i++)
		part.count[i] = count_named(sides[i], name);
	index_add(&list->index, hash, list->items.len);
	*array_push(&list->items) = part;
}

void compare_parts_find(const struct recording_set *const sides[2],
    struct compared_parts *phases, struct compared_parts *processes)
{
	for (size_t i = 0; i < sides[0]->runs.len; i++) {
		const struct recording_set_run *run = &sides[0]->runs.items[i];

		for (size_t j = 0; run->run->marks.len && j < run->phase_count;
		     j++)
			add_part(
			    phases, sides, phase_figure, run->phases[j].name);
		for (size_t j = 0; j < run->run->processes.len; j++)
			add_part(processes, sides, process_figure,
			    run->run->processes.items[j].name);
	}
}

void compare_parts_finish(struct compared_parts *list)
{
	array_free(&list->items);
	index_finish(&list->index);
}
