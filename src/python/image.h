/* SPDX-License-Identifier: MIT
 *
 * A copy of what a process had in its private, writable memory at one
 * moment, all of its threads standing. It is copied twice: while the process
 * runs, which makes room and finds the pages, and again while it stands, for
 * no longer than that takes. Only pages that are there are copied, and none
 * is made. Whatever happens, the process runs on.
 *
 * A state that passes (another tracer stops a thread for a moment, a thread
 * waits in the kernel) is waited for, for two seconds.
 *
 * What can't be written (names in a program's file) is no part of the copy:
 * memory_read() asks the process for it.
 */
#ifndef MPROF_PYTHON_IMAGE_H
#define MPROF_PYTHON_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/progress.h"
#include "python/interpreter.h"
#include "python/memory.h"

/* Mappings without a gap. Where no page was: zeroes. */
struct image_region {
	uint64_t start, end;
	uint8_t *bytes;
};

#define IMAGE_SLOTS 256

struct image {
	ARRAY(struct image_region) regions; /* in order, none in another */
	ARRAY(struct image_region) rooms;   /* what is mapped here for them */
	uint64_t copied;                    /* bytes that were there */
	int64_t pause_ns;                   /* how long the process stood */
	int64_t rss_kib; /* its resident memory meanwhile; -1: not told */
	bool collecting; /* its collector was at work all the while */
	int failed;      /* errno where it could not be asked for more: ESRCH
			  * where it had ended; 0 */
	struct python_memory live;
	const struct progress *progress; /* of what looks through it; NULL */
	/* Which region was found for which addresses. */
	const struct image_region *slots[IMAGE_SLOTS];
};

/* Copies the target, between two collections where there is such a moment.
 * image_finish() only after PYTHON_OK; e otherwise. */
enum python_result image_take(
    struct image *image, const struct python_target *target, struct err *e)
    __attribute__((nonnull, warn_unused_result));
void image_finish(struct image *image) __attribute__((nonnull));

/* Reads of the copy, and of the process beyond it. */
struct python_memory image_memory(struct image *image) __attribute__((nonnull));

const struct image_region *image_find(struct image *image, uint64_t address)
    __attribute__((nonnull));

/* All len bytes at address, or NULL where they are not in the copy; may be
 * unaligned. */
static inline const void *image_at(
    struct image *image, uint64_t address, uint64_t len)
{
	const struct image_region *region =
	    image->slots[address >> 20 & (IMAGE_SLOTS - 1)];

	if (!region || address < region->start || address >= region->end)
		region = image_find(image, address);
	if (!region || len > region->end - address)
		return NULL;
	return region->bytes + (address - region->start);
}

/* The number at address; 0 where there is none. */
static inline uint64_t image_u64(struct image *image, uint64_t address)
{
	const void *at = image_at(image, address, 8);

	return at ? field_u64(at, 0) : 0;
}

#endif
