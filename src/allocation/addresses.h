/* SPDX-License-Identifier: MIT
 *
 * The addresses that are sampled now, and the slot of each: a counting filter
 * that free() reads without a lock, and a chained hash table for addresses
 * that pass it. Zeroed it is empty. Changes need the lock of samples.c.
 */
#ifndef MPROF_ALLOCATION_ADDRESSES_H
#define MPROF_ALLOCATION_ADDRESSES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/allocation_table.h"

#define ADDRESSES_FILTER (1u << 20)
#define ADDRESSES_BUCKETS (1u << 15)
#define ADDRESSES_BUCKETS_FIRST (1u << 10) /* a page; full, it is doubled */
/* A page of its own: pages are cleared in a forked child. */
#define ADDRESSES_PAGE 4096
#define ADDRESSES_NONE UINT32_MAX

struct addresses {
	/* Counts sampled addresses by hash; a count of 255 stays. */
	uint8_t filter[ADDRESSES_FILTER];
	/* Slot number + 1 by hash; 0 ends a chain. */
	uint32_t heads[ADDRESSES_BUCKETS];
	/* Beside the first slots: a child that is short pays for each page. */
	uint32_t free;       /* chain of free slots */
	uint32_t used, live; /* slots that were ever used; slots in use */
	uint32_t buckets;    /* heads in use; 0: the first */
	uint64_t addresses[ALLOCATION_SLOTS];
	uint32_t next[ALLOCATION_SLOTS];
} __attribute__((aligned(ADDRESSES_PAGE)));

/* Neighbouring addresses share a counter: the part of the filter for a heap of
 * small pieces should stay in the cache. Large pieces, which begin at a page,
 * are spread by page. */
static inline uint32_t addresses_filter_at(const void *address)
{
	uintptr_t bits = (uintptr_t)address;

	return (uint32_t)(bits >> 7 ^ bits >> 24) & (ADDRESSES_FILTER - 1);
}

/* Whether the address may be sampled. */
static inline bool addresses_may_have(
    const struct addresses *addresses, const void *address)
{
	return __atomic_load_n(&addresses->filter[addresses_filter_at(address)],
		   __ATOMIC_RELAXED) != 0;
}

/* The slot of an address; ADDRESSES_NONE where it has none. */
uint32_t addresses_find(const struct addresses *addresses, const void *address);

/* Gives the address a free slot; ADDRESSES_NONE: all are in use. */
uint32_t addresses_add(struct addresses *addresses, void *address);

/* Frees the slot. */
void addresses_remove(struct addresses *addresses, uint32_t slot);

#endif
