/* SPDX-License-Identifier: MIT
 *
 * A subcommand: what it takes, what its help says, what it does. Each has a
 * file of its own here that defines "const struct command command_NAME", and
 * a line in commands.def.
 */
#ifndef MPROF_COMMANDS_COMMAND_H
#define MPROF_COMMANDS_COMMAND_H

#include <stddef.h>

#include "cli/command_status.h"
#include "cli/options.h"

/* What the words behind the options are: for the completion. */
enum command_words {
	COMMAND_TAKES_NONE,
	COMMAND_TAKES_PROGRAM,  /* and what follows is the program's */
	COMMAND_TAKES_PROFILES, /* numbers of recordings, or files */
	COMMAND_TAKES_PID,
	COMMAND_TAKES_COMMAND /* of mprof */
};

struct command {
	const char *name;
	const char *synopsis; /* behind "mprof NAME": "[options] program ..." */
	const char *summary;  /* one line, for the list of commands */
	bool hidden;          /* not in that list */
	const char *details;  /* behind the options: examples, statuses */
	const struct option_row *options;
	size_t options_size;  /* of the options struct that rows point into */
	const void *defaults; /* its first content; NULL: zeroes */
	bool stop_early;      /* a program's words follow the options */
	enum command_words takes;
	/* Does it and returns the exit status. words[count] is NULL. */
	int (*run)(const void *options, char **words, int count);
};

/* The command of that name, NULL where there is none; at "index" in the order
 * of the help, NULL behind the last. */
const struct command *command_find(const char *name);
const struct command *command_at(size_t index);

/* Finds, parses and runs a command; argv[0] is the command's name. */
int command_main(int argc, char **argv);

void command_print_help(const struct command *command, FILE *out);

/* Says on stderr that there is no such command, and which was meant. */
int command_unknown(const char *name);

/* The usage with all commands, for "mprof", "mprof --help". */
void command_print_usage(FILE *out);

void command_print_version(FILE *out);

#endif
