/* SPDX-License-Identifier: MIT
 *
 * The main figures of a recording, or of a part of it.
 */
#ifndef MPROF_ANALYSIS_FIGURES_H
#define MPROF_ANALYSIS_FIGURES_H

#include "profile/profile.h"

struct figures {
	double peak_mib;
	double mean_mib;     /* over time: each sample holds until the next */
	double area_mib_s;   /* the mean times the duration */
	double duration_s;   /* from the first sample to the last */
	double growth_mib;   /* the last sample less the one that precedes the
			      * first, or the first where none does */
	double growth_mib_s; /* growth_of_run(), where that was asked for: it
			      * is dear; else 0 */
	/* The run's, where they were recorded (mprof run --with); else NAN. */
	double cpu_percent; /* the mean, of one processor */
	double threads;     /* the most at once */
	double gpu_mib;     /* the most at once on all GPUs */
};

/* Fills out from the samples with from_s <= time < until_s of a sorted series
 * (-INFINITY and INFINITY for all). -1, and zeroes, where there is none. */
int figures_of_series(const struct series *series, double from_s,
    double until_s, struct figures *out) __attribute__((nonnull));

/* Fills out from a run's total. The peak is at least the highest PEAK record,
 * the duration is the run's (profile/ending.h). A run that ended before its
 * first sample has a peak alone. */
int figures_of_run(const struct run *run, struct figures *out)
    __attribute__((nonnull));

/* The growth of a run's total, MiB/s: the slope that leak_judge() found, which
 * leak gets; growth over duration where there are too few samples for one. */
struct leak;
double growth_of_run(const struct run *run, struct leak *leak)
    __attribute__((nonnull));

/* The part of a run that a mark begins; the first may begin without one. */
struct phase {
	const char *name;       /* the mark's label; "start" before the first */
	double from_s, until_s; /* within the run, and so its duration */
	struct figures figures;
};

/* The phases of a run in order of time. One too short for a sample has what
 * its mark knew; what precedes the first mark is left out without one;
 * *phases is the caller's to free. The number of them. */
size_t phases_of_run(const struct run *run, struct phase **phases)
    __attribute__((nonnull));

#endif
