/* SPDX-License-Identifier: MIT
 *
 * A look at a recording's beginning, for lists of many recordings.
 */
#ifndef MPROF_DAT_GLANCE_H
#define MPROF_DAT_GLANCE_H

#include <stddef.h>

/* What was recorded, as utf8_clean() writes it, in out (size bytes): the
 * command line of the file's first run, empty where the first few thousand
 * bytes hold none or the file can't be read. */
void dat_glance(const char *path, char *out, size_t size)
    __attribute__((nonnull));

#endif
