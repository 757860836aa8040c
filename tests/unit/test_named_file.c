// SPDX-License-Identifier: MIT
// A path is resolved once: links are followed, each to its end.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "scratch.h"

static int begin(void **state)
{
	if (scratch_enter(state) != 0)
		return -1;
	assert_int_equal(mkdir("sub", 0755), 0);
	scratch_put("file", "");
	return 0;
}

/* Device and inode of what the path names by the kernel's own walk. */
static void expect_same(const struct named_file *file, const char *path)
{
	struct stat about;

	assert_int_equal(stat(path, &about), 0);
	assert_true(named_file_exists(file));
	assert_int_equal(file->about.st_ino, about.st_ino);
	assert_int_equal(file->about.st_dev, about.st_dev);
}

static void links_are_followed_to_their_end(void **state)
{
	static const char *const paths[] = {"file", "sub/up", "chain", "sub/..",
	    "sub/", "/", "/dev/null", "sub/absolute"};
	struct named_file file;
	struct err e;
	char *here = getcwd(NULL, 0);
	char absolute[160];

	(void)state;
	snprintf(absolute, sizeof(absolute), "%s/chain", here);
	free(here);
	assert_int_equal(symlink("../file", "sub/up"), 0);
	assert_int_equal(symlink("sub/up", "chain"), 0);
	assert_int_equal(symlink(absolute, "sub/absolute"), 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		assert_int_equal(named_file_init(&file, paths[i], &e), 0);
		expect_same(&file, paths[i]);
		assert_false(S_ISLNK(file.about.st_mode));
		named_file_finish(&file);
	}
}

static void a_link_to_nothing_names_what_would_be_made(void **state)
{
	struct named_file file;
	struct err e;

	(void)state;
	assert_int_equal(symlink("../new", "sub/loose"), 0);
	assert_int_equal(named_file_init(&file, "sub/loose", &e), 0);
	assert_false(named_file_exists(&file));
	assert_string_equal(file.name, "new");
	close(openat(file.directory, file.name, O_CREAT | O_WRONLY, 0644));
	named_file_finish(&file);
	assert_int_equal(access("new", F_OK), 0);
}

static void a_circle_and_a_missing_directory_are_errors(void **state)
{
	struct named_file file;
	struct err e;

	(void)state;
	assert_int_equal(symlink("b", "a"), 0);
	assert_int_equal(symlink("a", "b"), 0);
	assert_int_equal(named_file_init(&file, "a", &e), -1);
	assert_string_equal(
	    e.text, "a: can't be written: Too many levels of symbolic links");
	named_file_finish(&file);
	assert_int_equal(named_file_init(&file, "no/file", &e), -1);
	assert_string_equal(
	    e.text, "no/file: can't be written: No such file or directory");
	named_file_finish(&file);
}

static void a_pipe_behind_proc_is_that_pipe(void **state)
{
	struct named_file file;
	struct err e;
	char path[64];
	int ends[2];
	char got;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
	assert_int_equal(named_file_init(&file, path, &e), 0);
	assert_true(S_ISFIFO(file.about.st_mode));
	close(ends[1]);
	ends[1] = named_file_reopen(&file, O_WRONLY);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(read(ends[0], &got, 1), 1);
	named_file_finish(&file);
	close(ends[0]);
	close(ends[1]);
}

enum { OTHER = 54321 };

static int init(const char *path, struct err *e)
{
	struct named_file file;
	int got = named_file_init(&file, path, e);

	named_file_finish(&file);
	return got;
}

/* In a directory that everybody can write to, another user may have put a file
 * or a link there to be written through. */
static void what_another_user_put_there_is_refused(void **state)
{
	struct err e;

	(void)state;
	if (geteuid() != 0)
		skip();
	close(open("sub/theirs", O_CREAT | O_WRONLY, 0644));
	if (chown("sub/theirs", OTHER, OTHER) != 0)
		skip(); /* a user namespace has few users */
	assert_int_equal(symlink("../file", "sub/link"), 0);
	assert_int_equal(lchown("sub/link", OTHER, OTHER), 0);
	assert_int_equal(init("sub/theirs", &e), 0);
	assert_int_equal(init("sub/link", &e), 0);
	assert_int_equal(chmod("sub", 01777), 0);
	assert_int_equal(init("sub/theirs", &e), -1);
	assert_non_null(
	    strstr(e.text, "sub/theirs: belongs to another user, in a "));
	assert_int_equal(init("sub/link", &e), -1);
	assert_int_equal(init("sub/new", &e), 0);
	/* one's own, and the directory's owner's */
	assert_int_equal(chown("sub/theirs", 0, OTHER), 0);
	assert_int_equal(init("sub/theirs", &e), 0);
	assert_int_equal(chown("sub", OTHER, OTHER), 0);
	assert_int_equal(init("sub/link", &e), 0);
}

/* The kernel follows 40 links. */
static void forty_links_are_followed(void **state)
{
	char target[16] = "file", name[16];
	struct err e;

	(void)state;
	for (int i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "link%d", i);
		assert_int_equal(symlink(target, name), 0);
		strcpy(target, name);
	}
	assert_int_equal(init("link40", &e), 0);
	assert_int_equal(access("link40", F_OK), 0);
	assert_int_equal(init("link41", &e), -1);
	assert_int_equal(access("link41", F_OK), -1);
}

/* A file behind a descriptor is that open file, whatever its path. */
static void a_file_behind_proc_is_itself(void **state)
{
	struct named_file file;
	struct err e;
	char path[64];
	int fd = open("file", O_RDONLY | O_CLOEXEC);

	(void)state;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(named_file_init(&file, path, &e), 0);
	expect_same(&file, "file");
	assert_true(named_file_is_stream(&file));
	assert_int_equal(file.descriptor, fd);
	named_file_finish(&file);
	close(fd);
	fd = open("sub", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(named_file_init(&file, path, &e), 0);
	expect_same(&file, "sub");
	assert_false(named_file_is_stream(&file));
	named_file_finish(&file);
	/* twice is no harm */
	named_file_finish(&file);
	close(fd);
	/* a descriptor that is not open */
	assert_int_equal(named_file_init(&file, "/proc/self/fd/9999", &e), 0);
	assert_false(named_file_exists(&file));
	named_file_finish(&file);
}

/* A path through a regular file leads to nothing. */
static void a_file_is_no_directory(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(init("file/new", &e), -1);
	assert_string_equal(
	    e.text, "file/new: can't be written: Not a directory");
	assert_int_equal(init("sub/none/new", &e), -1);
	assert_int_equal(init("sub/new", &e), 0);
	assert_int_equal(init("", &e), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(links_are_followed_to_their_end),
	    TEST(a_link_to_nothing_names_what_would_be_made),
	    TEST(a_circle_and_a_missing_directory_are_errors),
	    TEST(a_pipe_behind_proc_is_that_pipe),
	    TEST(what_another_user_put_there_is_refused),
	    TEST(forty_links_are_followed),
	    TEST(a_file_behind_proc_is_itself),
	    TEST(a_file_is_no_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
