// SPDX-License-Identifier: MIT
#include "python/agent_env.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/self.h"

static void agent_env_add(struct agent_env *env, size_t *at, char *text)
{
	env->own[env->owned++] = text;
	env->envp[(*at)++] = text;
}

/* The loader takes blanks and colons for ends of a name. */
static char *agent_env_preload(const char *agent)
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

static void agent_env_fill(
    struct agent_env *env, const char *agent, const struct agent_wish *wish)
{
	char *file = wish->recording ? realpath(wish->recording, NULL) : NULL;
	size_t len = 0, at = 0;

	while (environ[len])
		len++;
	env->envp = mem_zero(len + 6, sizeof(char *));
	agent_env_add(
	    env, &at, mem_format("MPROF_AGENT_FILE=%s", file ? file : ""));
	agent_env_add(
	    env, &at, mem_format("MPROF_AGENT_RECORDER=%ld", (long)getpid()));
	if (wish->lines)
		agent_env_add(env, &at, mem_copy("MPROF_AGENT_LINES=1"));
	if (wish->tables)
		agent_env_add(env, &at,
		    mem_format("MPROF_AGENT_TABLES=%s", wish->tables));
	agent_env_add(env, &at, agent_env_preload(agent));
	for (size_t i = 0; i < len; i++) {
		if (!is_replaced(environ[i]))
			env->envp[at++] = environ[i];
	}
	free(file);
}

int agent_env_init(
    struct agent_env *env, const struct agent_wish *wish, struct err *e)
{
	char *agent = wish->agent ? mem_copy(wish->agent)
				  : self_companion(AGENT_ENV_FILE, e);
	int failed = 0;

	*env = (struct agent_env){0};
	if (!agent)
		return -1;
	if (strpbrk(agent, " :\t\n"))
		failed = err_set(e,
		    "%s: can't be preloaded from a folder with a blank or a "
		    "colon in its name: @profile is not there; move mprof",
		    agent);
	else
		agent_env_fill(env, agent, wish);
	free(agent);
	return failed;
}

void agent_env_finish(struct agent_env *env)
{
	for (size_t i = 0; i < env->owned; i++)
		free(env->own[i]);
	free(env->envp);
	*env = (struct agent_env){0};
}
