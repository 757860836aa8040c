// SPDX-License-Identifier: MIT
#include "allocation/addresses.h"

#include <string.h>

static uint32_t addresses_buckets(const struct addresses *addresses)
{
	return addresses->buckets > 0 ? addresses->buckets
				      : ADDRESSES_BUCKETS_FIRST;
}

static uint32_t addresses_bucket(
    const struct addresses *addresses, uint64_t address)
{
	return (uint32_t)((address >> 4) * 0x9e3779b97f4a7c15u >> 49) &
	       (addresses_buckets(addresses) - 1);
}

uint32_t addresses_find(const struct addresses *addresses, const void *address)
{
	uint64_t bits = (uintptr_t)address;
	uint32_t at = addresses->heads[addresses_bucket(addresses, bits)];

	while (at && addresses->addresses[at - 1] != bits)
		at = addresses->next[at - 1];
	return at ? at - 1 : ADDRESSES_NONE;
}

static void addresses_chain(struct addresses *addresses, uint32_t slot)
{
	uint32_t *head = &addresses->heads[addresses_bucket(
	    addresses, addresses->addresses[slot])];

	addresses->next[slot] = *head;
	*head = slot + 1;
}

static void addresses_grow(struct addresses *addresses)
{
	addresses->buckets = 2 * addresses_buckets(addresses);
	memset(addresses->heads, 0,
	    addresses->buckets * sizeof(*addresses->heads));
	for (uint32_t slot = 0; slot < addresses->used; slot++)
		if (addresses->addresses[slot])
			addresses_chain(addresses, slot);
}

uint32_t addresses_add(struct addresses *addresses, void *address)
{
	uint8_t *filter = &addresses->filter[addresses_filter_at(address)];
	uint32_t at = addresses->free;

	if (addresses->live == addresses_buckets(addresses) &&
	    addresses->live < ADDRESSES_BUCKETS)
		addresses_grow(addresses);
	if (at)
		addresses->free = addresses->next[at - 1];
	else if (addresses->used < ALLOCATION_SLOTS)
		at = ++addresses->used;
	else
		return ADDRESSES_NONE;
	addresses->addresses[at - 1] = (uintptr_t)address;
	addresses_chain(addresses, at - 1);
	addresses->live++;
	if (*filter < UINT8_MAX)
		__atomic_store_n(filter, *filter + 1, __ATOMIC_RELAXED);
	return at - 1;
}

void addresses_remove(struct addresses *addresses, uint32_t slot)
{
	uint64_t bits = addresses->addresses[slot];
	uint8_t *filter = &addresses->filter[addresses_filter_at((void *)bits)];
	uint32_t *link = &addresses->heads[addresses_bucket(addresses, bits)];

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
