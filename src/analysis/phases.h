/* SPDX-License-Identifier: MIT
 *
 * The phases of a recording without marks: where its level or its slope
 * changes. The partition into straight pieces with the least squared residuals
 * and a penalty for each piece, found exactly by dynamic programming (Jackson
 * and others, "An algorithm for optimal partitioning of data on an interval",
 * IEEE Signal Processing Letters 12, 2005); the penalty is that of Schwarz's
 * criterion, times a factor since samples of memory depend on each other.
 * Pieces that hardly differ are joined.
 */
#ifndef MPROF_ANALYSIS_PHASES_H
#define MPROF_ANALYSIS_PHASES_H

#include "profile/profile.h"

enum phase_kind {
	PHASE_START, /* the first one, if it rises to the next one's level */
	PHASE_STEADY,
	PHASE_GROWTH,
	PHASE_DECLINE,
	PHASE_LEAK /* growth that leak_judge() calls a leak */
};

struct found_phase {
	enum phase_kind kind;
	double from_s, until_s;  /* seconds since the epoch; the next one begins
				    at until_s */
	double from_mib, to_mib; /* on its straight line, within its samples */
	double mib_per_s;
};

/* The phases of a run's total in order of time; the caller frees *phases.
 * Returns their number: 1 where nothing changes, 0 without samples. */
size_t phases_find(const struct run *run, struct found_phase **phases)
    __attribute__((nonnull));

/* "start-up", "steady", "growth", "decline", "leak" */
const char *phase_kind_name(enum phase_kind kind);

#endif
