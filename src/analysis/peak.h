/* SPDX-License-Identifier: MIT
 *
 * The highest memory of a recording: of the whole, of each descendant, and
 * while a function ran, over all runs of a file. And the memory of each
 * process at one tick of a run, alone or in groups.
 */
#ifndef MPROF_ANALYSIS_PEAK_H
#define MPROF_ANALYSIS_PEAK_H

#include "profile/profile.h"

struct child_peak {
	const struct process *process;
	const struct run *run; /* run with the highest figure */
	double mib;
};

struct peaks {
	bool found;    /* false: nothing was measured, and the rest is zero */
	double mib;    /* the larger of samples and PEAK records */
	double time_s; /* when it was first reached */
	const struct share *share; /* the real figure where RSS misleads:
				      profile/share.h; or NULL */
	bool unsampled;            /* from a PEAK record: between two samples */
	/* Processes that have CHLD records: where PROC records introduce them,
	 * each, the highest first; otherwise one for each key, in order of
	 * appearance. */
	ARRAY(struct child_peak) children;
	bool named; /* some have PROC records */
};

/* The caller finishes; processes are borrowed from the profile. */
void peaks_init(struct peaks *peaks, const struct profile *profile)
    __attribute__((nonnull));
void peaks_finish(struct peaks *peaks) __attribute__((nonnull));

/* Sorts the highest child first, even where no process is introduced. */
void peaks_sort_children(struct peaks *peaks) __attribute__((nonnull));

/* The highest sample while a function of that name ran (an underscore in the
 * name may stand for a blank); where no sample was taken during its calls, the
 * highest figure of the calls. -1 where it was never called. */
int peak_of_function(const struct profile *profile, const char *name,
    double *mib) __attribute__((nonnull, warn_unused_result));

/* The highest figure of run_program_at(), or a higher high-water mark that is
 * known to be the program's: in its EXIT, or of a total of the program alone.
 * 0 where nothing was measured. */
double peak_of_program(const struct run *run) __attribute__((nonnull));

/* The memory of a process; that of the program is run_program_at(). */
struct holding {
	/* NULL: the program, which no record names. */
	const struct process *process;
	bool is_program;
	double mib;
};

/* Sorted, the largest first. */
struct moment {
	ARRAY(struct holding) holdings;
	const char *program; /* its name where no record names it */
};

/* The parts at that tick of run->total. The caller finishes. */
void moment_init(struct moment *moment, const struct run *run, size_t tick)
    __attribute__((nonnull));
void moment_finish(struct moment *moment) __attribute__((nonnull));

/* Processes of a run that have the same name. */
struct party {
	const char *name; /* NULL: no name was recorded */
	size_t count;
	double at_peak_mib; /* their sum when the total was highest */
	double highest_mib; /* highest of a single one, at any time */
	const struct process *highest; /* that process; NULL: the program, which
					  no record names */
};

enum party_by { PARTY_BY_NAME, PARTY_BY_COMMAND };

/* Sorted, the one that held most at the peak first. */
struct parties {
	ARRAY(struct party) list;
};

/* Names are borrowed from the run. The caller finishes. */
void parties_init(struct parties *parties, const struct run *run,
    enum party_by by) __attribute__((nonnull));
void parties_finish(struct parties *parties) __attribute__((nonnull));

#endif
