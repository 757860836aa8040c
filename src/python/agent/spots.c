// SPDX-License-Identifier: MIT
#include "python/agent/spots.h"

#include <stdlib.h>
#include <string.h>

#include "python/agent/shelf.h"

static struct {
	struct spot **items;
	size_t len, cap;
	struct spot_codes codes;
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
    const struct spot_codes *codes, const void *code)
{
	size_t at = ((uintptr_t)code >> 4) & (codes->cap - 1);

	while (codes->items[at].code && codes->items[at].code != code)
		at = (at + 1) & (codes->cap - 1);
	return &codes->items[at];
}

static int spots_grow_codes(struct spot_codes *codes)
{
	struct spot_codes grown = {
	    .len = codes->len, .cap = codes->cap ? 2 * codes->cap : 16};

	grown.items = calloc(grown.cap, sizeof(*grown.items));
	if (!grown.items)
		return -1;
	for (size_t i = 0; i < codes->cap; i++) {
		const struct spot_code *old = &codes->items[i];

		if (old->code)
			*spots_slot_of(&grown, old->code) = *old;
	}
	free(codes->items);
	*codes = grown;
	return 0;
}

const struct spot_code *spot_codes_find(
    const struct spot_codes *codes, const void *code)
{
	const struct spot_code *slot;

	if (!codes->cap)
		return NULL;
	slot = spots_slot_of(codes, code);
	return slot->code ? slot : NULL;
}

struct spot_code *spot_codes_add(struct spot_codes *codes, const void *code)
{
	struct spot_code *slot;

	if (2 * codes->len >= codes->cap && spots_grow_codes(codes) != 0)
		return NULL;
	slot = spots_slot_of(codes, code);
	codes->len += !slot->code;
	slot->code = code;
	return slot;
}

int spot_add_code(struct spot *spot, const void *code, long first_line)
{
	struct spot_code *slot = spot_codes_add(&spots.codes, code);

	if (!slot)
		return -1;
	*slot = (struct spot_code){
	    .code = code, .first_line = first_line, .spot = spot};
	spot->has_lines = true;
	return 0;
}

int spot_observe(struct spot *spot, const void *code, bool suspends)
{
	struct spot_code *slot = spot_codes_add(&spots.codes, code);

	if (!slot)
		return -1;
	if (!slot->spot)
		slot->spot = spot;
	slot->observed = true;
	slot->suspends = suspends;
	return 0;
}

const struct spot_code *spot_of_code(const void *code)
{
	return spot_codes_find(&spots.codes, code);
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
	for (size_t i = 0; i < spots.codes.cap; i++) {
		if (spots.codes.items[i].code)
			release(spots.codes.items[i].code);
	}
	free(spots.codes.items);
	spots.codes = (struct spot_codes){0};
	spots_forked();
	for (size_t i = 0; i < spots.len; i++)
		spots.items[i]->table.shelf = NULL;
}
