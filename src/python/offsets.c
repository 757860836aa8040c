// SPDX-License-Identifier: MIT
#include "python/offsets.h"

#include <stddef.h>

/* The interpreter's state is the largest structure, below half a MiB. */
#define OFFSET_MAX (16 << 20)

#define PYTHON_OFFSETS(...) {__VA_ARGS__},
static const struct python_offsets rows[] = {
#include "python/offsets.def"
};
#undef PYTHON_OFFSETS

#define ROWS (sizeof(rows) / sizeof(*rows))

/* Which word of struct python_debug says which offset. */
static const struct {
	size_t field;
	unsigned word;
} told[] = {
#define DEBUG_OFFSET(name, word) {offsetof(struct python_offsets, name), word},
#include "python/debug_offsets.def"
#undef DEBUG_OFFSET
};

const struct python_offsets *python_offsets_row(unsigned index)
{
	return index < ROWS ? &rows[index] : NULL;
}

const struct python_offsets *python_offsets_find(int minor, int micro)
{
	const struct python_offsets *best = NULL;

	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].minor == minor &&
		    (!best || micro < 0 || rows[i].micro <= micro))
			best = &rows[i];
	return best;
}

int python_offsets_adopt(
    struct python_offsets *offsets, const struct python_debug *debug)
{
	const uint64_t *words = (const uint64_t *)debug;

	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++) {
		uint64_t offset = words[told[i].word];

		if (offset > OFFSET_MAX)
			return -1;
		*(int *)((char *)offsets + told[i].field) = (int)offset;
	}
	return 0;
}
