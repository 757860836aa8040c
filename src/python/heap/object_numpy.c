// SPDX-License-Identifier: MIT
#include "python/heap/object_numpy.h"

#include <limits.h>

#define DIMENSIONS_MAX 64 /* of NumPy 2; 32 before */
#define OWNS_DATA 4
#define KIND_OBJECT 'O'

/* PyArrayObject: data, number of dimensions, their sizes, strides, base,
 * description, flags. */
enum { DATA = 16, COUNT = 24, SIZES = 32, FLAGS = 64, ARRAY_SIZE = 72 };

/* PyArray_Descr: type, four characters, a number; then, up to NumPy 1, size and
 * alignment as int; since NumPy 2 flags, and both as wide as an address. */
enum {
	KIND = 24,
	SIZE_1 = 32,
	ALIGNMENT_1 = 36,
	SIZE_2 = 40,
	ALIGNMENT_2 = 48,
	DESCRIPTION_SIZE = 56
};

static bool object_numpy_is_power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

uint64_t numpy_item_size(struct snapshot *snapshot,
    const struct python_offsets *offsets, uint64_t description)
{
	const char *at = snapshot_at(snapshot,
	    description + (uint64_t)python_header_extra(offsets),
	    DESCRIPTION_SIZE);

	if (!at)
		return 0;
	/* The upper half of NumPy 2's flags is unused. */
	if (object_numpy_is_power_of_two(field_u32(at, ALIGNMENT_1)))
		return field_u32(at, SIZE_1) <= INT_MAX ? field_u32(at, SIZE_1)
							: 0;
	if (field_u32(at, ALIGNMENT_1) == 0 &&
	    object_numpy_is_power_of_two(field_u64(at, ALIGNMENT_2)))
		return field_u64(at, SIZE_2);
	return 0;
}

/* Product of all dimensions and the item size; 0 where that is more than any
 * memory. */
static uint64_t object_numpy_bytes_of(
    struct snapshot *snapshot, uint64_t sizes, uint64_t count, uint64_t item)
{
	const char *at = snapshot_at(snapshot, sizes, 8 * count);

	if (count && !at)
		return 0;
	for (uint64_t i = 0; i < count; i++)
		if (__builtin_mul_overflow(
			item, field_u64(at + 8 * i, 0), &item))
			return 0;
	return item < MEMORY_END ? item : 0;
}

struct numpy_array numpy_array_read(struct snapshot *snapshot,
    const struct python_offsets *offsets, uint64_t address)
{
	uint64_t extra = (uint64_t)python_header_extra(offsets);
	const char *at = snapshot_at(snapshot, address + extra, ARRAY_SIZE);
	struct numpy_array array = {0};
	uint64_t description, bytes;
	const char *kind;

	if (!at || field_u32(at, COUNT) > DIMENSIONS_MAX)
		return array;
	array.dimensions = field_u32(at, COUNT);
	if (!(field_u32(at, FLAGS) & OWNS_DATA))
		return array;
	description = field_u64(at, NUMPY_DESCRIPTION);
	bytes = object_numpy_bytes_of(snapshot, field_u64(at, SIZES),
	    array.dimensions, numpy_item_size(snapshot, offsets, description));
	if (!bytes || !snapshot_at(snapshot, field_u64(at, DATA), bytes))
		return array;
	kind = snapshot_at(snapshot, description + extra + KIND, 1);
	array.data = field_u64(at, DATA);
	array.bytes = bytes;
	array.objects = kind && *kind == KIND_OBJECT;
	return array;
}
