// SPDX-License-Identifier: MIT
#include "python/agent/spots.h"

#include <stdlib.h>
#include <string.h>

#include "python/agent/shelf.h"

/* Hash table with open addressing, at most half full. It grows under the GIL,
 * and every event reads it. */
static struct {
	struct spot **items;
	size_t len, cap;
	struct spot_code *codes;
	size_t codes_len, codes_cap; /* codes_cap: a power of two */
} spots;

long spot_add(const char *name, bool keeps, long first_line)
{
	struct spot *spot = calloc(1, sizeof(*spot));
	struct spot **items = spots.items;
	size_t cap = spots.cap;

	if (!spot)
		return -1;
	spot->name = strdup(name);
	spot->keeps = keeps;
	spot->table.first = first_line;
	if (spots.len == cap) {
		cap = cap ? 2 * cap : 16;
		items = realloc(spots.items, cap * sizeof(struct spot *));
		if (items) {
			spots.items = items;
			spots.cap = cap;
		}
	}
	if (!spot->name || !items) {
		free(spot->name);
		free(spot);
		return -1;
	}
	spots.items[spots.len] = spot;
	return (long)spots.len++;
}

struct spot *spot_get(long number)
{
	if (number < 0 || (size_t)number >= spots.len)
		return NULL;
	return spots.items[number];
}

static struct spot_code *spots_slot_of(
    struct spot_code *codes, size_t cap, const void *code)
{
	size_t at = ((uintptr_t)code >> 4) & (cap - 1);

	while (codes[at].code && codes[at].code != code)
		at = (at + 1) & (cap - 1);
	return &codes[at];
}

static int spots_grow_codes(void)
{
	size_t cap = spots.codes_cap ? 2 * spots.codes_cap : 64;
	struct spot_code *codes = calloc(cap, sizeof(*codes));

	if (!codes)
		return -1;
	for (size_t i = 0; i < spots.codes_cap; i++) {
		const struct spot_code *old = &spots.codes[i];

		if (old->code)
			*spots_slot_of(codes, cap, old->code) = *old;
	}
	free(spots.codes);
	spots.codes = codes;
	spots.codes_cap = cap;
	return 0;
}

int spot_add_code(struct spot *spot, const void *code, long first_line)
{
	struct spot_code *slot;

	if (2 * spots.codes_len >= spots.codes_cap && spots_grow_codes() != 0)
		return -1;
	slot = spots_slot_of(spots.codes, spots.codes_cap, code);
	spots.codes_len += !slot->code;
	*slot = (struct spot_code){
	    .code = code, .first_line = first_line, .spot = spot};
	spot->has_lines = true;
	return 0;
}

int spot_observe(struct spot *spot, const void *code, bool suspends)
{
	bool has_lines = spot->has_lines;
	struct spot_code *slot;

	if (!spot_of_code(code) && spot_add_code(spot, code, 0) != 0)
		return -1;
	spot->has_lines = has_lines;
	slot = spots_slot_of(spots.codes, spots.codes_cap, code);
	slot->observed = true;
	slot->suspends = suspends;
	return 0;
}

const struct spot_code *spot_of_code(const void *code)
{
	const struct spot_code *slot;

	if (!spots.codes_cap)
		return NULL;
	slot = spots_slot_of(spots.codes, spots.codes_cap, code);
	return slot->code ? slot : NULL;
}

void spots_forked(void)
{
	for (size_t i = 0; i < spots.len; i++) {
		struct line_table *table = &spots.items[i]->table;

		table_clear(table);
		if (table->shelf)
			shelf_forked(table->shelf);
	}
}

void spots_end(void (*release)(const void *code))
{
	for (size_t i = 0; i < spots.codes_cap; i++) {
		if (spots.codes[i].code)
			release(spots.codes[i].code);
	}
	free(spots.codes);
	spots.codes = NULL;
	spots.codes_len = spots.codes_cap = 0;
	spots_forked();
	for (size_t i = 0; i < spots.len; i++)
		spots.items[i]->table.shelf = NULL;
}
