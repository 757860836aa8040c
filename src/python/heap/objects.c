// SPDX-License-Identifier: MIT
#include "python/heap/objects.h"

#include <stdlib.h>

#include "python/heap/collector.h"
#include "python/heap/frames.h"
#include "python/heap/objects_check.h"
#include "python/heap/segments.h"

#define INTERPRETERS_MAX 1024
#define FOUND_MAX (UINT32_MAX - 1)
#define STRAYS_PART 1000 /* one in this many may be half built */
#define STEP 4096        /* objects between two reports of progress */

static bool objects_is_at(const void *found, size_t at, const void *address)
{
	return ((const uint64_t *)found)[at] == *(const uint64_t *)address;
}

/* Adds an object; returns whether it is new. */
static bool objects_add(struct objects *objects, uint64_t address)
{
	size_t next = objects->found.len;

	if (next >= FOUND_MAX ||
	    index_place(&objects->places, index_hash_number(address),
		objects_is_at, objects->found.items, &address, next) != next)
		return false;
	*array_push(&objects->found) = address;
	return true;
}

size_t objects_index(const struct objects *objects, uint64_t address)
{
	return index_find(&objects->places, index_hash_number(address),
	    objects_is_at, objects->found.items, &address);
}

static bool objects_add_held(
    const struct object_reference *reference, void *context)
{
	objects_add(context, reference->to);
	return true;
}

static uint64_t objects_word(const struct objects *objects, uint64_t address)
{
	return snapshot_u64(objects->types.snapshot, address);
}

static void objects_add_listed(void *context, uint64_t object)
{
	struct objects *objects = context;

	if (object_types_of(&objects->types, object))
		objects_add(objects, object);
	else
		objects->strays++;
}

/* Adds the objects that the collector of a build without the GIL tracks. Where
 * these are no objects, the blocks have another layout: a debug allocator puts
 * words in front. */
static void objects_add_tracked(struct objects *objects)
{
	if (!segments_each(objects->types.target, objects->types.snapshot,
		objects_add_listed, objects) ||
	    objects->strays > objects->found.len / STRAYS_PART)
		objects->trouble = OBJECTS_NO_HEAPS;
}

/* Adds the rings of the collector whose state is at that address. */
static void objects_add_rings(struct objects *objects, uint64_t state)
{
	const struct python_target *target = objects->types.target;
	struct snapshot *snapshot = objects->types.snapshot;
	struct collector collector;

	if (objects->trouble)
		return;
	if (!collector_find(&collector, target, snapshot, state)) {
		objects->trouble = OBJECTS_NO_RINGS;
		return;
	}
	for (int i = 0; i < COLLECTOR_RINGS; i++)
		if (!collector_each(snapshot, collector.heads[i],
			objects_add_listed, objects))
			objects->trouble = OBJECTS_OPEN_RING;
}

static void objects_add_words(struct objects *objects, uint64_t start,
    uint64_t count, object_visit *visit)
{
	object_references_of_words(&objects->types, start, start + 8 * count,
	    &objects->budget, visit, objects);
}

/* Adds the target of a word that may be stale, where it is an object by all
 * that can be seen, of a kind that the collector does not track anyway. */
static bool objects_add_doubtful(
    const struct object_reference *reference, void *context)
{
	struct objects *objects = context;

	if (object_is_sound(&objects->types, reference->to, reference->type))
		objects_add(objects, reference->to);
	return true;
}

/* Up to 3.10 frames are objects, and their variables are found with them; later
 * ones begin with references to their code and to their namespaces. */
static void objects_add_frame(void *context, uint64_t frame)
{
	struct objects *objects = context;
	const struct python_target *target = objects->types.target;
	bool is_object = python_frames_are_objects(&target->offsets);
	struct frame_words words =
	    frame_words(target, objects->types.snapshot, frame);

	if (is_object && object_types_of(&objects->types, frame))
		objects_add(objects, frame);
	else if (!is_object && words.start)
		objects_add_words(objects, frame, (words.start - frame) / 8,
		    objects_add_held);
	objects_add_words(objects, words.start, words.used, objects_add_held);
	objects_add_words(objects, words.start + 8 * words.used, words.doubtful,
	    objects_add_doubtful);
}

static void objects_add_interpreter(
    struct objects *objects, uint64_t interpreter)
{
	const struct python_offsets *o = &objects->types.target->offsets;
	uint64_t modules = interpreter + (uint64_t)o->interpreter_modules;

	if (o->interpreter_gc != OFFSET_ABSENT && !o->free_threaded)
		objects_add_rings(
		    objects, interpreter + (uint64_t)o->interpreter_gc);
	object_references_of_words(&objects->types, modules, modules + 8,
	    &objects->budget, objects_add_held, objects);
}

static void objects_add_roots(struct objects *objects)
{
	const struct python_target *target = objects->types.target;
	const struct python_offsets *o = &target->offsets;
	uint64_t interpreter = objects_word(
	    objects, target->runtime + (uint64_t)o->runtime_interpreters);

	if (o->runtime_gc != OFFSET_ABSENT)
		objects_add_rings(
		    objects, target->runtime + (uint64_t)o->runtime_gc);
	if (o->free_threaded)
		objects_add_tracked(objects);
	for (int i = 0; interpreter && i < INTERPRETERS_MAX; i++) {
		objects_add_interpreter(objects, interpreter);
		interpreter = objects_word(
		    objects, interpreter + (uint64_t)o->interpreter_next);
	}
	frames_each(
	    target, objects->types.snapshot, objects_add_frame, objects);
}

/* Counts all objects that were found, and finds the objects that these refer
 * to. */
static void objects_follow(struct objects *objects, struct snapshot *snapshot)
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
		object_references(&objects->types, address, type,
		    &objects->budget, objects_add_held, objects);
		if (i % STEP == 0)
			progress_step(
			    snapshot->progress, bytes, snapshot->copied);
	}
}

/* Explains why the result can't be trusted. */
static int objects_explain(const struct objects *objects, struct err *e)
{
	const struct python_target *target = objects->types.target;
	const struct snapshot *snapshot = objects->types.snapshot;

	if (snapshot->failed) {
		python_refusal(target->pid, snapshot->failed, e);
		return -1;
	}
	if (objects->trouble && snapshot->collecting)
		return err_set(e,
		    "process %d: its garbage collector was running all the "
		    "time, and its lists are incomplete; try again",
		    (int)target->pid);
	if (objects->trouble == OBJECTS_NO_RINGS)
		return err_set(e,
		    "process %d: not supported: the lists of its garbage "
		    "collector are not where any CPython 3.%d that mprof knows "
		    "has them, so objects would be missed",
		    (int)target->pid, target->minor);
	if (objects->trouble == OBJECTS_NO_HEAPS)
		return err_set(e,
		    "process %d: not supported: the heaps of its threads are "
		    "not laid out as in any free-threaded CPython 3.%d that "
		    "mprof knows, so objects would be missed",
		    (int)target->pid, target->minor);
	if (objects->trouble == OBJECTS_OPEN_RING)
		return err_set(e,
		    "process %d: a list of its garbage collector does not "
		    "come back to its beginning, so objects would be missed",
		    (int)target->pid);
	return err_set(e,
	    "process %d: its heap makes no sense; try again, and report it if "
	    "that fails too",
	    (int)target->pid);
}

int objects_find(struct objects *objects, const struct python_target *target,
    struct snapshot *snapshot, struct err *e)
{
	*objects = (struct objects){.budget = object_budget(snapshot)};
	object_types_init(&objects->types, target, snapshot);
	objects_add_roots(objects);
	objects_follow(objects, snapshot);
	if (snapshot->failed || objects->trouble || !objects->found.len ||
	    !objects->budget.words)
		return objects_explain(objects, e);
	return objects_check(objects, e);
}

void objects_finish(struct objects *objects)
{
	object_types_finish(&objects->types);
	array_free(&objects->found);
	index_finish(&objects->places);
}
