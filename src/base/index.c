// SPDX-License-Identifier: MIT
#include "base/index.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* FNV-1a. */
uint32_t index_hash(const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * 16777619u;
	return hash ^ hash >> 16;
}

uint32_t index_hash_number(uint64_t number)
{
	return (uint32_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

size_t index_find(const struct index *index, uint32_t hash, index_same *same,
    const void *items, const void *key)
{
	size_t mask = index->cap - 1;

	if (index->cap == 0)
		return INDEX_NONE;
	for (size_t i = hash & mask; index->slots[i].place;
	     i = (i + 1) & mask) {
		const struct index_slot *slot = &index->slots[i];

		if (slot->hash == hash && same(items, slot->place - 1, key))
			return slot->place - 1;
	}
	return INDEX_NONE;
}

static void index_put(struct index *index, struct index_slot slot)
{
	size_t mask = index->cap - 1;
	size_t i = slot.hash & mask;

	while (index->slots[i].place)
		i = (i + 1) & mask;
	index->slots[i] = slot;
}

void index_add(struct index *index, uint32_t hash, size_t at)
{
	struct index old = *index;

	if (2 * (index->len + 1) > index->cap) {
		index->cap = old.cap ? 2 * old.cap : 16;
		index->slots = mem_zero(index->cap, sizeof(index->slots[0]));
		for (size_t i = 0; i < old.cap; i++) {
			if (old.slots[i].place)
				index_put(index, old.slots[i]);
		}
		free(old.slots);
	}
	index_put(index, (struct index_slot){hash, (uint32_t)at + 1});
	index->len++;
}

size_t index_place(struct index *index, uint32_t hash, index_same *same,
    const void *items, const void *key, size_t next)
{
	size_t at = index_find(index, hash, same, items, key);

	if (at != INDEX_NONE)
		return at;
	index_add(index, hash, next);
	return next;
}

void index_clear(struct index *index)
{
	if (index->len > 0)
		memset(index->slots, 0, index->cap * sizeof(index->slots[0]));
	index->len = 0;
}

void index_finish(struct index *index)
{
	free(index->slots);
	*index = (struct index){0};
}
