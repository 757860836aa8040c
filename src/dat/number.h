/* SPDX-License-Identifier: MIT
 *
 * Numbers as a .dat file holds them: what Python's float() takes, read to the
 * same double as strtod(), but many times faster for plain decimals.
 */
#ifndef MPROF_DAT_NUMBER_H
#define MPROF_DAT_NUMBER_H

/* So many bytes behind the end of what it reads must be readable. */
#define NUMBER_PADDING 8

/* Reads the field at text, which ends before a blank, tab, CR or LF: one of
 * them must follow somewhere. Returns where it ends, NULL where the field is
 * no number. "nan" and "inf" are numbers. */
const char *number_read(const char *text, double *value)
    __attribute__((nonnull, warn_unused_result));

#endif
