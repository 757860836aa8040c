// SPDX-License-Identifier: MIT
#include "python/remote/offsets.h"

#include <stdbool.h>
#include <stddef.h>

/* Bound for an offset; the interpreter's state, the largest structure, has less
 * than half a MiB. */
#define OFFSET_MAX (16 << 20)

#define PYTHON_OFFSETS(...) {__VA_ARGS__},
static const struct python_offsets rows[] = {
#include "python/remote/offsets.def"
};
#undef PYTHON_OFFSETS

#define ROWS (sizeof(rows) / sizeof(*rows))

/* Index of the word in struct python_debug that holds an offset, by minor
 * version. */
static const struct {
	size_t field;
	int minor;
	unsigned word;
} debug_words[] = {
#define DEBUG_OFFSET(minor, name, word) \
	{offsetof(struct python_offsets, name), minor, word},
#include "python/remote/debug_offsets.def"
#undef DEBUG_OFFSET
};

const struct python_offsets *python_offsets_row(unsigned index)
{
	return index < ROWS ? &rows[index] : NULL;
}

const struct python_offsets *python_offsets_find(
    int minor, int micro, bool free_threaded)
{
	const struct python_offsets *best = NULL;

	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].minor == minor &&
		    rows[i].free_threaded == free_threaded &&
		    (!best || micro < 0 || rows[i].micro <= micro))
			best = &rows[i];
	return best;
}

int python_offsets_newest(void)
{
	return rows[ROWS - 1].minor;
}

int python_offsets_oldest(void)
{
	return rows[0].minor;
}

bool python_offsets_are_described(int minor)
{
	for (size_t i = 0; i < sizeof(debug_words) / sizeof(*debug_words); i++)
		if (debug_words[i].minor == minor)
			return true;
	return false;
}

/* Whether an offset may differ between builds of a release: those of the
 * runtime and the interpreter do, and what they lead to can be checked. The
 * others are the same in each build. */
static bool offsets_may_differ(size_t field)
{
	return field < offsetof(struct python_offsets, gil_last_holder);
}

int python_offsets_adopt(
    struct python_offsets *offsets, const struct python_debug *debug)
{
	const uint64_t *words = (const uint64_t *)debug;

	for (size_t i = 0; i < sizeof(debug_words) / sizeof(*debug_words);
	     i++) {
		int *offset = (int *)((char *)offsets + debug_words[i].field);
		uint64_t word = words[debug_words[i].word];

		if (debug_words[i].minor != offsets->minor)
			continue;
		if (word > OFFSET_MAX ||
		    (word != (uint64_t)*offset &&
			!offsets_may_differ(debug_words[i].field)))
			return -1;
		*offset = (int)word;
	}
	return 0;
}

/* Without the GIL a thread counts its own references, and the others theirs,
 * which may be negative; the sum counts. Immortal objects have the highest own
 * count. Where counting is deferred, far more is added than memory could hold,
 * and an object may live on with references from a stack alone. */
uint64_t python_references_without_gil(
    const struct python_offsets *offsets, const void *header)
{
	const int64_t deferred = INT64_MAX / 8;
	uint32_t local = field_u32(header, offsets->object_local);
	int64_t sum = (int64_t)field_u64(header, offsets->object_shared) >> 2;

	if (local == UINT32_MAX)
		return local;
	sum += local;
	if (sum >= deferred / 2)
		return sum > deferred ? (uint64_t)(sum - deferred) : 1;
	return sum > 0 ? (uint64_t)sum : 0;
}
