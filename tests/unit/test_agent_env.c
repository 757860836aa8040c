// SPDX-License-Identifier: MIT
// What starts a Python program, and with which environment.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
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

static void expect_words(char *const *words, const char *const *expected)
{
	struct agent_launch launch;
	size_t i;

	agent_launch_init(&launch, words);
	for (i = 0; expected[i]; i++) {
		assert_non_null(launch.argv[i]);
		assert_string_equal(launch.argv[i], expected[i]);
	}
	assert_null(launch.argv[i]);
	agent_launch_finish(&launch);
}

#define WORDS(...) ((char *const[]){__VA_ARGS__, NULL})
#define EXPECTED(...) ((const char *const[]){__VA_ARGS__, NULL})

static void scripts_are_told_by_name(void **state)
{
	(void)state;
	assert_true(agent_is_script("a.py"));
	assert_true(agent_is_script("/x/y.py"));
	assert_false(agent_is_script(".py"));
	assert_false(agent_is_script("a.pyc"));
	assert_false(agent_is_script("python"));
}

static void an_interpreter_is_put_where_one_is_missing(void **state)
{
	char file[] = "/tmp/test_agent_env.XXXXXX";
	int fd;

	(void)state;
	unsetenv("VIRTUAL_ENV");
	expect_words(
	    WORDS("no/such.py", "-x"), EXPECTED("python3", "no/such.py", "-x"));
	expect_words(WORDS("python3.9", "a.py"), EXPECTED("python3.9", "a.py"));
	expect_words(WORDS("/opt/python", "-m", "x"),
	    EXPECTED("/opt/python", "-m", "x"));
	expect_words(WORDS("sh", "a.sh"), EXPECTED("sh", "a.sh"));
	fd = mkstemp(file);
	assert_true(fd >= 0);
	expect_words(WORDS(file), EXPECTED("python3", file));
	close(fd);
	unlink(file);
	expect_words(WORDS("no-such-command", "-x"),
	    EXPECTED("python3", "-m", "no-such-command", "-x"));
}

static void the_active_environment_has_the_interpreter(void **state)
{
	char folder[] = "/tmp/test_agent_env.XXXXXX";
	char bin[64], python[80];

	(void)state;
	assert_non_null(mkdtemp(folder));
	setenv("VIRTUAL_ENV", folder, 1);
	expect_words(WORDS("a.py"), EXPECTED("python3", "a.py"));
	sprintf(bin, "mkdir %s/bin", folder);
	assert_int_equal(system(bin), 0);
	sprintf(python, "%s/bin/python", folder);
	assert_int_equal(symlink("/bin/sh", python), 0);
	expect_words(WORDS("a.py"), EXPECTED(python, "a.py"));
	unlink(python);
	sprintf(bin, "%s/bin", folder);
	rmdir(bin);
	rmdir(folder);
	unsetenv("VIRTUAL_ENV");
}

static void only_its_own_names_are_set(void **state)
{
	struct agent_wish wish = {
	    .recording = "/dev/null", .lines = true, .agent = "/lib/agent.so"};
	struct agent_launch launch;
	struct err e;
	size_t before = 0, after = 0;

	(void)state;
	setenv("LD_PRELOAD", "/x/first.so", 1);
	setenv("MPROF_AGENT_LINES", "of an outer run", 1);
	agent_launch_init(&launch, WORDS("python3"));
	if (agent_launch_prepare(&launch, &wish, &e) != 0)
		fail_msg("%s", e.text);
	assert_string_equal(
	    value_of(launch.envp, "MPROF_AGENT_FILE"), "/dev/null");
	assert_string_equal(value_of(launch.envp, "MPROF_AGENT_LINES"), "1");
	assert_string_equal(
	    value_of(launch.envp, "LD_PRELOAD"), "/x/first.so:/lib/agent.so");
	while (environ[before])
		before++;
	while (launch.envp[after])
		after++;
	assert_int_equal(after, before + 2);
	agent_launch_finish(&launch);

	wish = (struct agent_wish){
	    .recording = "/no/such/file", .agent = "/x/first.so"};
	agent_launch_init(&launch, WORDS("python3"));
	assert_int_equal(agent_launch_prepare(&launch, &wish, &e), 0);
	assert_string_equal(value_of(launch.envp, "MPROF_AGENT_FILE"), "");
	assert_null(value_of(launch.envp, "MPROF_AGENT_LINES"));
	assert_string_equal(value_of(launch.envp, "LD_PRELOAD"), "/x/first.so");
	agent_launch_finish(&launch);

	wish.agent = "/a folder/agent.so";
	agent_launch_init(&launch, WORDS("python3"));
	assert_int_equal(agent_launch_prepare(&launch, &wish, &e), -1);
	assert_non_null(strstr(e.text, "/a folder/agent.so: "));
	assert_null(launch.envp);
	agent_launch_finish(&launch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scripts_are_told_by_name),
	    cmocka_unit_test(an_interpreter_is_put_where_one_is_missing),
	    cmocka_unit_test(the_active_environment_has_the_interpreter),
	    cmocka_unit_test(only_its_own_names_are_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
