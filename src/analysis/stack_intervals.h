/* SPDX-License-Identifier: MIT
 *
 * Sampled stacks as calls: a function in consecutive samples is taken for one
 * call.
 */
#ifndef MPROF_ANALYSIS_STACK_INTERVALS_H
#define MPROF_ANALYSIS_STACK_INTERVALS_H

#include "profile/profile.h"

/* The stack without the interpreter's frames that import a module (six for each
 * nested import), which are never the cause; the whole stack where it has only
 * these. The caller frees the frames; texts are borrowed from the stack. */
struct stack visible_frames(const struct stack *stack) __attribute__((nonnull));

/* Appends calls, one for each interval of a function at one depth in a process;
 * level counts from the outermost frame, without those of the import machinery.
 * Names are borrowed from the run. */
struct stack_intervals {
	ARRAY(struct call) calls;
};

void stack_intervals_find(struct stack_intervals *intervals,
    const struct run *run) __attribute__((nonnull));
void stack_intervals_finish(struct stack_intervals *intervals)
    __attribute__((nonnull));

#endif
