/* SPDX-License-Identifier: MIT
 *
 * A .dat file becomes a profile. Everything that mprof-dat(5) says a reader
 * must take is taken; what can't be understood is skipped and counted. A file
 * that is cut while it is read ends where it was cut.
 */
#ifndef MPROF_DAT_READER_H
#define MPROF_DAT_READER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/progress.h"
#include "profile/profile.h"

/* Reads the whole file into profile, which it initialises and the caller
 * finishes in any case. -1 with e where the file can't be opened or read; an
 * empty file is a profile without runs. Series come sorted by time. */
int dat_read(struct profile *profile, const char *path, struct err *e)
    __attribute__((warn_unused_result));

/* The same, and tells how far it is; progress may be NULL. */
int dat_read_telling(struct profile *profile, const char *path,
    const struct progress *progress, struct err *e)
    __attribute__((nonnull(1, 2), warn_unused_result));

/* The content at a file's beginning, blank lines aside. */
enum dat_content {
	DAT_CONTENT_OTHER,     /* no record */
	DAT_CONTENT_RECORD,    /* it is a recording */
	DAT_CONTENT_UNREADABLE /* errno says why */
};
enum dat_content dat_content(int fd) __attribute__((warn_unused_result));

#endif
