// SPDX-License-Identifier: MIT
#include "commands/show.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "cli/terminal.h"
#include "render/html.h"
#include "render/terminal_chart.h"

enum { FAILS_WITHIN = 10 }; /* of 50 ms each */

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

static bool in_path(const char *program)
{
	const char *path = getenv("PATH");
	bool found = false;

	while (path && *path && !found) {
		size_t len = strcspn(path, ":");
		char *file = mem_format("%.*s/%s", (int)len, path, program);

		found = len > 0 && access(file, X_OK) == 0;
		free(file);
		path += len + (path[len] == ':');
	}
	return found;
}

bool show_has_browser(void)
{
	return (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")) &&
	       in_path("xdg-open");
}

/* Not in /tmp, where others could wait for the name; it is always the same
 * one, so that looking leaves one file behind, not one a look. */
static char *page_path(struct err *e)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *parent, *folder, *path = NULL;

	if (!(cache && *cache == '/') && !(home && *home == '/')) {
		err_set(e, "no home folder to write the page to; name a file "
			   "with -o");
		return NULL;
	}
	parent = cache && *cache == '/' ? mem_copy(cache)
					: mem_format("%s/.cache", home);
	folder = mem_format("%s/mprof", parent);
	mkdir(parent, 0700);
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		err_errno(e, "%s: can't be made; name a file with -o", folder);
	else
		path = mem_format("%s/plot.html", folder);
	free(parent);
	free(folder);
	return path;
}

static int write_page(
    const struct scene *scene, const char *path, struct err *e)
{
	struct io_output out;

	if (io_output_open(&out, path, e) != 0)
		return -1;
	html_write(scene, out.stream);
	return io_output_commit(&out, e);
}

/* Its chatter is nobody's business here, and it may outlive us. */
static int open_page(const char *path, struct err *e)
{
	char *words[] = {"xdg-open", (char *)path, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int failed, status = 0;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&files, 0, 1);
	posix_spawn_file_actions_adddup2(&files, 0, 2);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
	failed =
	    posix_spawnp(&pid, words[0], &files, &attributes, words, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	if (failed)
		return err_set(e,
		    "xdg-open: can't be started, %s; the page "
		    "is %s",
		    strerror(failed), path);
	/* Where no browser is found that is soon known; one that it starts may
	 * keep it for as long as a person looks. */
	for (int i = 0; i < FAILS_WITHIN; i++) {
		if (waitpid(pid, &status, WNOHANG) != 0)
			break;
		nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	}
	if (status != 0)
		return err_set(e,
		    "xdg-open: no browser could be started; the page is %s",
		    path);
	return 0;
}

int show_in_browser(const struct scene *scene, struct err *e)
{
	char *path = page_path(e);
	int got = -1;

	if (path && write_page(scene, path, e) == 0) {
		puts(path);
		fflush(stdout);
		got = open_page(path, e);
	}
	free(path);
	return got;
}

void show_in_terminal(const struct scene *scene)
{
	struct terminal terminal;
	struct terminal_style style = {0};

	terminal_look(&terminal, STDOUT_FILENO);
	style.columns = terminal.columns;
	/* a row is left to the prompt */
	style.rows = terminal.rows - 1;
	style.unicode = terminal.unicode;
	style.colour = terminal.colour;
	terminal_chart(scene, &style, stdout);
}
