/* SPDX-License-Identifier: MIT
 *
 * Conditions that recordings must meet, and how they came out.
 */
#ifndef MPROF_ANALYSIS_VERDICTS_H
#define MPROF_ANALYSIS_VERDICTS_H

#include <stdbool.h>

#include "analysis/recording_set.h"
#include "base/array.h"
#include "base/units.h"

/* Zero: no such condition. */
struct conditions {
	double max_peak_mib, max_mean_mib;
	double max_growth_mib_s; /* with max_growth: may be 0 */
	bool max_growth;
	double max_cpu_percent; /* the mean over time, of one processor */
	double max_threads;     /* at once */
	double max_gpu_mib;     /* at once on all GPUs */
	bool no_leak;
	bool phases;       /* each of these for each phase (figures.h's) */
	bool strict;       /* what is uncertain fails too */
	double tolerance;  /* share of the baseline: 0.05 */
	double max_spread; /* highest less lowest peak, share of the median */
};

/* One condition and how it came out, for one run or for all. */
struct verdict {
	const char *name;                    /* the option without its dashes */
	const struct recording_set_run *run; /* NULL: all of them together */
	const char *phase; /* that it is of: hostile bytes; NULL: all */
	size_t nth;        /* of several phases of that name, from 1 */
	char figure[2 * UNITS_TEXT]; /* what was found */
	char limit[2 * UNITS_TEXT];  /* what was asked */
	char note[256];              /* how it was judged; may be empty */
	double value, bound;
	const char *unit;
	bool met;
	bool doubtful; /* met, as far as is known: --strict would fail */
};

struct verdicts {
	ARRAY(struct verdict) items;
	bool several; /* runs: each verdict says of which it is */
};

/* Whether any condition is asked for. */
bool verdicts_asked(const struct conditions *conditions)
    __attribute__((nonnull));

/* Judges each run of the set by each condition, and all of them beside the
 * baseline, NULL where there is none. The caller frees the items. */
void verdicts_judge(struct verdicts *verdicts,
    const struct conditions *conditions, const struct recording_set *set,
    const struct recording_set *baseline) __attribute__((nonnull(1, 2, 3)));

bool verdicts_met(const struct verdicts *verdicts) __attribute__((nonnull));

#endif
