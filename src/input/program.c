// SPDX-License-Identifier: MIT
#include "input/program.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/self.h"

struct program_argv {
	char **list;
	size_t len;
};

static void program_add(struct program_argv *argv, const char *word)
{
	argv->list[argv->len++] = mem_copy(word);
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

/* DIRECTORY/NAME, if access() allows that mode; NULL otherwise. The caller
 * frees. */
static char *program_file_in(const char *directory, const char *name, int mode)
{
	char *path = mem_format("%s/%s", directory, name);

	if (access(path, mode) == 0)
		return path;
	free(path);
	return NULL;
}

/* The python3 of the virtual environment whose bin directory contains path;
 * NULL where path is NULL or in none. The caller frees. */
static char *program_python_beside(const char *path)
{
	const char *name = path ? path_name(path) : NULL;
	char *directory, *config, *python = NULL;

	if (!path)
		return NULL;
	directory = name == path
			? mem_copy(".")
			: mem_format("%.*s", (int)(name - path - 1), path);
	config = program_file_in(directory, "../pyvenv.cfg", F_OK);
	if (config)
		python = program_file_in(directory, "python3", X_OK);
	free(config);
	free(directory);
	return python;
}

/* The python3 of the virtual environment that mprof was called from, else of
 * the active one, else of the one that contains mprof's file, else the first
 * one in PATH. A link to mprof may be elsewhere than its target. */
static char *program_find_python(void)
{
	unsigned long called = getauxval(AT_EXECFN);
	const char *active = getenv("VIRTUAL_ENV");
	char *python = program_python_beside((const char *)called);
	char *self;

	if (!python && active && active[0])
		python = program_file_in(active, "bin/python3", X_OK);
	if (!python) {
		self = self_path();
		python = program_python_beside(self);
		free(self);
	}
	return python ? python : mem_copy("python3");
}

/* A word without a slash may name a program: gunicorn, django-admin. The caller
 * frees. */
static char *program_find(const char *word)
{
	return strchr(word, '/') ? NULL : path_of_program(word);
}

/* Whether the word names an executable, which has or starts its own
 * interpreter. */
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

/* The module name for python3 -m of a directory below this one: pkg for pkg or
 * pkg/, ns.inner for ns/inner. NULL for other paths: ./pkg and /pkg stay
 * directories. The caller frees. */
static char *program_module_of(const char *word)
{
	char *module = mem_copy(word);
	size_t len = strlen(module);
	bool is_start = true, is_name = true;

	while (len > 0 && module[len - 1] == '/')
		module[--len] = 0;
	for (char *at = module; *at; at++) {
		bool is_digit = *at >= '0' && *at <= '9';
		bool is_letter = *at == '_' || (*at & 0x80) ||
				 (*at >= 'a' && *at <= 'z') ||
				 (*at >= 'A' && *at <= 'Z');

		is_name =
		    is_name && (is_start ? is_letter
					 : is_letter || is_digit || *at == '/');
		is_start = *at == '/';
		if (is_start)
			*at = '.';
	}
	if (is_name && !is_start)
		return module;
	free(module);
	return NULL;
}

static bool program_is_directory(const char *word)
{
	struct stat file;

	return stat(word, &file) == 0 && S_ISDIR(file.st_mode);
}

/* Whether the word is a directory that python3 -m can run. */
static bool program_is_package(const char *word)
{
	char *module = program_module_of(word);
	char *main = module ? program_file_in(word, "__main__.py", F_OK) : NULL;
	bool is_package = main != NULL;

	free(module);
	free(main);
	return is_package;
}

static bool program_needs_python(
    const struct program_wish *wish, const char *word)
{
	bool is_python = wish->python || wish->lines;

	if (is_python && program_is_package(word))
		return true;
	if (program_is_interpreter(word))
		return false;
	if (program_is_script(word))
		return wish->python || !wish->no_python;
	return is_python && !program_is_executable(word);
}

/* The word is a script, a package, a script in PATH, or otherwise the name of a
 * module. */
static void program_add_target(struct program_argv *argv, const char *word)
{
	char *module =
	    program_is_directory(word) ? program_module_of(word) : NULL;
	char *path = NULL;

	if (!module && word[0] != '-' && access(word, R_OK) != 0) {
		path = program_find(word);
		if (!path && !program_is_script(word))
			program_add(argv, "-m");
	}
	if (module)
		program_add(argv, "-m");
	program_add(argv, module ? module : path ? path : word);
	free(module);
	free(path);
}

void program_init(struct program *program, const struct program_wish *wish,
    char **argv, int count)
{
	struct program_argv made = {
	    mem_zero((size_t)count + 3, sizeof(char *)), 0};
	bool add_python = program_needs_python(wish, argv[0]);

	if (add_python) {
		char *python = program_find_python();

		program_add(&made, python);
		free(python);
		program_add_target(&made, argv[0]);
	} else {
		program_add(&made, argv[0]);
	}
	for (int i = 1; i < count; i++)
		program_add(&made, argv[i]);
	program->argv = made.list;
	program->agent = wish->python || wish->lines ||
			 (add_python && program_is_script(argv[0]));
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
