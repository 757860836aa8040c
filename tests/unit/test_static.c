// SPDX-License-Identifier: MIT
//
// A 32-bit program is known by the first bytes of its file.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "proc/static.h"
#include "scratch.h"

static bool is_narrow(const char *bytes, size_t len)
{
	char path[SCRATCH_MAX];
	int fd = scratch_file(path);
	bool result;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
	result = static_is_narrow(path);
	unlink(path);
	return result;
}

static void a_narrow_program_is_known_by_its_class(void **state)
{
	(void)state;
	assert_true(is_narrow("\177ELF\1\1\1\0\0\0\0\0\0\0\0\0", 16));
	assert_false(is_narrow("\177ELF\2\1\1\0\0\0\0\0\0\0\0\0", 16));
	assert_false(is_narrow("\177ELF\1\1\1\0\0\0\0\0\0\0\0", 15));
	assert_false(is_narrow("#!/bin/sh\n      ", 16));
	assert_false(is_narrow("\177ELG\1\1\1\0\0\0\0\0\0\0\0\0", 16));
	assert_false(is_narrow("", 0));
}

static void other_files_are_not_narrow(void **state)
{
	(void)state;
	assert_false(static_is_narrow("/nothing"));
	assert_false(static_is_narrow("/tmp"));
	/* mprof is built for 64 bits alone */
	assert_false(static_is_narrow("/proc/self/exe"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_narrow_program_is_known_by_its_class),
	    cmocka_unit_test(other_files_are_not_narrow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
