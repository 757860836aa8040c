// SPDX-License-Identifier: MIT
// A whole run: its total, its processes one by one, and their number.
#include "analysis/leak.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/parallel.h"
#include "profile/ending.h"

static const double lived = 0.45; /* of the recording, by a process */
static const double clear_slope = 4;
static const double brief = 0.1; /* a life, of the recording */

/* A process counts as one that stays if it is there at the end. */
static bool leak_run_lives_on(
    const struct process *process, double last_s, double whole)
{
	const struct series *m = &process->memory;

	return m->len > 0 && !process->exit.told &&
	       m->items[m->len - 1].time_s >= last_s - 0.02 * whole;
}

static double life_of(const struct process *process)
{
	const struct series *m = &process->memory;

	return m->items[m->len - 1].time_s - m->items[0].time_s;
}

static bool lives_until(const struct process *process, double time_s)
{
	const struct series *m = &process->memory;

	return m->items[m->len - 1].time_s >= time_s;
}

/* Whether processes keep being added, of those that lived for least_s: at least
 * five began after the first fifth of the time, some in each quarter of what
 * follows, and nearly none ended. */
static bool lives_gather(
    const struct run *run, const struct leak *total, double least_s)
{
	double whole = total->last_s - total->first_s;
	size_t born[5] = {0}, ended = 0, late = 0;

	for (size_t i = 0; i < run->processes.len; i++) {
		const struct process *process = &run->processes.items[i];
		double at, share;

		if (process->memory.len == 0 || life_of(process) < least_s)
			continue;
		at = process->memory.items[0].time_s;
		share = whole > 0 ? (at - total->first_s) / whole : 0;
		if (!leak_run_lives_on(process, total->last_s, whole))
			ended++;
		else if (share >= 0 && share < 1)
			born[(size_t)(share * 5)]++;
	}
	for (size_t i = 1; i < 5; i++)
		late += born[i];
	return late >= 5 && born[1] && born[2] && born[3] && born[4] &&
	       ended * 10 <= late;
}

/* A process that is young at the end may be one that stays or one that ends
 * soon: the second count leaves out all that lived briefly. */
static bool processes_gather(const struct run *run, const struct leak *total)
{
	return lives_gather(run, total, 0) ||
	       lives_gather(
		   run, total, brief * (total->last_s - total->first_s));
}

/* Among many processes one may seem to leak by chance: its slope must be large
 * beside its uncertainty. */
static bool stands_out(const struct leak *own)
{
	return own->mib_per_s > clear_slope * (own->mib_per_s - own->low);
}

/* Whether a process lived long enough, and to the end. */
static bool is_judged(
    const struct leak_run *out, const struct process *process, double whole)
{
	return process->memory.len > 0 && life_of(process) >= lived * whole &&
	       lives_until(process, out->total.last_s - 0.05 * whole);
}

static void judge_process(void *context, size_t at)
{
	struct leak_process *judged = (struct leak_process *)context + at;
	struct leak *own = &judged->leak;

	leak_judge(&judged->process->memory, judged->process->exit.told, own);
	if (own->verdict == LEAK_LEAKING && !stands_out(own))
		own->verdict = LEAK_UNDECIDED;
}

static void judge_processes(const struct run *run, struct leak_run *out)
{
	double whole = out->total.last_s - out->total.first_s;

	for (size_t i = 0; i < run->processes.len; i++) {
		const struct process *process = &run->processes.items[i];

		if (is_judged(out, process, whole))
			*array_push(&out->processes) =
			    (struct leak_process){.process = process};
	}
	parallel_for(out->processes.len, judge_process, out->processes.items);
	for (size_t i = 0; i < out->processes.len; i++)
		out->processes.items[i].leak.first_s = out->total.first_s;
}

/* The process that leaks fastest decides, where the whole doesn't. */
static void choose_worst(struct leak_run *out)
{
	out->worst = out->total;
	for (size_t i = 0; i < out->processes.len; i++) {
		const struct leak_process *judged = &out->processes.items[i];
		const struct leak *own = &judged->leak;

		if (own->verdict != LEAK_LEAKING ||
		    out->total.verdict == LEAK_LEAKING)
			continue;
		if (!out->process || own->mib_per_s > out->worst.mib_per_s) {
			out->worst = *own;
			out->worst.level_mib = out->total.level_mib;
			out->process = judged->process;
		}
	}
}

void leak_judge_run(const struct run *run, struct leak_run *out)
{
	*out = (struct leak_run){0};
	leak_judge(&run->total, run->exit.told, &out->total);
	judge_processes(run, out);
	choose_worst(out);
	out->more_processes = processes_gather(run, &out->total);
	if (out->more_processes && out->worst.verdict != LEAK_LEAKING &&
	    out->total.mib_per_s > 0 &&
	    out->total.last_s - out->total.first_s >= LEAK_LEAST_S)
		out->worst.verdict = LEAK_LEAKING;
}

void leak_judge_part(
    const struct run *run, double from_s, double to_s, struct leak_run *out)
{
	const struct process *whole = run->processes.items;
	size_t len = run->processes.len;
	struct process *parts = mem_zero(len + 1, sizeof(parts[0]));
	struct run part = *run;

	part.total = series_part(&run->total, from_s, to_s);
	part.processes.items = parts;
	for (size_t i = 0; i < len; i++) {
		parts[i] = whole[i];
		parts[i].memory = series_part(&whole[i].memory, from_s, to_s);
		parts[i].exit.told =
		    whole[i].exit.told && whole[i].exit.time_s <= to_s;
	}
	part.exit.told = run->exit.told && run->exit.time_s <= to_s;
	leak_judge_run(&part, out);
	out->total.first_s = out->worst.first_s = run_first_s(run);
	for (size_t i = 0; i < out->processes.len; i++) {
		struct leak_process *judged = &out->processes.items[i];

		judged->process = whole + (judged->process - parts);
		judged->leak.first_s = out->total.first_s;
	}
	if (out->process)
		out->process = whole + (out->process - parts);
	free(parts);
}

void leak_run_finish(struct leak_run *leak)
{
	array_free(&leak->processes);
}
