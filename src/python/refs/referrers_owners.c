// SPDX-License-Identifier: MIT
#include "python/refs/referrers_owners.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "python/heap/frames.h"
#include "python/refs/referrers_frames.h"
#include "python/remote/text.h"

#define BASES_MAX 64
#define IMPLEMENTATION 32 /* offset in a greenlet: address of its state */
#define STATE_WORDS 64
#define CHUNK_HEADER 24 /* of a chunk of frames: previous, size, top */
#define CHUNK_MAX (64 << 20)
#define FRAMES_MAX 100000

/* Whether the class, or one of its bases, has that name. */
static bool owners_is_a(struct object_types *types,
    const struct object_type *type, const char *name)
{
	const struct python_offsets *o = &types->target->offsets;

	for (int i = 0; type && i < BASES_MAX; i++) {
		if (!strcmp(type->name, name))
			return true;
		type = object_types_get(
		    types, snapshot_u64(types->snapshot,
			       type->address + (uint64_t)o->type_base));
	}
	return false;
}

static enum chain_root owners_kind(
    struct object_types *types, const struct object_type *type)
{
	if (type->kind != OBJECT_OTHER)
		return CHAIN_INSIDE;
	if (owners_is_a(types, type, "threading.Thread"))
		return CHAIN_THREAD;
	if (owners_is_a(types, type, "greenlet.greenlet"))
		return CHAIN_GREENLET;
	if (owners_is_a(types, type, "_asyncio.Task") ||
	    owners_is_a(types, type, "asyncio.tasks.Task"))
		return CHAIN_TASK;
	return CHAIN_INSIDE;
}

/* A search for an attribute, in an object or in its __dict__. */
struct owners_search {
	struct object_types *types;
	const char *name;
	uint64_t value, dict;
};

static bool owners_find_attribute(
    const struct object_reference *reference, void *context)
{
	struct owners_search *search = context;
	char key[32];

	if (reference->name && !strcmp(reference->name, "__dict__"))
		search->dict = reference->to;
	if (reference->key &&
	    python_text(
		&search->types->view, reference->key, key, sizeof(key)) == 0 &&
	    !strcmp(key, search->name))
		search->value = reference->to;
	return !search->value;
}

/* The address of the value; 0 where there is none. */
static uint64_t owners_attribute(
    struct object_types *types, uint64_t address, const char *name)
{
	struct object_budget budget = object_budget(types->snapshot);
	struct owners_search search = {.types = types, .name = name};
	const struct object_type *type = object_types_of(types, address);

	if (type)
		object_references(types, address, type, &budget,
		    owners_find_attribute, &search);
	type = search.dict && !search.value
		   ? object_types_of(types, search.dict)
		   : NULL;
	if (type)
		object_references(types, search.dict, type, &budget,
		    owners_find_attribute, &search);
	return search.value;
}

/* A coroutine that has not ended, and the following argument of the task. */
struct owners_task {
	struct object_types *types;
	uint64_t coroutine, name;
	bool alive;
};

static bool owners_find_local(
    const struct object_reference *reference, void *context)
{
	struct owners_task *task = context;

	task->alive |= reference->kind == REFERENCE_LOCAL ||
		       reference->type->kind == OBJECT_FRAME;
	return !task->alive;
}

/* The name follows the coroutine; a number stands for "Task-3". */
static bool owners_find_coroutine(
    const struct object_reference *reference, void *context)
{
	struct owners_task *task = context;

	if (reference->type->kind == OBJECT_GENERATOR && !task->coroutine)
		task->coroutine = reference->to;
	else if (task->coroutine && !task->name &&
		 (reference->type->kind == OBJECT_STR ||
		     reference->type->kind == OBJECT_INT))
		task->name = reference->to;
	return !task->name;
}

static struct owners_task owners_task_of(
    struct object_types *types, uint64_t address)
{
	struct object_budget budget = object_budget(types->snapshot);
	struct owners_task task = {.types = types};
	const struct object_type *type = object_types_of(types, address);

	if (type)
		object_references(types, address, type, &budget,
		    owners_find_coroutine, &task);
	type = task.coroutine ? object_types_of(types, task.coroutine) : NULL;
	if (type)
		object_references(types, task.coroutine, type, &budget,
		    owners_find_local, &task);
	return task;
}

/* Reads a whole number that fits into 60 bits. */
static bool owners_number(
    const struct referrers *referrers, uint64_t address, uint64_t *number)
{
	size_t object = objects_index(referrers->objects, address);
	char text[64], *end = text;

	if (object == OBJECTS_NONE ||
	    !referrers_value(referrers, (uint32_t)object, text, sizeof(text)))
		return false;
	*number = 0;
	for (; *end >= '0' && *end <= '9'; end++)
		*number = *number * 10 + (uint64_t)(*end - '0');
	return end != text && !*end;
}

/* Returns the index of the greenlet that is the thread: libraries that turn
 * threads into greenlets use the greenlet's id, an address, as the thread's
 * number. OBJECTS_NONE where the name is one that threading made up
 * ("Dummy-3"), as the greenlet's own says more. */
static size_t owners_greenlet_of(
    const struct referrers *referrers, uint32_t thread, uint64_t number)
{
	struct object_types *types = &referrers->objects->types;

	return owners_is_a(types,
		   object_types_of(
		       types, referrers->objects->found.items[thread]),
		   "threading._DummyThread")
		   ? OBJECTS_NONE
		   : objects_index(referrers->objects, number);
}

/* Marks a running thread and its frames. */
static void owners_mark_thread(struct referrers *referrers, uint32_t object)
{
	struct object_types *types = &referrers->objects->types;
	uint64_t address = referrers->objects->found.items[object], number;
	size_t greenlet;

	if (!owners_number(referrers,
		owners_attribute(types, address, "_ident"), &number) ||
	    !number)
		return;
	greenlet = owners_greenlet_of(referrers, object, number);
	for (size_t i = 0; i < referrers->frames.len; i++) {
		struct referrers_frame *frame = &referrers->frames.items[i];

		if (frame->thread != number &&
		    (greenlet == OBJECTS_NONE || frame->owner != greenlet))
			continue;
		frame->owner = object;
		referrers->roots[object] = CHAIN_THREAD;
	}
}

uint32_t referrers_coroutine(const struct referrers *referrers, uint32_t task)
{
	struct owners_task found = owners_task_of(
	    &referrers->objects->types, referrers->objects->found.items[task]);
	size_t at = found.coroutine
			? objects_index(referrers->objects, found.coroutine)
			: OBJECTS_NONE;

	return at == OBJECTS_NONE ? REFERENCES_NONE : (uint32_t)at;
}

void referrers_find_owners(struct referrers *referrers)
{
	struct object_types *types = &referrers->objects->types;
	size_t len = types->items.len;
	uint8_t *kinds = mem_zero(len + 1, 1);

	for (size_t i = 0; i < len; i++)
		kinds[i] = (uint8_t)owners_kind(types, types->items.items[i]);
	for (size_t i = 0; i < referrers->frames.len; i++)
		if (referrers->frames.items[i].owner != REFERENCES_NONE)
			referrers->roots[referrers->frames.items[i].owner] =
			    CHAIN_GREENLET;
	for (uint32_t i = 0; i < referrers->objects->found.len; i++) {
		enum chain_root kind = referrers->types[i] < len
					   ? kinds[referrers->types[i]]
					   : CHAIN_INSIDE;

		if (kind == CHAIN_THREAD)
			owners_mark_thread(referrers, i);
		if (kind == CHAIN_TASK &&
		    owners_task_of(types, referrers->objects->found.items[i])
			.alive)
			referrers->roots[i] = CHAIN_TASK;
	}
	free(kinds);
}

/* Adds consecutive frames from start to end. */
static void owners_add_row(
    struct referrers *referrers, uint64_t start, uint64_t end, uint32_t owner)
{
	struct object_types *types = &referrers->objects->types;
	const struct python_offsets *o = &types->target->offsets;

	for (int i = 0; i < FRAMES_MAX && start < end; i++) {
		uint64_t code =
		    python_untagged(o, snapshot_u64(types->snapshot,
					   start + (uint64_t)o->frame_code));
		const struct object_type *type =
		    code ? object_types_of(types, code) : NULL;
		const char *at =
		    snapshot_at(types->snapshot, code, (uint64_t)o->code_size);

		if (!type || type->kind != OBJECT_CODE || !at)
			return;
		*array_push(&referrers->frames) =
		    (struct referrers_frame){.address = start,
			.code = code,
			.object = (uint32_t)(referrers->objects->found.len +
					     referrers->bare_frames++),
			.owner = owner};
		start += (uint64_t)o->frame_locals +
			 8 * ((uint64_t)field_u32(at, o->code_locals) +
				 field_u32(at, o->code_stack_size));
	}
}

/* The chunks of frames that threads use. */
struct owners_chunks {
	const struct object_types *types;
	ARRAY(uint64_t) items;
};

static void owners_note_chunk(void *context, uint64_t thread)
{
	struct owners_chunks *running = context;
	const struct object_types *types = running->types;

	*array_push(&running->items) = snapshot_u64(types->snapshot,
	    thread + (uint64_t)types->target->offsets.thread_datastack);
}

static bool owners_is_running(
    const struct owners_chunks *running, uint64_t chunk)
{
	for (size_t i = 0; i < running->items.len; i++)
		if (running->items.items[i] == chunk)
			return true;
	return false;
}

/* The state of a suspended greenlet holds the chunk of memory with its frames,
 * their end, and the end of the chunk: three consecutive words. */
static void owners_add_greenlet(struct referrers *referrers,
    const struct owners_chunks *running, uint32_t object)
{
	struct object_types *types = &referrers->objects->types;
	struct snapshot *snapshot = types->snapshot;
	uint64_t state = snapshot_u64(snapshot,
	    referrers->objects->found.items[object] + IMPLEMENTATION +
		(uint64_t)python_header_extra(&types->target->offsets));

	for (uint64_t i = 0; i < STATE_WORDS; i++) {
		uint64_t chunk = snapshot_u64(snapshot, state + 8 * i);
		uint64_t top = snapshot_u64(snapshot, state + 8 * i + 8);
		uint64_t limit = snapshot_u64(snapshot, state + 8 * i + 16);
		uint64_t start = chunk + CHUNK_HEADER;

		if (!chunk || chunk % 8 || top <= start || top > limit ||
		    limit - chunk > CHUNK_MAX ||
		    snapshot_u64(snapshot, chunk + 8) != limit - chunk)
			continue;
		/* In the first chunk of a thread the first word is unused. */
		if (!snapshot_u64(snapshot, chunk))
			start += 8;
		if (!owners_is_running(running, chunk))
			owners_add_row(referrers, start, top, object);
		return;
	}
}

void referrers_add_greenlets(struct referrers *referrers)
{
	struct object_types *types = &referrers->objects->types;
	struct owners_chunks running = {.types = types};
	const struct object_type *type = NULL;

	if (types->target->offsets.thread_datastack < 0)
		return;
	for (size_t i = 0; i < types->items.len && !type; i++)
		if (!strcmp(types->items.items[i]->name, "greenlet.greenlet"))
			type = types->items.items[i];
	if (!type)
		return;
	frames_each_thread(
	    types->target, types->snapshot, owners_note_chunk, &running);
	for (uint32_t i = 0; i < referrers->objects->found.len; i++) {
		const struct object_type *own =
		    object_types_of(types, referrers->objects->found.items[i]);

		if (own && own->kind == OBJECT_OTHER &&
		    owners_is_a(types, own, "greenlet.greenlet"))
			owners_add_greenlet(referrers, &running, i);
	}
	array_free(&running.items);
}

/* The number of an asyncio task that was given no name. */
static bool owners_task_name(
    const struct referrers *referrers, uint64_t address, char *out, size_t size)
{
	struct object_types *types = &referrers->objects->types;
	struct owners_task task = owners_task_of(types, address);
	uint64_t number;

	if (!task.name)
		return false;
	if (python_text(&types->view, task.name, out, size) == 0 &&
	    object_types_of(types, task.name)->kind == OBJECT_STR)
		return true;
	if (!owners_number(referrers, task.name, &number))
		return false;
	snprintf(out, size, "Task-%" PRIu64, number);
	return true;
}

bool referrers_owner_name(
    const struct referrers *referrers, uint32_t object, char *out, size_t size)
{
	struct object_types *types = &referrers->objects->types;
	uint64_t address = referrers->objects->found.items[object], name;
	const struct object_type *type = object_types_of(types, address);
	const char *dot;

	if (referrers->roots[object] == CHAIN_TASK)
		return owners_task_name(referrers, address, out, size);
	name = owners_attribute(types, address,
	    referrers->roots[object] == CHAIN_THREAD ? "_name" : "name");
	if (name && python_text(&types->view, name, out, size) == 0)
		return true;
	dot = type ? strrchr(type->name, '.') : NULL;
	snprintf(out, size, "%s at 0x%" PRIx64, dot ? dot + 1 : "?", address);
	return type;
}

uint32_t referrers_owner(const struct referrers *referrers, uint32_t object)
{
	if (object >= referrers->references.count ||
	    referrers->roots[object] != CHAIN_FRAME)
		return REFERENCES_NONE;
	for (size_t i = 0; i < referrers->frames.len; i++)
		if (referrers->frames.items[i].object == object)
			return referrers->frames.items[i].owner;
	return REFERENCES_NONE;
}
