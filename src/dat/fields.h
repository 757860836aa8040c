/* SPDX-License-Identifier: MIT
 *
 * The text in a record: its blank-separated fields, its key=value pairs, the
 * two encodings that keep a record on one line, and numbers. A number is
 * everything that Python's float() accepts, parsed to the same double as by
 * strtod(), but many times faster for plain decimals.
 */
#ifndef MPROF_DAT_FIELDS_H
#define MPROF_DAT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct field {
	const char *text; /* not terminated */
	size_t len;
};

/* Takes the field at *at, which then points after it; false at the line's end.
 * Blanks and tabs separate fields. */
bool field_next(const char **at, const char *end, struct field *field)
    __attribute__((nonnull));

/* Takes the last field before *end, which then points to the field's start. */
bool field_last(const char *start, const char **end, struct field *field)
    __attribute__((nonnull));

/* Takes the text up to the next separator, which may be empty; *at then points
 * after the separator. False where *at is beyond the end. */
bool field_split(const char **at, const char *end, char separator,
    struct field *field) __attribute__((nonnull));

/* Whether the field is KEY=VALUE with that key; value gets the rest. */
bool field_value(const struct field *field, const char *key,
    struct field *value) __attribute__((nonnull));

/* Parses a whole number; false where the field is none, or it doesn't fit. */
bool field_int(const struct field *field, int *number) __attribute__((nonnull));
bool field_count(const struct field *field, uint64_t *number)
    __attribute__((nonnull));

/* Decodes %NN; a %00, which no string can contain, stays. The caller frees. */
char *field_decode(const struct field *field) __attribute__((nonnull));

/* Unescapes \n, \t, \r, and \xNN for control characters and invalid UTF-8, in a
 * command line; a NUL becomes \x00. The caller frees. */
char *field_unescape(const char *text, size_t len) __attribute__((nonnull));

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
