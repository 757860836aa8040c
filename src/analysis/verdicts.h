/* SPDX-License-Identifier: MIT
 *
 * Conditions that recordings must meet, and their results.
 */
#ifndef MPROF_ANALYSIS_VERDICTS_H
#define MPROF_ANALYSIS_VERDICTS_H

#include <stdbool.h>

#include "analysis/recording_set.h"
#include "base/array.h"
#include "base/units.h"

/* Zero: not set. */
struct conditions {
	double max_peak_mib, max_mean_mib;
	double max_growth_mib_s; /* if max_growth; may be 0 */
	bool max_growth;
	double max_cpu_percent; /* mean over time, of one processor */
	double max_threads;     /* at once */
	double max_gpu_mib;     /* at once on all GPUs */
	bool no_leak;
	bool phases;       /* each condition for each phase (figures.h) */
	bool strict;       /* uncertain results fail, too */
	double tolerance;  /* share of the baseline: 0.05 */
	double max_spread; /* highest minus lowest peak, as a share of the
			      median */
};

/* One condition and its result, for one run or for all. */
struct verdict {
	const char *name; /* the option's name without dashes */
	const struct recording_set_run *run; /* NULL: all runs together */
	const char *phase; /* its phase: hostile bytes; NULL: the whole run */
	size_t nth;        /* among several phases of that name, from 1 */
	char figure[2 * UNITS_TEXT]; /* what was found */
	char limit[2 * UNITS_TEXT];  /* what was required */
	char note[256];              /* how it was judged; may be empty */
	double value, bound;
	const char *unit;
	bool met;
	bool doubtful; /* met as far as is known: fails with --strict */
};

struct verdicts {
	ARRAY(struct verdict) items;
	bool several; /* several runs: each verdict names its own */
};

/* Judges each run of the set by each condition, and all of them against the
 * baseline (NULL: none). The caller frees the items. */
void verdicts_judge(struct verdicts *verdicts,
    const struct conditions *conditions, const struct recording_set *set,
    const struct recording_set *baseline) __attribute__((nonnull(1, 2, 3)));

bool verdicts_met(const struct verdicts *verdicts) __attribute__((nonnull));

#endif
