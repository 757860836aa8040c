// SPDX-License-Identifier: MIT
#include "python/heap/object_size.h"

#include "python/heap/object_dict.h"
#include "python/heap/object_numpy.h"

#define PRE_HEADER 16
#define DEQUE_BLOCK_LEN 64
#define DEQUE_BLOCK_SIZE ((DEQUE_BLOCK_LEN + 2) * 8)
#define ODICT_NODE_SIZE 32
#define FRAME_WORDS_MAX 65536
#define STRUCT_CODE_SIZE 32 /* definition, offset, size, repetitions */

/* Bound for references on an evaluation stack: a larger number may be an
 * address. */
#define SOUND_REFERENCES (1 << 20)

/* One object that is being measured. */
struct measured {
	struct object_types *types;
	struct snapshot *snapshot;
	const struct python_target *target;
	const struct python_offsets *o;
	const struct object_type *type;
	uint64_t address;
};

static struct measured object_measure(struct object_types *types,
    uint64_t address, const struct object_type *type)
{
	return (struct measured){.types = types,
	    .snapshot = types->snapshot,
	    .target = types->target,
	    .o = &types->target->offsets,
	    .type = type,
	    .address = address};
}

static uint64_t object_size_word(const struct measured *m, int offset)
{
	return snapshot_u64(m->snapshot, m->address + (uint64_t)offset);
}

/* Offset of a C type's field that no row has, given the offset in a build with
 * the GIL. */
static uint64_t object_size_field(const struct measured *m, int offset)
{
	return object_size_word(m, offset + python_header_extra(m->o));
}

/* The object's own length field, in units of size bytes; bounded by what the
 * copy could hold. */
static uint64_t object_size_length(
    const struct measured *m, uint64_t count, uint64_t size)
{
	return count <= m->snapshot->copied / size ? count * size : 0;
}

/* The same, for items that all lie at address: in one mapping, of which not
 * every page need exist. */
static uint64_t object_size_length_at(
    const struct measured *m, uint64_t address, uint64_t count, uint64_t size)
{
	if (!count || count > MEMORY_END / size ||
	    !snapshot_at(m->snapshot, address, count * size))
		return 0;
	return count * size;
}

static uint64_t object_size_items(const struct measured *m)
{
	int64_t count = (int64_t)object_size_word(m, m->o->object_size);

	if (!m->type->item || count == INT64_MIN)
		return 0;
	return object_size_length_at(m, m->address + m->type->basic,
	    (uint64_t)(count < 0 ? -count : count), m->type->item);
}

static uint64_t object_size_of_list(const struct measured *m)
{
	return object_size_length_at(m, object_size_word(m, m->o->list_items),
	    object_size_word(m, m->o->list_allocated), 8);
}

static uint64_t object_size_of_dict(const struct measured *m)
{
	struct dict_keys keys;
	uint64_t size = 0;

	if (!dict_keys_read(&keys, m->snapshot, m->target,
		object_size_word(m, m->o->dict_keys)))
		return 0;
	if (object_size_word(m, m->o->dict_values))
		size = object_size_length(m, keys.usable + keys.used, 8);
	/* A shared table counts for the class. */
	if (keys.refs != 1)
		return size;
	return size + object_size_length_at(m,
			  object_size_word(m, m->o->dict_keys), keys.bytes, 1);
}

/* Behind the dict: first node, last node, the table of nodes and its slots.
 * Each item has a node, too. */
static uint64_t object_size_of_ordered_dict(const struct measured *m)
{
	return object_size_of_dict(m) +
	       object_size_length(
		   m, object_size_word(m, m->o->dict_size + 24), 8) +
	       object_size_length(
		   m, object_size_word(m, m->o->dict_used), ODICT_NODE_SIZE);
}

static uint64_t object_size_of_set(const struct measured *m)
{
	uint64_t table = object_size_word(m, m->o->set_table);

	if (table == m->address + (uint64_t)m->o->set_small)
		return 0;
	return object_size_length_at(
	    m, table, object_size_word(m, m->o->set_mask) + 1, 16);
}

/* Compact str: the characters follow the header, which is shorter for ASCII.
 * Others (built step by step by C code, subclasses) have them elsewhere. */
static uint64_t object_size_of_str(const struct measured *m)
{
	uint32_t state = (uint32_t)object_size_word(m, m->o->str_state);
	uint64_t kind = state >> m->o->str_kind_bit & 7,
		 count = object_size_word(m, m->o->str_length);
	bool compact = state >> (m->o->str_kind_bit + 3) & 1,
	     ascii = state >> (m->o->str_kind_bit + 4) & 1;
	uint64_t size = (uint64_t)m->o->str_data + 8;
	uint64_t utf8;

	if (kind == 0) /* only wchar_t; up to 3.11 */
		kind = 4;
	if (compact)
		size = (uint64_t)(ascii ? m->o->str_ascii_size
					: m->o->str_compact_size);
	size +=
	    compact
		? object_size_length_at(m, m->address + size, count + 1, kind)
		: object_size_length_at(
		      m, object_size_word(m, m->o->str_data), count + 1, kind);
	if (compact && ascii)
		return size;
	utf8 = object_size_word(m, m->o->str_utf8);
	if (utf8 && (compact || utf8 != object_size_word(m, m->o->str_data)))
		size += object_size_length(
		    m, object_size_word(m, m->o->str_utf8_length) + 1, 1);
	return size;
}

/* Digits of 30 bits; since 3.12 their number stands above three flag bits.
 * Since 3.11 zero has one digit. */
static uint64_t object_size_of_int(const struct measured *m)
{
	int64_t count = (int64_t)object_size_word(m, m->o->object_size);
	uint64_t least = (uint64_t)m->o->int_digits_least,
		 head = (uint64_t)m->o->object_size + 8;
	uint64_t digits;

	if (m->o->int_tag_bits)
		digits = (uint64_t)count >> m->o->int_tag_bits;
	else
		digits = (uint64_t)(count < 0 ? -(count + 1) + 1 : count);
	if (digits < least)
		digits = least;
	return head + object_size_length_at(m, m->address + head, digits, 4);
}

/* Static types have no keys for their instances; from 3.11 to 3.12, a static
 * type is counted as if the collector tracked it. */
static uint64_t object_size_of_type(const struct measured *m)
{
	const struct object_type *self = object_types_get(m->types, m->address);
	uint64_t size = (uint64_t)m->o->heap_type_size + python_gc_header(m->o);
	struct dict_keys keys;

	if (!self || !self->on_heap)
		return (uint64_t)m->o->type_size +
		       (uint64_t)m->o->static_type_extra;
	if (!self->keys ||
	    !dict_keys_read(&keys, m->snapshot, m->target, self->keys))
		return size;
	return size + object_size_length(m, keys.bytes, 1);
}

/* VAR_HEAD, allocated, bytes; since 3.15 the bytes are in a bytes object,
 * except where there are none. */
static uint64_t object_size_of_bytearray(const struct measured *m)
{
	uint64_t size = object_size_length_at(
	    m, object_size_field(m, 32), object_size_field(m, 24), 1);

	if (size && m->o->bytearray_bytes != OFFSET_ABSENT)
		size += (uint64_t)m->o->bytes_data + 1;
	return size;
}

/* HEAD, raw file, five int, position; then the buffer, five positions, lock,
 * owner and the buffer's size. */
static uint64_t object_size_of_buffered(const struct measured *m)
{
	return object_size_length_at(
	    m, object_size_field(m, 56), object_size_field(m, 120), 1);
}

/* VAR_HEAD, left block, right block, left index. */
static uint64_t object_size_of_deque(const struct measured *m)
{
	uint64_t first = object_size_field(m, 40),
		 count = object_size_word(m, m->o->object_size);

	if (first >= DEQUE_BLOCK_LEN)
		return 0;
	return object_size_length(m,
	    (first + count + DEQUE_BLOCK_LEN - 1) / DEQUE_BLOCK_LEN,
	    DEQUE_BLOCK_SIZE);
}

/* VAR_HEAD, items, allocated, description: a letter and the item's size. */
static uint64_t object_size_of_array(const struct measured *m)
{
	uint32_t item;

	if (memory_u32(&m->types->view.memory, object_size_field(m, 40) + 4,
		&item) < 0 ||
	    item == 0 || item > 16)
		return 0;
	return object_size_length_at(
	    m, object_size_field(m, 24), object_size_field(m, 32), item);
}

/* HEAD, data, then sizes and strides elsewhere. */
static uint64_t object_size_of_numpy(const struct measured *m)
{
	struct numpy_array array =
	    numpy_array_read(m->snapshot, m->o, m->address);

	return 16 * array.dimensions + array.bytes;
}

static uint64_t object_size_of_numpy_void(const struct measured *m)
{
	return object_size_length(m,
	    numpy_item_size(m->snapshot, m->o,
		object_size_field(m, NUMPY_SCALAR_DESCRIPTION)),
	    1);
}

/* HEAD, size, values, codes: the codes end with one without a definition. Each
 * code stands for at least one value. */
static uint64_t object_size_of_struct(const struct measured *m)
{
	uint64_t codes = object_size_field(m, 32),
		 most = object_size_field(m, 24) + 1, count = 0;

	while (count < most && snapshot_u64(m->snapshot, codes))
		count++, codes += STRUCT_CODE_SIZE;
	return object_size_length(m, count + 1, STRUCT_CODE_SIZE);
}

/* A generator ends with its frame; a frame object points to it. */
uint64_t object_frame(struct object_types *types, uint64_t address,
    const struct object_type *type)
{
	return type->kind == OBJECT_FRAME
		   ? snapshot_u64(types->snapshot,
			 address +
			     (uint64_t)types->target->offsets.object_header + 8)
		   : address + type->basic -
			 (uint64_t)types->target->offsets.frame_locals;
}

uint64_t object_frame_words(struct object_types *types, uint64_t address,
    const struct object_type *type, uint64_t *frame)
{
	const struct python_offsets *o = &types->target->offsets;
	uint64_t code;
	uint32_t locals, stack;
	const char *at;

	if (o->code_locals < 0)
		return 0;
	*frame = object_frame(types, address, type);
	code = python_untagged(
	    o, snapshot_u64(types->snapshot, *frame + (uint64_t)o->frame_code));
	at = snapshot_at(types->snapshot, code, (uint64_t)o->code_size);
	if (!at)
		return 0;
	locals = field_u32(at, o->code_locals);
	stack = field_u32(at, o->code_stack_size);
	if (locals > FRAME_WORDS_MAX || stack > FRAME_WORDS_MAX)
		return 0;
	return (uint64_t)locals + stack;
}

/* Up to 3.10 a frame has its variables as items, one of which is part of the
 * header; a generator's frame is a separate object. */
static uint64_t object_size_of_frame(const struct measured *m)
{
	uint64_t frame;

	if (!python_frames_are_objects(m->o))
		return 8 * object_frame_words(
			       m->types, m->address, m->type, &frame);
	return m->type->kind == OBJECT_FRAME ? object_size_items(m) - 8 : 0;
}

/* Bytes beyond the basic size of the object's type. */
static uint64_t object_size_of_extra(const struct measured *m)
{
	switch (m->type->kind) {
	case OBJECT_LIST:
		return object_size_of_list(m);
	case OBJECT_DICT:
		return object_size_of_dict(m);
	case OBJECT_ORDERED_DICT:
		return object_size_of_ordered_dict(m);
	case OBJECT_SET:
		return object_size_of_set(m);
	case OBJECT_BYTEARRAY:
		return object_size_of_bytearray(m);
	case OBJECT_BUFFERED:
		return object_size_of_buffered(m);
	case OBJECT_DEQUE:
		return object_size_of_deque(m);
	case OBJECT_ARRAY:
		return object_size_of_array(m);
	case OBJECT_NUMPY_ARRAY:
		return object_size_of_numpy(m);
	case OBJECT_NUMPY_VOID:
		return object_size_of_numpy_void(m);
	case OBJECT_STRUCT:
		return object_size_of_struct(m);
	case OBJECT_ATOM:
		return m->type->number;
	case OBJECT_GENERATOR:
	case OBJECT_FRAME:
		return object_size_of_frame(m);
	case OBJECT_CODE:
		return (object_size_items(m) + m->type->basic + 7) / 8 * 8 -
		       m->type->basic;
	default:
		return object_size_items(m);
	}
}

/* The characters must end with a zero of their width. */
static bool object_size_is_sound_str(const struct measured *m)
{
	uint32_t state = (uint32_t)object_size_word(m, m->o->str_state);
	uint64_t kind = state >> m->o->str_kind_bit & 7,
		 len = object_size_word(m, m->o->str_length);
	uint64_t head = (uint64_t)(state >> (m->o->str_kind_bit + 4) & 1
				       ? m->o->str_ascii_size
				       : m->o->str_compact_size);
	const char *at;

	if (!(state >> (m->o->str_kind_bit + 3) & 1) ||
	    (kind != 1 && kind != 2 && kind != 4) || len >= MEMORY_END / kind)
		return false;
	at = snapshot_at(m->snapshot, m->address, head + (len + 1) * kind);
	for (uint64_t i = 0; at && i < kind; i++)
		if (at[head + len * kind + i])
			return false;
	return at;
}

static bool object_size_is_sound_bytes(const struct measured *m)
{
	uint64_t len = object_size_word(m, m->o->object_size);
	uint64_t head = (uint64_t)m->o->bytes_data;
	const char *at = len < MEMORY_END ? snapshot_at(m->snapshot, m->address,
						head + len + 1)
					  : NULL;

	return at && !at[head + len];
}

bool object_is_sound(struct object_types *types, uint64_t address,
    const struct object_type *type)
{
	const struct measured m = object_measure(types, address, type);

	const char *header =
	    snapshot_at(types->snapshot, address, (uint64_t)m.o->object_header);

	if (type->has_gc || !header ||
	    python_references(m.o, header) > SOUND_REFERENCES)
		return false;
	switch (type->kind) {
	case OBJECT_STR:
		return object_size_is_sound_str(&m);
	case OBJECT_BYTES:
		return object_size_is_sound_bytes(&m);
	default:
		return !type->item &&
		       snapshot_at(types->snapshot, address, type->basic);
	}
}

uint64_t object_size(struct object_types *types, uint64_t address,
    const struct object_type *type)
{
	const struct measured m = object_measure(types, address, type);
	uint64_t size = (type->has_gc ? python_gc_header(m.o) : 0) +
			(type->pre_header ? PRE_HEADER : 0);

	switch (type->kind) {
	case OBJECT_TYPE:
		return object_size_of_type(&m);
	case OBJECT_STR:
		return size + object_size_of_str(&m);
	case OBJECT_INT:
		return size + object_size_of_int(&m);
	default:
		return size + type->basic + object_size_of_extra(&m);
	}
}
