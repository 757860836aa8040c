// SPDX-License-Identifier: MIT
#include "python/heap/collector.h"

#define GENERATIONS 3
#define FLAGS ((uint64_t)3) /* the collector's bits in a link */
#define OBJECT_MIN 32       /* with its header */

static uint64_t collector_next_of(struct snapshot *snapshot, uint64_t head)
{
	return snapshot_u64(snapshot, head) & ~FLAGS;
}

/* Whether the neighbours point back, except while the collector uses these
 * links to count. */
static bool collector_is_head(struct snapshot *snapshot, uint64_t head)
{
	uint64_t next = collector_next_of(snapshot, head);
	uint64_t previous = snapshot_u64(snapshot, head + 8) & ~FLAGS;

	if (!snapshot_at(snapshot, head, 16) ||
	    !snapshot_at(snapshot, next, 16) ||
	    !snapshot_at(snapshot, previous, 16))
		return false;
	return snapshot->collecting ||
	       ((snapshot_u64(snapshot, next + 8) & ~FLAGS) == head &&
		   collector_next_of(snapshot, previous) == head);
}

/* Whether exactly three heads stand in a row. */
static bool collector_are_generations(
    struct snapshot *snapshot, uint64_t first, uint64_t size)
{
	for (uint64_t i = 0; i < GENERATIONS; i++)
		if (!collector_is_head(snapshot, first + i * size))
			return false;
	return snapshot->collecting ||
	       !collector_is_head(snapshot, first - size);
}

/* Returns the head of the youngest generation: by the pointer to it, by this
 * version's row of offsets, or by three heads in a row. 3.14.0 to 3.14.4 have
 * one young and two old lists in place of three generations, and only that
 * place tells them apart. */
static uint64_t collector_find_generations(
    const struct python_offsets *o, struct snapshot *snapshot, uint64_t state)
{
	uint64_t size = (uint64_t)o->gc_generation_size;
	uint64_t end = state + (uint64_t)o->gc_size;
	uint64_t young =
	    snapshot_u64(snapshot, state + (uint64_t)o->gc_generation0);
	uint64_t expected = state + (uint64_t)o->gc_generations;

	if (young >= state && young < end &&
	    collector_are_generations(snapshot, young, size))
		return young;
	if (collector_are_generations(snapshot, expected, size))
		return expected;
	for (uint64_t at = state; at + GENERATIONS * size <= end; at += 4)
		if (collector_are_generations(snapshot, at, size))
			return at;
	return 0;
}

static uint64_t collector_find_permanent(const struct python_offsets *o,
    struct snapshot *snapshot, uint64_t state, uint64_t generations_end)
{
	uint64_t expected = state + (uint64_t)o->gc_permanent;

	if (expected >= generations_end &&
	    collector_is_head(snapshot, expected))
		return expected;
	for (uint64_t at = generations_end;
	     at + COLLECTOR_HEADER <= state + (uint64_t)o->gc_size; at += 4)
		if (collector_is_head(snapshot, at))
			return at;
	return 0;
}

bool collector_find(struct collector *collector,
    const struct python_target *target, struct snapshot *snapshot,
    uint64_t state)
{
	const struct python_offsets *o = &target->offsets;
	uint64_t size = (uint64_t)o->gc_generation_size;
	uint64_t first = collector_find_generations(o, snapshot, state);

	if (!first)
		return false;
	for (uint64_t i = 0; i < GENERATIONS; i++)
		collector->heads[i] = first + i * size;
	collector->heads[GENERATIONS] = collector_find_permanent(
	    o, snapshot, state, first + GENERATIONS * size);
	return collector->heads[GENERATIONS] != 0;
}

/* Walks a ring; one that never returns to its head is detected by Brent's
 * algorithm (1980): an address is kept, at ever longer distances, and met
 * again. */
bool collector_each(struct snapshot *snapshot, uint64_t head,
    void (*visit)(void *context, uint64_t object), void *context)
{
	uint64_t most = snapshot->copied / OBJECT_MIN + 1, kept = 0;
	uint64_t at = collector_next_of(snapshot, head);

	for (uint64_t i = 0, mark = 1; at != head; i++) {
		if (i == most || at == kept ||
		    !snapshot_at(snapshot, at, OBJECT_MIN))
			return false;
		if (i == mark) {
			kept = at;
			mark *= 2;
		}
		visit(context, at + COLLECTOR_HEADER);
		at = collector_next_of(snapshot, at);
	}
	return true;
}
