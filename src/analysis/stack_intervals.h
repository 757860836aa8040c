/* SPDX-License-Identifier: MIT
 *
 * Sampled stacks as calls: a function that is in one sample after the other is
 * taken to have been called once.
 */
#ifndef MPROF_ANALYSIS_STACK_INTERVALS_H
#define MPROF_ANALYSIS_STACK_INTERVALS_H

#include "profile/profile.h"

/* The stack without the interpreter's own frames of importing a module, six
 * for each import within an import, which are never the cause; whole where it
 * has no other. Its frames are the caller's to free, their texts stay the
 * stack's. */
struct stack visible_frames(const struct stack *stack) __attribute__((nonnull));

/* Appends to calls, one for each interval of a function at one depth of a
 * process; level counts from the outermost frame, without those of the import
 * machinery. Names are borrowed from the run. */
struct stack_intervals {
	ARRAY(struct call) calls;
};

void stack_intervals_find(struct stack_intervals *intervals,
    const struct run *run) __attribute__((nonnull));
void stack_intervals_finish(struct stack_intervals *intervals)
    __attribute__((nonnull));

#endif
