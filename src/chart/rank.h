/* SPDX-License-Identifier: MIT
 *
 * The processes of a run by their peaks, the largest first; those without a
 * sample, and the phantom of old recordings, are left out.
 */
#ifndef MPROF_CHART_RANK_H
#define MPROF_CHART_RANK_H

#include "profile/profile.h"

struct ranked {
	const struct process *process;
	double peak_mib;
	size_t place; /* in order of appearance */
};

struct ranking {
	struct ranked *items;
	size_t len;
};

/* The processes stay the run's. */
struct ranking ranking_of(const struct run *run);
void ranking_finish(struct ranking *ranking);

#endif
