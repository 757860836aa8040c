// SPDX-License-Identifier: MIT
#include "commands/command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "commands/command_version.h"

#define COMMAND(name) extern const struct command command_##name;
#include "commands/commands.def"
#undef COMMAND

static const struct command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "commands/commands.def"
#undef COMMAND
    NULL,
};

const struct command *command_at(size_t index)
{
	return index < sizeof(commands) / sizeof(commands[0]) ? commands[index]
							      : NULL;
}

const struct command *command_find(const char *name)
{
	for (const struct command *const *each = commands; *each; each++) {
		if (strcmp((*each)->name, name) == 0)
			return *each;
	}
	return NULL;
}

void command_print_usage(FILE *out)
{
	fputs("Usage: mprof <command> <options> <arguments>\n"
	      "\n"
	      "Records how much memory a program and its children use over "
	      "time, and draws it.\n"
	      "\n"
	      "  mprof run PROGRAM ...     run a program and record it\n"
	      "  mprof plot -o mem.png     draw the newest recording\n"
	      "\n"
	      "Available commands:\n"
	      "\n",
	    out);
	for (const struct command *const *each = commands; *each; each++) {
		if (!(*each)->hidden)
			fprintf(out, "    %-9s%s\n", (*each)->name,
			    (*each)->summary);
	}
	fputs("\n"
	      "See mprof help <command> for one command, and man mprof for the "
	      "manual.\n",
	    out);
}

void command_print_help(const struct command *command, FILE *out)
{
	fprintf(out, "Usage: mprof %s %s\n\n%s\n\nOptions:\n", command->name,
	    command->synopsis, command->summary);
	options_print_help(command->options, out);
	if (command->details)
		fprintf(out, "\n%s", command->details);
}

/* The word is no command: a misspelt one, or a program to run. */
int command_unknown(const char *name)
{
	const char *names[sizeof(commands) / sizeof(commands[0]) + 3];
	const char *near;
	size_t count = 0;
	struct err e;

	for (const struct command *const *each = commands; *each; each++) {
		if (!(*each)->hidden)
			names[count++] = (*each)->name;
	}
	names[count++] = "help";
	names[count++] = "--help";
	names[count++] = "--version";
	near = options_nearest(name, names, count);
	if (near)
		err_set(&e, "%s: no such command; did you mean mprof %s?", name,
		    near);
	else if (name[0] != '-' && access(name, F_OK) == 0)
		err_set(&e, "%s: no such command; did you mean mprof run %s?",
		    name, name);
	else
		err_set(&e, "%s: no such %s", name,
		    name[0] == '-' ? "option" : "command");
	command_fail(COMMAND_FAILED, &e);
	fputc('\n', stderr);
	command_print_usage(stderr);
	return COMMAND_FAILED;
}

static int command_call(const struct command *command, int argc, char **argv)
{
	void *values = mem_zero(1, command->options_size);
	struct option_call call = {
	    command->options, values, command->stop_early};
	struct err e;
	int rest, status = COMMAND_OK;

	if (command->defaults)
		memcpy(values, command->defaults, command->options_size);
	switch (options_parse(&call, argc, argv, &rest, &e)) {
	case OPTION_HELP:
		command_print_help(command, stdout);
		break;
	case OPTION_VERSION:
		version_print(stdout);
		break;
	case OPTION_BAD:
		command_fail(COMMAND_MISUSED, &e);
		fprintf(stderr, "usage: mprof %s %s\nsee mprof help %s\n",
		    command->name, command->synopsis, command->name);
		status = COMMAND_MISUSED;
		break;
	case OPTION_RUN:
		status = command->run(values, argv + rest, argc - rest);
		break;
	}
	free(values);
	return status;
}

int command_main(int argc, char **argv)
{
	const struct command *command = command_find(argv[0]);

	if (!command)
		return command_unknown(argv[0]);
	return command_call(command, argc, argv);
}
