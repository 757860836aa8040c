/* SPDX-License-Identifier: MIT
 *
 * --with: resources beside memory that are recorded or watched.
 */
#ifndef MPROF_COMMANDS_RUN_WITH_H
#define MPROF_COMMANDS_RUN_WITH_H

#include "cli/options.h"

/* Adds the named resources to an unsigned: a set of proc/usage.h. */
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

#endif
