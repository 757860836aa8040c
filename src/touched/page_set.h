/* SPDX-License-Identifier: MIT
 *
 * The sampled pages of a process that are resident, and for how much memory
 * they stand.
 */
#ifndef MPROF_TOUCHED_PAGE_SET_H
#define MPROF_TOUCHED_PAGE_SET_H

#include <stdint.h>

#include "base/array.h"
#include "proc/resident.h"

/* Address of memory that no fault was seen to bring: it counts as resident
 * while its process lives. */
#define PAGE_SET_NOWHERE UINT64_MAX

struct page_sample {
	uint64_t address;
	uint32_t id; /* a later sample has a higher one */
	uint32_t kib;
};

struct page_set {
	ARRAY(struct page_sample) pages; /* by their ids */
	int64_t kib;                     /* the sum of theirs */
};

struct page_ids {
	ARRAY(uint32_t) ids;
};

/* page: later than all that are in the set. */
void page_set_add(struct page_set *set, struct page_sample page)
    __attribute__((nonnull));

/* Removes the pages that are not resident; all of them without `resident`. The
 * ids of removed ones are added to `gone`. */
void page_set_remove_absent(struct page_set *set,
    const struct resident *resident, struct page_ids *gone)
    __attribute__((nonnull(1, 3)));

/* Removes samples until the set has no more than that many KiB, the oldest
 * first: those with a later sample within near_kib, as their memory was given
 * back and used again; then those that have no address. */
void page_set_remove_reused(struct page_set *set, int64_t most_kib,
    int64_t near_kib, struct page_ids *gone) __attribute__((nonnull));

#endif
