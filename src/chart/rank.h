/* SPDX-License-Identifier: MIT
 *
 * The processes of a run by their peaks, the largest first; those without a
 * sample, and the phantom of old recordings, are left out.
 */
#ifndef MPROF_CHART_RANK_H
#define MPROF_CHART_RANK_H

#include "chart/build.h"

struct ranked {
	const struct process *process;
	double peak_mib;
	size_t place; /* in order of appearance */
};

struct ranking {
	struct ranked *items;
	size_t len;
};

/* By what they hold in the window, and of those that have samples there. The
 * processes stay the run's. */
struct ranking ranking_of(const struct run *run, const struct window *window);
void ranking_finish(struct ranking *ranking);

#endif
