/* SPDX-License-Identifier: MIT
 *
 * The strings in a JSON document, one after the other, without building the
 * document: a walk that knows strings, keys and depth. Input that is no JSON
 * gives some strings, never more than it contains.
 */
#ifndef MPROF_BASE_JSON_STRINGS_H
#define MPROF_BASE_JSON_STRINGS_H

#include <stdbool.h>

struct json_strings {
	const char *at; /* position of the walk; set it to the document */
	int depth;      /* depth of the value: 1 in the outermost object */
	char key[256];  /* key of the value, or of its list */
	char value[1024];
};

/* The next text value. Escapes other than \" \\ and \/ are not decoded; long
 * texts are cut. False at the end. */
bool json_strings_next(struct json_strings *walk) __attribute__((nonnull));

#endif
