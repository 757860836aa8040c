/* SPDX-License-Identifier: MIT
 *
 * The recordings of a folder: those with the default name, which have numbers,
 * and what belongs to each.
 */
#ifndef MPROF_DAT_CATALOG_H
#define MPROF_DAT_CATALOG_H

#include <stdbool.h>

#include "base/array.h"
#include "base/err.h"

struct catalog {
	ARRAY(char *) names;  /* sorted by name, so by time; numbered from 0 */
	ARRAY(char *) others; /* of a default name, but no file: sorted */
};

/* The default-named recordings of a folder. What is neither a file nor a link
 * to one has no number. -1 with e where the folder or the kind of one of its
 * files can't be read: the numbers would be wrong. The caller finishes in any
 * case. */
int catalog_init(struct catalog *catalog, const char *folder, struct err *e)
    __attribute__((nonnull(1, 2), warn_unused_result));

/* The recordings of a folder with other names, which have no number: *.dat
 * files that begin as one, but companions. Of very many files some are left
 * out. Errors as above. */
int catalog_init_others(struct catalog *catalog, const char *folder,
    struct err *e) __attribute__((nonnull(1, 2), warn_unused_result));

/* All recordings of a folder, whatever their names: files that begin as one,
 * but companions. Errors as above. */
int catalog_init_all(struct catalog *catalog, const char *folder, struct err *e)
    __attribute__((nonnull(1, 2), warn_unused_result));
void catalog_finish(struct catalog *catalog) __attribute__((nonnull));

/* Whether a word is a number such as 3 or -1, in *number then. */
bool catalog_number(const char *word, long *number) __attribute__((nonnull));

/* The name of that number, -1 being the newest; NULL where there is none. */
const char *catalog_at(const struct catalog *catalog, long number)
    __attribute__((nonnull));

/* The number of that name; -1 where it has none. */
long catalog_find(const struct catalog *catalog, const char *name)
    __attribute__((nonnull));

/* The companion X_ts.dat of X.dat that old versions wrote; NULL where there
 * is no such file. The caller frees. */
char *catalog_companion(const char *path) __attribute__((nonnull));

/* Whether path may be deleted as a recording: a regular file, not a link to
 * one, that begins with a record, or an empty .dat file; none that a recorder
 * is writing. 0 if so; 1 with e where it is something else, -1 with e where
 * that can't be found out. */
int catalog_check(const char *path, struct err *e)
    __attribute__((nonnull(1), warn_unused_result));

/* The name of the recording that began last, whatever it is called, which the
 * caller frees; NULL where there is none. *e is filled, and its text not empty,
 * where the folder can't be read. Files with names that end in .dat are read
 * first, then as many of the others as a moment allows, the newest of them
 * first: what begins as a recording does is one. */
char *catalog_newest(const char *folder, struct err *e)
    __attribute__((nonnull, malloc, warn_unused_result));

#endif
