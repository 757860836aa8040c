// SPDX-License-Identifier: MIT
#include "analysis/overview.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/peak.h"
#include "base/mem.h"
#include "base/signal_name.h"
#include "profile/measure.h"
#include "profile/run.h"
#include "profile/share.h"

const char *const overview_orders[] = {
    [OVERVIEW_BY_PEAK] = "peak",
    [OVERVIEW_BY_DURATION] = "duration",
    [OVERVIEW_BY_NAME] = "name",
    [OVERVIEW_BY_STATUS] = "status",
    NULL,
};

/* Whether the process has nothing but an EXIT record, or is the placeholder
 * with pid 0. */
static bool overview_is_unseen(const struct process *process)
{
	return process->memory.len == 0 && !process->name &&
	       (process->pid == 0 || process->exit.recorded);
}

/* Counts the processes, and the program even where no record names it. */
static size_t overview_count_processes(const struct run *run)
{
	size_t count = 0;
	bool root = false;

	for (size_t i = 0; i < run->processes.len; i++) {
		const struct process *process = &run->processes.items[i];

		if (overview_is_unseen(process))
			continue;
		root = root || process->memory.len == 0;
		count++;
	}
	count += run->info.left.processes;
	return count > 0 && !root ? count + 1 : count;
}

/* In recordings of version 0.1.0 a successful run has no EXIT. A PEAK after its
 * last sample shows that the recorder ended in order. */
static bool overview_has_ended(const struct run *run, struct exit_status *exit)
{
	const struct series *total = &run->total, *peaks = &run->peaks;

	*exit = run->exit;
	if (exit->recorded || run->ending != RUN_ENDING_UNKNOWN)
		return exit->known;
	return peaks->len > 0 &&
	       (total->len == 0 || peaks->items[peaks->len - 1].time_s >=
				       total->items[total->len - 1].time_s);
}

static char *overview_copy(const char *text)
{
	return text ? mem_copy(text) : NULL;
}

/* Takes what INFO and the end of the last run tell. */
static void overview_read_last(
    struct overview *overview, const struct run *last)
{
	overview->ended = overview_has_ended(last, &overview->exit);
	overview->ending = last->ending;
	overview->rank = last->info.rank;
	overview->ranks = last->info.ranks;
	overview->job = overview_copy(last->info.job);
	overview->host = overview_copy(last->info.host);
	overview->measure = overview_copy(measure_of(last));
}

/* Fills everything but the share. peak_mib is NULL where nothing was
 * measured. */
static void overview_fill(struct overview *overview, const char *name,
    const struct run *runs, size_t len, const double *peak_mib)
{
	*overview = (struct overview){
	    .name = mem_copy(name), .runs = len, .rank = -1, .ranks = -1};
	if (len == 0)
		return;
	if (peak_mib) {
		overview->measured = true;
		overview->peak_mib = *peak_mib;
		overview->start_s = run_first_s(&runs[0]);
	}
	for (size_t i = 0; i < len; i++) {
		overview->duration_s +=
		    run_last_s(&runs[i]) - run_first_s(&runs[i]);
		overview->processes += overview_count_processes(&runs[i]);
	}
	overview->command = overview_copy(runs[0].command);
	overview_read_last(overview, &runs[len - 1]);
}

void overview_init_peaks(struct overview *overview,
    const struct profile *profile, const struct peaks *peaks)
{
	overview_fill(overview, profile->path, profile->runs.items,
	    profile->runs.len, peaks->found ? &peaks->mib : NULL);
	if (peaks->share)
		overview->share = *peaks->share;
}

void overview_init(struct overview *overview, const struct profile *profile)
{
	struct peaks peaks;

	peaks_init(&peaks, profile);
	overview_init_peaks(overview, profile, &peaks);
	peaks_finish(&peaks);
}

void overview_init_run(
    struct overview *overview, const struct run *run, const char *name)
{
	struct sample peak;

	overview_fill(
	    overview, name, run, 1, run_peak(run, &peak) ? &peak.mib : NULL);
}

bool overview_is_unmeasured(const struct profile *profile)
{
	struct peaks peaks;
	bool found;

	peaks_init(&peaks, profile);
	found = peaks.found;
	peaks_finish(&peaks);
	return profile->runs.len > 0 && !found;
}

void overview_finish(struct overview *overview)
{
	free(overview->name);
	free(overview->command);
	free(overview->job);
	free(overview->host);
	free(overview->measure);
	*overview = (struct overview){0};
}

void overview_status(const struct overview *overview, char *out)
{
	const char *name = signal_name(overview->exit.signal);

	if (overview->ending == RUN_CUT_OFF || overview->ending == RUN_GOING_ON)
		strcpy(out, run_ending_word(overview->ending));
	else if (!overview->ended)
		strcpy(out, "-");
	else if (overview->exit.oom)
		strcpy(out, "oom");
	else if (overview->exit.signal && name)
		strcpy(out, name);
	else if (overview->exit.signal)
		snprintf(
		    out, OVERVIEW_STATUS, "signal %d", overview->exit.signal);
	else
		snprintf(out, OVERVIEW_STATUS, "%d", overview->exit.code);
}

bool overview_has_failed(const struct overview *overview)
{
	return overview->ending == RUN_CUT_OFF ||
	       (overview->ended &&
		   (overview->exit.signal || overview->exit.code != 0));
}

static enum overview_order overview_order_of(const char *name)
{
	enum overview_order order = OVERVIEW_BY_PEAK;

	while (strcmp(overview_orders[order], name) != 0)
		order++;
	return order;
}

/* The value to sort by, lowest first; files without samples come last. */
static double overview_place(
    const struct overview *overview, enum overview_order order)
{
	if (order == OVERVIEW_BY_PEAK)
		return overview->measured ? -overview->peak_mib : 1;
	if (order == OVERVIEW_BY_DURATION)
		return overview->measured ? -overview->duration_s : 1;
	if (order == OVERVIEW_BY_NAME)
		return 0;
	if (overview->ended && overview->exit.oom)
		return 0;
	if (overview->ended && overview->exit.signal)
		return 1;
	if (overview_has_failed(overview))
		return 2;
	return overview->ending == RUN_GOING_ON ? 3 : overview->ended ? 4 : 5;
}

int overview_compare(const struct overview *a, const struct overview *b,
    enum overview_order order)
{
	double x = overview_place(a, order), y = overview_place(b, order);

	return x != y ? (x > y) - (x < y) : strverscmp(a->name, b->name);
}

static int overview_compare_rows(
    const void *left, const void *right, void *order)
{
	return overview_compare(
	    left, right, *(const enum overview_order *)order);
}

void overview_sort(void *rows, size_t len, size_t size, const char *order)
{
	enum overview_order by = overview_order_of(order);

	if (len > 0)
		qsort_r(rows, len, size, overview_compare_rows, &by);
}
