// SPDX-License-Identifier: MIT
#include "python/objects.h"

#include <stdlib.h>

#include "python/frames.h"

#define INTERPRETERS_MAX 1024
#define GENERATIONS 3
#define GC_HEADER 16
#define FOUND_MAX (UINT32_MAX - 1)
#define STEP 4096 /* objects from one word of progress to the next */

struct objects_slot {
	uint32_t place; /* in found, + 1; 0: free */
	uint32_t tag;   /* of the address: most others differ in it */
};

static uint64_t hash_of(uint64_t address)
{
	return (address >> 3) * 0x9e3779b97f4a7c15u;
}

/* The slot that has the address, or the free one that would take it. */
static size_t slot_of(const struct objects *objects, uint64_t address)
{
	uint64_t hash = hash_of(address);
	size_t mask = objects->slots_cap - 1, i = hash >> 24 & mask;

	for (;; i = (i + 1) & mask) {
		const struct objects_slot *slot = &objects->slots[i];

		if (!slot->place ||
		    (slot->tag == (uint32_t)hash &&
			objects->found.items[slot->place - 1] == address))
			return i;
	}
}

static void slots_grow(struct objects *objects)
{
	objects->slots_cap =
	    objects->slots_cap ? 2 * objects->slots_cap : 1 << 12;
	free(objects->slots);
	objects->slots = mem_zero(objects->slots_cap, sizeof(*objects->slots));
	for (size_t i = 0; i < objects->found.len; i++) {
		uint64_t address = objects->found.items[i];

		objects->slots[slot_of(objects, address)] =
		    (struct objects_slot){
			(uint32_t)i + 1, (uint32_t)hash_of(address)};
	}
}

/* Whether it is new. */
static bool add(struct objects *objects, uint64_t address)
{
	size_t i;

	if (2 * objects->found.len >= objects->slots_cap)
		slots_grow(objects);
	i = slot_of(objects, address);
	if (objects->slots[i].place || objects->found.len >= FOUND_MAX)
		return false;
	*array_push(&objects->found) = address;
	objects->slots[i] = (struct objects_slot){
	    (uint32_t)objects->found.len, (uint32_t)hash_of(address)};
	return true;
}

size_t objects_index(const struct objects *objects, uint64_t address)
{
	size_t i;

	if (!objects->slots_cap)
		return OBJECTS_NONE;
	i = slot_of(objects, address);
	return objects->slots[i].place ? objects->slots[i].place - 1
				       : OBJECTS_NONE;
}

static bool add_held(const struct object_edge *edge, void *context)
{
	add(context, edge->to);
	return true;
}

static uint64_t word(const struct objects *objects, uint64_t address)
{
	return image_u64(objects->types.image, address);
}

/* A ring of the collector's: no object is in it twice, so one that was seen
 * before means that it never comes back to its head. The two low bits are
 * the collector's own. */
static void add_ring(struct objects *objects, uint64_t head)
{
	uint64_t at = word(objects, head) & ~(uint64_t)3;

	while (at && at != head && objects->budget.words) {
		objects->budget.words--;
		if (object_types_of(&objects->types, at + GC_HEADER) &&
		    !add(objects, at + GC_HEADER))
			break;
		at = word(objects, at) & ~(uint64_t)3;
	}
}

static void add_rings(
    struct objects *objects, uint64_t generations, uint64_t permanent)
{
	uint64_t size =
	    (uint64_t)objects->types.target->offsets.gc_generation_size;

	for (uint64_t i = 0; i < GENERATIONS; i++)
		add_ring(objects, generations + i * size);
	add_ring(objects, permanent);
}

static void add_words(struct objects *objects, uint64_t start, uint64_t count,
    object_visit *visit)
{
	object_edges_of_words(&objects->types, start, start + 8 * count,
	    &objects->budget, visit, objects);
}

/* A word that may be left over from before: what it points at counts where it
 * is an object by all that can be seen, of a kind that the collector's lists
 * don't have anyway. */
static bool add_doubtful(const struct object_edge *edge, void *context)
{
	struct objects *objects = context;

	if (object_is_sound(&objects->types, edge->to, edge->type))
		add(objects, edge->to);
	return true;
}

/* To 3.10 frames are objects, whose variables are found with them; later ones
 * begin with references to what they run, and to where. */
static void add_frame(void *context, uint64_t frame)
{
	struct objects *objects = context;
	const struct python_target *target = objects->types.target;
	struct frame_words words =
	    frame_words(target, objects->types.image, frame);

	if (target->minor < 11 && object_types_of(&objects->types, frame))
		add(objects, frame);
	else if (target->minor >= 11 && words.start)
		add_words(objects, frame, (words.start - frame) / 8, add_held);
	add_words(objects, words.start, words.used, add_held);
	add_words(objects, words.start + 8 * words.used, words.doubtful,
	    add_doubtful);
}

static void add_interpreter(struct objects *objects, uint64_t interpreter)
{
	const struct python_offsets *o = &objects->types.target->offsets;
	uint64_t modules = interpreter + (uint64_t)o->interpreter_modules;

	if (o->interpreter_gc_generations >= 0)
		add_rings(objects,
		    interpreter + (uint64_t)o->interpreter_gc_generations,
		    interpreter + (uint64_t)o->interpreter_gc_permanent);
	object_edges_of_words(&objects->types, modules, modules + 8,
	    &objects->budget, add_held, objects);
}

static void add_roots(struct objects *objects)
{
	const struct python_target *target = objects->types.target;
	const struct python_offsets *o = &target->offsets;
	uint64_t interpreter =
	    word(objects, target->runtime + (uint64_t)o->runtime_interpreters);

	if (o->runtime_gc_generations >= 0)
		add_rings(objects,
		    target->runtime + (uint64_t)o->runtime_gc_generations,
		    target->runtime + (uint64_t)o->runtime_gc_permanent);
	for (int i = 0; interpreter && i < INTERPRETERS_MAX; i++) {
		add_interpreter(objects, interpreter);
		interpreter =
		    word(objects, interpreter + (uint64_t)o->interpreter_next);
	}
	frames_each(target, objects->types.image, add_frame, objects);
}

/* Counts all that were found, and finds what they hold. */
static void follow(struct objects *objects, struct image *image)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < objects->found.len; i++) {
		uint64_t address = objects->found.items[i];
		struct object_type *type =
		    object_types_of(&objects->types, address);
		uint64_t size;

		if (!type)
			continue;
		size = object_size(&objects->types, address, type);
		type->count++;
		type->size += size;
		bytes += size;
		object_edges(&objects->types, address, type, &objects->budget,
		    add_held, objects);
		if (i % STEP == 0)
			progress_step(image->progress, bytes, image->copied);
	}
}

int objects_find(struct objects *objects, const struct python_target *target,
    struct image *image, struct err *e)
{
	*objects = (struct objects){.budget = object_budget(image)};
	object_types_init(&objects->types, target, image);
	add_roots(objects);
	follow(objects, image);
	if (image->gone)
		return err_set(e, "process %d: ended while it was looked at",
		    (int)target->pid);
	if (objects->found.len && objects->budget.words)
		return 0;
	return err_set(
	    e, "process %d: its heap makes no sense", (int)target->pid);
}

void objects_finish(struct objects *objects)
{
	object_types_finish(&objects->types);
	array_free(&objects->found);
	free(objects->slots);
	objects->slots = NULL;
}
