/* SPDX-License-Identifier: MIT
 *
 * The usage file of duct (con-duct): JSON lines, each a report with
 * "timestamp", "totals" and "processes", in bytes. A report has the highest
 * figures since the previous one.
 */
#ifndef MPROF_CSV_DUCT_H
#define MPROF_CSV_DUCT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "profile/profile.h"

/* Whether a file's first bytes are those of a duct file. */
bool duct_is_usage(const char *bytes, size_t len) __attribute__((nonnull));

/* Reads the len bytes already read, and the rest from fd, into an empty
 * profile. Other lines are skipped and counted. -1 with e where fd can't be
 * read. */
int duct_read(struct profile *profile, int fd, const char *bytes, size_t len,
    struct err *e) __attribute__((nonnull, warn_unused_result));

#endif
