// SPDX-License-Identifier: MIT
#include "python/seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CAP_FIRST 256
#define CAP_LAST 32768 /* 768 KiB */

struct seen_item {
	struct seen_key key;
	int number; /* from 1; 0: a free place */
};

void seen_finish(struct seen *seen)
{
	free(seen->items);
	*seen = (struct seen){0};
}

static size_t seen_place(const struct seen *seen, struct seen_key key)
{
	size_t i = key.a & (seen->cap - 1);

	while (seen->items[i].number &&
	       (seen->items[i].key.a != key.a || seen->items[i].key.b != key.b))
		i = (i + 1) & (seen->cap - 1);
	return i;
}

int seen_find(const struct seen *seen, struct seen_key key)
{
	const struct seen_item *item;

	if (!seen->cap)
		return -1;
	item = &seen->items[seen_place(seen, key)];
	return item->number ? item->number : -1;
}

/* Kept at most half full. */
static void seen_make_room(struct seen *seen)
{
	struct seen old = *seen;

	if (2 * seen->len < seen->cap)
		return;
	if (seen->cap == CAP_LAST) {
		memset(seen->items, 0, seen->cap * sizeof(*seen->items));
		seen->len = 0;
		return;
	}
	seen->cap = seen->cap ? 2 * seen->cap : CAP_FIRST;
	seen->items = mem_zero(seen->cap, sizeof(*seen->items));
	for (size_t i = 0; i < old.cap; i++)
		if (old.items[i].number)
			seen->items[seen_place(seen, old.items[i].key)] =
			    old.items[i];
	free(old.items);
}

void seen_add(struct seen *seen, struct seen_key key, int number)
{
	seen_make_room(seen);
	seen->items[seen_place(seen, key)] = (struct seen_item){key, number};
	seen->len++;
}

struct seen_key seen_key_start(void)
{
	return (struct seen_key){0x243f6a8885a308d3u, 0x13198a2e03707344u};
}

void seen_key_number(struct seen_key *key, uint64_t value)
{
	key->a = (key->a ^ value) * 0x9e3779b97f4a7c15u;
	key->a ^= key->a >> 29;
	key->b = (key->b + value) * 0xc2b2ae3d27d4eb4fu;
	key->b ^= key->b >> 31;
}

void seen_key_text(struct seen_key *key, const char *text)
{
	do
		seen_key_number(key, (unsigned char)*text);
	while (*text++);
}
