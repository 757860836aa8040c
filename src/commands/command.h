/* SPDX-License-Identifier: MIT
 *
 * A subcommand: its options, its help, its function. Each is defined here as
 * "const struct command command_NAME" in a file named after it, and listed in
 * commands.def. A command too long for one file goes on in files named
 * NAME_part.c.
 */
#ifndef MPROF_COMMANDS_COMMAND_H
#define MPROF_COMMANDS_COMMAND_H

#include <stddef.h>

#include "cli/command_status.h"
#include "cli/options.h"

/* Kind of operands, for the completion. */
enum command_words {
	COMMAND_TAKES_NONE,
	COMMAND_TAKES_PROGRAM,  /* a program and its arguments */
	COMMAND_TAKES_PROFILES, /* numbers of recordings, or files */
	COMMAND_TAKES_PID,
	COMMAND_TAKES_COMMAND /* a command of mprof */
};

struct command {
	const char *name;
	const char *synopsis; /* follows "mprof NAME" in the usage: "[options]
				 program ..." */
	const char *summary;  /* one line, for the list of commands */
	bool hidden;          /* not in the list of commands */
	const char
	    /* Text after the options in the help: examples, statuses. */
	    *details;
	const struct option_row *options;
	size_t options_size;  /* size of the struct that the rows' offsets refer
				 to */
	const void *defaults; /* initial values of that struct; NULL: zeroes */
	bool stop_early;      /* options end at the first operand, a program */
	enum command_words takes;
	/* Runs the command and returns the exit status. argv are the operands;
	 * argv[count] is NULL. */
	int (*run)(const void *options, char **argv, int count);
};

/* The command of that name, NULL where there is none; the command at that index
 * in the order of the help, NULL behind the last. */
const struct command *command_find(const char *name);
const struct command *command_at(size_t index);

/* Finds, parses and runs a command; argv[0] is the command's name. */
int command_main(int argc, char **argv);

void command_print_help(const struct command *command, FILE *out);

/* Reports on stderr that there is no such command, and suggests the nearest. */
int command_unknown(const char *name);

/* The usage with all commands, for "mprof", "mprof --help". */
void command_print_usage(FILE *out);

#endif
