/* SPDX-License-Identifier: MIT
 *
 * The content of one cell of a table: a number, a moment, an amount of memory.
 */
#ifndef MPROF_CSV_CELLS_H
#define MPROF_CSV_CELLS_H

#include <stdbool.h>

/* Parses a number with a decimal point (or comma, unless that is a delimiter);
 * *rest is the text after it. False where there is none. */
bool cell_number(const char *text, bool comma, double *number,
    const char **rest) __attribute__((nonnull));

/* Parses a time into seconds: a number, 14:39:37, 02:39:37 PM,
 * 2026-11-22T14:39:37Z or 2026-11-22 14:39:37+01:00 (local time without a
 * zone). Numbers far larger than seconds since the epoch are milli-, micro- or
 * nanoseconds. */
bool cell_time(const char *text, bool comma, double *seconds)
    __attribute__((nonnull));

/* The unit in MiB, in upper or lower case: B, kB, KiB, MB, M, GiB ... ; 0 for
 * other names. */
double cell_unit(const char *name) __attribute__((nonnull));

#endif
