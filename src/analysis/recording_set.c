// SPDX-License-Identifier: MIT
#include "analysis/recording_set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/leak.h"
#include "base/mem.h"
#include "profile/measure.h"
#include "profile/process.h"

static bool recording_set_same_phase(
    const void *items, size_t at, const void *name)
{
	return strcmp(((const struct phase *)items)[at].name, name) == 0;
}

static size_t recording_set_find_phase(
    const struct recording_set_run *run, const char *name)
{
	return index_find(&run->phase_index, index_hash(name, strlen(name)),
	    recording_set_same_phase, run->phases, name);
}

static void recording_set_index_phases(struct recording_set_run *run)
{
	for (size_t i = 0; i < run->phase_count; i++) {
		const char *name = run->phases[i].name;

		if (recording_set_find_phase(run, name) == INDEX_NONE)
			index_add(&run->phase_index,
			    index_hash(name, strlen(name)), i);
	}
}

const struct phase *recording_set_phase(
    const struct recording_set_run *run, const char *name)
{
	size_t at = recording_set_find_phase(run, name);

	return at == INDEX_NONE ? NULL : &run->phases[at];
}

static void recording_set_run_finish(struct recording_set_run *run)
{
	free(run->phases);
	index_finish(&run->phase_index);
}

size_t recording_set_take(struct recording_set *set, struct profile *profile)
{
	size_t before = set->runs.len;

	*array_push(&set->profiles) = profile;
	for (size_t i = 0; i < profile->runs.len; i++) {
		const struct run *run = &profile->runs.items[i];
		struct recording_set_run added = {
		    .profile = profile, .run = run};

		if (figures_of_run(run, &added.figures) != 0)
			continue;
		added.phase_count = phases_of_run(run, &added.phases);
		recording_set_index_phases(&added);
		*array_push(&set->runs) = added;
	}
	return set->runs.len - before;
}

void recording_set_judge_growth(struct recording_set *set)
{
	struct leak leak;

	for (size_t i = 0; i < set->runs.len; i++) {
		struct recording_set_run *run = &set->runs.items[i];

		run->figures.growth_mib_s = growth_of_run(run->run, &leak);
	}
}

void recording_set_keep_last(struct recording_set *set)
{
	size_t last = set->runs.len - 1;

	for (size_t i = 0; i < last; i++)
		recording_set_run_finish(&set->runs.items[i]);
	set->runs.items[0] = set->runs.items[last];
	set->runs.len = 1;
}

void recording_set_finish(struct recording_set *set)
{
	for (size_t i = 0; i < set->runs.len; i++)
		recording_set_run_finish(&set->runs.items[i]);
	array_free(&set->runs);
	for (size_t i = 0; i < set->profiles.len; i++) {
		profile_finish(set->profiles.items[i]);
		free(set->profiles.items[i]);
	}
	array_free(&set->profiles);
}

int recording_set_check_measure(
    const struct recording_set *a, const struct recording_set *b, struct err *e)
{
	const struct recording_set_run *first = &a->runs.items[0];
	const struct recording_set *const sets[] = {a, b};

	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < sets[i]->runs.len; j++) {
			const struct recording_set_run *run =
			    &sets[i]->runs.items[j];

			if (measure_check(first->run, first->profile->path,
				run->run, run->profile->path, e) != 0)
				return -1;
		}
	}
	return 0;
}

bool recording_set_mixes_totals(
    const struct recording_set *a, const struct recording_set *b, struct err *e)
{
	const struct recording_set *const sets[] = {a, b};
	const struct recording_set_run *alone = NULL, *sum = NULL;

	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < sets[i]->runs.len; j++) {
			const struct recording_set_run *run =
			    &sets[i]->runs.items[j];
			enum run_total total = run_total_of(run->run);

			if (total == RUN_TOTAL_PROGRAM)
				alone = alone ? alone : run;
			else if (total == RUN_TOTAL_ALL)
				sum = sum ? sum : run;
		}
	}
	if (alone && sum)
		err_set(e,
		    "%s: its total is of the program alone, that of %s "
		    "includes descendants",
		    alone->profile->path, sum->profile->path);
	return alone && sum;
}

double recording_set_figure(const struct figures *figures, size_t offset)
{
	double value;

	memcpy(&value, (const char *)figures + offset, sizeof(value));
	return value;
}

void recording_set_compare(const struct recording_set *a,
    const struct recording_set *b, size_t offset, double factor,
    struct comparison *out)
{
	double *values = mem_zero(a->runs.len + b->runs.len, sizeof(*values));

	for (size_t i = 0; i < a->runs.len; i++)
		values[i] = factor * recording_set_figure(
					 &a->runs.items[i].figures, offset);
	for (size_t i = 0; i < b->runs.len; i++)
		values[a->runs.len + i] =
		    recording_set_figure(&b->runs.items[i].figures, offset);
	compare_values(
	    values, a->runs.len, values + a->runs.len, b->runs.len, out);
	free(values);
}

static int recording_set_by_peak(const void *a, const void *b)
{
	const struct recording_set_run *x =
	    *(const struct recording_set_run *const *)a;
	const struct recording_set_run *y =
	    *(const struct recording_set_run *const *)b;

	return (x->figures.peak_mib > y->figures.peak_mib) -
	       (x->figures.peak_mib < y->figures.peak_mib);
}

const struct recording_set_run *recording_set_median(
    const struct recording_set *set)
{
	size_t count = set->runs.len;
	const struct recording_set_run **order =
	    mem_zero(count, sizeof(order[0]));
	const struct recording_set_run *median;

	for (size_t i = 0; i < count; i++)
		order[i] = &set->runs.items[i];
	qsort(order, count, sizeof(order[0]), recording_set_by_peak);
	median = order[(count - 1) / 2];
	free(order);
	return median;
}

static double recording_set_phase_figure(
    const struct recording_set_run *run, const char *name, size_t offset)
{
	const struct phase *phase = recording_set_phase(run, name);

	return phase ? recording_set_figure(&phase->figures, offset) : NAN;
}

/* The highest figure among processes of that name. */
static double recording_set_process_figure(
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

/* The highest number of processes of that name in a run of the set. */
static size_t recording_set_count_named(
    const struct recording_set *side, const char *name)
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

/* -1 where one of the sets has no such part. */
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

static bool recording_set_same_part(
    const void *items, size_t at, const void *name)
{
	return strcmp(((const struct compared_part *)items)[at].name, name) ==
	       0;
}

static void recording_set_add_part(struct compared_parts *list,
    const struct recording_set *const sides[2], part_figure *figure,
    const char *name)
{
	struct compared_part part = {.name = name};
	uint32_t hash = name ? index_hash(name, strlen(name)) : 0;

	if (!name ||
	    index_find(&list->index, hash, recording_set_same_part,
		list->items.items, name) != INDEX_NONE ||
	    compare_part(sides, figure, name,
		offsetof(struct figures, peak_mib), &part.peak) != 0 ||
	    compare_part(sides, figure, name,
		offsetof(struct figures, growth_mib), &part.growth) != 0)
		return;
	for (size_t i = 0; figure == recording_set_process_figure && i < 2; i++)
		part.count[i] = recording_set_count_named(sides[i], name);
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
			recording_set_add_part(phases, sides,
			    recording_set_phase_figure, run->phases[j].name);
		for (size_t j = 0; j < run->run->processes.len; j++)
			recording_set_add_part(processes, sides,
			    recording_set_process_figure,
			    run->run->processes.items[j].name);
	}
}

void compare_parts_finish(struct compared_parts *list)
{
	array_free(&list->items);
	index_finish(&list->index);
}
