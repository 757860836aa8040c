// SPDX-License-Identifier: MIT
#include "python/heap/object_dict.h"

#define LOG2_MAX 40

/* Entries that fit: two thirds of the slots. */
static uint64_t object_dict_usable_of(uint64_t slots)
{
	return (slots << 1) / 3;
}

/* PyDictKeysObject up to 3.10: reference count, slots, lookup function, usable,
 * entries; then an index as wide as needed. */
static bool object_dict_read_old(
    struct dict_keys *keys, const char *at, uint64_t address)
{
	uint64_t slots = field_u64(at, 8), width;

	if (slots > (uint64_t)1 << LOG2_MAX)
		return false;
	width = slots <= 0xff ? 1 : slots <= 0xffff ? 2 : 4;
	if (slots > UINT32_MAX)
		width = 8;
	keys->usable = field_u64(at, 24);
	keys->used = field_u64(at, 32);
	keys->hashed = true;
	keys->entries = address + 40 + width * slots;
	keys->bytes = 40 + width * slots + 24 * object_dict_usable_of(slots);
	return keys->used <= slots;
}

/* Since 3.11: reference count, log2 of the slots and of the index's bytes, kind
 * (0: any keys; else only str, without their hash), version, usable,
 * entries. */
static bool object_dict_read_new(
    struct dict_keys *keys, const char *at, uint64_t address)
{
	unsigned slots_log2 = (unsigned char)at[8];
	unsigned index_log2 = (unsigned char)at[9];
	uint64_t slots, index;

	if (slots_log2 > LOG2_MAX || index_log2 > LOG2_MAX + 3)
		return false;
	slots = (uint64_t)1 << slots_log2;
	index = (uint64_t)1 << index_log2;
	keys->hashed = at[10] == 0;
	keys->usable = field_u64(at, 16);
	keys->used = field_u64(at, 24);
	keys->entries = address + 32 + index;
	keys->bytes = 32 + index +
		      (keys->hashed ? 24 : 16) * object_dict_usable_of(slots);
	return keys->used <= slots;
}

bool dict_keys_read(struct dict_keys *keys, struct snapshot *snapshot,
    const struct python_target *target, uint64_t address)
{
	const char *at = snapshot_at(snapshot, address, 40);

	if (!at)
		return false;
	keys->refs = field_u64(at, 0);
	if (target->offsets.dict_keys_form == DICT_KEYS_LOG2
		? !object_dict_read_new(keys, at, address)
		: !object_dict_read_old(keys, at, address))
		return false;
	if (keys->usable > (uint64_t)1 << LOG2_MAX)
		return false;
	return !keys->used || snapshot_at(snapshot, keys->entries,
				  keys->used * (keys->hashed ? 24 : 16));
}

void dict_keys_entry(const struct dict_keys *keys, struct snapshot *snapshot,
    uint64_t i, uint64_t *key, uint64_t *value)
{
	uint64_t at = keys->entries + (keys->hashed ? 24 * i + 8 : 16 * i);

	*key = snapshot_u64(snapshot, at);
	*value = snapshot_u64(snapshot, at + 8);
}

/* Since 3.13 the values are preceded by four bytes of their own and four of
 * padding. */
uint64_t dict_values(const struct python_target *target, uint64_t values)
{
	return values ? values + (uint64_t)target->offsets.dict_values_first
		      : 0;
}
