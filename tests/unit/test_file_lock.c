// SPDX-License-Identifier: MIT
// A lock belongs to an open file: another one of the same file sees it, in this
// process, too.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file_lock.h"
#include "scratch.h"

static char path[SCRATCH_MAX];

static int begin(void **state)
{
	int fd = scratch_file(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int end(void **state)
{
	(void)state;
	return unlink(path);
}

static void a_lock_is_of_one_open_file(void **state)
{
	int one = open(path, O_RDWR | O_CLOEXEC);
	int other = open(path, O_RDWR | O_CLOEXEC);

	(void)state;
	assert_true(one >= 0 && other >= 0);
	assert_false(file_lock_is_held(other));
	assert_true(file_lock_is_free(other));
	assert_int_equal(file_lock_take(one), FILE_LOCK_TAKEN);
	assert_int_equal(file_lock_take(one), FILE_LOCK_TAKEN);
	assert_int_equal(file_lock_take(other), FILE_LOCK_HELD);
	assert_true(file_lock_is_held(other));
	assert_false(file_lock_is_free(other));
	/* its own is none of another open file */
	assert_false(file_lock_is_held(one));
	assert_true(file_lock_is_free(one));
	/* all of the file is locked, also what lies behind its end */
	assert_int_equal(pwrite(one, "x", 1, 100000), 1);
	assert_int_equal(file_lock_take(other), FILE_LOCK_HELD);
	close(one);
	assert_false(file_lock_is_held(other));
	assert_true(file_lock_is_free(other));
	assert_int_equal(file_lock_take(other), FILE_LOCK_TAKEN);
	close(other);
}

/* A part that somebody else has locked is as much as the whole. */
static void a_part_is_held_as_the_whole_is(void **state)
{
	struct flock first = {
	    .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	int one = open(path, O_RDWR | O_CLOEXEC);
	int other = open(path, O_RDWR | O_CLOEXEC);

	(void)state;
	assert_int_equal(fcntl(one, F_OFD_SETLK, &first), 0);
	assert_true(file_lock_is_held(other));
	assert_int_equal(file_lock_take(other), FILE_LOCK_HELD);
	close(one);
	close(other);
}

/* A file system without locks leaves open whether a file is in use. */
static void without_locks_nothing_is_known(void **state)
{
	int reads = open(path, O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(file_lock_take(reads), FILE_LOCK_NONE);
	assert_int_equal(file_lock_take(-1), FILE_LOCK_NONE);
	assert_false(file_lock_is_held(-1));
	assert_false(file_lock_is_free(-1));
	close(reads);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_lock_is_of_one_open_file),
	    cmocka_unit_test(a_part_is_held_as_the_whole_is),
	    cmocka_unit_test(without_locks_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
