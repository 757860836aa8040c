/* SPDX-License-Identifier: MIT
 *
 * Everything that a recording of mprof run or mprof attach does besides
 * sampling: reads marks, keeps a textfile, reads stacks, draws; at the end it
 * prints line tables and checks conditions.
 */
#ifndef MPROF_COMMANDS_RUN_H
#define MPROF_COMMANDS_RUN_H

#include "base/array.h"
#include "commands/run_held.h"
#include "commands/run_options.h"
#include "python/agent_attach.h"
#include "python/agent_tables.h"
#include "python/stack/stacks.h"
#include "recorder/allocations.h"
#include "recorder/marks.h"
#include "recorder/sampler.h"
#include "recorder/textfile.h"
#include "recorder/touched.h"
#include "render/live.h"

/* --stacks: reads the stacks of each sampled process with python/ and passes
 * them to the sink. */
struct stacks_hook {
	struct stacks *stacks;
	ARRAY(struct sink_frame) frames; /* frames of a new stack */
};

struct run_hooks {
	struct marks marks;
	struct textfile *textfile;
	struct live live;
	bool watching;
	struct stacks_hook stacks;
	struct agent_tables tables;      /* --lines */
	struct sites sites;              /* --stacks */
	struct allocations *allocations; /* --stacks; NULL: none */
	struct touched *touched;         /* --stacks; NULL: none */
	struct err touched_refused;      /* why touched is NULL */
	struct run_held held;            /* --stacks */
	const struct dat_writer *writer; /* of the recording */
	unsigned troubles;               /* those of it that were reported */
	char *allocations_path;
	struct agent_attach attach; /* what was loaded into a running process */
	bool calls;                 /* calls of functions are followed in it */
	bool samples;               /* --stacks */
	bool attached, quiet;
};

/* Adds to plan's hooks, and sets MPROF_MARK in this process's environment,
 * which the program inherits. words is the recorded command line, ending with
 * NULL; watched is its pid where it runs already, else 0. -1 with e where an
 * option can't be satisfied; without a mark file recording works. The caller
 * finishes in any case. */
int run_hooks_init(struct run_hooks *hooks, const struct run_options *options,
    struct sampler_plan *plan, char *const *words, pid_t watched,
    struct err *e);
void run_hooks_finish(struct run_hooks *hooks);

/* attach --python, --lines or --func: asks the process to load the agent, and
 * reports the result on stderr. -1 with e where it can't. With --stacks, a
 * Python that supports it is asked to sample its allocations; a refusal is
 * reported. */
int run_hooks_attach(struct run_hooks *hooks, const struct run_options *options,
    const char *recording, pid_t pid, struct err *e) __attribute__((nonnull));

/* Removes the agent from the process. */
void run_hooks_detach(struct run_hooks *hooks) __attribute__((nonnull));

/* Reports on stderr why the recording is larger than --max-size, if that is so
 * and was not reported yet. */
void run_hooks_report_size(struct run_hooks *hooks) __attribute__((nonnull));

/* After the program's end: prints the line tables that no process printed. */
void run_hooks_tables(struct run_hooks *hooks) __attribute__((nonnull));

/* Prints notices of the hooks on stderr, at the end. */
void run_hooks_summary(const struct run_hooks *hooks);

/* Warns, for the launched program's wait status, where sampling may have ended
 * it. */
void run_hooks_warn(const struct run_hooks *hooks, int status);

/* --check: judges the last run of the recording and prints the verdicts on
 * stderr. Returns the status of mprof check. */
int run_hooks_check(const struct run_options *options, const char *path);

/* Validates --check before the program is started: -1 with e where no condition
 * was given, or a baseline can't be read. */
int run_hooks_prepare_check(const struct run_options *options, struct err *e);

/* Warns why no GPU was read; nothing for NULL or "". */
void run_warn_gpu(const char *why);

#endif
