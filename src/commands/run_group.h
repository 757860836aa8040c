/* SPDX-License-Identifier: MIT
 *
 * --cgroup, --unit and --container: a control group instead of a process.
 */
#ifndef MPROF_COMMANDS_RUN_GROUP_H
#define MPROF_COMMANDS_RUN_GROUP_H

#include "cli/options.h"
#include "input/target.h"

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

#endif
