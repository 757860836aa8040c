// SPDX-License-Identifier: MIT
#include "input/python_source.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/python_command.h"

#define SOURCE_MAX (1 << 20) /* no larger file is read */

/* The file's text; NULL where it can't be read, is no text or too large. Never
 * waits, as it may be a pipe. The caller frees. */
static char *python_source_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat file;
	char *text = NULL;
	size_t len;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
	    file.st_size <= SOURCE_MAX) {
		len = (size_t)file.st_size;
		text = mem_zero(len + 1, 1);
		if (read(fd, text, len) != (ssize_t)len ||
		    memchr(text, 0, len)) {
			free(text);
			text = NULL;
		}
	}
	close(fd);
	return text;
}

/* DIRECTORY/MODULE.py or DIRECTORY/MODULE/__main__.py. The caller frees. */
static char *python_source_module_in(
    int len, const char *directory, const char *module)
{
	static const char *const endings[] = {".py", "/__main__.py"};
	char *path;

	for (size_t i = 0; i < 2; i++) {
		path = mem_format("%.*s%s%s%s", len, directory, len ? "/" : "",
		    module, endings[i]);
		for (char *at = path + len; at < path + strlen(path) - 3; at++)
			*at = *at == '.' ? '/' : *at;
		if (access(path, R_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

static char *python_source_module(const char *module)
{
	const char *safe = getenv("PYTHONSAFEPATH");
	const char *at = getenv("PYTHONPATH");
	char *path =
	    safe && *safe ? NULL : python_source_module_in(0, "", module);

	while (!path && at && *at) {
		size_t len = strcspn(at, ":");

		path = python_source_module_in((int)len, at, module);
		at += len + (at[len] == ':');
	}
	return path;
}

/* An executable script, if its interpreter is Python. */
static char *python_source_script(const char *word)
{
	char *path = strchr(word, '/') ? mem_copy(word) : path_of_program(word);
	char *text = path ? python_source_read(path) : NULL;
	bool is_python = text && strncmp(text, "#!", 2) == 0 &&
			 memmem(text, strcspn(text, "\n"), "python", 6);

	free(text);
	if (is_python)
		return path;
	free(path);
	return NULL;
}

char *python_source_find(char *const *argv)
{
	struct python_command command;

	if (strncmp(path_name(argv[0]), "python", 6) != 0)
		return python_source_script(argv[0]);
	command = python_command_read(argv);
	if (!command.program || command.is_isolated || command.has_long)
		return NULL;
	return command.is_module ? python_source_module(command.program)
				 : mem_copy(command.program);
}

static bool source_is_name_part(char c)
{
	return c == '_' || (c & 0x80) || (c >= '0' && c <= '9') ||
	       (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The position after the string that begins at text with a quote. */
static const char *python_source_skip_string(const char *text)
{
	const char quote = *text;
	size_t len = text[1] == quote && text[2] == quote ? 3 : 1;
	const char *at = text + len;

	while (*at && strncmp(at, text, len) != 0) {
		if (len == 1 && *at == '\n')
			return at;
		at += *at == '\\' && at[1] ? 2 : 1;
	}
	return *at ? at + len : at;
}

/* The position after something that is no part of a name: a comment, a string,
 * or one character. */
static const char *python_source_skip(const char *at)
{
	if (*at == '#')
		return at + strcspn(at, "\n");
	if (*at == '"' || *at == '\'')
		return python_source_skip_string(at);
	return at + 1;
}

enum source_name { SOURCE_OTHER, SOURCE_USE, SOURCE_UNKNOWN };

/* How the name from at to end uses the builtin profile; before is the last
 * non-blank character in front of it. */
static enum source_name python_source_name(
    const char *at, const char *end, char before)
{
	size_t len = (size_t)(end - at);

	if ((len == 8 && strncmp(at, "builtins", len) == 0) ||
	    (len == 12 && strncmp(at, "__builtins__", len) == 0) ||
	    (len == 6 && strncmp(at, "import", len) == 0 &&
		end[strspn(end, " \t(")] == '*'))
		return SOURCE_UNKNOWN;
	if (len != 7 || strncmp(at, "profile", len) != 0)
		return SOURCE_OTHER;
	if (before == '@' ||
	    (before != '.' && strncmp(end, ".timestamp", 10) == 0))
		return SOURCE_USE;
	return SOURCE_UNKNOWN;
}

bool python_source_lacks_profile(const char *text)
{
	bool used = false;
	char before = '\n';

	for (const char *at = text; *at;) {
		const char *end = at;

		while (source_is_name_part(*end))
			end++;
		if (end == at) {
			if (*at != ' ' && *at != '\t')
				before = *at;
			at = python_source_skip(at);
			continue;
		}
		switch (python_source_name(at, end, before)) {
		case SOURCE_USE:
			used = true;
			break;
		case SOURCE_UNKNOWN:
			return false;
		case SOURCE_OTHER:
			break;
		}
		before = end[-1];
		at = end;
	}
	return used;
}

char *python_source_without_profile(char *const *argv)
{
	char *path = python_source_find(argv);
	char *text = path ? python_source_read(path) : NULL;
	bool lacks = text && python_source_lacks_profile(text);

	free(text);
	if (lacks)
		return path;
	free(path);
	return NULL;
}
