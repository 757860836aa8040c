// SPDX-License-Identifier: MIT
#include "base/python_command.h"

#include <stddef.h>
#include <string.h>

/* The letter in a bundle such as "-um" that takes a value, which follows it or
 * is the next argument. NULL: none. */
static const char *python_command_letter(
    struct python_command *command, const char *option)
{
	const char *letter = strpbrk(option + 1, "cmXW");
	size_t len = letter ? (size_t)(letter - option) : strlen(option);

	command->is_isolated = command->is_isolated ||
			       memchr(option, 'I', len) ||
			       memchr(option, 'P', len);
	return letter;
}

struct python_command python_command_read(char *const *argv)
{
	struct python_command command = {0};

	for (char *const *word = argv; *word && *++word;) {
		const char *letter;

		if ((*word)[0] != '-') {
			command.program = *word;
			return command;
		}
		if ((*word)[1] == '-') {
			command.has_long = true;
			if (strcmp(*word, "--check-hash-based-pycs") == 0 &&
			    word[1])
				word++;
			continue;
		}
		letter = python_command_letter(&command, *word);
		if (!(*word)[1] || (letter && *letter == 'c'))
			return command;
		if (letter && *letter == 'm') {
			command.is_module = true;
			command.program = letter[1] ? letter + 1 : word[1];
			return command;
		}
		if (letter && !letter[1] && word[1])
			word++;
	}
	return command;
}
