/* SPDX-License-Identifier: MIT
 *
 * Numbers in a .dat file: everything that Python's float() accepts, parsed to
 * the same double as by strtod(), but many times faster for plain decimals.
 */
#ifndef MPROF_DAT_NUMBER_H
#define MPROF_DAT_NUMBER_H

#include <stdint.h>

/* Readable bytes that must follow the text. */
#define NUMBER_PADDING 32

/* Parses the field at text, which ends before a blank, tab, CR or LF, one of
 * which must follow. Returns its end; NULL where it is no number. "nan" and
 * "inf" are numbers. */
const char *number_read(const char *text, double *value)
    __attribute__((nonnull, warn_unused_result));

/* The first eight digits of a time, which many samples share; initially
 * zeros. */
struct number_seconds {
	uint64_t text, value;
};

/* Parses the rest of a sample's line in exactly mprof's form: MiB with six
 * decimals, a blank, seconds with ten digits and four decimals, a newline.
 * Returns what follows; NULL for any other form, which may still be valid. */
const char *number_read_sample(struct number_seconds *seconds, const char *text,
    double *mib, double *time_s) __attribute__((nonnull, warn_unused_result));

#endif
