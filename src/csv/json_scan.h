/* SPDX-License-Identifier: MIT
 *
 * The values of a JSON text (RFC 8259), each passed to a function with the keys
 * that lead to it.
 */
#ifndef MPROF_CSV_JSON_SCAN_H
#define MPROF_CSV_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

enum { JSON_DEEPEST = 32 };

struct json_value {
	const char *keys[JSON_DEEPEST]; /* "" for an element of an array */
	size_t depth;                   /* how many keys */
	const char *text; /* a number as it is written, or a string's text */
	bool is_string;
};

/* The strings are good until it returns; those of one object's keys are the
 * same pointer for all values below it. */
typedef void json_visit(const struct json_value *value, void *context);

/* Passes each number and string of the text, which ends with a NUL and is
 * overwritten; true, false and null are passed over. False where it is no JSON,
 * or nested deeper than JSON_DEEPEST; some values may have been passed by then.
 */
bool json_scan(char *text, json_visit *visit, void *context)
    __attribute__((nonnull(1, 2)));

#endif
