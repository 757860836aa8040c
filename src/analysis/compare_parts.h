/* SPDX-License-Identifier: MIT
 *
 * The parts that two sets of recordings have in common, side by side.
 */
#ifndef MPROF_ANALYSIS_COMPARE_PARTS_H
#define MPROF_ANALYSIS_COMPARE_PARTS_H

#include "analysis/recording_set.h"

/* A part of the runs that both sides have: a phase, or all processes of one
 * name. */
struct compared_part {
	const char *name;
	size_t count[2]; /* in A and B the most of them in a run; 0: a phase */
	struct comparison peak, growth;
};

struct compared_parts {
	ARRAY(struct compared_part) items;
	struct index index; /* by name */
};

/* Compares each phase and each name of processes of A that B has too. The
 * names stay the runs'. The caller finishes both lists. */
void compare_parts_find(const struct recording_set *const sides[2],
    struct compared_parts *phases, struct compared_parts *processes)
    __attribute__((nonnull));

void compare_parts_finish(struct compared_parts *list) __attribute__((nonnull));

#endif
