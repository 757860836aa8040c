// SPDX-License-Identifier: MIT
#include "recorder/ticks.h"

/* 1/SMOOTHING: weight of the newest sample in the smoothed cost. */
enum { SMOOTHING = 8 };

void ticks_init(struct ticks *ticks, int64_t now_ns, int64_t interval_ns,
    double max_overhead)
{
	*ticks = (struct ticks){.asked_ns = interval_ns,
	    .interval_ns = interval_ns,
	    .due_ns = now_ns,
	    .max_overhead = max_overhead};
}

void ticks_advance(struct ticks *ticks, int64_t begun_ns, int64_t now_ns)
{
	int64_t passed;

	ticks->due_ns += ticks->interval_ns;
	if (now_ns < ticks->due_ns + ticks->interval_ns)
		return;
	passed = (now_ns - ticks->due_ns) / ticks->interval_ns;
	if (begun_ns >= ticks->due_ns + passed * ticks->interval_ns)
		passed++;
	ticks->missed += (uint64_t)passed;
	ticks->due_ns += passed * ticks->interval_ns;
}

void ticks_resume(struct ticks *ticks, int64_t now_ns)
{
	ticks->due_ns = now_ns;
}

void ticks_pace(struct ticks *ticks, int64_t cost_ns)
{
	int64_t least_ns;

	if (ticks->max_overhead <= 0)
		return;
	if (ticks->cost_ns == 0)
		ticks->cost_ns = cost_ns;
	ticks->cost_ns += (cost_ns - ticks->cost_ns) / SMOOTHING;
	least_ns = (int64_t)((double)ticks->cost_ns / ticks->max_overhead);
	ticks->interval_ns =
	    least_ns > ticks->asked_ns ? least_ns : ticks->asked_ns;
}
