// SPDX-License-Identifier: MIT
#include "commands/command.h"

static const struct option_row rows[] = {{0}};

static int command_help_exec(const void *options, char **argv, int count)
{
	const struct command *command;

	(void)options;
	if (count == 0) {
		command_print_usage(stdout);
		return COMMAND_OK;
	}
	command = command_find(argv[0]);
	if (!command)
		return command_unknown(argv[0]);
	command_print_help(command, stdout);
	return COMMAND_OK;
}

const struct command command_help = {
    .name = "help",
    .synopsis = "[command]",
    .summary = "show the help of a command",
    .hidden = true,
    .options = rows,
    .takes = COMMAND_TAKES_COMMAND,
    .run = command_help_exec,
};
