// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "python/refs/referrers_frames.h"
#include "python/remote/text.h"

#define TEXT_CHARACTERS 40
#define TEXT_BYTES (4 * (TEXT_CHARACTERS + 1) + 1)
#define DIGIT_BITS 30 /* of an int */
/* A set's number of items lies this far before its mask. */
#define USED_BEFORE_MASK 8

/* One object whose value is being written. */
struct value {
	struct object_types *types;
	const struct python_offsets *o;
	const struct object_type *type;
	uint64_t address;
	char *out;
	size_t size;
};

static uint64_t value_word(const struct value *v, int offset)
{
	return snapshot_u64(v->types->snapshot, v->address + (uint64_t)offset);
}

static bool value_text(const struct value *v)
{
	char text[TEXT_BYTES];
	const char *end = text;

	if (python_text(&v->types->view, v->address, text, sizeof(text)) < 0)
		return false;
	for (int i = 0; i < TEXT_CHARACTERS && *end; i++)
		utf8_next(&end);
	snprintf(v->out, v->size, "'%.*s%s'", (int)(end - text), text,
	    *end ? "\xe2\x80\xa6" : "");
	return true;
}

/* Writes up to two digits of an int: larger values tell a reader nothing. */
static bool value_int(const struct value *v)
{
	int64_t count = (int64_t)value_word(v, v->o->object_size);
	uint64_t digits, number;
	bool negative = count < 0;

	if (object_type_is(v->type, "bool"))
		negative = false;
	if (v->o->int_tag_bits) {
		negative = (count & 3) == 2;
		digits = (uint64_t)count >> v->o->int_tag_bits;
	} else {
		digits = count < 0 ? -(uint64_t)count : (uint64_t)count;
	}
	if (digits > 2)
		return false;
	number = value_word(v, v->o->object_size + 8);
	number = digits == 0 ? 0
		 : digits == 1
		     ? (uint32_t)number
		     : (number >> 32 << DIGIT_BITS) + (uint32_t)number;
	if (object_type_is(v->type, "bool"))
		snprintf(v->out, v->size, "%s", number ? "True" : "False");
	else
		snprintf(
		    v->out, v->size, "%s%" PRIu64, negative ? "-" : "", number);
	return true;
}

static bool value_float(const struct value *v)
{
	uint64_t word = value_word(v, v->o->object_header);
	double number;

	if (!object_type_is(v->type, "float"))
		return false;
	memcpy(&number, &word, sizeof(number));
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(v->out, v->size, "%.*g", digits, number);
		if (strtod(v->out, NULL) == number)
			break;
	}
	return true;
}

static bool value_count(const struct value *v, uint64_t count, const char *unit)
{
	if (count > v->types->snapshot->copied)
		return false;
	snprintf(v->out, v->size, "%" PRIu64 " %s%s", count, unit,
	    count == 1 ? "" : "s");
	return true;
}

static bool value_sized(const struct value *v)
{
	return value_count(v, value_word(v, v->o->object_size), "item");
}

static bool value_dict(const struct value *v)
{
	return value_count(v, value_word(v, v->o->dict_used), "item");
}

static bool value_set(const struct value *v)
{
	return value_count(
	    v, value_word(v, v->o->set_mask - USED_BEFORE_MASK), "item");
}

static bool value_bytes(const struct value *v)
{
	return value_count(v, value_word(v, v->o->object_size), "byte");
}

static bool value_class(const struct value *v)
{
	const struct object_type *self = object_types_get(v->types, v->address);

	if (!self)
		return false;
	snprintf(v->out, v->size, "%s", self->name);
	return true;
}

static bool value_code_name(const struct value *v, uint64_t code)
{
	int offset =
	    v->o->code_qualname >= 0 ? v->o->code_qualname : v->o->code_name;
	const struct object_type *type =
	    code ? object_types_of(v->types, code) : NULL;
	size_t len;

	if (!type || type->kind != OBJECT_CODE ||
	    python_text(&v->types->view,
		snapshot_u64(v->types->snapshot, code + (uint64_t)offset),
		v->out, v->size) < 0)
		return false;
	len = strlen(v->out);
	snprintf(v->out + len, v->size - len, "()");
	return true;
}

static bool value_other(const struct value *v)
{
	if (object_type_is(v->type, "function"))
		return value_code_name(v, value_word(v, v->o->function_code));
	return false;
}

bool referrers_value(
    const struct referrers *referrers, uint32_t object, char *out, size_t size)
{
	static bool (*const write[])(const struct value *) = {
	    [OBJECT_OTHER] = value_other,
	    [OBJECT_WEAK] = value_other,
	    [OBJECT_ATOM] = value_float,
	    [OBJECT_LIST] = value_sized,
	    [OBJECT_TUPLE] = value_sized,
	    [OBJECT_DICT] = value_dict,
	    [OBJECT_ORDERED_DICT] = value_dict,
	    [OBJECT_SET] = value_set,
	    [OBJECT_STR] = value_text,
	    [OBJECT_BYTES] = value_bytes,
	    [OBJECT_BYTEARRAY] = value_bytes,
	    [OBJECT_INT] = value_int,
	    [OBJECT_TYPE] = value_class,
	    [OBJECT_DEQUE] = value_sized,
	    [OBJECT_FRAME] = NULL,
	};
	struct object_types *types = &referrers->objects->types;
	struct value v = {.types = types,
	    .o = &types->target->offsets,
	    .out = out,
	    .size = size};

	*out = '\0';
	if (object >= referrers->objects->found.len)
		return referrers_name(referrers, object, out, size);
	if (referrers->roots[object] == CHAIN_MODULE)
		return referrers_name(referrers, object, out, size);
	v.address = referrers->objects->found.items[object];
	v.type = object_types_of(types, v.address);
	if (!v.type)
		return false;
	if (v.type->kind == OBJECT_GENERATOR || v.type->kind == OBJECT_FRAME)
		return value_code_name(
		    &v, referrers_code(types, v.address, v.type));
	return write[v.type->kind] && write[v.type->kind](&v);
}

bool referrers_label_value(
    const struct referrers *referrers, uint32_t detail, char *out, size_t size)
{
	size_t object = OBJECTS_NONE;

	if (detail < referrers->labels.len)
		object = objects_index(referrers->objects,
		    referrers->labels.items[detail].address);
	return object != OBJECTS_NONE &&
	       referrers_value(referrers, (uint32_t)object, out, size);
}

uint64_t *referrers_sizes(const struct referrers *referrers)
{
	struct objects *objects = referrers->objects;
	uint64_t *sizes =
	    mem_zero(referrers->references.count + 1, sizeof(*sizes));

	for (size_t i = 0; i < objects->found.len; i++) {
		uint64_t address = objects->found.items[i];
		const struct object_type *type =
		    object_types_of(&objects->types, address);

		if (type)
			sizes[i] = object_size(&objects->types, address, type);
	}
	return sizes;
}
