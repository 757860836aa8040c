// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "python/refs/referrers.h"
#include "python/remote/text.h"

bool referrers_label(
    const struct referrers *referrers, uint32_t detail, char *out, size_t size)
{
	struct object_types *types = &referrers->objects->types;
	const struct referrers_label *label;
	const struct object_type *type;

	snprintf(out, size, "?");
	if (detail >= referrers->labels.len)
		return false;
	label = &referrers->labels.items[detail];
	if (label->text) {
		snprintf(out, size, "%s", label->text);
		return true;
	}
	type = label->address ? object_types_of(types, label->address) : NULL;
	if (!type)
		return false;
	if (type->kind == OBJECT_STR &&
	    python_text(&types->view, label->address, out, size) == 0)
		return true;
	snprintf(out, size, "%s", type->name);
	return false;
}

const char *referrers_type(const struct referrers *referrers, uint32_t type)
{
	const struct object_types *types = &referrers->objects->types;

	return type < referrers->frame_type ? types->items.items[type]->name
					    : "frame";
}

/* A search in the __dict__ of a module. */
struct referrers_search {
	struct object_types *types;
	const char *key;
	uint64_t dict, value;
};

static bool referrers_names_find_dict(
    const struct object_reference *reference, void *context)
{
	struct referrers_search *search = context;

	if (reference->name && !strcmp(reference->name, "__dict__"))
		search->dict = reference->to;
	return !search->dict;
}

static bool referrers_names_find_value(
    const struct object_reference *reference, void *context)
{
	struct referrers_search *search = context;
	char key[16];

	if (reference->kind == REFERENCE_VALUE &&
	    reference->type->kind == OBJECT_STR &&
	    python_text(
		&search->types->view, reference->key, key, sizeof(key)) == 0 &&
	    !strcmp(key, search->key))
		search->value = reference->to;
	return !search->value;
}

bool referrers_module_text(const struct referrers *referrers, uint32_t object,
    const char *key, char *out, size_t size)
{
	struct object_types *types = &referrers->objects->types;
	struct object_budget budget = object_budget(types->snapshot);
	struct referrers_search search = {.types = types, .key = key};
	uint64_t address = referrers->objects->found.items[object];
	const struct object_type *type = object_types_of(types, address);

	if (type)
		object_references(types, address, type, &budget,
		    referrers_names_find_dict, &search);
	type = search.dict ? object_types_of(types, search.dict) : NULL;
	if (type)
		object_references(types, search.dict, type, &budget,
		    referrers_names_find_value, &search);
	return search.value &&
	       python_text(&types->view, search.value, out, size) == 0;
}

static bool referrers_names_function_name(
    const struct referrers *referrers, uint32_t object, char *out, size_t size)
{
	struct object_types *types = &referrers->objects->types;
	const struct python_offsets *o = &types->target->offsets;
	int offset = o->code_qualname >= 0 ? o->code_qualname : o->code_name;

	for (size_t i = 0; i < referrers->frames.len; i++) {
		const struct referrers_frame *frame =
		    &referrers->frames.items[i];

		if (frame->object == object)
			return python_text(&types->view,
				   snapshot_u64(types->snapshot,
				       frame->code + (uint64_t)offset),
				   out, size) == 0;
	}
	return false;
}

bool referrers_name(
    const struct referrers *referrers, uint32_t object, char *out, size_t size)
{
	struct object_types *types = &referrers->objects->types;
	const struct object_type *type;
	uint64_t address;

	if (referrers->roots[object] == CHAIN_FRAME)
		return referrers_names_function_name(
		    referrers, object, out, size);
	if (object >= referrers->objects->found.len)
		return false;
	address = referrers->objects->found.items[object];
	if (referrers->roots[object] >= CHAIN_THREAD &&
	    referrers->roots[object] <= CHAIN_TASK)
		return referrers_owner_name(referrers, object, out, size);
	if (referrers->roots[object] == CHAIN_MODULE)
		return referrers_module_text(
		    referrers, object, "__name__", out, size);
	type = object_types_of(types, address);
	if (!type || type->kind != OBJECT_TYPE)
		return false;
	type = object_types_get(types, address);
	if (type)
		snprintf(out, size, "%s", type->name);
	return type;
}
