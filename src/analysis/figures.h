/* SPDX-License-Identifier: MIT
 *
 * The main figures of a recording, or of a part of it.
 */
#ifndef MPROF_ANALYSIS_FIGURES_H
#define MPROF_ANALYSIS_FIGURES_H

#include "profile/profile.h"

struct figures {
	double peak_mib;
	double mean_mib;   /* weighted by time: a sample holds until the next */
	double area_mib_s; /* the mean times the duration */
	double duration_s; /* from the first sample to the last */
	double growth_mib; /* last sample minus the one before the first, or the
			      first where there is none */
	double growth_mib_s; /* growth_of_run(), which takes long, if asked for;
				else 0; NAN: unknown */
	/* As recorded by mprof run --with; else NAN. */
	double cpu_percent; /* the mean, of one processor */
	double threads;     /* highest at once */
	double gpu_mib;     /* highest at once, on all GPUs */
};

/* Fills out from the samples with from_s <= time < until_s of a sorted series
 * (-INFINITY and INFINITY for all). -1, and zeroes, where there is none. */
int figures_of_series(const struct series *series, double from_s,
    double until_s, struct figures *out) __attribute__((nonnull));

/* Fills out from a run's total. The peak is at least the highest PEAK record,
 * the duration is the run's (profile/run.h). A run that ended before its
 * first sample has only a peak; its mean and area are NAN. */
int figures_of_run(const struct run *run, struct figures *out)
    __attribute__((nonnull));

/* The growth of a run's total, MiB/s: the slope of trend_of() by leak_judge(),
 * whose result goes to leak. NAN where there is no line. */
struct leak;
double growth_of_run(const struct run *run, struct leak *leak)
    __attribute__((nonnull));

/* A part of a run that begins with a mark; the first may begin without one. */
struct phase {
	const char *name; /* the mark's label; "start" before the first */
	/* Within the run; their difference is the duration. */
	double from_s, until_s;
	struct figures figures;
	/* A higher peak between two samples, which this phase or another had:
	 * the high-water mark was not read between them. 0: none. */
	double perhaps_mib;
	bool perhaps_is_last; /* no later phase had it */
};

/* The phases of a run in order of time; the caller frees *phases. A phase too
 * short for a sample has the figures of its mark; without one, what precedes
 * the first mark is left out. Returns their number. */
size_t phases_of_run(const struct run *run, struct phase **phases)
    __attribute__((nonnull));

#endif
