/* SPDX-License-Identifier: MIT
 *
 * An empty directory for a test file, in $TMPDIR, and files in it. The
 * functions that make and remove it are setups and teardowns of cmocka, for
 * each test or for all together.
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

static char scratch[128]; /* its path */

/* A longer TMPDIR would not leave room for names in the buffers of tests. */
static inline int scratch_make(void **state)
{
	const char *base = getenv("TMPDIR");

	(void)state;
	if (!base || base[0] != '/' || strlen(base) > 90)
		base = "/tmp";
	snprintf(scratch, sizeof(scratch), "%.90s/mprof-test.XXXXXX", base);
	return mkdtemp(scratch) ? 0 : -1;
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
