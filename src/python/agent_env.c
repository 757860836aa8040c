// SPDX-License-Identifier: MIT
#include "python/agent_env.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/allocation_table.h"
#include "base/mem.h"
#include "base/self.h"
#include "base/strbuf.h"
#include "proc/filters.h"

struct agent_libraries {
	char *agent, *allocation; /* paths; NULL: not preloaded */
};

static void agent_env_add(struct agent_env *env, size_t *at, char *text)
{
	env->own[env->owned++] = text;
	env->envp[(*at)++] = text;
}

/* Adds a library, if it is not there yet. */
static void agent_env_add_library(
    struct strbuf *list, const char *library, bool first)
{
	char *before;

	if (!library || (list->text && strstr(list->text, library)))
		return;
	if (!first) {
		strbuf_separate(list, ":");
		strbuf_add(list, library);
		return;
	}
	before = strbuf_take(list);
	strbuf_add_format(list, "%s%s%s", library, *before ? ":" : "", before);
	free(before);
}

/* Builds LD_PRELOAD. The agent comes after the user's libraries; both come
 * after a sanitizer's runtime, which insists on being first. The library that
 * samples allocations comes first otherwise: a malloc after another one is
 * never called. */
static char *agent_env_preload(const struct agent_libraries *libraries)
{
	const char *present = getenv("LD_PRELOAD");
	struct strbuf list = {0};
	char *text, *entry;

	if (present && *present)
		strbuf_add(&list, present);
	agent_env_add_library(&list, libraries->allocation,
	    !present || !strstr(present, "san.so"));
	agent_env_add_library(&list, libraries->agent, false);
	text = strbuf_take(&list);
	entry = mem_format("LD_PRELOAD=%s", text);
	free(text);
	return entry;
}

static bool agent_env_is_replaced(const struct agent_libraries *libraries,
    const struct agent_wish *wish, const char *entry)
{
	return (libraries->agent && strncmp(entry, "MPROF_AGENT_", 12) == 0) ||
	       (wish->allocations &&
		   (strncmp(entry, ALLOCATION_VARIABLE "=",
			strlen(ALLOCATION_VARIABLE) + 1) == 0 ||
		       strncmp(entry, ALLOCATION_NATIVE_VARIABLE "=",
			   strlen(ALLOCATION_NATIVE_VARIABLE) + 1) == 0 ||
		       strncmp(entry, ALLOCATION_FILTERS_VARIABLE "=",
			   strlen(ALLOCATION_FILTERS_VARIABLE) + 1) == 0 ||
		       strncmp(entry, "ASAN_OPTIONS=", 13) == 0)) ||
	       strncmp(entry, "LD_PRELOAD=", 11) == 0;
}

/* A program with AddressSanitizer refuses to start with a library before its
 * runtime. That order does no harm here: the library passes calls on to the
 * runtime. */
static char *agent_env_sanitizer(void)
{
	const char *present = getenv("ASAN_OPTIONS");

	return mem_format("ASAN_OPTIONS=verify_asan_link_order=0%s%s",
	    present ? ":" : "", present ? present : "");
}

static void agent_env_add_agent(
    struct agent_env *env, size_t *at, const struct agent_wish *wish)
{
	char *file = wish->recording ? realpath(wish->recording, NULL) : NULL;

	agent_env_add(
	    env, at, mem_format("MPROF_AGENT_FILE=%s", file ? file : ""));
	agent_env_add(
	    env, at, mem_format("MPROF_AGENT_RECORDER=%ld", (long)getpid()));
	if (wish->lines)
		agent_env_add(env, at, mem_copy("MPROF_AGENT_LINES=1"));
	if (wish->tables)
		agent_env_add(
		    env, at, mem_format("MPROF_AGENT_TABLES=%s", wish->tables));
	free(file);
}

static void agent_env_fill(struct agent_env *env,
    const struct agent_libraries *libraries, const struct agent_wish *wish)
{
	size_t len = 0, at = 0;

	while (environ[len])
		len++;
	env->envp = mem_zero(
	    len + sizeof(env->own) / sizeof(env->own[0]) + 1, sizeof(char *));
	if (libraries->agent)
		agent_env_add_agent(env, &at, wish);
	if (wish->allocations) {
		agent_env_add(env, &at,
		    mem_format(ALLOCATION_VARIABLE "=%s", wish->allocations));
		agent_env_add(env, &at, agent_env_sanitizer());
		if (wish->native)
			agent_env_add(env, &at,
			    mem_copy(ALLOCATION_NATIVE_VARIABLE "=1"));
		agent_env_add(env, &at,
		    mem_format(
			ALLOCATION_FILTERS_VARIABLE "=%d", filters_own()));
	}
	agent_env_add(env, &at, agent_env_preload(libraries));
	for (size_t i = 0; i < len; i++) {
		if (!agent_env_is_replaced(libraries, wish, environ[i]))
			env->envp[at++] = environ[i];
	}
}

/* A library's path; NULL with e where it is missing or can't be preloaded from
 * there: for the loader, blanks and colons end a path. */
static char *agent_env_library(
    const char *given, const char *name, const char *without, struct err *e)
{
	char *path = given ? mem_copy(given) : self_companion(name, e);

	if (!path || !strpbrk(path, " :\t\n"))
		return path;
	err_set(e,
	    "%s: can't be preloaded from a directory with a blank or a colon "
	    "in its name: %s; move mprof",
	    path, without);
	free(path);
	return NULL;
}

int agent_env_init(
    struct agent_env *env, const struct agent_wish *wish, struct err *e)
{
	struct agent_wish got = *wish;
	struct agent_libraries libraries = {0};
	int failed = 0;

	*env = (struct agent_env){0};
	if (!wish->no_agent) {
		libraries.agent = agent_env_library(
		    wish->agent, AGENT_ENV_FILE, "@profile is not there", e);
		failed = libraries.agent ? 0 : -1;
	}
	if (wish->allocations) {
		libraries.allocation = agent_env_library(wish->allocation,
		    AGENT_ENV_ALLOCATION_FILE, "nothing tells who holds memory",
		    e);
		failed = libraries.allocation ? failed : -1;
	}
	if (!libraries.allocation)
		got.allocations = NULL;
	if (libraries.agent || libraries.allocation)
		agent_env_fill(env, &libraries, &got);
	free(libraries.agent);
	free(libraries.allocation);
	return failed;
}

void agent_env_finish(struct agent_env *env)
{
	for (size_t i = 0; i < env->owned; i++)
		free(env->own[i]);
	free(env->envp);
	*env = (struct agent_env){0};
}
