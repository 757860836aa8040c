/* SPDX-License-Identifier: MIT
 *
 * Conditions for recordings: options and output shared by "mprof check" and
 * "mprof run --check".
 */
#ifndef MPROF_COMMANDS_CHECK_H
#define MPROF_COMMANDS_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/verdicts.h"
#include "cli/options.h"
#include "input/profiles.h"

/* Conditions among a command's options. Zero or NULL: not given. */
#define CHECK_TOLERANCE 0.05

struct check_options {
	struct conditions conditions;
	const char *baseline; /* patterns separated by commas */
	const char *junit;    /* name of a file */
	bool json, markdown;  /* in place of lines of text */
	bool asked;           /* any condition was given */
};

/* Parses "2MiB/min" into MiB a second in struct check_options. */
option_parse check_parse_growth;
option_parse check_parse_tolerance; /* "5%" or "0.05" */
option_parse check_parse_percent;   /* "150%" or "150", as double 150 */
option_parse check_parse_count;     /* a whole number above 0, as double */

/* Option rows for a command whose options have that type. */
#define CHECK_ROWS(type, member)                                              \
	{.name = "max-peak",                                                  \
	    .arg = "SIZE",                                                    \
	    .help = "the peak must not exceed this: 500MiB, 2G",              \
	    .parse = option_size,                                             \
	    .offset = offsetof(type, member.conditions.max_peak_mib),         \
	    .implies = offsetof(type, member.asked),                          \
	    .ours = true},                                                    \
	    {.name = "max-mean",                                              \
		.arg = "SIZE",                                                \
		.help = "the mean over time must not exceed this",            \
		.parse = option_size,                                         \
		.offset = offsetof(type, member.conditions.max_mean_mib),     \
		.implies = offsetof(type, member.asked),                      \
		.ours = true},                                                \
	    {.name = "max-growth",                                            \
		.arg = "RATE",                                                \
		.help = "memory must not grow faster than this after the "    \
			"warm-up: 2MiB/min",                                  \
		.parse = check_parse_growth,                                  \
		.offset = offsetof(type, member),                             \
		.implies = offsetof(type, member.asked),                      \
		.ours = true},                                                \
	    {.name = "max-cpu-mean",                                          \
		.arg = "PERCENT",                                             \
		.help = "the mean CPU time must not exceed this share of "    \
			"one processor: 150%; needs run --with cpu",          \
		.parse = check_parse_percent,                                 \
		.offset = offsetof(type, member.conditions.max_cpu_percent),  \
		.implies = offsetof(type, member.asked),                      \
		.ours = true},                                                \
	    {.name = "max-threads",                                           \
		.arg = "COUNT",                                               \
		.help = "there must never be more threads than this; needs "  \
			"run --with threads",                                 \
		.parse = check_parse_count,                                   \
		.offset = offsetof(type, member.conditions.max_threads),      \
		.implies = offsetof(type, member.asked),                      \
		.ours = true},                                                \
	    {.name = "max-gpu-peak",                                          \
		.arg = "SIZE",                                                \
		.help = "there must never be more memory on GPUs than this; " \
			"needs run --with gpu",                               \
		.parse = option_size,                                         \
		.offset = offsetof(type, member.conditions.max_gpu_mib),      \
		.implies = offsetof(type, member.asked),                      \
		.ours = true},                                                \
	    {.name = "no-leak",                                               \
		.help = "mprof leak must not find a leak",                    \
		.parse = option_flag,                                         \
		.offset = offsetof(type, member.conditions.no_leak),          \
		.implies = offsetof(type, member.asked),                      \
		.ours = true},                                                \
	    {.name = "phases",                                                \
		.help = "check each phase, from mark to mark, on its own",    \
		.parse = option_flag,                                         \
		.offset = offsetof(type, member.conditions.phases),           \
		.ours = true},                                                \
	    {.name = "strict",                                                \
		.help = "also fail if a recording breaks off or is still "    \
			"running, or if a verdict is uncertain (?)",          \
		.parse = option_flag,                                         \
		.offset = offsetof(type, member.conditions.strict),           \
		.implies = offsetof(type, member.asked),                      \
		.ours = true},                                                \
	    {.name = "baseline",                                              \
		.arg = "FILES",                                               \
		.help = "the peak must not exceed that of these recordings; " \
			"names or patterns, separated by commas; the spread " \
			"of several runs is taken into account",              \
		.parse = option_text,                                         \
		.offset = offsetof(type, member.baseline),                    \
		.implies = offsetof(type, member.asked),                      \
		.ours = true},                                                \
	    {.name = "tolerance",                                             \
		.arg = "SHARE",                                               \
		.help = "by how much the peak may exceed the baseline "       \
			"(default 5%)",                                       \
		.parse = check_parse_tolerance,                               \
		.offset = offsetof(type, member.conditions.tolerance),        \
		.ours = true},                                                \
	{                                                                     \
		.name = "junit", .arg = "FILE",                               \
		.help = "also write the verdicts as JUnit XML",               \
		.parse = option_text, .offset = offsetof(type, member.junit), \
		.ours = true                                                  \
	}

/* To be called before recording: -1 with e where no condition was given, or the
 * baseline can't be read. */
int check_prepare(const struct check_options *options,
    const struct profiles_options *reading, struct err *e);

/* Judges each run of the set, prints each condition with its figure and verdict
 * to out (with the run's name where there are several), and writes the JUnit
 * file. COMMAND_OK: all are met; COMMAND_FAILED: one is not; COMMAND_MISUSED,
 * with a message on stderr: the baseline can't be read or compared, or the
 * JUnit file can't be written. */
int check_side(const struct check_options *options,
    const struct profiles_options *reading, const struct recording_set *side,
    FILE *out);

#endif
