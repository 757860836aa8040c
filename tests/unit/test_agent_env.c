// SPDX-License-Identifier: MIT
// The environment of a Python program.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "python/agent_env.h"

static const char *value_of(char *const *envp, const char *name)
{
	size_t len = strlen(name);

	for (; *envp; envp++) {
		if (strncmp(*envp, name, len) == 0 && (*envp)[len] == '=')
			return *envp + len + 1;
	}
	return NULL;
}

static void only_its_own_names_are_set(void **state)
{
	struct agent_wish wish = {.recording = "/dev/null",
	    .lines = true,
	    .tables = "/tmp/x.tables",
	    .agent = "/lib/agent.so"};
	struct agent_env env;
	struct err e;
	size_t before = 0, after = 0;

	(void)state;
	setenv("LD_PRELOAD", "/x/first.so", 1);
	setenv("MPROF_AGENT_LINES", "of an outer run", 1);
	if (agent_env_init(&env, &wish, &e) != 0)
		fail_msg("%s", e.text);
	assert_string_equal(
	    value_of(env.envp, "MPROF_AGENT_FILE"), "/dev/null");
	assert_string_equal(value_of(env.envp, "MPROF_AGENT_LINES"), "1");
	assert_string_equal(
	    value_of(env.envp, "MPROF_AGENT_TABLES"), "/tmp/x.tables");
	assert_string_equal(
	    value_of(env.envp, "LD_PRELOAD"), "/x/first.so:/lib/agent.so");
	while (environ[before])
		before++;
	while (env.envp[after])
		after++;
	assert_int_equal(after, before + 3);
	agent_env_finish(&env);

	wish = (struct agent_wish){
	    .recording = "/no/such/file", .agent = "/x/first.so"};
	assert_int_equal(agent_env_init(&env, &wish, &e), 0);
	assert_string_equal(value_of(env.envp, "MPROF_AGENT_FILE"), "");
	assert_null(value_of(env.envp, "MPROF_AGENT_LINES"));
	assert_string_equal(value_of(env.envp, "LD_PRELOAD"), "/x/first.so");
	agent_env_finish(&env);

	wish = (struct agent_wish){.no_agent = true,
	    .allocations = "/tmp/x.allocations",
	    .allocation = "/lib/allocation.so"};
	assert_int_equal(agent_env_init(&env, &wish, &e), 0);
	assert_string_equal(
	    value_of(env.envp, "MPROF_ALLOCATIONS"), "/tmp/x.allocations");
	assert_string_equal(
	    value_of(env.envp, "LD_PRELOAD"), "/lib/allocation.so:/x/first.so");
	assert_string_equal(
	    value_of(env.envp, "MPROF_AGENT_LINES"), "of an outer run");
	agent_env_finish(&env);
	setenv("LD_PRELOAD", "/lib/libasan.so.8", 1);
	wish.no_agent = false;
	wish.agent = "/lib/agent.so";
	assert_int_equal(agent_env_init(&env, &wish, &e), 0);
	assert_string_equal(value_of(env.envp, "LD_PRELOAD"),
	    "/lib/libasan.so.8:/lib/allocation.so:/lib/agent.so");
	agent_env_finish(&env);
	wish = (struct agent_wish){.agent = "/x/first.so"};

	wish.agent = "/a directory/agent.so";
	assert_int_equal(agent_env_init(&env, &wish, &e), -1);
	assert_non_null(strstr(e.text, "/a directory/agent.so: "));
	assert_null(env.envp);
	agent_env_finish(&env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_its_own_names_are_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
