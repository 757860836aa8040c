/* SPDX-License-Identifier: MIT
 *
 * What a recording does beside its samples: marks are taken, a textfile is
 * kept, stacks are read, and at the end line tables that their processes left
 * are printed and conditions are checked.
 */
#ifndef MPROF_COMMANDS_RUN_HOOKS_H
#define MPROF_COMMANDS_RUN_HOOKS_H

#include "commands/live.h"
#include "commands/run_options.h"
#include "base/array.h"
#include "python/stacks.h"
#include "recorder/sampler.h"
#include "python/agent_tables.h"
#include "recorder/marks.h"
#include "recorder/textfile.h"

/* --stacks: between the sampler, which knows processes, and python/, which
 * knows what runs in them. */
struct stacks_hook {
	struct stacks *stacks;
	ARRAY(struct sink_frame) frames; /* of a new stack */
};

struct run_hooks {
	struct marks marks;
	struct textfile *textfile;
	struct live live;
	bool watching;
	struct stacks_hook stacks;
	struct agent_tables tables; /* --lines */
};

/* Adds to plan's hooks, and to this process's environment, which the program
 * inherits, the path of the mark file. words are those of the recorded command
 * and end with NULL; watched is its pid where it runs already, else 0. -1 with
 * e where what was asked for can't be done; marks alone are no such reason.
 * The caller finishes in any case. */
int run_hooks_init(struct run_hooks *hooks, const struct run_options *options,
    struct sampler_plan *plan, char *const *words, pid_t watched,
    struct err *e);
void run_hooks_finish(struct run_hooks *hooks);

/* Once the program has ended: line tables that nobody printed, on stdout. */
void run_hooks_tables(struct run_hooks *hooks) __attribute__((nonnull));

/* What there is to say at the end, on stderr: notices. */
void run_hooks_summary(const struct run_hooks *hooks);

/* --check: whether the last run of the recording meets the conditions, on
 * stderr. A status as of mprof check. */
int run_hooks_check(const struct run_options *options, const char *path);

/* Before the program is started for nothing: -1 with e where there is no
 * condition, or a baseline that can't be read. */
int run_hooks_prepare_check(const struct run_options *options, struct err *e);

#endif
