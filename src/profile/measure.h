/* SPDX-License-Identifier: MIT
 *
 * The measures of a recording's figures: RSS, PSS and others, a row each, with
 * the names that people see. proc/metric.h reads them.
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
	const char *title; /* "RSS", after a figure */
	const char *words; /* "resident memory", on a chart */
	const char *help;  /* half a sentence */
	bool whole;        /* never a sum over processes */
};

/* Indexed by measure_id. */
extern const struct measure measures[MEASURES];

/* Finds a measure by its name; NULL where there is none. */
const struct measure *measure_find(const char *name) __attribute__((nonnull));

/* The name of the run's measure. Recordings that don't tell it have RSS, the
 * default of all their writers; NULL for another tool's table whose titles
 * don't tell it. */
const char *measure_of(const struct run *run) __attribute__((nonnull));

/* "resident memory"; "memory" where it is not recorded. */
const char *measure_words(const struct run *run) __attribute__((nonnull));

/* "resident memory, sum of processes": clean. The caller frees. */
char *measure_text(const struct run *run) __attribute__((nonnull));

/* Figures of two measures can't be compared: -1 with e where the two are known
 * to differ. name_a and name_b name the recordings. */
int measure_check(const struct run *a, const char *name_a, const struct run *b,
    const char *name_b, struct err *e)
    __attribute__((nonnull(1, 2, 3, 4), warn_unused_result));

#endif
