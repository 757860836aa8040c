// SPDX-License-Identifier: MIT
#include "analysis/peak.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/index.h"
#include "profile/measure.h"
#include "profile/process.h"
#include "profile/run.h"
#include "profile/share.h"

/* A smaller remainder comes from rounding to six decimals. */
static const double least_mib = 0.01;

/* Sorts the largest first; equal ones keep their order. */
static int moment_compare(const void *left, const void *right)
{
	const struct holding *a = left, *b = right;

	if (a->mib != b->mib)
		return a->mib < b->mib ? 1 : -1;
	return a->process < b->process ? -1 : a->process > b->process;
}

void moment_init(struct moment *moment, const struct run *run, size_t tick)
{
	double rest = run->total.items[tick].mib;
	bool is_sum = run_total_of(run) == RUN_TOTAL_ALL;

	*moment = (struct moment){.program = run_program_name(run)};
	for (size_t i = 0; i < run->processes.len; i++) {
		struct holding held = {.process = &run->processes.items[i]};
		struct tick_cursor cursor = {0};

		if (!process_at_tick(held.process, &cursor, tick, &held.mib))
			continue;
		*array_push(&moment->holdings) = held;
		rest -= is_sum ? held.mib : 0;
	}
	if (rest > least_mib)
		*array_push(&moment->holdings) =
		    (struct holding){run_launched(run), true, rest};
	if (moment->holdings.len > 0)
		qsort(moment->holdings.items, moment->holdings.len,
		    sizeof(moment->holdings.items[0]), moment_compare);
}

void moment_finish(struct moment *moment)
{
	array_free(&moment->holdings);
}

static const char *peak_party_name(
    const struct process *process, enum party_by by)
{
	if (process && by == PARTY_BY_COMMAND && process->command)
		return process->command;
	return process ? process->name : NULL;
}

static bool peak_party_is(const void *parties, size_t at, const void *name)
{
	const char *own = ((const struct party *)parties)[at].name;

	return own == name || (own && name && strcmp(own, name) == 0);
}

static struct party *parties_find(
    struct parties *parties, struct index *index, const char *name)
{
	uint32_t hash = name ? index_hash(name, strlen(name)) : 0;
	size_t at = index_place(index, hash, peak_party_is, parties->list.items,
	    name, parties->list.len);

	if (at == parties->list.len)
		*array_push(&parties->list) = (struct party){.name = name};
	return &parties->list.items[at];
}

double peak_of_program(const struct run *run)
{
	size_t len = run->total.len;
	double *own = mem_zero(len + 1, sizeof(own[0]));
	double peak = run->exit.recorded ? run->exit.mib : 0;
	struct sample highest;

	if (run_total_of(run) == RUN_TOTAL_PROGRAM && run_peak(run, &highest))
		peak = fmax(peak, highest.mib);
	run_program_at(run, NULL, len, own);
	for (size_t i = 0; i < len; i++)
		peak = fmax(peak, own[i]);
	free(own);
	return peak;
}

static int parties_compare(const void *left, const void *right)
{
	const struct party *a = left, *b = right;

	if (a->at_peak_mib != b->at_peak_mib)
		return a->at_peak_mib < b->at_peak_mib ? 1 : -1;
	return (a->highest_mib < b->highest_mib) -
	       (a->highest_mib > b->highest_mib);
}

static void parties_add(
    struct party *party, const struct process *process, double mib)
{
	party->count++;
	if (party->count > 1 && mib <= party->highest_mib)
		return;
	party->highest_mib = mib;
	party->highest = process;
}

void parties_init(
    struct parties *parties, const struct run *run, enum party_by by)
{
	const struct sample *peak = series_peak(&run->total);
	struct index index = {0};
	struct moment moment;

	*parties = (struct parties){0};
	if (!peak)
		return;
	for (size_t i = 0; i < run->processes.len; i++) {
		const struct process *process = &run->processes.items[i];
		double mib;

		if (process_peak(process, &mib))
			parties_add(parties_find(parties, &index,
					peak_party_name(process, by)),
			    process, mib);
	}
	parties_add(parties_find(parties, &index,
			peak_party_name(run_launched(run), by)),
	    run_launched(run), peak_of_program(run));
	moment_init(&moment, run, (size_t)(peak - run->total.items));
	for (size_t i = 0; i < moment.holdings.len; i++) {
		const struct holding *held = &moment.holdings.items[i];

		parties_find(
		    parties, &index, peak_party_name(held->process, by))
		    ->at_peak_mib += held->mib;
	}
	moment_finish(&moment);
	index_finish(&index);
	qsort(parties->list.items, parties->list.len,
	    sizeof(parties->list.items[0]), parties_compare);
}

void parties_finish(struct parties *parties)
{
	array_free(&parties->list);
}

static bool peaks_raise(
    struct peaks *peaks, const struct sample *sample, bool unsampled)
{
	if (peaks->found && sample->mib <= peaks->mib)
		return false;
	peaks->found = true;
	peaks->mib = sample->mib;
	peaks->time_s = sample->time_s;
	peaks->unsampled = unsampled;
	return true;
}

/* Takes the PSS reading of this run, which has the highest peak. */
static void peaks_set_share(struct peaks *peaks, const struct run *run)
{
	const char *measure = measure_of(run);

	peaks->share = NULL;
	if (measure && strcmp(measure, "rss") == 0)
		peaks->share = share_at_peak(
		    run->shares.items, run->shares.len, peaks->mib);
}

static bool peaks_child_is(const void *children, size_t at, const void *key)
{
	const struct child_peak *child =
	    (const struct child_peak *)children + at;

	return !child->run->state.introduces &&
	       strcmp(child->process->key, key) == 0;
}

/* Sorts the highest first; equal ones keep their order. */
static int peaks_compare_children(const void *left, const void *right)
{
	const struct child_peak *a = left, *b = right;

	if (a->mib != b->mib)
		return a->mib < b->mib ? 1 : -1;
	if (a->run != b->run)
		return a->run < b->run ? -1 : 1;
	return a->process < b->process ? -1 : a->process > b->process;
}

/* In a run without PROC records, only their keys tell processes apart. */
static void peaks_add_child(struct peaks *peaks, struct index *index,
    const struct run *run, const struct process *process)
{
	uint32_t hash = index_hash(process->key, strlen(process->key));
	struct child_peak child = {process, run, 0};
	size_t at;

	/* Without samples no CHLD names the process; only the phantom with pid
	 * 0 counts, as 0, because memory_profiler prints it. */
	if (!process_peak(process, &child.mib) && process->pid != 0)
		return;
	if (run->state.introduces) {
		*array_push(&peaks->children) = child;
		peaks->named = true;
		return;
	}
	at = index_find(
	    index, hash, peaks_child_is, peaks->children.items, process->key);
	if (at == INDEX_NONE) {
		*array_push(&peaks->children) = child;
		index_add(index, hash, peaks->children.len - 1);
		return;
	}
	assert(at < peaks->children.len);
	if (child.mib > peaks->children.items[at].mib)
		peaks->children.items[at] = child;
}

static void peaks_add_run(struct peaks *peaks, const struct run *run)
{
	const struct sample *sampled = series_peak(&run->total);
	struct sample peak;

	if (run_peak_above(run, sampled, &peak) &&
	    peaks_raise(peaks, &peak, !sampled || peak.mib > sampled->mib))
		peaks_set_share(peaks, run);
}

/* A recording of calls alone has the memory at the start and the end of
 * each. */
static void peaks_add_calls(struct peaks *peaks, const struct run *run)
{
	for (size_t i = 0; i < run->calls.len; i++) {
		const struct call *call = &run->calls.items[i];
		const struct sample ends[] = {{call->enter_s, call->enter_mib},
		    {call->leave_s, call->leave_mib}};

		peaks_raise(
		    peaks, &ends[call->leave_mib > call->enter_mib], false);
	}
}

void peaks_sort_children(struct peaks *peaks)
{
	if (peaks->children.len > 0)
		qsort(peaks->children.items, peaks->children.len,
		    sizeof(peaks->children.items[0]), peaks_compare_children);
}

void peaks_init(struct peaks *peaks, const struct profile *profile)
{
	struct index index = {0};

	*peaks = (struct peaks){0};
	for (size_t i = 0; i < profile->runs.len; i++) {
		const struct run *run = &profile->runs.items[i];

		peaks_add_run(peaks, run);
		for (size_t p = 0; p < run->processes.len; p++)
			peaks_add_child(
			    peaks, &index, run, &run->processes.items[p]);
	}
	if (peaks->named)
		peaks_sort_children(peaks);
	for (size_t i = 0; i < profile->runs.len && !peaks->found; i++)
		peaks_add_calls(peaks, &profile->runs.items[i]);
	index_finish(&index);
}

void peaks_finish(struct peaks *peaks)
{
	array_free(&peaks->children);
}

struct peak_span {
	double first, last;
};

struct spans {
	ARRAY(struct peak_span) list;
	double highest; /* highest of the calls' own figures */
};

/* A blank in a name may be written as an underscore. */
static bool analysis_peak_is_blank(char c)
{
	return c == ' ' || c == '_';
}

static bool analysis_peak_is_called(const char *called, const char *name)
{
	while (*called &&
	       (*called == *name || (analysis_peak_is_blank(*called) &&
					analysis_peak_is_blank(*name)))) {
		called++;
		name++;
	}
	return *called == *name;
}

static int peak_span_compare(const void *left, const void *right)
{
	const struct peak_span *a = left, *b = right;

	return (a->first > b->first) - (a->first < b->first);
}

static void analysis_peak_collect(
    struct spans *spans, const struct run *run, const char *name)
{
	for (size_t i = 0; i < run->calls.len; i++) {
		const struct call *call = &run->calls.items[i];

		if (!analysis_peak_is_called(call->name, name))
			continue;
		*array_push(&spans->list) =
		    (struct peak_span){call->enter_s, call->leave_s};
		spans->highest = fmax(
		    spans->highest, fmax(call->enter_mib, call->leave_mib));
	}
}

/* Joins overlapping calls: with recursion the search would take quadratic
 * time. */
static void analysis_peak_join(struct spans *spans)
{
	struct peak_span *items = spans->list.items;
	size_t kept = 0;

	qsort(items, spans->list.len, sizeof(items[0]), peak_span_compare);
	for (size_t i = 1; i < spans->list.len; i++) {
		if (items[i].first <= items[kept].last)
			items[kept].last =
			    fmax(items[kept].last, items[i].last);
		else
			items[++kept] = items[i];
	}
	spans->list.len = kept + 1;
}

static double peak_highest_within(
    const struct spans *spans, const struct series *series)
{
	double highest = -INFINITY;
	size_t at = 0;

	for (size_t i = 0; i < spans->list.len; i++) {
		const struct peak_span *span = &spans->list.items[i];

		while (
		    at < series->len && series->items[at].time_s < span->first)
			at++;
		for (;
		     at < series->len && series->items[at].time_s <= span->last;
		     at++)
			highest = fmax(highest, series->items[at].mib);
	}
	return highest;
}

int peak_of_function(
    const struct profile *profile, const char *name, double *mib)
{
	struct spans spans = {.highest = -INFINITY};

	for (size_t i = 0; i < profile->runs.len; i++)
		analysis_peak_collect(&spans, &profile->runs.items[i], name);
	if (spans.list.len == 0)
		return -1;
	analysis_peak_join(&spans);
	*mib = -INFINITY;
	for (size_t i = 0; i < profile->runs.len; i++)
		*mib = fmax(*mib,
		    peak_highest_within(&spans, &profile->runs.items[i].total));
	if (isinf(*mib))
		*mib = spans.highest;
	array_free(&spans.list);
	return 0;
}
