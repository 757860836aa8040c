/* SPDX-License-Identifier: MIT
 *
 * Files that can't be read as recordings, recognised by their first bytes:
 * compressed files, UTF-16 text, other kinds of documents.
 */
#ifndef MPROF_INPUT_FILE_KIND_H
#define MPROF_INPUT_FILE_KIND_H

#include <stdbool.h>

#include "base/err.h"

/* -1 with e where the regular file is of such a kind; the message tells which,
 * and how to make it readable. 0 for all other files, including pipes and files
 * that can't be opened. */
int file_kind_check(const char *path, struct err *e)
    __attribute__((nonnull(1), warn_unused_result));

/* Whether the regular file begins like JSON. */
bool file_kind_is_json(const char *path) __attribute__((nonnull));

#endif
