// SPDX-License-Identifier: MIT
#include "python/holders_frames.h"

/* Interpreters, threads and frames in all: lists may never end. */
#define LOOKS_MAX 1000000
#define VARIABLES_MAX 65536

static uint64_t word(struct object_types *types, uint64_t address, int offset)
{
	return image_u64(types->image, address + (uint64_t)offset);
}

static bool is_code(struct object_types *types, uint64_t address)
{
	const struct object_type *type =
	    address ? object_types_of(types, address) : NULL;

	return type && type->kind == OBJECT_CODE;
}

/* Frames of the interpreter's own run no code. To 3.10 a frame may be among
 * the objects; any other gets a number behind theirs. */
static void add_frame(struct holders *holders, uint64_t address)
{
	struct object_types *types = &holders->objects->types;
	const struct python_offsets *o = &types->target->offsets;
	struct holders_frame frame = {
	    .address = address, .code = word(types, address, o->frame_code)};
	size_t object = OBJECTS_NONE;

	if (!is_code(types, frame.code))
		return;
	if (types->target->minor < 11)
		object = objects_index(holders->objects, address);
	frame.is_object = object != OBJECTS_NONE;
	if (!frame.is_object)
		object = holders->objects->found.len + holders->bare_frames++;
	frame.object = (uint32_t)object;
	*array_push(&holders->frames) = frame;
}

static void add_thread(struct holders *holders, uint64_t thread, size_t *looks)
{
	struct object_types *types = &holders->objects->types;
	const struct python_offsets *o = &types->target->offsets;
	uint64_t frame;

	if (o->thread_cframe >= 0)
		frame = word(types, word(types, thread, o->thread_cframe),
		    o->cframe_current);
	else
		frame = word(types, thread, o->thread_frame);
	for (; frame && *looks; (*looks)--) {
		add_frame(holders, frame);
		frame = word(types, frame, o->frame_previous);
	}
}

void holders_find_frames(struct holders *holders)
{
	struct object_types *types = &holders->objects->types;
	const struct python_target *target = types->target;
	const struct python_offsets *o = &target->offsets;
	uint64_t interpreter =
	    word(types, target->runtime, o->runtime_interpreters);
	size_t looks = LOOKS_MAX;

	for (; interpreter && looks; looks--) {
		uint64_t thread =
		    word(types, interpreter, o->interpreter_threads);

		for (; thread && looks; looks--) {
			add_thread(holders, thread, &looks);
			thread = word(types, thread, o->thread_next);
			if (!looks)
				return;
		}
		interpreter = word(types, interpreter, o->interpreter_next);
		if (!looks)
			return;
	}
}

uint64_t holders_code(struct object_types *types, uint64_t address,
    const struct object_type *type)
{
	const struct python_offsets *o = &types->target->offsets;
	uint64_t frame = address;

	if (type->kind != OBJECT_FRAME && type->kind != OBJECT_GENERATOR)
		return 0;
	if (types->target->minor >= 11 &&
	    !object_frame_words(types, address, type, &frame))
		return 0;
	return type->kind == OBJECT_FRAME || types->target->minor >= 11
		   ? word(types, frame, o->frame_code)
		   : 0;
}

static uint64_t names_of(struct object_types *types, uint64_t code)
{
	const struct python_offsets *o = &types->target->offsets;
	uint64_t names = code ? word(types, code, o->code_variables) : 0;
	const struct object_type *type =
	    names ? object_types_of(types, names) : NULL;

	return type && type->kind == OBJECT_TUPLE ? names : 0;
}

uint64_t holders_variables(struct object_types *types, uint64_t code)
{
	uint64_t names = names_of(types, code), count = 0;

	if (names)
		count = word(types, names, types->target->offsets.object_size);
	return count < VARIABLES_MAX ? count : 0;
}

uint64_t holders_variable(
    struct object_types *types, uint64_t code, uint64_t index)
{
	uint64_t names = names_of(types, code);

	if (!names || index >= holders_variables(types, code))
		return 0;
	return image_u64(types->image,
	    names + (uint64_t)types->target->offsets.tuple_items + 8 * index);
}
