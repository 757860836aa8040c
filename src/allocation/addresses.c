// SPDX-License-Identifier: MIT
#include "allocation/addresses.h"

static uint32_t addresses_bucket(uint64_t address)
{
	return (uint32_t)((address >> 4) * 0x9e3779b97f4a7c15u >> 49);
}

uint32_t addresses_find(const struct addresses *addresses, const void *address)
{
	uint64_t bits = (uintptr_t)address;
	uint32_t at = addresses->heads[addresses_bucket(bits)];

	while (at && addresses->addresses[at - 1] != bits)
		at = addresses->next[at - 1];
	return at ? at - 1 : ADDRESSES_NONE;
}

uint32_t addresses_add(struct addresses *addresses, void *address)
{
	uint64_t bits = (uintptr_t)address;
	uint8_t *filter = &addresses->filter[addresses_filter_at(address)];
	uint32_t *head = &addresses->heads[addresses_bucket(bits)],
		 at = addresses->free;

	if (at)
		addresses->free = addresses->next[at - 1];
	else if (addresses->used < ALLOCATION_SLOTS)
		at = ++addresses->used;
	else
		return ADDRESSES_NONE;
	addresses->addresses[at - 1] = bits;
	addresses->next[at - 1] = *head;
	*head = at;
	addresses->live++;
	if (*filter < UINT8_MAX)
		__atomic_store_n(filter, *filter + 1, __ATOMIC_RELAXED);
	return at - 1;
}

void addresses_remove(struct addresses *addresses, uint32_t slot)
{
	uint64_t bits = addresses->addresses[slot];
	uint8_t *filter = &addresses->filter[addresses_filter_at((void *)bits)];
	uint32_t *link = &addresses->heads[addresses_bucket(bits)];

	while (*link != slot + 1)
		link = &addresses->next[*link - 1];
	*link = addresses->next[slot];
	addresses->addresses[slot] = 0;
	addresses->next[slot] = addresses->free;
	addresses->free = slot + 1;
	addresses->live--;
	if (*filter < UINT8_MAX)
		__atomic_store_n(filter, *filter - 1, __ATOMIC_RELAXED);
}
