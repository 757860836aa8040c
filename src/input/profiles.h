/* SPDX-License-Identifier: MIT
 *
 * Finds and reads the recordings that a command's operands name. All commands
 * that read recordings use it.
 */
#ifndef MPROF_INPUT_PROFILES_H
#define MPROF_INPUT_PROFILES_H

#include <stdbool.h>
#include <stdio.h>

#include "base/array.h"
#include "base/err.h"
#include "base/index.h"
#include "cli/options.h"
#include "profile/profile.h"

/* Options of all these commands. */
struct profiles_options {
	bool verbose;
	const char *time, *mem, *unit; /* of a table: see csv/import.h */
};

/* Option rows for a command whose options have struct type. */
#define PROFILES_ROWS(type, member)                                          \
	{.name = "verbose",                                                  \
	    .help = "report records that this version doesn't know",         \
	    .parse = option_flag,                                            \
	    .offset = offsetof(type, member.verbose),                        \
	    .ours = true},                                                   \
	    {.name = "time",                                                 \
		.arg = "COL",                                                \
		.help = "the column of a CSV table that holds the time",     \
		.parse = option_text,                                        \
		.offset = offsetof(type, member.time),                       \
		.ours = true},                                               \
	    {.name = "mem",                                                  \
		.arg = "COL",                                                \
		.help = "the column of a CSV table that holds the memory",   \
		.parse = option_text,                                        \
		.offset = offsetof(type, member.mem),                        \
		.ours = true},                                               \
	{                                                                    \
		.name = "unit", .arg = "UNIT",                               \
		.help = "the unit of numbers in that column: {}",            \
		.parse = option_text, .offset = offsetof(type, member.unit), \
		.choices = profiles_units, .ours = true                      \
	}

/* Units for completing --unit; ends with NULL. */
extern const char *const profiles_units[];

struct profiles {
	ARRAY(char *) paths; /* each once */
	struct index index;  /* finds paths */
};

/* Finds the recordings that the operands in argv name, as files or as numbers
 * of mprof list; without any, the newest recording of this directory. Messages
 * ("Using last profile data.", operands that were not found) go to notices;
 * memory_profiler prints them on stdout. Returns the exit status: COMMAND_OK,
 * or COMMAND_NO_PROFILE where none was found. The caller finishes in any case.
 */
int profiles_init(struct profiles *profiles, char **argv, int count,
    FILE *notices) __attribute__((nonnull, warn_unused_result));
void profiles_finish(struct profiles *profiles) __attribute__((nonnull));

/* Reads a recording or a CSV table, and reports skipped lines on stderr. -1,
 * with the reason on stderr, where it can't be read or contains no samples. The
 * caller finishes the profile in any case. */
int profiles_read(struct profile *profile, const char *path,
    const struct profiles_options *options)
    __attribute__((nonnull, warn_unused_result));

/* Reads all of them, in several threads, then reports what profiles_read()
 * would, in their order. reduce() drops what the caller doesn't need as soon as
 * a profile is read; it is called by several threads at once. read and failed
 * have one element for each path; the caller finishes each profile in any
 * case. */
void profiles_read_many(struct profile *read, bool *failed,
    const struct profiles *profiles, const struct profiles_options *options,
    void (*reduce)(struct profile *profile)) __attribute__((nonnull));

#endif
