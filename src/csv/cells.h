/* SPDX-License-Identifier: MIT
 *
 * The content of one cell of a table: a number, a moment, an amount of memory.
 */
#ifndef MPROF_CSV_CELLS_H
#define MPROF_CSV_CELLS_H

#include <stdbool.h>

/* A number with a decimal point (or comma, where that is no delimiter);
 * *rest is what follows it. False where there is none. */
bool cell_number(const char *text, bool comma, double *number,
    const char **rest) __attribute__((nonnull));

/* A moment in seconds: a number, 14:39:37, 02:39:37 PM, 2026-11-22T14:39:37Z
 * or 2026-11-22 14:39:37+01:00 (local time without a zone). Numbers that are
 * far beyond seconds since the epoch are milli-, micro- or nanoseconds. */
bool cell_time(const char *text, bool comma, double *seconds)
    __attribute__((nonnull));

/* The unit in MiB, in upper or lower case: B, kB, KiB, MB, M, GiB ... ; 0 where
 * it is none. */
double cell_unit(const char *name) __attribute__((nonnull));

#endif
