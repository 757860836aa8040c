// SPDX-License-Identifier: MIT
#include "python/heap/objects_check.h"

#include <string.h>

#include "python/remote/text.h"

#define NAME_SIZE 512
/* A set has eight entries in itself, and a list of weak references. */
#define SET_BEHIND_SMALL (8 * 16 + 8)

/* The object size of a type that the row of offsets implies. */
struct known_type {
	const char *name;
	uint64_t basic;
};

static const struct object_type *objects_check_find_type(
    const struct objects *objects, const char *name)
{
	for (size_t i = 0; i < objects->types.items.len; i++) {
		const struct object_type *type = objects->types.items.items[i];

		if (object_type_is(type, name))
			return type;
	}
	return NULL;
}

/* Finds a type with an unexpected size. A type that was not found has no
 * objects that could be read wrongly. */
static const char *objects_check_find_wrong_size(const struct objects *objects)
{
	const struct python_offsets *o = &objects->types.target->offsets;
	bool is_new = !python_frames_are_objects(o);
	const struct known_type known[] = {
	    {"type", (uint64_t)o->heap_type_size},
	    {"list", (uint64_t)o->list_allocated + 8},
	    {"tuple", (uint64_t)o->tuple_items},
	    {"dict", (uint64_t)o->dict_size},
	    {"set", (uint64_t)o->set_small + SET_BEHIND_SMALL},
	    {"str", (uint64_t)o->str_data + 8},
	    {"bytes", (uint64_t)o->bytes_data + 1},
	    {"code", (uint64_t)(is_new ? o->code_instructions : o->code_size)},
	    {is_new ? "generator" : "",
		(uint64_t)(o->generator_frame + o->frame_locals)},
	    /* Since 3.11 it does not contain its frame. */
	    {is_new ? "" : "frame", (uint64_t)o->frame_locals + 8},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		const struct object_type *type =
		    objects_check_find_type(objects, known[i].name);

		if (type && type->basic != known[i].basic)
			return known[i].name;
	}
	return NULL;
}

static const char *objects_check_last_part(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

/* Whether both names of a class agree: the C string and the str. */
static bool objects_check_has_name_twice(
    struct object_types *types, const struct object_type *type)
{
	const struct python_offsets *o = &types->target->offsets;
	char name[NAME_SIZE], text[NAME_SIZE];

	return python_type_name(
		   &types->view, type->address, name, sizeof(name)) == 0 &&
	       python_text(&types->view,
		   snapshot_u64(types->snapshot,
		       type->address + (uint64_t)o->heap_type_qualname),
		   text, sizeof(text)) == 0 &&
	       !strcmp(objects_check_last_part(name),
		   objects_check_last_part(text));
}

/* Some classes may be renamed, but hardly all of them. */
static bool objects_check_are_names_right(struct objects *objects)
{
	size_t classes = 0;

	for (size_t i = 0; i < objects->types.items.len; i++) {
		const struct object_type *type = objects->types.items.items[i];

		if (!type->on_heap)
			continue;
		if (objects_check_has_name_twice(&objects->types, type))
			return true;
		classes++;
	}
	return classes == 0;
}

static bool objects_check_are_modules_right(struct objects *objects)
{
	const struct python_target *target = objects->types.target;
	const struct object_type *type = object_types_of(&objects->types,
	    snapshot_u64(objects->types.snapshot,
		target->interpreter +
		    (uint64_t)target->offsets.interpreter_modules));

	return type && type->kind == OBJECT_DICT;
}

int objects_check(struct objects *objects, struct err *e)
{
	const struct python_target *target = objects->types.target;
	const char *wrong = objects_check_find_wrong_size(objects);

	bool is_type = wrong;

	if (!wrong && !objects_check_are_names_right(objects))
		wrong = "name of a class";
	if (!wrong && !objects_check_are_modules_right(objects))
		wrong = "list of modules";
	if (!wrong)
		return 0;
	return err_set(e,
	    "process %d: not supported: its %s%s is not laid out as in any "
	    "CPython 3.%d that mprof knows, so its objects would be counted "
	    "wrongly",
	    (int)target->pid, is_type ? "type " : "", wrong, target->minor);
}
