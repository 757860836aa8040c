// SPDX-License-Identifier: MIT
//
// A file beside a recording, which takes its place, and what killed recorders
// left of such ones.
#undef _FORTIFY_SOURCE /* it would put a function of its own before our openat \
			*/
#include "dat/beside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "scratch.h"

/* Calls that fail, with that errno. */
static struct {
	bool is_old; /* the file system has no files without a name */
	int taken;   /* so many names that are chosen are another's */
	int rename, give;
	int chosen; /* names that were tried */
} world;

/* Files without a name can be made here; overlayfs has none before Linux 6.3.
 */
static bool has_nameless;

/* In place of libc's. */
int openat(int in, const char *path, int flags, ...)
{
	va_list rest;
	mode_t mode;

	va_start(rest, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
	va_end(rest);
	if ((flags & O_TMPFILE) == O_TMPFILE && world.is_old) {
		errno = EOPNOTSUPP;
		return -1;
	}
	if (flags & O_EXCL && world.chosen++ < world.taken) {
		errno = EEXIST;
		return -1;
	}
	return (int)syscall(SYS_openat, in, path, flags, mode);
}

int linkat(int from_in, const char *from, int to_in, const char *to, int flags)
{
	if (world.chosen++ < world.taken) {
		errno = EEXIST;
		return -1;
	}
	return (int)syscall(SYS_linkat, from_in, from, to_in, to, flags);
}

int renameat(int from_in, const char *from, int to_in, const char *to)
{
	if (world.rename) {
		errno = world.rename;
		return -1;
	}
	return (int)syscall(SYS_renameat2, from_in, from, to_in, to, 0);
}

int fchown(int fd, uid_t user, gid_t group)
{
	if (world.give) {
		errno = world.give;
		return -1;
	}
	return (int)syscall(SYS_fchown, fd, user, group);
}

static int set_up(void **state)
{
	int fd;

	memset(&world, 0, sizeof(world));
	if (scratch_enter(state) != 0)
		return -1;
	fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	has_nameless = fd >= 0;
	if (has_nameless)
		close(fd);
	return 0;
}

static int count_files(void)
{
	DIR *dir = opendir(".");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

static int put_recording(mode_t mode)
{
	int fd;

	scratch_put("a.dat", "MEM 1.0 1.0\n");
	assert_int_equal(chmod("a.dat", mode), 0);
	fd = open("a.dat", O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void open_well(struct beside *beside, int fd)
{
	struct err e;

	assert_int_equal(beside_open(beside, "a.dat", fd, &e), 0);
	assert_int_equal(write(beside->fd, "new", 3), 3);
}

/* With a name until then, and without. */
static void it_takes_the_place_of_the_recording(void **state)
{
	(void)state;
	for (int i = has_nameless ? 0 : 1; i < 2; i++) {
		int fd = put_recording(0640), other;
		struct stat about, old;
		struct beside beside;
		struct err e;

		world.is_old = i;
		world.chosen = 0;
		world.taken = 99;
		open_well(&beside, fd);
		assert_int_equal(count_files(), 1 + i);
		if (i)
			assert_int_equal(strlen(beside.name),
			    strlen("a.dat.thinning.012345"));
		else
			assert_null(beside.name);
		scratch_expect("a.dat", "MEM 1.0 1.0\n");
		assert_int_equal(fstat(beside.fd, &about), 0);
		assert_int_equal(about.st_mode, S_IFREG | 0640);
		assert_int_equal(fstat(fd, &old), 0);
		assert_int_equal(about.st_uid, old.st_uid);
		assert_int_equal(beside_commit(&beside, &e), 0);
		assert_int_equal(world.chosen, 100);
		assert_null(beside.name);
		scratch_expect("a.dat", "new");
		assert_int_equal(write(beside.fd, "er", 2), 2);
		scratch_expect("a.dat", "newer");
		other = open("a.dat", O_RDONLY | O_CLOEXEC);
		assert_true(file_lock_is_held(other));
		beside_finish(&beside);
		assert_false(file_lock_is_held(other));
		beside_finish(&beside);
		scratch_expect("a.dat", "newer");
		assert_int_equal(count_files(), 1);
		close(other);
		close(fd);
	}
}

static void without_a_commit_nothing_changes(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		int fd = put_recording(0600);
		struct beside beside;

		world.is_old = i;
		open_well(&beside, fd);
		beside_finish(&beside);
		scratch_expect("a.dat", "MEM 1.0 1.0\n");
		assert_int_equal(count_files(), 1);
		close(fd);
	}
}

/* A hundred names are tried. */
static void no_name_may_be_free(void **state)
{
	int fd = put_recording(0600);
	struct beside beside;
	struct err e;

	(void)state;
	world.taken = 100;
	if (has_nameless) {
		open_well(&beside, fd);
		assert_int_equal(beside_commit(&beside, &e), -1);
		assert_string_equal(e.text, "can't be named: File exists");
		assert_int_equal(world.chosen, 100);
		assert_null(beside.name);
		beside_finish(&beside);
	}
	world.is_old = true;
	world.chosen = 0;
	assert_int_equal(beside_open(&beside, "a.dat", fd, &e), -1);
	assert_string_equal(
	    e.text, "no file can be made beside it: File exists");
	assert_int_equal(world.chosen, 100);
	scratch_expect("a.dat", "MEM 1.0 1.0\n");
	assert_int_equal(count_files(), 1);
	close(fd);
}

static void another_file_of_its_name_stays(void **state)
{
	int fd = put_recording(0600);
	struct beside beside;
	struct err e;

	(void)state;
	open_well(&beside, fd);
	assert_int_equal(rename("a.dat", "b.dat"), 0);
	assert_int_equal(beside_commit(&beside, &e), -1);
	assert_string_equal(e.text, "it was renamed or removed");
	scratch_put("a.dat", "mine");
	assert_int_equal(beside_commit(&beside, &e), -1);
	assert_string_equal(e.text, "it was renamed or removed");
	beside_finish(&beside);
	assert_int_equal(beside_open(&beside, "a.dat", fd, &e), -1);
	assert_string_equal(e.text, "it was renamed or removed");
	assert_int_equal(beside.fd, -1);
	assert_int_equal(beside_open(&beside, "no/such", fd, &e), -1);
	assert_int_equal(beside_open(&beside, "b.dat", -1, &e), -1);
	scratch_expect("a.dat", "mine");
	assert_int_equal(count_files(), 2);
	close(fd);
}

static void a_renaming_that_fails_leaves_no_file(void **state)
{
	int fd = put_recording(0600);
	struct beside beside;
	struct err e;

	(void)state;
	open_well(&beside, fd);
	world.rename = EIO;
	assert_int_equal(beside_commit(&beside, &e), -1);
	assert_string_equal(e.text, "can't be renamed: Input/output error");
	assert_int_equal(count_files(), 2);
	beside_finish(&beside);
	scratch_expect("a.dat", "MEM 1.0 1.0\n");
	assert_int_equal(count_files(), 1);
	close(fd);
}

/* The new file gets the recording's owner and group, if this user may set them.
 * If the group can't be set, the group of the new file may not read it. */
static void it_has_the_owner_of_the_recording(void **state)
{
	int fd = put_recording(0660);
	struct beside beside;
	struct stat about;
	struct err e;

	(void)state;
	/* A user namespace may have few users. */
	if (geteuid() != 0 || chown("a.dat", 12345, 12346) != 0)
		skip();
	open_well(&beside, fd);
	assert_int_equal(fstat(beside.fd, &about), 0);
	assert_int_equal(about.st_uid, 12345);
	assert_int_equal(about.st_gid, 12346);
	assert_int_equal(about.st_mode, S_IFREG | 0660);
	beside_finish(&beside);
	world.give = EPERM;
	assert_int_equal(beside_open(&beside, "a.dat", fd, &e), -1);
	assert_string_equal(
	    e.text, "can't be given to its owner: Operation not permitted");
	assert_int_equal(chown("a.dat", 0, 12346), 0);
	open_well(&beside, fd);
	assert_int_equal(fstat(beside.fd, &about), 0);
	assert_int_equal(about.st_mode, S_IFREG | 0600);
	beside_finish(&beside);
	world.give = 0;
	open_well(&beside, fd);
	assert_int_equal(fstat(beside.fd, &about), 0);
	assert_int_equal(about.st_gid, 12346);
	assert_int_equal(about.st_mode, S_IFREG | 0660);
	beside_finish(&beside);
	close(fd);
}

static void only_what_was_left_is_removed(void **state)
{
	static const char *const others[] = {"a.dat.thinning.01234",
	    "a.dat.thinning.0123456", "a.dat.thinning.01234g",
	    "a.dat.thinning.01234A", "a.dat.thinnin.012345",
	    "b.dat.thinning.012345", "a.dat", "xa.dat.thinning.012345"};
	int locked, fd = put_recording(0600);

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		scratch_put(others[i], "MEM 1.0 1.0\n");
	scratch_put("a.dat.thinning.012345", "MEM 1.0 1.0\n");
	scratch_put("a.dat.thinning.abcdef", "");
	scratch_put("a.dat.thinning.aaaaa0", "my novel");
	scratch_put("a.dat.thinning.aaaaa1", "MEM 1.0 1.0\n");
	assert_int_equal(link("a.dat.thinning.aaaaa1", "second"), 0);
	assert_int_equal(mkdir("a.dat.thinning.aaaaa2", 0700), 0);
	assert_int_equal(
	    symlink("b.dat.thinning.012345", "a.dat.thinning.aaaaa3"), 0);
	scratch_put("a.dat.thinning.aaaaa4", "MEM 1.0 1.0\n");
	locked = open("a.dat.thinning.aaaaa4", O_RDWR | O_CLOEXEC);
	assert_int_equal(file_lock_take(locked), FILE_LOCK_TAKEN);
	assert_int_equal(mkfifo("a.dat.thinning.aaaaa5", 0600), 0);
	beside_clean("a.dat");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(access(others[i], F_OK), 0);
	assert_int_equal(access("a.dat.thinning.012345", F_OK), -1);
	assert_int_equal(access("a.dat.thinning.abcdef", F_OK), -1);
	assert_int_equal(
	    count_files(), (int)(sizeof(others) / sizeof(others[0])) + 7);
	close(locked);
	close(fd);
	beside_clean("a.dat");
	assert_int_equal(access("a.dat.thinning.aaaaa4", F_OK), -1);
	/* without a recording they may be another directory's */
	scratch_put("a.dat.thinning.012345", "MEM 1.0 1.0\n");
	assert_int_equal(unlink("a.dat"), 0);
	beside_clean("a.dat");
	beside_clean("no/such");
	assert_int_equal(access("a.dat.thinning.012345", F_OK), 0);
}

/* A name that is the ending alone, or a part of it, is no recording's. */
static void the_ending_alone_is_no_recordings(void **state)
{
	static const char whole[] = "a.thinning.012345";
	char *name = beside_recording(whole);

	(void)state;
	assert_string_equal(name, "a");
	free(name);
	for (size_t i = 1; i < sizeof(whole); i++)
		assert_null(beside_recording(whole + i));
}

static void files_of_other_users_stay(void **state)
{
	int fd = put_recording(0600);

	(void)state;
	close(fd);
	scratch_put("a.dat.thinning.012345", "");
	if (geteuid() != 0 || chown("a.dat.thinning.012345", 12345, 0) != 0)
		skip();
	beside_clean("a.dat");
	assert_int_equal(access("a.dat.thinning.012345", F_OK), 0);
	assert_false(beside_was_left("a.dat.thinning.012345"));
	assert_int_equal(chown("a.dat", 12345, 0), 0);
	assert_true(beside_was_left("a.dat.thinning.012345"));
	beside_clean("a.dat");
	assert_int_equal(access("a.dat.thinning.012345", F_OK), -1);
}

#define BESIDE_TEST(name) \
	cmocka_unit_test_setup_teardown(name, set_up, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    BESIDE_TEST(it_takes_the_place_of_the_recording),
	    BESIDE_TEST(without_a_commit_nothing_changes),
	    BESIDE_TEST(no_name_may_be_free),
	    BESIDE_TEST(another_file_of_its_name_stays),
	    BESIDE_TEST(a_renaming_that_fails_leaves_no_file),
	    BESIDE_TEST(it_has_the_owner_of_the_recording),
	    BESIDE_TEST(only_what_was_left_is_removed),
	    BESIDE_TEST(the_ending_alone_is_no_recordings),
	    BESIDE_TEST(files_of_other_users_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
