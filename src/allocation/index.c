// SPDX-License-Identifier: MIT
#include "allocation/index.h"

static uint32_t index_bucket(uint64_t address)
{
	return (uint32_t)((address >> 4) * 0x9e3779b97f4a7c15u >> 49);
}

uint32_t index_find(const struct index *index, const void *address)
{
	uint64_t bits = (uintptr_t)address;
	uint32_t at = index->heads[index_bucket(bits)];

	while (at && index->addresses[at - 1] != bits)
		at = index->next[at - 1];
	return at ? at - 1 : INDEX_NONE;
}

uint32_t index_add(struct index *index, void *address)
{
	uint64_t bits = (uintptr_t)address;
	uint8_t *filter = &index->filter[index_filter_at(address)];
	uint32_t *head = &index->heads[index_bucket(bits)], at = index->free;

	if (at)
		index->free = index->next[at - 1];
	else if (index->used < ALLOCATION_SLOTS)
		at = ++index->used;
	else
		return INDEX_NONE;
	index->addresses[at - 1] = bits;
	index->next[at - 1] = *head;
	*head = at;
	index->live++;
	if (*filter < UINT8_MAX)
		__atomic_store_n(filter, *filter + 1, __ATOMIC_RELAXED);
	return at - 1;
}

void index_remove(struct index *index, uint32_t slot)
{
	uint64_t bits = index->addresses[slot];
	uint8_t *filter = &index->filter[index_filter_at((void *)bits)];
	uint32_t *link = &index->heads[index_bucket(bits)];

	while (*link != slot + 1)
		link = &index->next[*link - 1];
	*link = index->next[slot];
	index->addresses[slot] = 0;
	index->next[slot] = index->free;
	index->free = slot + 1;
	index->live--;
	if (*filter < UINT8_MAX)
		__atomic_store_n(filter, *filter - 1, __ATOMIC_RELAXED);
}
