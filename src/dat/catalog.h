/* SPDX-License-Identifier: MIT
 *
 * The recordings in a directory: those with default names, which have numbers,
 * and their companions.
 */
#ifndef MPROF_DAT_CATALOG_H
#define MPROF_DAT_CATALOG_H

#include <stdbool.h>

#include "base/array.h"
#include "base/err.h"

struct catalog {
	ARRAY(char *) names;  /* sorted by name, so by time; numbered from 0 */
	ARRAY(char *) others; /* default names that are no files: sorted */
};

/* The default-named recordings of a directory. Only files and links to files
 * have a number. -1 with e where the directory or the type of one of its files
 * can't be read, as the numbers would be wrong. The caller finishes in any
 * case. */
int catalog_init(struct catalog *catalog, const char *directory, struct err *e)
    __attribute__((nonnull(1, 2), warn_unused_result));

/* Recordings with other names, which have no number: *.dat files that begin
 * like one, except companions. Of very many files some are left out. Errors as
 * above. */
int catalog_init_others(struct catalog *catalog, const char *directory,
    struct err *e) __attribute__((nonnull(1, 2), warn_unused_result));

/* All recordings of a directory, whatever their names: files that begin like
 * one, except companions. Errors as above. */
int catalog_init_all(struct catalog *catalog, const char *directory,
    struct err *e) __attribute__((nonnull(1, 2), warn_unused_result));
void catalog_finish(struct catalog *catalog) __attribute__((nonnull));

/* Whether the name is a default one: mprofile_<date>.dat. */
bool catalog_is_default_name(const char *name) __attribute__((nonnull));

/* Whether a word is a number such as 3 or -1, which goes to *number. */
bool catalog_number(const char *word, long *number) __attribute__((nonnull));

/* The name with that number (-1: the newest); NULL where there is none. */
const char *catalog_at(const struct catalog *catalog, long number)
    __attribute__((nonnull));

/* The number of that name; -1 where it has none. */
long catalog_find(const struct catalog *catalog, const char *name)
    __attribute__((nonnull));

/* Whether path may be deleted as a recording: a regular file, no link, that
 * begins with a record, or an empty .dat file; not one that a recorder is
 * writing. 0 if so; 1 with e where it is something else, -1 with e where that
 * can't be found out. */
int catalog_check(const char *path, struct err *e)
    __attribute__((nonnull(1), warn_unused_result));

/* The name of the recording that began last, whatever its name, which the
 * caller frees; NULL where there is none. *e has text where the directory can't
 * be read. Reads files whose names end in .dat, then as many others as a moment
 * allows, the newest first: one that begins like a recording is one. */
char *catalog_newest(const char *directory, struct err *e)
    __attribute__((nonnull, malloc, warn_unused_result));

#endif
