/* SPDX-License-Identifier: MIT
 *
 * Reads a .dat file into a profile. Everything that mprof-dat(5) requires of a
 * reader is accepted; what can't be parsed is skipped and counted. A file that
 * is truncated while it is read ends there.
 */
#ifndef MPROF_DAT_READER_H
#define MPROF_DAT_READER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/progress.h"
#include "profile/profile.h"

/* Content at a file's beginning, ignoring blank lines. */
enum dat_content {
	DAT_CONTENT_OTHER,     /* not a record */
	DAT_CONTENT_RECORD,    /* it is a recording */
	DAT_CONTENT_UNREADABLE /* see errno */
};
enum dat_content dat_content(int fd) __attribute__((warn_unused_result));

/* Whether the beginning of a file is that of a recording. 1 + NUMBER_PADDING
 * newlines follow the bytes. */
bool dat_begins_with_record(char *bytes, size_t len) __attribute__((nonnull));

/* The path of the file beside a recording, X_ts.dat beside X.dat, in which old
 * versions kept its calls; NULL where there is none. The caller frees. */
char *dat_companion(const char *path) __attribute__((nonnull));

/* Reads the whole file into profile, which it initialises and the caller
 * finishes in any case. -1 with e where the file can't be opened or read; an
 * empty file is a profile without runs. Series are sorted by time. */
int dat_read(struct profile *profile, const char *path, struct err *e)
    __attribute__((warn_unused_result));

/* The same, and reports its progress; progress may be NULL. */
int dat_read_progress(struct profile *profile, const char *path,
    const struct progress *progress, struct err *e)
    __attribute__((nonnull(1, 2), warn_unused_result));

/* A recording that is still being written: reads what was added since the last
 * call, whole lines only. A file that became shorter is read anew. */
struct dat_follow;

/* NULL with e where the file can't be opened. The caller closes. */
struct dat_follow *dat_follow_open(const char *path, struct err *e)
    __attribute__((nonnull, warn_unused_result));
void dat_follow_close(struct dat_follow *follow);

/* Reads what was added; *news: there was something. -1 with e where the file
 * can't be read. */
int dat_follow_read(struct dat_follow *follow, bool *news, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* The profile so far, with sorted series; valid until the next read. */
const struct profile *dat_follow_profile(struct dat_follow *follow)
    __attribute__((nonnull));

/* Adds records, whole lines, to a profile's last run. */
void dat_add_records(struct profile *profile, const char *text, size_t len)
    __attribute__((nonnull));

#endif
