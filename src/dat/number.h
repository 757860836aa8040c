/* SPDX-License-Identifier: MIT
 *
 * Numbers as a .dat file holds them: what Python's float() takes, read to the
 * same double as strtod(), but many times faster for plain decimals.
 */
#ifndef MPROF_DAT_NUMBER_H
#define MPROF_DAT_NUMBER_H

#include <stdint.h>

/* This many bytes behind the end of the text must be readable. */
#define NUMBER_PADDING 32

/* Reads the field at text, which ends before a blank, tab, CR or LF: one of
 * them must follow somewhere. Returns where it ends, NULL where the field is
 * no number. "nan" and "inf" are numbers. */
const char *number_read(const char *text, double *value)
    __attribute__((nonnull, warn_unused_result));

/* The first eight digits of a time, which many samples share; zeros at
 * first. */
struct number_seconds {
	uint64_t text, value;
};

/* Reads the rest of a sample's line just as mprof writes it: MiB with six
 * decimals, a blank, seconds of ten digits with four decimals, a newline.
 * Returns what follows; NULL where the line has any other shape, which says
 * nothing against it. */
const char *number_read_sample(struct number_seconds *seconds, const char *text,
    double *mib, double *time_s) __attribute__((nonnull, warn_unused_result));

#endif
