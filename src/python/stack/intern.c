// SPDX-License-Identifier: MIT
#include "python/stack/intern.h"

#include <stdlib.h>

enum { MOST_ITEMS = 16384 }; /* 640 KiB with the index */

void intern_finish(struct intern_table *table)
{
	array_free(&table->items);
	index_finish(&table->index);
}

static bool intern_is(const void *items, size_t at, const void *key)
{
	const struct intern_key *a =
	    &((const struct intern_item *)items)[at].key;
	const struct intern_key *b = key;

	return a->a == b->a && a->b == b->b;
}

int intern_find(const struct intern_table *table, struct intern_key key)
{
	size_t at = index_find(&table->index, (uint32_t)key.a, intern_is,
	    table->items.items, &key);

	return at == INDEX_NONE ? -1 : table->items.items[at].number;
}

void intern_add(struct intern_table *table, struct intern_key key, int number)
{
	if (table->items.len == MOST_ITEMS) {
		table->items.len = 0;
		index_clear(&table->index);
	}
	index_add(&table->index, (uint32_t)key.a, table->items.len);
	*array_push(&table->items) = (struct intern_item){key, number};
}

struct intern_key intern_key_start(void)
{
	return (struct intern_key){0x243f6a8885a308d3u, 0x13198a2e03707344u};
}

void intern_key_number(struct intern_key *key, uint64_t value)
{
	key->a = (key->a ^ value) * 0x9e3779b97f4a7c15u;
	key->a ^= key->a >> 29;
	key->b = (key->b + value) * 0xc2b2ae3d27d4eb4fu;
	key->b ^= key->b >> 31;
}

void intern_key_text(struct intern_key *key, const char *text)
{
	do
		intern_key_number(key, (unsigned char)*text);
	while (*text++);
}
