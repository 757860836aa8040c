/* SPDX-License-Identifier: MIT
 *
 * Files that hold no recording in a form that can be read, known by their
 * first bytes: compressed ones, text in UTF-16, documents of other kinds.
 */
#ifndef MPROF_INPUT_FILE_KIND_H
#define MPROF_INPUT_FILE_KIND_H

#include <stdbool.h>

#include "base/err.h"

/* -1 with e, which says what the regular file is and how to make it one that
 * can be read, where it is of such a kind; 0 for all others, those that can't
 * be opened and pipes too. */
int file_kind_check(const char *path, struct err *e)
    __attribute__((nonnull(1), warn_unused_result));

/* Whether the regular file begins as JSON does. */
bool file_kind_is_json(const char *path) __attribute__((nonnull));

#endif
