// SPDX-License-Identifier: MIT
#include "python/refs/referrers_frames.h"

#include "python/heap/frames.h"
#include "python/refs/referrers_owners.h"

#define VARIABLES_MAX 65536

static uint64_t referrers_frames_word(
    struct object_types *types, uint64_t address, int offset)
{
	return snapshot_u64(types->snapshot, address + (uint64_t)offset);
}

static bool referrers_frames_is_code(
    struct object_types *types, uint64_t address)
{
	const struct object_type *type =
	    address ? object_types_of(types, address) : NULL;

	return type && type->kind == OBJECT_CODE;
}

/* The thread whose frames are being added. */
struct referrers_thread {
	struct referrers *referrers;
	uint64_t number;
};

/* Adds a frame, unless it is one of the interpreter's own, which run no code.
 * Up to 3.10 a frame may be among the objects; any other gets a number behind
 * theirs. */
static void referrers_frames_add_frame(void *context, uint64_t address)
{
	const struct referrers_thread *thread = context;
	struct referrers *referrers = thread->referrers;
	struct object_types *types = &referrers->objects->types;
	const struct python_offsets *o = &types->target->offsets;
	struct referrers_frame frame = {.address = address,
	    .code = python_untagged(
		o, referrers_frames_word(types, address, o->frame_code)),
	    .thread = thread->number,
	    .owner = REFERENCES_NONE};
	size_t object = OBJECTS_NONE;

	if (!referrers_frames_is_code(types, frame.code))
		return;
	if (python_frames_are_objects(o))
		object = objects_index(referrers->objects, address);
	frame.is_object = object != OBJECTS_NONE;
	if (!frame.is_object)
		object =
		    referrers->objects->found.len + referrers->bare_frames++;
	frame.object = (uint32_t)object;
	*array_push(&referrers->frames) = frame;
}

static void referrers_frames_add_thread(void *context, uint64_t address)
{
	struct referrers *referrers = context;
	struct object_types *types = &referrers->objects->types;
	struct referrers_thread thread = {.referrers = referrers,
	    .number = referrers_frames_word(
		types, address, types->target->offsets.thread_id)};

	frames_each_of(types->target, types->snapshot, address,
	    referrers_frames_add_frame, &thread);
}

void referrers_find_frames(struct referrers *referrers)
{
	struct object_types *types = &referrers->objects->types;

	frames_each_thread(types->target, types->snapshot,
	    referrers_frames_add_thread, referrers);
	referrers_add_greenlets(referrers);
}

uint64_t referrers_code(struct object_types *types, uint64_t address,
    const struct object_type *type)
{
	const struct python_offsets *o = &types->target->offsets;
	bool is_object = python_frames_are_objects(o);
	uint64_t frame = address;

	if (type->kind != OBJECT_FRAME && type->kind != OBJECT_GENERATOR)
		return 0;
	if (!is_object && !object_frame_words(types, address, type, &frame))
		return 0;
	return type->kind == OBJECT_FRAME || !is_object
		   ? python_untagged(
			 o, referrers_frames_word(types, frame, o->frame_code))
		   : 0;
}

static uint64_t referrers_frames_names_of(
    struct object_types *types, uint64_t code)
{
	const struct python_offsets *o = &types->target->offsets;
	uint64_t names =
	    code ? referrers_frames_word(types, code, o->code_variables) : 0;
	const struct object_type *type =
	    names ? object_types_of(types, names) : NULL;

	return type && type->kind == OBJECT_TUPLE ? names : 0;
}

uint64_t referrers_variables(struct object_types *types, uint64_t code)
{
	uint64_t names = referrers_frames_names_of(types, code), count = 0;

	if (names)
		count = referrers_frames_word(
		    types, names, types->target->offsets.object_size);
	return count < VARIABLES_MAX ? count : 0;
}

uint64_t referrers_variable(
    struct object_types *types, uint64_t code, uint64_t index)
{
	uint64_t names = referrers_frames_names_of(types, code);

	if (!names || index >= referrers_variables(types, code))
		return 0;
	return snapshot_u64(types->snapshot,
	    names + (uint64_t)types->target->offsets.tuple_items + 8 * index);
}
