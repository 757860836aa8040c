// SPDX-License-Identifier: MIT
#include "python/agent_env.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/self.h"

#define AGENT "memory_profiler.so"

bool agent_is_script(const char *program)
{
	size_t len = strlen(program);

	return len > 3 && strcmp(program + len - 3, ".py") == 0;
}

static char *keep(struct agent_launch *launch, char *text)
{
	launch->own[launch->owned++] = text;
	return text;
}

static bool is_interpreter(const char *program)
{
	const char *slash = strrchr(program, '/');

	return strncmp(slash ? slash + 1 : program, "python", 6) == 0;
}

static bool is_executable(const char *folder, size_t len, const char *name)
{
	char *path = mem_format("%.*s/%s", (int)len, folder, name);
	bool found = access(path, X_OK) == 0;

	free(path);
	return found;
}

static bool is_command(const char *program)
{
	const char *path = getenv("PATH");

	if (strchr(program, '/'))
		return access(program, X_OK) == 0;
	while (path && *path) {
		size_t len = strcspn(path, ":");

		if (is_executable(len ? path : ".", len ? len : 1, program))
			return true;
		path += len + (path[len] == ':');
	}
	return false;
}

static char *interpreter(struct agent_launch *launch)
{
	const char *active = getenv("VIRTUAL_ENV");
	char *path;

	if (active && *active) {
		path = keep(launch, mem_format("%s/bin/python", active));
		if (access(path, X_OK) == 0)
			return path;
	}
	return keep(launch, mem_copy("python3"));
}

void agent_launch_init(struct agent_launch *launch, char *const *words)
{
	bool script = agent_is_script(words[0]);
	size_t len = 0, at = 0;

	*launch = (struct agent_launch){0};
	while (words[len])
		len++;
	launch->argv = mem_zero(len + 3, sizeof(char *));
	if (script || (!is_interpreter(words[0]) && !is_command(words[0]))) {
		launch->argv[at++] = interpreter(launch);
		if (!script && access(words[0], F_OK) != 0)
			launch->argv[at++] = keep(launch, mem_copy("-m"));
	}
	memcpy(launch->argv + at, words, len * sizeof(char *));
}

/* The loader takes blanks and colons for ends of a name. */
static char *preload(const char *agent)
{
	const char *present = getenv("LD_PRELOAD");

	if (!present || !*present)
		return mem_format("LD_PRELOAD=%s", agent);
	if (strstr(present, agent))
		return mem_format("LD_PRELOAD=%s", present);
	/* Behind: a sanitizer's runtime insists on being the first. */
	return mem_format("LD_PRELOAD=%s:%s", present, agent);
}

static bool is_replaced(const char *entry)
{
	return strncmp(entry, "MPROF_AGENT_", 12) == 0 ||
	       strncmp(entry, "LD_PRELOAD=", 11) == 0;
}

static void fill(struct agent_launch *launch, const char *agent,
    const struct agent_wish *wish)
{
	char *file = wish->recording ? realpath(wish->recording, NULL) : NULL;
	size_t len = 0, at = 0;

	while (environ[len])
		len++;
	launch->envp = mem_zero(len + 5, sizeof(char *));
	launch->envp[at++] =
	    keep(launch, mem_format("MPROF_AGENT_FILE=%s", file ? file : ""));
	launch->envp[at++] = keep(
	    launch, mem_format("MPROF_AGENT_RECORDER=%ld", (long)getpid()));
	if (wish->lines)
		launch->envp[at++] =
		    keep(launch, mem_copy("MPROF_AGENT_LINES=1"));
	launch->envp[at++] = keep(launch, preload(agent));
	for (size_t i = 0; i < len; i++) {
		if (!is_replaced(environ[i]))
			launch->envp[at++] = environ[i];
	}
	free(file);
}

int agent_launch_prepare(
    struct agent_launch *launch, const struct agent_wish *wish, struct err *e)
{
	char *agent =
	    wish->agent ? mem_copy(wish->agent) : self_companion(AGENT, e);
	int failed = 0;

	if (!agent)
		return -1;
	if (strpbrk(agent, " :\t\n"))
		failed = err_set(e,
		    "%s: can't be preloaded from a folder with a blank or a "
		    "colon in its name: @profile does nothing; move mprof",
		    agent);
	else
		fill(launch, agent, wish);
	free(agent);
	return failed;
}

void agent_launch_finish(struct agent_launch *launch)
{
	for (size_t i = 0; i < launch->owned; i++)
		free(launch->own[i]);
	free(launch->argv);
	free(launch->envp);
	*launch = (struct agent_launch){0};
}
