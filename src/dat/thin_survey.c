// SPDX-License-Identifier: MIT
#include "dat/thin_survey.h"

#include <math.h>
#include <stdlib.h>

/* Shares of the size: the newest part, which is unchanged; and all runs, where
 * some are left out. */
enum { RECENT_SHARE = 4, RUNS_SHARE = 4 };

/* Bytes of a run beside those that are counted: THIN, PEAK, a reading. */
enum { RUN_BYTES = 400 };

static struct thin_run *thin_survey_run(struct thin_survey *survey)
{
	while (survey->runs.len <= survey->lives.run)
		*array_push(&survey->runs) = (struct thin_run){0};
	return &survey->runs.items[survey->lives.run];
}

/* The newest part begins with the first tick in the last bytes, or with the
 * last tick. */
static void thin_survey_tick(
    struct thin_survey *survey, const struct thin_line *line)
{
	const struct thin_copy *copy = survey->copy;

	survey->ticks++;
	if (!isfinite(line->time_s) || survey->is_recent)
		return;
	if (isnan(survey->first_s))
		survey->first_s = line->time_s;
	survey->is_recent =
	    survey->at + copy->most / RECENT_SHARE >= (size_t)copy->len;
	survey->recent_tick = survey->ticks;
	survey->recent_bytes = 0;
	survey->recent_s = line->time_s;
	survey->recent_run = survey->lives.run;
	survey->marks.old = survey->marks.list.len;
	survey->snapshots.old = survey->snapshots.list.len;
}

/* A name that follows the highest sample at once was read in its tick. */
static void thin_survey_name(struct thin_survey *survey,
    struct thin_process *process, const struct thin_line *line, size_t len)
{
	double peak_mib = thin_line_number(line, "peak");

	if (process->names > 1)
		process->between += process->last_bytes;
	process->last_bytes = (uint32_t)len;
	process->names++;
	if (process->high_name == 0 ||
	    (process->tick == survey->ticks && process->tick > 0))
		process->high_name = process->names;
	if (peak_mib > process->highest_mib) {
		process->highest_mib = peak_mib;
		process->tick = 0;
		process->high_name = process->names;
	}
}

static void thin_survey_process(struct thin_survey *survey,
    struct thin_process *process, const struct thin_line *line, size_t len)
{
	process->last_tick = survey->ticks;
	if (line->kind == THIN_CHILD) {
		if (!(line->mib > process->highest_mib))
			return;
		process->highest_mib = line->mib;
		process->tick = survey->ticks;
		process->high_name = process->names;
		return;
	}
	process->bytes += (uint32_t)len;
	if (line->kind == THIN_EXIT)
		process->exit_mib = (float)line->mib;
	else
		thin_survey_name(survey, process, line, len);
}

static void thin_survey_note(
    struct thin_survey *survey, const struct thin_line *line)
{
	struct thinned *before = &thin_survey_run(survey)->before;
	double stretch_s = thin_line_number(line, "stretch");

	if (isnan(stretch_s))
		return;
	survey->stretch_s = fmax(survey->stretch_s, stretch_s);
	*before =
	    (struct thinned){.processes = thin_line_count(line, "processes"),
		.marks = thin_line_count(line, "marks"),
		.snapshots = thin_line_count(line, "snapshots"),
		.runs = thin_line_count(line, "runs"),
		.highest_mib = fmax(0, thin_line_number(line, "highest"))};
}

static void thin_survey_item(
    struct thin_survey *survey, struct thin_items *items, size_t len)
{
	*array_push(&items->list) = (struct thin_item){
	    .run = (uint32_t)survey->lives.run, .bytes = (uint32_t)len};
}

/* Everything but processes. */
static void thin_survey_other(
    struct thin_survey *survey, const struct thin_line *line, size_t len)
{
	struct thin_run *run = thin_survey_run(survey);

	run->is_there = true;
	switch (line->kind) {
	case THIN_MEMORY:
		run->has_sample = true;
		thin_survey_tick(survey, line);
		break;
	case THIN_MARK:
		thin_survey_item(survey, &survey->marks, len);
		break;
	case THIN_HEAP:
		thin_survey_item(survey, &survey->snapshots, len);
		break;
	case THIN_TYPE:
		if (survey->snapshots.list.len > 0)
			survey->snapshots.list
			    .items[survey->snapshots.list.len - 1]
			    .bytes += (uint32_t)len;
		break;
	case THIN_NOTE:
		thin_survey_note(survey, line);
		break;
	case THIN_CHILD:
	case THIN_USAGE:
	case THIN_PEAK:
	case THIN_SHARE:
		break;
	default:
		run->is_whole |= line->kind == THIN_WHOLE;
		run->fixed += len;
	}
}

static bool thin_survey_line(void *context, const char *text, size_t len)
{
	struct thin_survey *survey = context;
	struct thin_line line;
	size_t process;
	bool root;

	thin_line_split(text, len, &line);
	process = thin_lives_take(&survey->lives, &line, &root);
	if (process != THIN_NOBODY && process == survey->processes.len)
		*array_push(&survey->processes) =
		    (struct thin_process){.highest_mib = -1,
			.exit_mib = -1,
			.run = (uint32_t)survey->lives.run,
			.root = root};
	if (process == THIN_NOBODY)
		thin_survey_other(survey, &line, len);
	else
		thin_survey_process(
		    survey, &survey->processes.items[process], &line, len);
	if (line.kind == THIN_MEMORY || line.kind == THIN_CHILD ||
	    (line.kind == THIN_USAGE && line.pid > 0))
		survey->tick_bytes += len;
	if (line.kind == THIN_MEMORY || line.kind == THIN_CHILD ||
	    line.kind == THIN_USAGE)
		survey->recent_bytes += len;
	survey->at += len;
	return true;
}

int thin_compare_numbers(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

/* Those of the last run that have a pid of a living one. */
static void thin_survey_find_living(struct thin_survey *survey)
{
	const struct thin_copy *copy = survey->copy;

	for (size_t i = 0; i < survey->lives.list.len; i++) {
		const struct thin_life *life = &survey->lives.list.items[i];

		if (!life->ended && copy->living_count > 0 &&
		    bsearch(&life->pid, copy->living, copy->living_count,
			sizeof(copy->living[0]), thin_compare_numbers))
			survey->processes.items[life->process].living = true;
	}
}

int thin_survey_init(
    struct thin_survey *survey, const struct thin_copy *copy, struct err *e)
{
	*survey =
	    (struct thin_survey){.copy = copy, .first_s = NAN, .recent_s = NAN};
	if (thin_copy_read(copy, thin_survey_line, survey, e) != 0)
		return -1;
	thin_survey_run(survey);
	thin_survey_find_living(survey);
	return survey->recent_tick > 0
		   ? 0
		   : err_set(e, "no sample can be left out");
}

void thin_survey_finish(struct thin_survey *survey)
{
	thin_lives_finish(&survey->lives);
	array_free(&survey->processes);
	array_free(&survey->runs);
	array_free(&survey->marks.list);
	array_free(&survey->snapshots.list);
	array_free(&survey->wanted);
}

static size_t thin_items_bytes(const struct thin_items *items)
{
	size_t bytes = 0;

	for (size_t i = 0; i < items->list.len; i++)
		bytes += items->list.items[i].bytes;
	return bytes;
}

static size_t thin_survey_tick_size(const struct thin_survey *survey)
{
	return survey->tick_bytes / survey->ticks + 1;
}

unsigned thin_survey_first_step(const struct thin_survey *survey)
{
	size_t bytes = thin_items_bytes(&survey->marks) +
		       thin_items_bytes(&survey->snapshots);

	for (size_t i = 0; i < survey->runs.len; i++)
		bytes += survey->runs.items[i].fixed;
	for (size_t i = 0; i < survey->processes.len; i++)
		bytes += survey->processes.items[i].bytes +
			 thin_survey_tick_size(survey);
	return bytes > survey->copy->most / 2;
}

/* Cuts the oldest, so that the others have budget bytes at most. */
static void thin_items_cut(struct thin_items *items, size_t budget)
{
	size_t bytes = 0;

	items->cut = items->old;
	while (items->cut > 0) {
		bytes += items->list.items[items->cut - 1].bytes;
		if (bytes > budget)
			return;
		items->cut--;
	}
}

static double thin_process_most(const struct thin_process *process)
{
	return fmax(process->highest_mib, process->exit_mib);
}

static int thin_compare_processes(
    const void *left, const void *right, void *context)
{
	const struct thin_process *all = context;
	const uint32_t *at[] = {left, right};
	double a = thin_process_most(&all[*at[0]]);
	double b = thin_process_most(&all[*at[1]]);

	return a != b ? (a < b) - (a > b)
		      : (*at[0] > *at[1]) - (*at[0] < *at[1]);
}

/* The numbers of all processes, the largest first. The caller frees. */
static uint32_t *thin_survey_rank(const struct thin_survey *survey)
{
	size_t len = survey->processes.len;
	uint32_t *ranks = mem_zero(len + 1, sizeof(ranks[0]));

	for (size_t i = 0; i < len; i++)
		ranks[i] = (uint32_t)i;
	qsort_r(ranks, len, sizeof(ranks[0]), thin_compare_processes,
	    survey->processes.items);
	return ranks;
}

static bool thin_survey_must_keep(
    const struct thin_survey *survey, const struct thin_process *process)
{
	return process->root || process->living ||
	       process->last_tick >= survey->recent_tick;
}

/* Keeps the largest processes, and the ticks in which they were highest, each
 * up to so many bytes. */
static void thin_survey_choose_processes(
    struct thin_survey *survey, size_t budget)
{
	uint32_t *ranks = thin_survey_rank(survey);
	size_t size = thin_survey_tick_size(survey), bytes = 0;

	survey->wanted.len = 0;
	for (size_t i = 0; i < survey->processes.len; i++) {
		struct thin_process *process =
		    &survey->processes.items[ranks[i]];

		if (!thin_survey_must_keep(survey, process)) {
			bytes += process->bytes;
			process->large = bytes <= budget;
		}
		if (process->tick > 0 && survey->wanted.len < budget / size)
			*array_push(&survey->wanted) = process->tick;
	}
	free(ranks);
	if (survey->wanted.len > 0)
		qsort(survey->wanted.items, survey->wanted.len,
		    sizeof(survey->wanted.items[0]), thin_compare_numbers);
}

/* Drops the oldest runs, but none that reaches into the newest part, or has
 * records that are not thinned. */
static void thin_survey_choose_runs(struct thin_survey *survey, size_t budget)
{
	size_t bytes = 0;

	for (size_t i = survey->recent_run; i-- > 0;) {
		struct thin_run *run = &survey->runs.items[i];

		bytes +=
		    run->fixed + RUN_BYTES + 2 * thin_survey_tick_size(survey);
		run->is_dropped = !run->is_whole && bytes > budget;
	}
}

void thin_survey_choose(struct thin_survey *survey, unsigned step)
{
	static const size_t shares[THIN_STEPS] = {[1] = 8, 64, SIZE_MAX};
	size_t most = survey->copy->most;
	size_t budget = step == 0 ? SIZE_MAX : most / shares[step];

	survey->step = step;
	thin_survey_forget(survey);
	thin_items_cut(&survey->marks, budget);
	thin_items_cut(&survey->snapshots, budget);
	thin_survey_choose_processes(survey, budget);
	if (step > 1)
		thin_survey_choose_runs(
		    survey, step > 2 ? 0 : most / RUNS_SHARE);
}

static size_t thin_survey_kept_bytes(
    const struct thin_survey *survey, const struct thin_items *items)
{
	size_t bytes = 0;

	for (size_t i = items->cut; i < items->list.len; i++)
		if (!survey->runs.items[items->list.items[i].run].is_dropped)
			bytes += items->list.items[i].bytes;
	return bytes;
}

size_t thin_survey_least(const struct thin_survey *survey)
{
	size_t bytes = survey->recent_bytes +
		       thin_survey_kept_bytes(survey, &survey->marks) +
		       thin_survey_kept_bytes(survey, &survey->snapshots);

	for (size_t i = 0; i < survey->runs.len; i++)
		bytes += survey->runs.items[i].is_dropped
			     ? 0
			     : survey->runs.items[i].fixed;
	for (size_t i = 0; i < survey->processes.len; i++) {
		const struct thin_process *process =
		    &survey->processes.items[i];

		if (!survey->runs.items[process->run].is_dropped &&
		    thin_survey_keeps(survey, i))
			bytes += process->bytes -
				 (survey->step > 0 ? process->between : 0);
	}
	return bytes;
}

void thin_survey_forget(struct thin_survey *survey)
{
	for (size_t i = 0; i < survey->processes.len; i++)
		survey->processes.items[i].seen =
		    survey->processes.items[i].high_is_seen = false;
}

bool thin_survey_keeps(const struct thin_survey *survey, size_t process)
{
	const struct thin_process *kept = &survey->processes.items[process];

	return survey->step == 0 || kept->large || kept->seen ||
	       thin_survey_must_keep(survey, kept);
}

void thin_survey_count(struct thin_survey *survey)
{
	uint64_t dropped = 0;

	for (size_t i = 0; i < survey->runs.len; i++) {
		struct thin_run *run = &survey->runs.items[i];

		run->left = run->before;
		run->left.runs += dropped;
		dropped = 0;
		if (run->is_dropped || !run->has_sample) {
			dropped =
			    run->left.runs + (run->is_dropped && run->is_there);
			run->left.runs = 0;
		}
	}
	for (size_t i = 0; i < survey->processes.len; i++) {
		const struct thin_process *process =
		    &survey->processes.items[i];
		struct thinned *left = &survey->runs.items[process->run].left;

		if (thin_survey_keeps(survey, i))
			continue;
		left->processes++;
		left->highest_mib =
		    fmax(left->highest_mib, thin_process_most(process));
	}
	for (size_t i = 0; i < survey->marks.cut; i++)
		survey->runs.items[survey->marks.list.items[i].run]
		    .left.marks++;
	for (size_t i = 0; i < survey->snapshots.cut; i++)
		survey->runs.items[survey->snapshots.list.items[i].run]
		    .left.snapshots++;
}
