// SPDX-License-Identifier: MIT
#include "input/program.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"

struct program_words {
	char **list;
	size_t len;
};

static void program_add(struct program_words *words, const char *word)
{
	words->list[words->len++] = mem_copy(word);
}

static bool program_is_script(const char *word)
{
	return path_has_ending(word, ".py");
}

static bool program_is_interpreter(const char *word)
{
	return strncmp(path_name(word), "python", 6) == 0 &&
	       !program_is_script(word);
}

/* The active virtual environment's, or the first python3 of PATH. */
static char *program_find_python(void)
{
	const char *environment = getenv("VIRTUAL_ENV");
	char *path;

	if (!environment || !environment[0])
		return mem_copy("python3");
	path = mem_format("%s/bin/python3", environment);
	if (access(path, X_OK) == 0)
		return path;
	free(path);
	return mem_copy("python3");
}

/* A word without a slash may name a program: gunicorn, django-admin. The
 * caller frees. */
static char *program_find(const char *word)
{
	return strchr(word, '/') ? NULL : path_of_program(word);
}

/* Whether the word names an executable, which knows its interpreter or starts
 * one itself. */
static bool program_is_executable(const char *word)
{
	char *path = program_find(word);
	bool found = path != NULL;
	struct stat file;

	free(path);
	if (strchr(word, '/'))
		found = stat(word, &file) == 0 && S_ISREG(file.st_mode) &&
			access(word, X_OK) == 0;
	return found;
}

static bool program_needs_python(
    const struct program_wish *wish, const char *word)
{
	if (program_is_interpreter(word))
		return false;
	if (program_is_script(word))
		return wish->python || !wish->no_python;
	return (wish->python || wish->lines) && !program_is_executable(word);
}

/* The word is a script, a script in PATH, or else the name of a module. */
static void program_add_target(struct program_words *words, const char *word)
{
	char *path;

	if (word[0] == '-' || access(word, R_OK) == 0) {
		program_add(words, word);
		return;
	}
	path = program_find(word);
	if (!path && !program_is_script(word))
		program_add(words, "-m");
	program_add(words, path ? path : word);
	free(path);
}

void program_init(struct program *program, const struct program_wish *wish,
    char **words, int count)
{
	struct program_words made = {
	    mem_zero((size_t)count + 3, sizeof(char *)), 0};
	bool add_python = program_needs_python(wish, words[0]);

	if (add_python) {
		char *python = program_find_python();

		program_add(&made, python);
		free(python);
		program_add_target(&made, words[0]);
	} else {
		program_add(&made, words[0]);
	}
	for (int i = 1; i < count; i++)
		program_add(&made, words[i]);
	program->argv = made.list;
	program->python = add_python || program_is_interpreter(words[0]);
	program->agent = wish->python || wish->lines ||
			 (add_python && program_is_script(words[0]));
}

const char *program_hint(const struct program *program)
{
	bool is_python = strcmp(program->argv[0], "python") == 0;
	char *path = is_python ? program_find("python3") : NULL;

	if (!path)
		return "";
	free(path);
	return ", but python3 is here: mprof run python3 ...";
}

void program_finish(struct program *program)
{
	for (char **word = program->argv; *word; word++)
		free(*word);
	free(program->argv);
	program->argv = NULL;
}
