// SPDX-License-Identifier: MIT
#include "commands/program.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

struct program_words {
	char **list;
	size_t len;
};

static void program_add(struct program_words *words, const char *word)
{
	words->list[words->len++] = mem_copy(word);
}

static bool is_script(const char *word)
{
	size_t len = strlen(word);

	return len > 3 && strcmp(word + len - 3, ".py") == 0;
}

static bool is_interpreter(const char *word)
{
	const char *slash = strrchr(word, '/');

	return strncmp(slash ? slash + 1 : word, "python", 6) == 0 &&
	       !is_script(word);
}

/* The active virtual environment's, or the first python3 of PATH. */
static char *find_python(void)
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

/* A word without a slash may name a program: gunicorn, django-admin. */
static char *find_in_path(const char *word)
{
	const char *at = getenv("PATH");

	if (strchr(word, '/') || !at)
		return NULL;
	while (*at) {
		size_t len = strcspn(at, ":");
		char *path = mem_format("%.*s/%s", (int)len, at, word);

		if (len > 0 && access(path, X_OK) == 0)
			return path;
		free(path);
		at += len + (at[len] == ':');
	}
	return NULL;
}

/* It knows its interpreter, or starts Python by and by. */
static bool is_executable(const char *word)
{
	char *path = find_in_path(word);
	bool found = path != NULL;
	struct stat file;

	free(path);
	if (strchr(word, '/'))
		found = stat(word, &file) == 0 && S_ISREG(file.st_mode) &&
			access(word, X_OK) == 0;
	return found;
}

static bool needs_python(const struct run_options *options, const char *word)
{
	if (is_interpreter(word))
		return false;
	if (is_script(word))
		return options->python || !options->no_python;
	return (options->python || options->lines) && !is_executable(word);
}

/* A script, a script on PATH, or else the name of a module. */
static void add_target(struct program_words *words, const char *word)
{
	char *path;

	if (word[0] == '-' || access(word, R_OK) == 0) {
		program_add(words, word);
		return;
	}
	path = find_in_path(word);
	if (!path && !is_script(word))
		program_add(words, "-m");
	program_add(words, path ? path : word);
	free(path);
}

void program_init(struct program *program, const struct run_options *options,
    char **words, int count)
{
	struct program_words made = {
	    mem_zero((size_t)count + 3, sizeof(char *)), 0};
	bool add_python = needs_python(options, words[0]);

	if (add_python) {
		char *python = find_python();

		program_add(&made, python);
		free(python);
		add_target(&made, words[0]);
	} else {
		program_add(&made, words[0]);
	}
	for (int i = 1; i < count; i++)
		program_add(&made, words[i]);
	program->words = made.list;
	program->python = add_python || is_interpreter(words[0]);
	program->agent = options->python || options->lines ||
			 (add_python && is_script(words[0]));
}

const char *program_hint(const struct program *program)
{
	bool is_python = strcmp(program->words[0], "python") == 0;
	char *path = is_python ? find_in_path("python3") : NULL;

	if (!path)
		return "";
	free(path);
	return ", but python3 is here: mprof run python3 ...";
}

void program_finish(struct program *program)
{
	for (char **word = program->words; *word; word++)
		free(*word);
	free(program->words);
	program->words = NULL;
}
