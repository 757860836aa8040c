/* SPDX-License-Identifier: MIT
 *
 * --stacks: between the sampler, which knows processes, and src/python, which
 * knows what runs in them.
 */
#ifndef MPROF_COMMANDS_STACKS_HOOK_H
#define MPROF_COMMANDS_STACKS_HOOK_H

#include "base/array.h"
#include "python/stacks.h"
#include "recorder/sampler.h"

struct stacks_hook {
	struct stacks *stacks;
	ARRAY(struct sink_frame) frames; /* of a new stack */
};

void stacks_hook_init(struct stacks_hook *hook) __attribute__((nonnull));
void stacks_hook_finish(struct stacks_hook *hook) __attribute__((nonnull));

/* For the plan of a sampler that ends before hook does. What can't be read is
 * said on stderr, once. */
struct sampler_hook stacks_hook_of(struct stacks_hook *hook)
    __attribute__((nonnull));

/* How it went, on stderr: a notice. */
void stacks_hook_summary(const struct stacks_hook *hook)
    __attribute__((nonnull));

#endif
