/* SPDX-License-Identifier: MIT
 *
 * The options of mprof run and mprof attach; those that name a control group,
 * and --with, are mprof watch's as well.
 */
#ifndef MPROF_COMMANDS_RUN_OPTIONS_H
#define MPROF_COMMANDS_RUN_OPTIONS_H

#include "cli/options.h"
#include "commands/check.h"
#include "input/target.h"
#include "proc/metric.h"
#include "recorder/sampler.h"

/* --cgroup, --unit or --container: a control group instead of a process. */
struct run_group {
	const char *words[TARGET_KINDS]; /* by target_kind; NULL: not given */
};

/* The name of the given option; NULL: none. */
const char *run_group_option(const struct run_group *group)
    __attribute__((nonnull));

/* -1 with e where more than one was given, or a process (word, or NULL) as
 * well. */
int run_group_check(const struct run_group *group, const char *word,
    struct err *e) __attribute__((nonnull(1, 3), warn_unused_result));

/* Like target_find(): COMMAND_OK, or the exit status after a message. The
 * caller finishes target in any case. */
int run_group_find(const struct run_group *group, struct target *target)
    __attribute__((nonnull));

/* Option rows for a command whose options have that type. Their help begins
 * with when, and says what the command does with the group. */
#define RUN_GROUP_ROWS(type, member, when, does)                             \
	{.name = "cgroup",                                                   \
	    .arg = "PATH",                                                   \
	    .help = when does " all processes of a control group, "          \
			      "including those that join it later, "         \
			      "until it is empty",                           \
	    .parse = option_text,                                            \
	    .ours = true,                                                    \
	    .offset = offsetof(type, member.words[TARGET_CGROUP])},          \
	    {.name = "unit",                                                 \
		.arg = "NAME",                                               \
		.help = when "the same for a systemd unit, such as "         \
			     "nginx.service",                                \
		.parse = option_text,                                        \
		.ours = true,                                                \
		.offset = offsetof(type, member.words[TARGET_UNIT])},        \
	{                                                                    \
		.name = "container", .arg = "NAME",                          \
		.help = when "the same for a container of Docker, Podman, "  \
			     "containerd or Kubernetes, given by its name, " \
			     "POD/NAME or the beginning of its id",          \
		.parse = option_text, .ours = true,                          \
		.offset = offsetof(type, member.words[TARGET_CONTAINER])     \
	}

/* --with: resources beside memory that are recorded or watched. Adds the named
 * ones to an unsigned: a set of proc/usage.h. */
option_parse run_with_parse;
struct option_value run_with_value_at(size_t at);

/* Option row for a command whose options have that type; it says what the
 * command does with the figures. */
#define RUN_WITH_FIELDS(type, member, does)                                \
	.name = "with", .arg = "WHAT", .help = "also " does RUN_WITH_WHEN, \
	.parse = run_with_parse, .choice_at = run_with_value_at,           \
	.offset = offsetof(type, member), .ours = true
#define RUN_WITH_WHEN                                                      \
	" these, separated by commas; at first ten times a second, later " \
	"once a second"

struct run_options {
	bool python, no_python;
	bool lines;            /* line tables of @profile */
	const char *functions; /* attach: names separated by commas */
	bool stacks;           /* of Python code, at each sample */
	bool native;           /* C frames below each Python frame */
	double interval_s;     /* 0: the default */
	bool children;         /* include children in the total */
	bool each;             /* a series for each process */
	bool exit_code;
	bool allow_loss; /* loss in the recording is no failure */
	bool attach;
	double timeout_s; /* 0: none */
	const char *output;
	double max_size_mib; /* of the recording; 0: no bound */
	long rotate; /* number of older files to keep; 0: thin the file */
	const struct metric *metric;
	bool quiet;
	bool adopt;
	bool scope;             /* the program gets its own control group */
	struct run_group group; /* attach: control group */
	bool wait_for;          /* attach: wait until such a process exists */
	const char *wait;
	double limit_mib; /* 0: none */
	enum limit_action on_limit;
	double max_overhead; /* share of one processor; 0: no bound */
	bool skip_unchanged;
	unsigned with; /* resources: set of proc/usage.h */
	bool watch;
	const char *textfile; /* a directory */
	bool check_asked;
	struct check_options check;
};

extern const struct option_row run_option_rows[];
extern const struct run_options run_option_defaults;

/* -1 with e where options contradict each other, the operands or the command:
 * some need a program to launch, others a running process. */
int run_options_check(const struct run_options *options, char **argv, int count,
    struct err *e) __attribute__((nonnull(1, 4), warn_unused_result));

/* Fills the sampler's plan. -1 with e where options contradict each other. */
int run_options_plan(
    const struct run_options *options, struct sampler_plan *plan, struct err *e)
    __attribute__((nonnull, warn_unused_result));

#endif
