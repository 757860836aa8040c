// SPDX-License-Identifier: MIT
#include "python/collector.h"

#define GENERATIONS 3
#define FLAGS ((uint64_t)3) /* of a link: the collector's own */
#define SCAN 128            /* so far around is looked for them */
#define OBJECT_MIN 32       /* with its header */

static uint64_t next_of(struct image *image, uint64_t head)
{
	return image_u64(image, head) & ~FLAGS;
}

/* Its neighbours point back, but while the collector uses those links to
 * count. */
static bool is_head(struct image *image, uint64_t head)
{
	uint64_t next = next_of(image, head);
	uint64_t previous = image_u64(image, head + 8) & ~FLAGS;

	if (!image_at(image, head, 16) || !image_at(image, next, 16) ||
	    !image_at(image, previous, 16))
		return false;
	return image->collecting ||
	       ((image_u64(image, next + 8) & ~FLAGS) == head &&
		   next_of(image, previous) == head);
}

static bool are_generations(struct image *image, uint64_t first, uint64_t size)
{
	for (uint64_t i = 0; i < GENERATIONS; i++)
		if (!is_head(image, first + i * size))
			return false;
	return true;
}

/* The youngest generation: where the pointer to it says, or the row of this
 * version, or where three heads stand in a row. */
static uint64_t find_generations(
    struct image *image, uint64_t expected, uint64_t permanent, uint64_t size)
{
	uint64_t told = image_u64(image, permanent - 8);

	if (told + SCAN >= expected && told <= expected + SCAN &&
	    are_generations(image, told, size))
		return told;
	if (are_generations(image, expected, size))
		return expected;
	for (uint64_t at = expected - SCAN; at <= expected + SCAN; at += 4)
		if (are_generations(image, at, size))
			return at;
	return 0;
}

static uint64_t find_permanent(
    struct image *image, uint64_t expected, uint64_t generations_end)
{
	if (is_head(image, expected))
		return expected;
	for (uint64_t at = generations_end; at <= expected + SCAN; at += 4)
		if (is_head(image, at))
			return at;
	return 0;
}

bool collector_find(struct collector *collector,
    const struct python_target *target, struct image *image, uint64_t owner)
{
	const struct python_offsets *o = &target->offsets;
	bool of_runtime = o->interpreter_gc_generations < 0;
	uint64_t size = (uint64_t)o->gc_generation_size;
	uint64_t permanent =
	    owner + (uint64_t)(of_runtime ? o->runtime_gc_permanent
					  : o->interpreter_gc_permanent);
	uint64_t first = find_generations(image,
	    owner + (uint64_t)(of_runtime ? o->runtime_gc_generations
					  : o->interpreter_gc_generations),
	    permanent, size);

	if (!first)
		return false;
	for (uint64_t i = 0; i < GENERATIONS; i++)
		collector->heads[i] = first + i * size;
	collector->heads[GENERATIONS] =
	    find_permanent(image, permanent, first + GENERATIONS * size);
	return collector->heads[GENERATIONS] != 0;
}

/* A ring that never comes back to its head meets itself sooner or later: at
 * an address that is kept, ever further on (Brent, 1980). */
bool collector_each(struct image *image, uint64_t head,
    void (*visit)(void *context, uint64_t object), void *context)
{
	uint64_t most = image->copied / OBJECT_MIN + 1, kept = 0;
	uint64_t at = next_of(image, head);

	for (uint64_t i = 0, mark = 1; at != head; i++) {
		if (i == most || at == kept || !image_at(image, at, OBJECT_MIN))
			return false;
		if (i == mark) {
			kept = at;
			mark *= 2;
		}
		visit(context, at + COLLECTOR_HEADER);
		at = next_of(image, at);
	}
	return true;
}
