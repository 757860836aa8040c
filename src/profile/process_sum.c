// SPDX-License-Identifier: MIT
#include "profile/process.h"

#include <stdlib.h>

/* SUM_TICKS: ticks that are examined in a long run where each process was
 * introduced. FEWEST_STEPS: steps that are evidence where none was. */
enum { SUM_TICKS = 2000, FEWEST_STEPS = 8 };

void process_add_at(const struct process *process, const size_t *ticks,
    size_t count, double *sums)
{
	struct tick_cursor cursor = {0};
	double mib;

	for (size_t i = 0; i < count; i++) {
		if (process_at_tick(
			process, &cursor, ticks ? ticks[i] : i, &mib))
			sums[i] += mib;
	}
}

void run_sum_at(
    const struct run *run, const size_t *ticks, size_t count, double *sums)
{
	for (size_t i = 0; i < run->processes.len; i++)
		process_add_at(&run->processes.items[i], ticks, count, sums);
}

/* Comparison of the changes of MEM and of the descendants' memory. */
struct evidence {
	size_t present; /* ticks with descendants */
	size_t above; /* of these, ticks where descendants have more than MEM */
	size_t steps; /* ticks at which descendants' memory changed */
	double slope; /* slope of MEM's steps over theirs, by least squares */
};

static void evidence_add(struct evidence *evidence, const struct run *run,
    const size_t *ticks, const double *sums, size_t count)
{
	const struct sample *total = run->total.items;
	double together = 0, own = 0;

	for (size_t i = 0; i < count; i++) {
		double mib = total[ticks[i]].mib, step, whole;

		evidence->present += sums[i] > 0;
		evidence->above += sums[i] > 1.001 * mib;
		if (i == 0)
			continue;
		step = sums[i] - sums[i - 1];
		whole = mib - total[ticks[i - 1]].mib;
		evidence->steps += step != 0;
		own += step * step;
		together += step * whole;
	}
	evidence->slope = own > 0 ? together / own : 0;
}

static struct evidence evidence_of(const struct run *run, size_t most)
{
	size_t len = run->total.len, count = len > most ? most : len;
	size_t *ticks = mem_zero(count + 1, sizeof(ticks[0]));
	double *sums = mem_zero(count + 1, sizeof(sums[0]));
	struct evidence evidence = {0};

	for (size_t i = 0; i < count; i++)
		ticks[i] = i * len / count;
	run_sum_at(run, ticks, count, sums);
	evidence_add(&evidence, run, ticks, sums, count);
	free(ticks);
	free(sums);
	return evidence;
}

/* A descendant may grow at the same tick as the program: only several agreeing
 * steps are evidence. */
enum run_total run_total_of(const struct run *run)
{
	struct evidence evidence;

	if (run->info.alone)
		return RUN_TOTAL_PROGRAM;
	if (run->info.sum)
		return RUN_TOTAL_ALL;
	if (run->processes.len == 0)
		return run->state.introduces ? RUN_TOTAL_ALL
					     : RUN_TOTAL_UNKNOWN;
	evidence = evidence_of(
	    run, run->state.introduces ? SUM_TICKS : run->total.len);
	if (2 * evidence.above > evidence.present)
		return RUN_TOTAL_PROGRAM;
	if (run->state.introduces)
		return RUN_TOTAL_ALL;
	if (evidence.steps < FEWEST_STEPS)
		return RUN_TOTAL_UNKNOWN;
	return evidence.slope > 0.75   ? RUN_TOTAL_ALL
	       : evidence.slope < 0.25 ? RUN_TOTAL_PROGRAM
				       : RUN_TOTAL_UNKNOWN;
}
