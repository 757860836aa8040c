// SPDX-License-Identifier: MIT
/* The debug offsets that an interpreter of a row would tell, for tests that put
 * them into a made-up one. */
#ifndef TESTS_UNIT_DEBUG_ROW_H
#define TESTS_UNIT_DEBUG_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "python/remote/offsets.h"

struct debug_word {
	unsigned
	    word; /* its place, counted from the cookie, in words of 8 bytes */
	uint64_t value;
};

/* Gives the next word of the row; *at begins at 0. False: there are no more. */
static inline bool debug_row_next(
    const struct python_offsets *row, size_t *at, struct debug_word *found)
{
	static const struct {
		int minor;
		size_t field;
		unsigned word;
	} words[] = {
#define DEBUG_OFFSET(minor, name, word) \
	{minor, offsetof(struct python_offsets, name), word},
#include "python/remote/debug_offsets.def"
#undef DEBUG_OFFSET
	};

	for (; *at < sizeof(words) / sizeof(*words); ++*at) {
		const char *field = (const char *)row + words[*at].field;
		int value;

		if (words[*at].minor != row->minor)
			continue;
		found->word = words[*at].word;
		memcpy(&value, field, sizeof(value));
		found->value = (uint64_t)value;
		++*at;
		return true;
	}
	return false;
}

#endif
