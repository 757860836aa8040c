/* SPDX-License-Identifier: MIT
 *
 * The memory of each process at one tick of a run, and the same by groups.
 */
#ifndef MPROF_ANALYSIS_MOMENT_H
#define MPROF_ANALYSIS_MOMENT_H

#include "profile/profile.h"

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
