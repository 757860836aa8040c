// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "input/python_source.h"
#include "scratch.h"

static void test_lacks(void **state)
{
	static const char *const lacking[] = {
	    "@profile\ndef f(): pass\n",
	    "class A:\n\t@ profile # of the builtins\n\tdef f(self): pass\n",
	    "@profile(precision=2)\ndef f(): pass",
	    "with profile.timestamp('a'): pass",
	    ("'''a profile'''\n\"profile\"; x = f'profile'  # profile = 1\n"
	     "@profile\ndef f(): pass"),
	    "x = 'a\\'b'\ny = \"\"\"\"\\\"\"\"\"\n@profile\ndef f(): pass",
	    "import cProfile, profiles\n@profile\ndef profile_it(): pass",
	    "from a import b\n@profile\nasync def f(): return b * 2",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lacking) / sizeof(lacking[0]); i++) {
		if (!python_source_lacks_profile(lacking[i]))
			fail_msg("%s", lacking[i]);
	}
}

static void test_has(void **state)
{
	static const char *const having[] = {
	    "",
	    "def f(): pass",
	    "# @profile\n'''\n@profile\n'''\n",
	    "'@profile'",
	    "'''@profile",
	    "from memory_profiler import profile\n@profile\ndef f(): pass",
	    "import profile\n@profile.run\ndef f(): pass",
	    "def profile(f): return f\n@profile\ndef f(): pass",
	    ("try:\n    profile\nexcept NameError:\n    pass\n@profile\n"
	     "def f(): pass"),
	    "from tools import *\n@profile\ndef f(): pass",
	    "from tools import (*)\n@profile\ndef f(): pass",
	    "import builtins\nsetup(builtins)\n@profile\ndef f(): pass",
	    "@profile\ndef f(): pass\nprint(profile)",
	    "@tools.profile\ndef f(): pass",
	    "tools.profile.timestamp('a')",
	    "@profiled\ndef f(): pass",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(having) / sizeof(having[0]); i++) {
		if (python_source_lacks_profile(having[i]))
			fail_msg("%s", having[i]);
	}
}

static void make_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int enter(void **state)
{
	if (scratch_enter(state) != 0)
		return -1;
	assert_int_equal(mkdir("pkg", 0700), 0);
	assert_int_equal(mkdir("lib", 0700), 0);
	assert_int_equal(mkdir("lib/far", 0700), 0);
	return 0;
}

static void check_found(char *const *argv, const char *wanted)
{
	char *found = python_source_find(argv);

	if (wanted)
		assert_string_equal(found, wanted);
	else
		assert_null(found);
	free(found);
}

#define FOUND(wanted, ...) \
	check_found((char *const[]){__VA_ARGS__, NULL}, wanted)

static void test_find(void **state)
{
	(void)state;
	make_file("pkg/mod.py", "", 0600);
	make_file("pkg/__main__.py", "", 0600);
	make_file("lib/far/__main__.py", "", 0600);
	make_file("script", "#!/usr/bin/env python3\n", 0700);
	make_file("shell", "#!/bin/sh\npython3 x\n", 0700);
	setenv("PYTHONPATH", "/nowhere:lib", 1);
	FOUND("a.py", "python3", "a.py", "-m", "x");
	FOUND("a.py", "/usr/bin/python3.11", "-u", "-W", "error", "-Xdev",
	    "a.py");
	FOUND("pkg/mod.py", "python", "-m", "pkg.mod", "x");
	FOUND("pkg/mod.py", "python", "-Oumpkg.mod");
	FOUND("pkg/__main__.py", "python", "-um", "pkg");
	FOUND("lib/far/__main__.py", "python", "-m", "far");
	FOUND("./script", "./script", "a.py");
	FOUND(NULL, "./shell", "a.py");
	FOUND(NULL, "./absent");
	FOUND(NULL, "python");
	FOUND(NULL, "python", "-m");
	FOUND(NULL, "python", "-X");
	FOUND(NULL, "python", "-m", "absent");
	FOUND(NULL, "python", "-Im", "pkg");
	FOUND(NULL, "python", "-P", "-m", "pkg");
	FOUND(NULL, "python", "-c", "@profile", "a.py");
	FOUND(NULL, "python", "-", "a.py");
	FOUND(NULL, "python", "--check-hash-based-pycs", "always", "a.py");
	unsetenv("PYTHONPATH");
	FOUND(NULL, "python", "-m", "far");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lacks),
	    cmocka_unit_test(test_has),
	    cmocka_unit_test_setup_teardown(test_find, enter, scratch_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
