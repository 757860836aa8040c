// SPDX-License-Identifier: MIT
#include "python/refs/references.h"

void references_init(struct references *references, size_t count)
{
	*references = (struct references){.count = count};
	references->first = mem_zero(count + 1, sizeof(uint32_t));
}

void references_finish(struct references *references)
{
	array_free(&references->to);
	array_free(&references->detail);
	array_free(&references->kind);
	free(references->first);
	free(references->referrers);
	free(references->first_referrer);
	*references = (struct references){0};
}

bool references_add(struct references *references, uint32_t to,
    enum reference_kind kind, uint32_t detail)
{
	if (references->to.len >= REFERENCES_NONE ||
	    references->filled >= references->count || to >= references->count)
		return false;
	*array_push(&references->to) = to;
	*array_push(&references->detail) = detail;
	*array_push(&references->kind) = (uint8_t)kind;
	return true;
}

void references_next(struct references *references)
{
	if (references->filled < references->count)
		references->first[++references->filled] =
		    (uint32_t)references->to.len;
}

/* Counting sort by target: first_referrer[i + 1] is a count, then the position
 * of the next entry, and finally the start of i + 1. */
void references_index(struct references *references)
{
	size_t len = references->to.len, sum = 0;
	uint32_t *first;

	while (references->filled < references->count)
		references_next(references);
	first = mem_zero(references->count + 2, sizeof(*first));
	references->referrers = mem_zero(len + 1, sizeof(uint32_t));
	for (size_t i = 0; i < len; i++)
		first[references->to.items[i] + 2]++;
	for (size_t i = 0; i < references->count + 2; i++) {
		sum += first[i];
		first[i] = (uint32_t)sum;
	}
	for (size_t i = 0; i < len; i++)
		references->referrers[first[references->to.items[i] + 1]++] =
		    (uint32_t)i;
	references->first_referrer = first;
}

uint32_t references_from(
    const struct references *references, uint32_t reference)
{
	size_t low = 0, high = references->count;

	while (low + 1 < high) {
		size_t mid = low + (high - low) / 2;

		if (references->first[mid] <= reference)
			low = mid;
		else
			high = mid;
	}
	return (uint32_t)low;
}
