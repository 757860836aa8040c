/* SPDX-License-Identifier: MIT
 *
 * An empty directory for a test file, in $TMPDIR, and files in it. The
 * functions that make and remove it are setups and teardowns of cmocka, for
 * each test or for all together. Other files and directories in $TMPDIR are
 * the test's to remove.
 */
#ifndef MPROF_TESTS_SCRATCH_H
#define MPROF_TESTS_SCRATCH_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { SCRATCH_MAX = 128 };

static char scratch[SCRATCH_MAX]; /* its path */

/* A longer TMPDIR would not leave room for names in the buffers of tests. */
static inline char *scratch_template(char *path)
{
	const char *base = getenv("TMPDIR");

	if (!base || base[0] != '/' || strlen(base) > 90)
		base = "/tmp";
	snprintf(path, SCRATCH_MAX, "%.90s/mprof-test.XXXXXX", base);
	return path;
}

/* A new, empty file, open; -1 where there is none. */
static inline int scratch_file(char path[static SCRATCH_MAX])
{
	return mkstemp(scratch_template(path));
}

/* A new, empty directory; -1 where there is none. */
static inline int scratch_directory(char path[static SCRATCH_MAX])
{
	return mkdtemp(scratch_template(path)) ? 0 : -1;
}

static inline int scratch_make(void **state)
{
	(void)state;
	return scratch_directory(scratch);
}

/* Makes it the working directory, too. */
static inline int scratch_enter(void **state)
{
	return scratch_make(state) == 0 ? chdir(scratch) : -1;
}

static inline int scratch_remove_file(
    const char *path, const struct stat *about, int type, struct FTW *where)
{
	(void)about, (void)type, (void)where;
	return remove(path);
}

/* Removes it with all that is in it. */
static inline int scratch_remove(void **state)
{
	(void)state;
	if (chdir("/") != 0)
		return -1;
	return nftw(scratch, scratch_remove_file, 8, FTW_DEPTH | FTW_PHYS);
}

/* Fails where something is left in it. */
static inline int scratch_remove_empty(void **state)
{
	(void)state;
	return chdir("/") == 0 ? rmdir(scratch) : -1;
}

static inline void scratch_put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* The file holds that text, up to 512 bytes. */
static inline void scratch_expect(const char *path, const char *want)
{
	char text[513];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	fclose(file);
	assert_string_equal(text, want);
}

#endif
