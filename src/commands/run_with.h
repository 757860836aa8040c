/* SPDX-License-Identifier: MIT
 *
 * --with: what else than memory is recorded or watched.
 */
#ifndef MPROF_COMMANDS_RUN_WITH_H
#define MPROF_COMMANDS_RUN_WITH_H

#include "cli/options.h"

/* Adds the named resources to an unsigned, proc/usage.h's set. */
option_parse run_with_parse;
struct option_value run_with_value_at(size_t at);

/* The row of a table of a command whose options are a type. */
#define RUN_WITH_ROW(type, member)                                          \
	{                                                                   \
		.name = "with", .arg = "WHAT",                              \
		.help = "also record these, separated by commas; at first " \
			"ten times a second, later once a second",          \
		.parse = run_with_parse, .choice_at = run_with_value_at,    \
		.offset = offsetof(type, member), .ours = true              \
	}

#endif
