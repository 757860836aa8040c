// SPDX-License-Identifier: MIT
#include "analysis/moment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profile/process.h"

/* A smaller rest comes from rounding to six decimals. */
static const double least_mib = 0.01;

static int compare_holdings(const void *left, const void *right)
{
	const struct holding *a = left, *b = right;

	return (a->mib < b->mib) - (a->mib > b->mib);
}

/* Its record holds a name and nothing else. */
static const struct process *program_of(const struct run *run)
{
	for (size_t i = 0; i < run->processes.len; i++) {
		const struct process *one = &run->processes.items[i];

		if (one->memory.len == 0 && one->introduced)
			return one;
	}
	return NULL;
}

void moment_init(struct moment *moment, const struct run *run, size_t tick)
{
	double rest = run->total.items[tick].mib;
	bool is_sum = run_total_of(run) != RUN_TOTAL_PROGRAM;

	*moment = (struct moment){0};
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
		    (struct holding){program_of(run), true, rest};
	if (moment->holdings.len > 0)
		qsort(moment->holdings.items, moment->holdings.len,
		    sizeof(moment->holdings.items[0]), compare_holdings);
}

void moment_finish(struct moment *moment)
{
	array_free(&moment->holdings);
}

static const char *party_name(const struct process *process, enum party_by by)
{
	if (process && by == PARTY_BY_COMMAND && process->command)
		return process->command;
	return process ? process->name : NULL;
}

static bool party_is(const void *parties, size_t at, const void *name)
{
	const char *own = ((const struct party *)parties)[at].name;

	return own == name || (own && name && strcmp(own, name) == 0);
}

static struct party *party_of(
    struct parties *parties, struct index *index, const char *name)
{
	uint32_t hash = name ? index_hash(name, strlen(name)) : 0;
	size_t at = index_place(index, hash, party_is, parties->list.items,
	    name, parties->list.len);

	if (at == parties->list.len)
		*array_push(&parties->list) = (struct party){.name = name};
	return &parties->list.items[at];
}

/* The most that the descendants ever left of the total. */
static double program_peak(const struct run *run)
{
	size_t len = run->total.len;
	size_t *ticks = mem_zero(len + 1, sizeof(ticks[0]));
	double *sums = mem_zero(len + 1, sizeof(sums[0]));
	double peak = run->exit.recorded ? run->exit.mib : 0;

	for (size_t i = 0; i < len; i++)
		ticks[i] = i;
	if (run_total_of(run) != RUN_TOTAL_PROGRAM)
		run_sum_at(run, ticks, len, sums);
	for (size_t i = 0; i < len; i++)
		peak = fmax(peak, run->total.items[i].mib - sums[i]);
	free(ticks);
	free(sums);
	return peak;
}

static int compare_parties(const void *left, const void *right)
{
	const struct party *a = left, *b = right;

	if (a->at_peak_mib != b->at_peak_mib)
		return a->at_peak_mib < b->at_peak_mib ? 1 : -1;
	return (a->highest_mib < b->highest_mib) -
	       (a->highest_mib > b->highest_mib);
}

static void moment_take_process(
    struct party *party, const struct process *process)
{
	const struct sample *best = series_peak(&process->memory);

	party->count++;
	party->highest_mib = fmax(party->highest_mib, best ? best->mib : 0);
	if (process->exit.recorded)
		party->highest_mib =
		    fmax(party->highest_mib, process->exit.mib);
}

void parties_init(
    struct parties *parties, const struct run *run, enum party_by by)
{
	const struct sample *peak = series_peak(&run->total);
	struct index index = {0};
	struct moment moment;
	struct party *party;

	*parties = (struct parties){0};
	if (!peak)
		return;
	for (size_t i = 0; i < run->processes.len; i++) {
		const struct process *process = &run->processes.items[i];

		if (process->memory.len > 0)
			moment_take_process(
			    party_of(parties, &index, party_name(process, by)),
			    process);
	}
	party = party_of(parties, &index, party_name(program_of(run), by));
	party->count++;
	party->highest_mib = fmax(party->highest_mib, program_peak(run));
	moment_init(&moment, run, (size_t)(peak - run->total.items));
	for (size_t i = 0; i < moment.holdings.len; i++) {
		const struct holding *held = &moment.holdings.items[i];

		party_of(parties, &index, party_name(held->process, by))
		    ->at_peak_mib += held->mib;
	}
	moment_finish(&moment);
	index_finish(&index);
	qsort(parties->list.items, parties->list.len,
	    sizeof(parties->list.items[0]), compare_parties);
}

void parties_finish(struct parties *parties)
{
	array_free(&parties->list);
}
