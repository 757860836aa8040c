/* SPDX-License-Identifier: MIT
 *
 * The options of mprof run and mprof attach.
 */
#ifndef MPROF_COMMANDS_RUN_OPTIONS_H
#define MPROF_COMMANDS_RUN_OPTIONS_H

#include "cli/options.h"
#include "commands/check.h"
#include "proc/metric.h"
#include "recorder/sampler.h"

struct run_options {
	bool python, no_python;
	bool lines;            /* line tables of @profile */
	const char *functions; /* attach: names, with commas between them */
	bool stacks;           /* of Python code, at each sample */
	double interval_s;     /* 0: the default */
	bool children;         /* in the total */
	bool each;             /* a series for each process */
	bool exit_code;
	bool allow_loss; /* of the recording: no failure */
	bool attach;
	double timeout_s; /* 0: none */
	const char *output;
	const struct metric *metric;
	bool quiet;
	bool adopt;
	bool wait_for; /* attach: wait until such a process exists */
	const char *wait;
	double limit_mib; /* 0: none */
	const char *on_limit;
	double max_overhead; /* of one processor; 0: no bound */
	bool skip_unchanged;
	bool watch;
	const char *textfile; /* a folder */
	bool check_asked;
	struct check_options check;
};

extern const struct option_row run_option_rows[];
extern const struct run_options run_option_defaults;

/* Fills the sampler's plan. -1 with e where options contradict each other. */
int run_options_plan(
    const struct run_options *options, struct sampler_plan *plan, struct err *e)
    __attribute__((nonnull, warn_unused_result));

#endif
