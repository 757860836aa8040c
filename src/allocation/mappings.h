/* SPDX-License-Identifier: MIT
 *
 * The sampled allocations that are the program's own mmap() mappings, which
 * may be unmapped in parts. Zeroed it is empty. Calls need the lock of
 * samples.c.
 */
#ifndef MPROF_ALLOCATION_MAPPINGS_H
#define MPROF_ALLOCATION_MAPPINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "allocation/slots.h"

#define MAPPINGS_MOST 8192

struct mappings {
	struct {
		uint64_t begin, end;
	} list[MAPPINGS_MOST];
	uint32_t len;
};

/* The bytes that a sample represents when its size has changed. */
uint64_t mappings_weight(const struct allocation_slot *whole, uint64_t size);

/* Adds a sample that is a mapping. False: there are too many. */
bool mappings_put(struct mappings *mappings, struct slots *slots,
    struct addresses *addresses, const struct allocation_slot *slot);

/* The memory at [begin, end) is unmapped or replaced: of samples in it, the
 * rest is kept, in two pieces at most. True, with the sample as it was, if
 * begin was its first address. */
bool mappings_cut(struct mappings *mappings, struct slots *slots,
    struct addresses *addresses, uint64_t begin, uint64_t end,
    struct allocation_slot *first);

#endif
