/* SPDX-License-Identifier: MIT
 *
 * The weighted stacks of a recording, for the formats that have frames in a
 * table of their own: each function at each line once.
 */
#ifndef MPROF_EXPORT_STACKS_H
#define MPROF_EXPORT_STACKS_H

#include "analysis/lines.h"
#include "base/err.h"
#include "base/index.h"
#include "profile/profile.h"

struct export_frame {
	char *function, *file; /* UTF-8; file "": none */
	int line;              /* 0: none */
};

struct export_frames {
	ARRAY(struct export_frame) items;
	struct index index;
};

/* The index of the frame in items. */
size_t export_frames_place(struct export_frames *frames,
    const struct frame *frame) __attribute__((nonnull));
void export_frames_finish(struct export_frames *frames)
    __attribute__((nonnull));

/* Fills in, by stack, the memory that sampled allocations held when the total
 * was highest; without these, growth on the clock. The caller finishes. */
void export_stacks_init(struct stack_growths *growths, const struct run *run)
    __attribute__((nonnull));

/* Bytes that a stack added; 0 where it added none, or gave some back. */
int64_t export_stack_bytes(const struct stack_growth *growth)
    __attribute__((nonnull));

/* The last run with stacks; NULL with e where there is none. */
const struct run *export_stacks_last(const struct profile *profile,
    struct err *e) __attribute__((nonnull, warn_unused_result));

#endif
