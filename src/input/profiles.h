/* SPDX-License-Identifier: MIT
 *
 * The recordings that a command's words name, and how they are read: shared
 * by all commands that look at recordings.
 */
#ifndef MPROF_INPUT_PROFILES_H
#define MPROF_INPUT_PROFILES_H

#include <stdbool.h>
#include <stdio.h>

#include "base/array.h"
#include "base/err.h"
#include "cli/options.h"
#include "profile/profile.h"

/* A part of the options of a command that reads recordings. */
struct profiles_options {
	bool verbose;
	const char *time, *mem, *unit; /* of a table: see csv/import.h */
};

/* Its rows in the table of a command whose options are a type. */
#define PROFILES_ROWS(type, member)                                          \
	{.name = "verbose",                                                  \
	    .help = "tell of records that this version doesn't know",        \
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
		.help = "what a number in that column counts: {}",           \
		.parse = option_text, .offset = offsetof(type, member.unit), \
		.choices = profiles_units, .ours = true                      \
	}

/* The units to which a shell completes --unit; NULL ends them. */
extern const char *const profiles_units[];

struct profiles {
	ARRAY(char *) paths; /* none of them twice */
};

/* Finds what the words name: a file, or a number of mprof list; without words
 * the newest recording here. What is said meanwhile ("Using last profile
 * data.", or what was not found) goes to notices, where memory_profiler says
 * it on stdout. The exit status: COMMAND_OK, or COMMAND_NO_PROFILE where
 * nothing is left. The caller finishes in any case. */
int profiles_init(struct profiles *profiles, char **words, int count,
    FILE *notices) __attribute__((nonnull, warn_unused_result));
void profiles_finish(struct profiles *profiles) __attribute__((nonnull));

/* Reads one recording, or a table that tells of one, and says on stderr what
 * had to be skipped. -1, and the reason was said, where it can't be read or
 * holds nothing to show. The caller finishes the profile in any case. */
int profiles_read(struct profile *profile, const char *path,
    const struct profiles_options *options)
    __attribute__((nonnull, warn_unused_result));

#endif
