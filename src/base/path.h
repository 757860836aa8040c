/* SPDX-License-Identifier: MIT
 *
 * The parts of a file's path, and the search for a program.
 */
#ifndef MPROF_BASE_PATH_H
#define MPROF_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* The text behind the last slash, or the whole path without one; points into
 * path. */
const char *path_name(const char *path)
    __attribute__((nonnull, returns_nonnull));

/* Whether it ends with those characters, ".dat" say, and has some before
 * them. */
bool path_has_ending(const char *path, const char *ending)
    __attribute__((nonnull));

/* The length without the " (deleted)" that the kernel puts behind the path of
 * a mapped file that has no name any more. */
size_t path_undeleted(const char *path) __attribute__((nonnull));

/* The first file of that name in the folders of PATH that may be executed; NULL
 * where none is there. Empty folders of PATH are passed over. The caller
 * frees. */
char *path_of_program(const char *name)
    __attribute__((nonnull, malloc, warn_unused_result));

#endif
