// SPDX-License-Identifier: MIT
#include "cli/browser.h"

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

enum { FAILS_WITHIN = 10 }; /* times 50 ms */

static bool browser_is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

bool browser_is_there(void)
{
	char *opener = path_of_program("xdg-open");
	bool found = opener != NULL;

	free(opener);
	return found &&
	       (browser_is_set("DISPLAY") || browser_is_set("WAYLAND_DISPLAY"));
}

/* The page is not in /tmp, where another user could predict its name. The name
 * is always the same, so that only one file remains. */
char *browser_page(struct err *e)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *parent, *directory, *path = NULL;

	if (!(cache && *cache == '/') && !(home && *home == '/')) {
		err_set(e,
		    "no home directory to write the page to; name a file "
		    "with -o");
		return NULL;
	}
	parent = cache && *cache == '/' ? mem_copy(cache)
					: mem_format("%s/.cache", home);
	directory = mem_format("%s/mprof", parent);
	mkdir(parent, 0700);
	if (mkdir(directory, 0700) != 0 && errno != EEXIST)
		err_errno(
		    e, "%s: can't be made; name a file with -o", directory);
	else
		path = mem_format("%s/plot.html", directory);
	free(parent);
	free(directory);
	return path;
}

/* xdg-open gets /dev/null as its standard streams: it prints diagnostics and
 * may outlive this process. */
int browser_open(const char *path, struct err *e)
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
	/* xdg-open fails soon if there is no browser. Otherwise it may run as
	 * long as the browser, which is not waited for. */
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
