// SPDX-License-Identifier: MIT
#include "base/json_strings.h"

#include <stddef.h>
#include <string.h>

/* Copies the text after a quote; returns the position after its end. */
static const char *json_strings_copy(const char *at, char *out, size_t size)
{
	size_t len = 0;

	while (*at && *at != '"') {
		if (*at == '\\' && at[1] && strchr("\"\\/", at[1]))
			at++;
		else if (*at == '\\' && at[1] && len + 1 < size)
			out[len++] = *at++;
		if (len + 1 < size)
			out[len++] = *at;
		at++;
	}
	out[len] = 0;
	return *at ? at + 1 : at;
}

bool json_strings_next(struct json_strings *walk)
{
	while (*walk->at) {
		char c = *walk->at++;

		if (c == '{' || c == '[')
			walk->depth++;
		if (c == '}' || c == ']')
			walk->depth--;
		if (c != '"')
			continue;
		walk->at = json_strings_copy(
		    walk->at, walk->value, sizeof(walk->value));
		walk->at += strspn(walk->at, " \t\r\n");
		if (*walk->at != ':')
			return true;
		strncpy(walk->key, walk->value, sizeof(walk->key) - 1);
		walk->key[sizeof(walk->key) - 1] = 0;
	}
	return false;
}
