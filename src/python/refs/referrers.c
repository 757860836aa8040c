// SPDX-License-Identifier: MIT
#include "python/refs/referrers.h"

#include <string.h>

#include "python/heap/frames.h"
#include "python/refs/referrers_alike.h"
#include "python/refs/referrers_frames.h"
#include "python/refs/referrers_owners.h"
#include "python/remote/text.h"

#define BASES_MAX 64
#define STEP 4096 /* objects between two reports of progress */

/* Flags of a type. */
enum trait {
	TRAIT_MODULE = 1, /* a module type, or built on it */
	TRAIT_VIEW = 2, /* a memoryview: one of its words refers to an object */
	TRAIT_BUFFER = 4 /* a buffer object */
};

/* One pass over all objects. */
struct pass {
	struct referrers *referrers;
	struct object_types *types;
	const struct referrers_request *request;
	struct object_budget budget;
	uint8_t *traits; /* traits of the types that existed at the start */
	size_t types_len;
	const struct object_type *type; /* type of the current object */
	uint64_t code;      /* code of the current frame or generator */
	uint64_t type_dict; /* dict of the current class */
	bool is_view;
	bool full;
};

static bool referrers_is_named(
    const struct object_type *type, const char *const *names)
{
	for (; *names; names++)
		if (!type->on_heap && object_type_is(type, *names))
			return true;
	return false;
}

/* Whether the type, or one of its bases, is a C type with one of the names. */
static bool referrers_is_built_on(struct object_types *types,
    const struct object_type *type, const char *const *names)
{
	const struct python_offsets *o = &types->target->offsets;

	for (int i = 0; type && i < BASES_MAX; i++) {
		if (referrers_is_named(type, names))
			return true;
		type = object_types_get(
		    types, snapshot_u64(types->snapshot,
			       type->address + (uint64_t)o->type_base));
	}
	return false;
}

static uint8_t referrers_trait_of(
    struct pass *pass, const struct object_type *type)
{
	static const char *const module[] = {"module", NULL};
	static const char *const view[] = {"memoryview", NULL};
	static const char *const buffer[] = {"managedbuffer", NULL};

	if (referrers_is_built_on(pass->types, type, module))
		return TRAIT_MODULE;
	if (referrers_is_named(type, view))
		return TRAIT_VIEW;
	if (referrers_is_named(type, buffer))
		return TRAIT_BUFFER;
	return 0;
}

static bool referrers_is_same_label(
    const void *items, size_t at, const void *key)
{
	const struct referrers_label *a =
	    (const struct referrers_label *)items + at;
	const struct referrers_label *b = key;

	return a->address == b->address && a->text == b->text;
}

static uint32_t referrers_label_of(
    struct referrers *referrers, uint64_t address, const char *text)
{
	const struct referrers_label label = {address, text};
	uint32_t hash = index_hash(&label, sizeof(label));
	size_t at =
	    index_place(&referrers->labels_index, hash, referrers_is_same_label,
		referrers->labels.items, &label, referrers->labels.len);

	if (at == referrers->labels.len)
		*array_push(&referrers->labels) = label;
	return (uint32_t)at;
}

static uint32_t referrers_detail_of(
    struct pass *pass, const struct object_reference *reference)
{
	switch (reference->kind) {
	case REFERENCE_ITEM:
		return (uint32_t)reference->index;
	case REFERENCE_VALUE:
	case REFERENCE_ATTRIBUTE:
		return referrers_label_of(
		    pass->referrers, reference->key, reference->name);
	case REFERENCE_LOCAL:
		return referrers_label_of(pass->referrers,
		    referrers_variable(
			pass->types, pass->code, reference->index),
		    NULL);
	default:
		return 0;
	}
}

static enum reference_kind referrers_kind_of(
    const struct pass *pass, const struct object_reference *reference)
{
	if (reference->name && !strcmp(reference->name, "__dict__"))
		return REFERENCE_DICT;
	if (pass->type_dict && reference->to == pass->type_dict)
		return REFERENCE_DICT;
	return reference->kind;
}

static bool referrers_add(
    const struct object_reference *reference, void *context)
{
	struct pass *pass = context;
	struct referrers *referrers = pass->referrers;
	size_t to;

	if (reference->kind == REFERENCE_TYPE ||
	    reference->kind == REFERENCE_WEAK ||
	    reference->type->place >= pass->types_len ||
	    (pass->is_view &&
		!(pass->traits[reference->type->place] & TRAIT_BUFFER)))
		return true;
	to = objects_index(referrers->objects, reference->to);
	if (to == OBJECTS_NONE)
		return true;
	if (!references_add(&referrers->references, (uint32_t)to,
		referrers_kind_of(pass, reference),
		referrers_detail_of(pass, reference)))
		pass->full = true;
	return !pass->full;
}

static enum chain_root referrers_root_of(
    const struct pass *pass, const struct object_type *type, uint64_t address)
{
	if (pass->traits[type->place] & TRAIT_MODULE)
		return CHAIN_MODULE;
	if (pass->request->referents)
		return type->kind == OBJECT_TYPE || type->kind == OBJECT_FRAME
			   ? CHAIN_TYPE
			   : CHAIN_INSIDE;
	if (type->kind == OBJECT_TYPE) {
		const struct object_type *self =
		    object_types_get(pass->types, address);

		return self && !self->on_heap ? CHAIN_TYPE : CHAIN_INSIDE;
	}
	return CHAIN_INSIDE;
}

static void referrers_add_object(struct pass *pass, size_t i)
{
	const struct python_offsets *o = &pass->types->target->offsets;
	struct referrers *referrers = pass->referrers;
	uint64_t address = referrers->objects->found.items[i];

	pass->type = object_types_of(pass->types, address);
	if (!pass->type || pass->type->place >= pass->types_len)
		return;
	referrers->types[i] = (uint32_t)pass->type->place;
	referrers->roots[i] =
	    (uint8_t)referrers_root_of(pass, pass->type, address);
	pass->is_view = pass->traits[pass->type->place] & TRAIT_VIEW;
	pass->code = referrers_code(pass->types, address, pass->type);
	pass->type_dict = pass->type->kind == OBJECT_TYPE
			      ? snapshot_u64(pass->types->snapshot,
				    address + (uint64_t)o->type_dict)
			      : 0;
	object_references(pass->types, address, pass->type, &pass->budget,
	    referrers_add, pass);
}

/* Adds variables; words of the evaluation stack have no names, and unused ones
 * may hold anything. */
static void referrers_add_variables(
    struct pass *pass, const struct referrers_frame *frame)
{
	const struct python_offsets *o = &pass->types->target->offsets;
	struct frame_words words = frame_words(
	    pass->types->target, pass->types->snapshot, frame->address);
	uint64_t count = referrers_variables(pass->types, frame->code);
	uint64_t start = frame->address + (uint64_t)o->frame_locals;

	/* Words beyond the frame's stack pointer are stale. */
	if (count > words.used)
		count = words.used;
	pass->code = frame->code;
	for (uint64_t i = 0; i < count && !pass->full; i++) {
		struct object_reference reference = {.kind = REFERENCE_LOCAL,
		    .to = python_untagged(
			o, snapshot_u64(pass->types->snapshot, start + 8 * i)),
		    .index = i};

		reference.type = object_types_of(pass->types, reference.to);
		if (reference.type)
			referrers_add(&reference, pass);
	}
}

static void referrers_add_frames(struct pass *pass)
{
	struct referrers *referrers = pass->referrers;

	pass->type_dict = 0;
	pass->is_view = false;
	for (size_t i = 0; i < referrers->frames.len; i++) {
		const struct referrers_frame *frame =
		    &referrers->frames.items[i];

		referrers->roots[frame->object] = CHAIN_FRAME;
		if (frame->is_object)
			continue;
		referrers->types[frame->object] = referrers->frame_type;
		referrers_add_variables(pass, frame);
		references_next(&referrers->references);
	}
}

int referrers_find(struct referrers *referrers, struct objects *objects,
    const struct referrers_request *request, struct err *e)
{
	struct pass pass = {.referrers = referrers,
	    .types = &objects->types,
	    .types_len = objects->types.items.len,
	    .request = request,
	    .budget = object_budget(objects->types.snapshot)};
	size_t count = objects->found.len;

	*referrers = (struct referrers){
	    .objects = objects, .frame_type = (uint32_t)pass.types_len};
	referrers_find_frames(referrers);
	count += referrers->bare_frames;
	if (count >= REFERENCES_NONE)
		return err_set(e, "process %d: it has too many objects",
		    (int)objects->types.target->pid);
	references_init(&referrers->references, count);
	referrers->types = mem_zero(count + 1, sizeof(uint32_t));
	referrers->roots = mem_zero(count + 1, 1);
	pass.traits = mem_zero(pass.types_len + 1, 1);
	for (size_t i = 0; i < pass.types_len; i++)
		pass.traits[i] =
		    referrers_trait_of(&pass, objects->types.items.items[i]);
	for (size_t i = 0; i < objects->found.len && !pass.full; i++) {
		referrers_add_object(&pass, i);
		references_next(&referrers->references);
		if (i % STEP == 0)
			progress_step(
			    objects->types.snapshot->progress, i, count);
	}
	referrers_add_frames(&pass);
	references_index(&referrers->references);
	if (!request->referents) {
		referrers_find_owners(referrers);
		referrers_find_alike(referrers);
	}
	free(pass.traits);
	if (!pass.full && pass.budget.words)
		return 0;
	return err_set(e,
	    "process %d: its references make no sense; try again, and report "
	    "it if that fails too",
	    (int)objects->types.target->pid);
}

void referrers_finish(struct referrers *referrers)
{
	references_finish(&referrers->references);
	index_finish(&referrers->labels_index);
	array_free(&referrers->frames);
	array_free(&referrers->labels);
	free(referrers->types);
	free(referrers->roots);
	free(referrers->alike);
	referrers->types = NULL;
	referrers->roots = NULL;
	referrers->alike = NULL;
}
