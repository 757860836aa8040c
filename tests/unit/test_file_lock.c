// SPDX-License-Identifier: MIT
// A lock belongs to an open file: another one of the same file sees it, in this
// process, too.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <libgen.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/io.h"
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

/* Whether mappings of this file are found, by its directory. */
static bool finds_mappings(const char *file)
{
	char *copy = strdup(file);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool finds = file_lock_finds_mappings(fd);

	close(fd);
	free(copy);
	return finds;
}

/* A mapping needs no descriptor; one for reading alone is no writer. */
static void a_mapping_writes(void **state)
{
	int reader = open(path, O_RDONLY | O_CLOEXEC);
	int writer = open(path, O_RDWR | O_CLOEXEC);
	void *map;

	(void)state;
	assert_int_equal(ftruncate(writer, 1), 0);
	if (!finds_mappings(path))
		skip();
	assert_int_equal(file_lock_has_writer(reader), 1);
	map = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, writer, 0);
	assert_true(map != MAP_FAILED);
	close(writer);
	assert_int_equal(file_lock_has_writer(reader), 1);
	munmap(map, 1);
	assert_int_equal(file_lock_has_writer(reader), 0);
	map = mmap(NULL, 1, PROT_READ, MAP_SHARED, reader, 0);
	assert_true(map != MAP_FAILED);
	assert_int_equal(file_lock_has_writer(reader), 0);
	munmap(map, 1);
	close(reader);
	assert_int_equal(file_lock_has_writer(-1), -1);
}

static void mappings_are_found_in_shared_memory(void **state)
{
	int none = open(path, O_RDONLY | O_CLOEXEC);
	struct statfs about;

	(void)state;
	assert_false(file_lock_finds_mappings(none));
	close(none);
	if (statfs("/dev/shm", &about) != 0 || about.f_type != TMPFS_MAGIC ||
	    access("/dev/shm", W_OK) != 0)
		skip();
	assert_true(finds_mappings("/dev/shm/x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_lock_is_of_one_open_file),
	    cmocka_unit_test(a_part_is_held_as_the_whole_is),
	    cmocka_unit_test(without_locks_nothing_is_known),
	    cmocka_unit_test(a_mapping_writes),
	    cmocka_unit_test(mappings_are_found_in_shared_memory),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
