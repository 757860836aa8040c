/* SPDX-License-Identifier: MIT
 *
 * The texts in a JSON document, one after the other, without the document: a
 * walk that knows strings, keys and depth. What is no JSON gives any texts, and
 * never more than the input has.
 */
#ifndef MPROF_BASE_JSON_STRINGS_H
#define MPROF_BASE_JSON_STRINGS_H

#include <stdbool.h>

struct json_strings {
	const char *at; /* where the walk goes on; set it to the document */
	int depth;      /* of the value: 1 is that of the outermost object */
	char key[256];  /* that the value, or its list, belongs to */
	char value[1024];
};

/* The next value that is a text. Escapes but \" \\ and \/ are left as they are;
 * what is too long is cut. False at the end. */
bool json_strings_next(struct json_strings *walk) __attribute__((nonnull));

#endif
