// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "commands/refs.h"

/* Roots come last, as their parent is the highest number. */
static int refs_compare_parents(const void *a, const void *b, void *context)
{
	const struct chain_link *links = context;
	const struct chain_link *x = &links[*(const uint32_t *)a];
	const struct chain_link *y = &links[*(const uint32_t *)b];

	if (x->parent != y->parent)
		return x->parent > y->parent ? 1 : -1;
	if (x->objects != y->objects)
		return x->objects < y->objects ? 1 : -1;
	return (x > y) - (x < y);
}

void refs_sort_below(struct refs *refs)
{
	size_t len = refs->chains.links.len;

	refs->below = mem_zero(len + 1, sizeof(uint32_t));
	for (size_t i = 0; i < len; i++)
		refs->below[i] = (uint32_t)i;
	qsort_r(refs->below, len, sizeof(uint32_t), refs_compare_parents,
	    refs->chains.links.items);
}

/* The index of the first link below that parent. */
static size_t refs_first_below(const struct refs *refs, uint64_t parent)
{
	size_t low = 0, high = refs->chains.links.len;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (refs->chains.links.items[refs->below[mid]].parent < parent)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const uint32_t *refs_below(const struct refs *refs, uint32_t link, size_t *len)
{
	size_t first = refs_first_below(refs, link);

	*len = refs_first_below(refs, (uint64_t)link + 1) - first;
	return refs->below + first;
}
