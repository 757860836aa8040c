// SPDX-License-Identifier: MIT
#include "proc/find.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/python_command.h"
#include "proc/argv.h"

struct find_search {
	struct find *find;
	const struct procfs *fs;
	const char *word;
	struct argv_reader *commands;
};

/* The search must not wait for a process that holds its mmap_lock. */
#define FIND_PATIENCE_NS (NS_PER_S / 10)
enum { FIND_COMMAND = 4096, FIND_ARGUMENTS = 64 };

/* A command line split into arguments; those beyond the last are ignored. */
struct find_line {
	char *argv[FIND_ARGUMENTS + 1];
	size_t len;
};

static bool find_is_python(const struct find_line *line)
{
	const char *name;

	if (line->len == 0)
		return false;
	name = path_name(line->argv[0]);
	return strncmp(name, "python", 6) == 0 || strncmp(name, "pypy", 4) == 0;
}

/* Whether word is a path of the program file: "/srv/site/manage.py",
 * "site/manage.py" or "./manage.py" for manage.py in /srv/site. */
static bool find_is_path(const struct find_search *search, pid_t pid,
    const char *file, const char *word)
{
	char directory[PATH_MAX] = "", name[32], whole[2 * PATH_MAX];
	size_t tail, len;
	ssize_t got;

	while (strncmp(word, "./", 2) == 0)
		word += 2;
	while (strncmp(file, "./", 2) == 0)
		file += 2;
	snprintf(name, sizeof(name), "%d/cwd", (int)pid);
	got = readlinkat(
	    search->fs->root, name, directory, sizeof(directory) - 1);
	directory[got > 0 ? got : 0] = 0;
	snprintf(whole, sizeof(whole), "%s/%s", file[0] == '/' ? "" : directory,
	    file[0] == '/' ? file + 1 : file);
	len = strlen(whole);
	tail = strlen(word);
	return tail && len >= tail && strcmp(whole + len - tail, word) == 0 &&
	       (word[0] == '/' ? len == tail : whole[len - tail - 1] == '/');
}

/* Whether word names the Python program: a script's file name, with or without
 * .py; a module's whole name; or the directory of a package. */
static bool find_is_program(
    const struct find_search *search, pid_t pid, const struct find_line *line)
{
	struct python_command python = python_command_read(line->argv);
	const char *program = python.program, *name, *word;
	char directory[PATH_MAX];
	size_t len;

	word = search->word;
	if (!program)
		return false;
	if (python.is_module)
		return strcmp(program, word) == 0;
	if (strchr(word, '/'))
		return find_is_path(search, pid, program, word);
	name = path_name(program);
	if (strcmp(name, "__main__.py") == 0 && name > program) {
		snprintf(directory, sizeof(directory), "%.*s",
		    (int)(name - program - 1), program);
		return strcmp(path_name(directory), word) == 0;
	}
	len = strlen(word);
	return strncmp(name, word, len) == 0 &&
	       (name[len] == 0 || strcmp(name + len, ".py") == 0);
}

/* Whether word begins a title that the program wrote: "nginx: master
 * process". */
static bool find_is_title(const char *title, const char *word)
{
	size_t len = strlen(word);

	return strncmp(title, word, len) == 0 && title[len] == ':';
}

/* Whether word begins the command line: "python -m pkg". */
static bool find_is_command(const struct find_line *line, const char *word)
{
	size_t used = 0, len = strlen(word);

	for (size_t i = 0; i < line->len; i++) {
		const char *argument =
		    i ? line->argv[i] : path_name(line->argv[i]);
		size_t one = strlen(argument);

		if (used > len || strncmp(word + used, argument, one) != 0)
			return false;
		used += one;
		if (used == len)
			return i > 0;
		if (word[used++] != ' ')
			return false;
	}
	return false;
}

/* Whether word names a program that another one runs: coverage run
 * manage.py. */
static bool find_is_argument(const struct find_line *line, const char *word)
{
	for (size_t i = 1; i < line->len; i++)
		if (strcmp(path_name(line->argv[i]), word) == 0)
			return true;
	return false;
}

static enum find_rank find_rank(const struct find_search *search,
    const struct proc_stat *stat, const struct find_line *line)
{
	const char *word = search->word;
	const char *first = line->len ? line->argv[0] : "";

	/* The kernel cuts names after 15 bytes; the command line has the
	 * whole. */
	if (strcmp(stat->name, word) == 0 ||
	    strcmp(path_name(first), word) == 0 || find_is_title(first, word))
		return FIND_WHOLE;
	if (find_is_python(line) && find_is_program(search, stat->pid, line))
		return FIND_WHOLE;
	if (find_is_command(line, word))
		return FIND_WHOLE;
	if (find_is_python(line) && find_is_argument(line, word))
		return FIND_ARGUMENT;
	if (strstr(stat->name, word) || strstr(path_name(first), word))
		return FIND_PART;
	return FIND_NONE;
}

/* FIND_NONE also for a process that has ended, and for kernel threads. */
static enum find_rank find_rank_pid(const struct find_search *search, pid_t pid)
{
	struct proc_stat stat;
	char command[FIND_COMMAND];
	struct find_line line = {.len = 0};
	ssize_t len;

	if (!procfs_stat(search->fs, pid, &stat) || stat.state == 'Z' ||
	    stat.state == 'X' || stat.is_kernel)
		return FIND_NONE;
	len = argv_read(
	    search->commands, pid, stat.started, FIND_PATIENCE_NS, command);
	for (char *at = command;
	     at < command + len && line.len < FIND_ARGUMENTS;
	     at += strlen(at) + 1)
		line.argv[line.len++] = at;
	line.argv[line.len] = NULL;
	return find_rank(search, &stat, &line);
}

static bool find_visit(void *context, pid_t pid)
{
	struct find_search *search = context;
	struct find *find = search->find;
	enum find_rank rank;

	if (pid == search->fs->self)
		return true;
	rank = find_rank_pid(search, pid);
	if (rank == FIND_NONE || rank < find->rank)
		return true;
	if (rank > find->rank) {
		find->rank = rank;
		find->pids.len = 0;
	}
	*array_push(&find->pids) = pid;
	return true;
}

enum find_rank find_rank_of(
    const struct procfs *fs, pid_t pid, const char *word)
{
	struct find_search search = {
	    NULL, fs, word, argv_reader_create(fs, FIND_COMMAND)};
	enum find_rank rank = find_rank_pid(&search, pid);

	argv_reader_destroy(search.commands);
	return rank;
}

void find_by_name(struct find *find, const struct procfs *fs, const char *word)
{
	struct find_search search = {
	    NULL, fs, word, argv_reader_create(fs, FIND_COMMAND)};

	*find = (struct find){0};
	search.find = find;
	if (*word)
		procfs_each(fs, NULL, find_visit, &search);
	argv_reader_destroy(search.commands);
}

/* A longer chain of parents changed while it was read. */
enum { FIND_DEPTH_MAX = 1000 };

static bool find_descends(const struct procfs *fs, pid_t pid, pid_t from)
{
	struct proc_stat stat;

	for (int i = 0; i < FIND_DEPTH_MAX && pid > 0; i++) {
		if (pid == from)
			return true;
		pid = procfs_stat(fs, pid, &stat) ? stat.ppid : 0;
	}
	return false;
}

/* For a moment a shell's forks have its name: drops candidates that have ended
 * since. */
static void find_drop_ended(struct find *find, const struct procfs *fs)
{
	struct proc_stat stat;
	size_t kept = 0;

	for (size_t i = 0; i < find->pids.len; i++) {
		pid_t pid = find->pids.items[i];

		if (procfs_stat(fs, pid, &stat) && stat.state != 'Z' &&
		    stat.state != 'X')
			find->pids.items[kept++] = pid;
	}
	find->pids.len = kept;
}

/* Drops processes that descend from another one. */
void find_keep_roots(struct find *find, const struct procfs *fs)
{
	size_t kept = 0;

	for (size_t i = 0; i < find->pids.len; i++) {
		pid_t pid = find->pids.items[i];
		struct proc_stat stat;
		bool is_root = procfs_stat(fs, pid, &stat);

		for (size_t k = 0; is_root && k < find->pids.len; k++)
			is_root =
			    find->pids.items[k] == pid ||
			    !find_descends(fs, stat.ppid, find->pids.items[k]);
		if (is_root)
			find->pids.items[kept++] = pid;
	}
	find->pids.len = kept;
	find_drop_ended(find, fs);
}

void find_finish(struct find *find)
{
	array_free(&find->pids);
}
