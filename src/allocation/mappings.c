// SPDX-License-Identifier: MIT
#include "allocation/mappings.h"

static void mappings_add(
    struct mappings *mappings, uint64_t begin, uint64_t end)
{
	mappings->list[mappings->len].begin = begin;
	mappings->list[mappings->len++].end = end;
}

uint64_t mappings_weight(const struct allocation_slot *whole, uint64_t size)
{
	uint64_t weight = (uint64_t)((double)whole->weight * (double)size /
				     (double)whole->size);

	return weight < size ? size : weight;
}

/* Keeps the remaining part of a sample. */
static void mappings_keep(struct mappings *mappings, struct slots *slots,
    struct addresses *addresses, const struct allocation_slot *whole,
    const uint64_t part[static 2])
{
	struct allocation_slot left = *whole;

	if (part[0] >= part[1] || mappings->len == MAPPINGS_MOST)
		return;
	left.address = part[0];
	left.size = part[1] - part[0];
	left.weight = mappings_weight(whole, left.size);
	mappings_add(mappings, part[0], part[1]);
	slots_put(slots, addresses, &left, CALLERS_NONE);
}

bool mappings_cut(struct mappings *mappings, struct slots *slots,
    struct addresses *addresses, uint64_t begin, uint64_t end,
    struct allocation_slot *first)
{
	bool is_found = false;

	/* Pieces that are kept are appended, and not visited again. */
	for (uint32_t at = mappings->len; at-- > 0;) {
		uint64_t from = mappings->list[at].begin,
			 to = mappings->list[at].end;
		struct allocation_slot whole;

		if (from >= end || to <= begin)
			continue;
		mappings->list[at] = mappings->list[--mappings->len];
		/* The sample was dropped when the period doubled. */
		if (!slots_remove(
			slots, addresses, (void *)(uintptr_t)from, &whole))
			continue;
		if (from == begin) {
			*first = whole;
			is_found = true;
		}
		mappings_keep(mappings, slots, addresses, &whole,
		    (uint64_t[2]){from, begin});
		mappings_keep(
		    mappings, slots, addresses, &whole, (uint64_t[2]){end, to});
	}
	return is_found;
}

bool mappings_put(struct mappings *mappings, struct slots *slots,
    struct addresses *addresses, const struct allocation_slot *slot)
{
	uint64_t end = slot->address + slot->size;
	struct allocation_slot missed;

	mappings_cut(mappings, slots, addresses, slot->address, end, &missed);
	if (mappings->len == MAPPINGS_MOST)
		return false;
	mappings_add(mappings, slot->address, end);
	slots_put(slots, addresses, slot, CALLERS_NONE);
	return true;
}
