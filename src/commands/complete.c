// SPDX-License-Identifier: MIT
/* Answers the shells' completion scripts: prints a candidate for the last of
 * the given words on each line, then a tab and a description. A line that
 * begins with a colon asks the shell to complete: ":files", ":recordings"
 * (files that a command may read), ":pids", and ":program N" where the words
 * from N on are another command line. */
#include <stdlib.h>
#include <string.h>

#include "commands/command.h"
#include "dat/catalog.h"
#include "dat/begin.h"

static const struct option_row rows[] = {{0}};

static void command_complete_offer(
    const char *candidate, const char *prefix, const char *about)
{
	if (strncmp(candidate, prefix, strlen(prefix)) == 0)
		printf("%s\t%s\n", candidate, about);
}

static void complete_offer_commands(const char *prefix)
{
	const struct command *each;

	for (size_t i = 0; (each = command_at(i)) != NULL; i++) {
		if (!each->hidden)
			command_complete_offer(
			    each->name, prefix, each->summary);
	}
	command_complete_offer("help", prefix, command_find("help")->summary);
}

static void complete_offer_option(
    const struct option_row *row, const char *prefix, bool letters)
{
	char word[80], *help = options_help(row);

	if (row->letter && letters) {
		snprintf(word, sizeof(word), "-%c", row->letter);
		command_complete_offer(word, prefix, help);
	}
	snprintf(word, sizeof(word), "--%s", row->name);
	command_complete_offer(word, prefix, help);
	free(help);
}

static void complete_offer_options(
    const struct option_row *row, const char *prefix)
{
	static const struct option_row common[] = {
	    {.letter = 'h', .name = "help", .help = "show this help"},
	    {.name = "version", .help = "show the version"},
	};

	for (; row->name; row++)
		complete_offer_option(row, prefix, strcmp(prefix, "-") == 0);
	for (size_t i = 0; i < 2; i++)
		complete_offer_option(&common[i], prefix, false);
}

static void complete_offer_value(
    const struct option_row *row, const char *prefix, const char *lead)
{
	struct option_value value;
	char word[160], *help = options_help(row);

	if (strstr(row->arg, "FILE") || strstr(row->arg, "DIR"))
		puts(":files");
	if (strcmp(row->arg, "PID") == 0)
		puts(":pids");
	for (size_t i = 0;
	     !strstr(row->arg, "FILE") && (value = options_value(row, i)).name;
	     i++) {
		snprintf(word, sizeof(word), "%s%s", lead, value.name);
		command_complete_offer(
		    word, prefix, value.help ? value.help : help);
	}
	free(help);
}

/* Writes "2026-11-22 14:39:37 " for a name with a date, otherwise nothing. */
static void complete_write_date(char *out, size_t size, const char *name)
{
	const char *date = strchr(name, '_') + 1;

	out[0] = 0;
	if (strspn(date, "0123456789") == 14)
		snprintf(out, size, "%.4s-%.2s-%.2s %.2s:%.2s:%.2s ", date,
		    date + 4, date + 6, date + 8, date + 10, date + 12);
}

/* Offers numbers, the newest first, with date and command line. */
static void complete_offer_recordings(const char *prefix)
{
	struct catalog catalog;
	char number[32], date[32], command[96], about[128];

	if (catalog_init(&catalog, ".", NULL) == 0) {
		for (size_t i = catalog.names.len; i-- > 0;) {
			const char *name = catalog.names.items[i];

			snprintf(number, sizeof(number), "%zu", i);
			complete_write_date(date, sizeof(date), name);
			dat_command_line(name, command, sizeof(command));
			snprintf(about, sizeof(about), "%s%s", date, command);
			command_complete_offer(number, prefix, about);
		}
	}
	catalog_finish(&catalog);
	puts(":recordings");
}

static const struct option_row *row_of_word(
    const struct option_row *row, const char *word, size_t len)
{
	for (; row->name; row++) {
		if (word[1] != '-' && len == 2 && word[1] == row->letter)
			return row;
		if (word[1] == '-' && strlen(row->name) == len - 2 &&
		    strncmp(row->name, word + 2, len - 2) == 0)
			return row;
	}
	return NULL;
}

/* The option that takes the next word as its value; NULL: none does. */
static const struct option_row *row_before(
    const struct command *command, const char *word)
{
	const struct option_row *row;

	if (word[0] != '-' || strchr(word, '='))
		return NULL;
	row = row_of_word(command->options, word, strlen(word));
	return row && row->arg && !row->optional ? row : NULL;
}

/* The meaning of the word to complete, by the words before it. */
struct cursor {
	/* Option that takes the word as its value. */
	const struct option_row *row;
	bool options; /* no "--" came before */
	int program;  /* index of a recorded program's first word, or 0 */
};

static struct cursor complete_find_cursor(
    const struct command *command, char **argv, int last)
{
	struct cursor cursor = {.options = true};

	for (int i = 1; i < last && !cursor.program; i++) {
		const char *word = argv[i];

		if (cursor.row)
			cursor.row = NULL;
		else if (cursor.options && strcmp(word, "--") == 0)
			cursor.options = false;
		else if (cursor.options && word[0] == '-')
			cursor.row = row_before(command, word);
		else if (command->takes == COMMAND_TAKES_PROGRAM)
			cursor.program = i;
	}
	return cursor;
}

static void complete_offer_words(
    const struct command *command, const char *prefix, int at)
{
	switch (command->takes) {
	case COMMAND_TAKES_NONE:
		break;
	case COMMAND_TAKES_PROGRAM:
		printf(":program %d\n", at);
		break;
	case COMMAND_TAKES_PROFILES:
		complete_offer_recordings(prefix);
		break;
	case COMMAND_TAKES_PID:
		puts(":pids");
		break;
	case COMMAND_TAKES_COMMAND:
		complete_offer_commands(prefix);
		break;
	}
}

/* Completes the value in "--name=value". */
static void complete_offer_joined(
    const struct command *command, const char *prefix)
{
	size_t len = strcspn(prefix, "=");
	const struct option_row *row =
	    row_of_word(command->options, prefix, len);
	char lead[80];

	snprintf(lead, sizeof(lead), "%.*s", (int)len + 1, prefix);
	if (row && row->arg)
		complete_offer_value(row, prefix, lead);
}

/* argv[0] is the command, argv[last] the word to complete. */
static void complete_command(
    const struct command *command, char **argv, int last)
{
	struct cursor cursor = complete_find_cursor(command, argv, last);
	const char *prefix = argv[last];

	if (cursor.program)
		printf(":program %d\n", cursor.program);
	else if (cursor.row)
		complete_offer_value(cursor.row, prefix, "");
	else if (cursor.options && strncmp(prefix, "--", 2) == 0 &&
		 strchr(prefix, '='))
		complete_offer_joined(command, prefix);
	else if (cursor.options && prefix[0] == '-')
		complete_offer_options(command->options, prefix);
	else
		complete_offer_words(command, prefix, last);
}

static int command_complete_exec(const void *options, char **argv, int count)
{
	const struct command *command;

	(void)options;
	if (count <= 1) {
		complete_offer_commands(count ? argv[0] : "");
		return COMMAND_OK;
	}
	command = command_find(argv[0]);
	if (command)
		complete_command(command, argv, count - 1);
	return COMMAND_OK;
}

const struct command command_complete = {
    .name = "complete",
    .synopsis = "-- [word ...]",
    .summary = "print what a shell's completion offers for the last word",
    .hidden = true,
    .options = rows,
    .stop_early = true,
    .run = command_complete_exec,
};
