/* SPDX-License-Identifier: MIT
 *
 * The measures of a recording's figures: RSS, PSS and the others, a row each,
 * with the names that people see. How they are read is proc/metric.h's.
 */
#ifndef MPROF_PROFILE_MEASURE_H
#define MPROF_PROFILE_MEASURE_H

#include "base/err.h"
#include "profile/profile.h"

enum measure_id {
	MEASURE_RSS,
	MEASURE_PSS,
	MEASURE_USS,
	MEASURE_SWAP,
	MEASURE_VMS,
	MEASURE_ANON,
	MEASURE_CGROUP,
	MEASURES
};

struct measure {
	const char *name;  /* "rss": --backend, and INFO's backend= */
	const char *title; /* "RSS", behind a figure */
	const char *words; /* "resident memory", on a chart */
	const char *help;  /* half a sentence */
	bool whole;        /* never a sum of processes' */
};

/* By measure_id. */
extern const struct measure measures[MEASURES];

/* By its name; NULL where there is none. */
const struct measure *measure_find(const char *name) __attribute__((nonnull));

/* The name of what a run's figures are of. Recordings that don't say it are
 * of RSS, the default of all that write them; NULL of a table of another
 * tool whose titles don't say it. */
const char *measure_of(const struct run *run) __attribute__((nonnull));

/* "resident memory"; "memory" where it is not recorded. */
const char *measure_words(const struct run *run) __attribute__((nonnull));

/* "resident memory, sum of processes": clean. The caller frees. */
char *measure_text(const struct run *run) __attribute__((nonnull));

/* Figures of two measures can't be held against each other: -1 with e where
 * the two are known to differ. The names are those of the recordings. */
int measure_check(const struct run *a, const char *name_a, const struct run *b,
    const char *name_b, struct err *e)
    __attribute__((nonnull(1, 2, 3, 4), warn_unused_result));

#endif
