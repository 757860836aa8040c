/* SPDX-License-Identifier: MIT
 *
 * The highest memory of a recording: of the whole, of each descendant, and
 * while one function ran; a file's runs are taken together. And the memory of
 * each process at one tick of a run, by itself or in groups.
 */
#ifndef MPROF_ANALYSIS_PEAK_H
#define MPROF_ANALYSIS_PEAK_H

#include "profile/profile.h"

struct child_peak {
	const struct process *process;
	const struct run *run; /* where it was highest */
	double mib;
};

struct peaks {
	bool found;    /* else nothing was measured, and the rest is zero */
	double mib;    /* the larger of the samples and the PEAK records */
	double time_s; /* when it was first so high */
	const struct share *share; /* what it was in truth, where RSS
				    * misleads: profile/share.h; or NULL */
	bool unsampled; /* it is a PEAK record's: between two samples */
	/* Those that have CHLD records: where processes are introduced (PROC)
	 * each of them, the highest first; else one a key, as they came. */
	ARRAY(struct child_peak) children;
	bool named; /* some are introduced */
};

/* The caller finishes; the processes stay the profile's. */
void peaks_init(struct peaks *peaks, const struct profile *profile)
    __attribute__((nonnull));
void peaks_finish(struct peaks *peaks) __attribute__((nonnull));

/* Puts the highest child first, also where none is introduced. */
void peaks_sort_children(struct peaks *peaks) __attribute__((nonnull));

/* The highest sample while a function of that name ran (a blank in its name
 * may be written as an underscore); where no sample fell into its calls, the
 * highest figure of the calls themselves. -1 where it was never called. */
int peak_of_function(const struct profile *profile, const char *name,
    double *mib) __attribute__((nonnull, warn_unused_result));

/* A part of the whole; the program itself has what its descendants leave. */
struct holding {
	const struct process *process; /* NULL: the program, and no record
					* names it */
	bool is_program;
	double mib;
};

/* The largest first. */
struct moment {
	ARRAY(struct holding) holdings;
};

/* At that tick of run->total. The caller finishes. */
void moment_init(struct moment *moment, const struct run *run, size_t tick)
    __attribute__((nonnull));
void moment_finish(struct moment *moment) __attribute__((nonnull));

/* The processes of a run that are called the same. */
struct party {
	const char *name; /* NULL: no name is recorded */
	size_t count;
	double at_peak_mib; /* their sum when the whole was highest */
	double highest_mib; /* of any one of them, at any time */
	const struct process *highest; /* that one; NULL: the program, which no
					* record names */
};

enum party_by { PARTY_BY_NAME, PARTY_BY_COMMAND };

/* The one that held most at the peak first. */
struct parties {
	ARRAY(struct party) list;
};

/* The names stay the run's. The caller finishes. */
void parties_init(struct parties *parties, const struct run *run,
    enum party_by by) __attribute__((nonnull));
void parties_finish(struct parties *parties) __attribute__((nonnull));

#endif
