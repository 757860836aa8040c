/* SPDX-License-Identifier: MIT
 *
 * Writes a profile as a tidy table: time,elapsed,pid,name,metric,mib, as RFC
 * 4180 describes it. Rows without a pid are the total; metric is the measure,
 * or "peak" for a high-water mark between samples.
 */
#ifndef MPROF_CSV_EXPORT_H
#define MPROF_CSV_EXPORT_H

#include <stdio.h>

#include "profile/profile.h"

/* Writes every run, series by series. Errors show in the stream. */
void csv_export(const struct profile *profile, FILE *out)
    __attribute__((nonnull));

/* Prepends an apostrophe to text that a spreadsheet would take for a formula;
 * escapes what can't be displayed. The caller frees. */
char *csv_guard(const char *text) __attribute__((nonnull));

/* Writes the text guarded and in quotes. */
void csv_write_quoted(const char *text, FILE *out) __attribute__((nonnull));

/* Removes the apostrophe. The caller frees. */
char *csv_unguard(const char *text) __attribute__((nonnull));

#endif
