/* SPDX-License-Identifier: MIT
 *
 * The parts of a file's path, and the search for a program.
 */
#ifndef MPROF_BASE_PATH_H
#define MPROF_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* The part after the last slash, or the whole path; points into path. */
const char *path_name(const char *path)
    __attribute__((nonnull, returns_nonnull));

/* Removes what means nothing from an absolute path, in place: /srv/./app.py
 * becomes /srv/app.py, and //srv//app.py too. Other texts stay as they are. */
void path_clean(char *path) __attribute__((nonnull));

/* Whether path ends with those characters, such as ".dat", after others. */
bool path_has_ending(const char *path, const char *ending)
    __attribute__((nonnull));

/* The length without " (deleted)", which the kernel appends to the path of a
 * mapped file without a name. */
size_t path_undeleted(const char *path) __attribute__((nonnull));

/* The first executable file of that name in the directories of PATH; NULL where
 * there is none. Empty entries of PATH are skipped. The caller frees. */
char *path_of_program(const char *name)
    __attribute__((nonnull, malloc, warn_unused_result));

#endif
