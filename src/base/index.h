/* SPDX-License-Identifier: MIT
 *
 * A hash table of positions in an array that its owner keeps: the owner hashes
 * keys and compares items; the index has the array position of each key's
 * item. Zeroed it is empty. Single positions can't be removed: an owner that
 * drops or moves items clears the index and adds the rest again.
 *
 * Code that runs inside a recorded program has tables of its own kind, because
 * this one allocates, and ends the process where memory is short: an
 * allocator's hook may do neither (allocation/log.c), and the agent must not do
 * the latter (python/agent/spots.c, observed.c). A cache whose new entries
 * replace old ones (allocation/stack.c, python/stack/code.c) needs no table
 * that grows.
 */
#ifndef MPROF_BASE_INDEX_H
#define MPROF_BASE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INDEX_NONE SIZE_MAX

struct index_slot {
	uint32_t hash;
	uint32_t place; /* position + 1; 0: free */
};

struct index {
	struct index_slot *slots;
	size_t len, cap; /* cap: 0 or a power of two */
};

/* Whether the item at that position has the key. */
typedef bool index_same(const void *items, size_t at, const void *key);

uint32_t index_hash(const void *bytes, size_t len) __attribute__((nonnull));

/* The same for a number, such as an address or a pid; spreads near numbers. */
uint32_t index_hash_number(uint64_t number);

/* The position of the key; INDEX_NONE where it is missing. */
size_t index_find(const struct index *index, uint32_t hash, index_same *same,
    const void *items, const void *key);

/* Adds a key that index_find() did not find, with a position below 2^32 - 1. */
void index_add(struct index *index, uint32_t hash, size_t at)
    __attribute__((nonnull));

/* The position of the key; where it is missing, adds it with the position next,
 * where the caller then puts the item. */
size_t index_place(struct index *index, uint32_t hash, index_same *same,
    const void *items, const void *key, size_t next)
    __attribute__((nonnull(1, 3)));

/* Empties it and keeps the room. */
void index_clear(struct index *index) __attribute__((nonnull));

void index_finish(struct index *index) __attribute__((nonnull));

#endif
