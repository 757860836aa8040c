/* SPDX-License-Identifier: MIT
 *
 * Sampled stacks as calls: a function that is in one sample after the other
 * was called once, as far as samples can tell.
 */
#ifndef MPROF_ANALYSIS_SPELLS_H
#define MPROF_ANALYSIS_SPELLS_H

#include "profile/profile.h"

/* Appends to calls, one for each spell of a function at one depth of a
 * process; level counts from the outermost frame, without those of the import
 * machinery. Names are borrowed from the run. */
struct spells {
	ARRAY(struct call) calls;
};

void spells_find(struct spells *spells, const struct run *run)
    __attribute__((nonnull));
void spells_finish(struct spells *spells) __attribute__((nonnull));

#endif
