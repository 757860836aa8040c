/* SPDX-License-Identifier: MIT
 *
 * What of a sampled stack is worth a person's look: not the interpreter's own
 * frames of importing a module, six for each import within an import, which
 * are never the cause.
 */
#ifndef MPROF_ANALYSIS_SHOWN_H
#define MPROF_ANALYSIS_SHOWN_H

#include "profile/profile.h"

/* The stack without those frames, or whole where it has no other. Its frames
 * are the caller's to free, their texts stay the stack's. */
struct stack shown_stack(const struct stack *stack) __attribute__((nonnull));

#endif
