// SPDX-License-Identifier: MIT
#include "python/heap/object_reference.h"

#include <string.h>

#include "python/heap/frames.h"
#include "python/heap/object_dict.h"
#include "python/heap/object_numpy.h"
#include "python/heap/object_size.h"

#define DEQUE_BLOCK_LEN 64
/* Owner of a frame that lies in a frame object (since 3.11) */
#define FRAME_OWNS 2

/* One object whose references are reported. */
struct walk {
	struct object_types *types;
	struct snapshot *snapshot;
	const struct python_offsets *o;
	const struct object_type *type;
	struct object_budget *budget;
	object_visit *visit;
	void *context;
	struct object_reference reference;
	bool ended;
};

struct object_budget object_budget(const struct snapshot *snapshot)
{
	/* Shared keys are read once for each object that shares them. */
	return (struct object_budget){snapshot->copied / 2 + (1 << 20)};
}

static bool object_reference_spend(struct walk *walk, uint64_t words)
{
	if (words > walk->budget->words) {
		walk->budget->words = 0;
		walk->ended = true;
	} else {
		walk->budget->words -= words;
	}
	return !walk->ended;
}

static uint64_t object_reference_word(const struct walk *walk, int offset)
{
	return snapshot_u64(
	    walk->snapshot, walk->reference.from + (uint64_t)offset);
}

/* Offset of a C type's field that no row has, given the offset in a build with
 * the GIL. */
static uint64_t object_reference_field(const struct walk *walk, int offset)
{
	return object_reference_word(
	    walk, offset + python_header_extra(walk->o));
}

static void object_reference_report(
    struct walk *walk, enum reference_kind kind, uint64_t to)
{
	if (walk->ended || !to)
		return;
	walk->reference.to = to;
	walk->reference.kind = kind;
	walk->reference.type = object_types_of(walk->types, to);
	if (walk->reference.type &&
	    !walk->visit(&walk->reference, walk->context))
		walk->ended = true;
}

static void object_reference_report_name(
    struct walk *walk, const char *name, uint64_t to)
{
	walk->reference.name = name;
	object_reference_report(
	    walk, name ? REFERENCE_ATTRIBUTE : REFERENCE_PLAIN, to);
	walk->reference.name = NULL;
}

static void object_reference_report_key(
    struct walk *walk, enum reference_kind kind, uint64_t key, uint64_t to)
{
	walk->reference.key = key;
	object_reference_report(walk, kind, to);
	walk->reference.key = 0;
}

/* Reports count references in a row, of the same kind. */
static void object_reference_report_row(struct walk *walk,
    enum reference_kind kind, uint64_t address, uint64_t count)
{
	const char *at;

	if (count > walk->snapshot->copied / 8 ||
	    !object_reference_spend(walk, count))
		return;
	at = snapshot_at(walk->snapshot, address, 8 * count);
	for (uint64_t i = 0; at && i < count && !walk->ended; i++) {
		walk->reference.index = i;
		object_reference_report(walk, kind,
		    python_untagged(walk->o, field_u64(at + 8 * i, 0)));
	}
	walk->reference.index = 0;
}

static uint64_t object_reference_header_of(const struct walk *walk)
{
	return (uint64_t)walk->o->object_header;
}

/* Fields of C types that don't describe them, at offsets of a build with the
 * GIL. A name is the attribute's in Python where there is one; NULL: the field
 * holds no reference, though it is an address. */
static const struct {
	const char *type;
	uint64_t offset;
	const char *name;
} object_reference_fields[] = {
    {"cell", 16, "cell_contents"},
    {"functools._lru_cache_wrapper", 16, NULL},
    {"functools._lru_cache_wrapper", 24, NULL},
    {"functools._lru_cache_wrapper", 72, "cache"},
    {"functools._lru_cache_wrapper", 88, "__wrapped__"},
    {"functools._lru_list_elem", 16, NULL},
    {"functools._lru_list_elem", 24, NULL},
    {"functools._lru_list_elem", 40, "key"},
    {"functools._lru_list_elem", 48, "result"},
    {"list_iterator", 24, "it_seq"},
    /* The exporter's bytes, format, shape and strides: after the buffer was
     * released, an object may lie at their address. */
    {"managedbuffer", 32, NULL},
    {"managedbuffer", 72, NULL},
    {"managedbuffer", 80, NULL},
    {"managedbuffer", 88, NULL},
    {"managedbuffer", 96, NULL},
    {"managedbuffer", 104, NULL},
    {"memoryview", 56, NULL},
    {"memoryview", 96, NULL},
    {"memoryview", 104, NULL},
    {"memoryview", 112, NULL},
    {"memoryview", 120, NULL},
    {"memoryview", 128, NULL},
    {"tuple_iterator", 24, "it_seq"},
};

/* False where the field holds no reference; *name is NULL where it has none. */
static bool object_reference_name_field(
    const struct walk *walk, uint64_t offset, const char **name)
{
	uint64_t plain = offset - (uint64_t)python_header_extra(walk->o);

	*name = NULL;
	for (size_t i = 0; i < walk->type->members.len && !*name; i++)
		if (walk->type->members.items[i].offset == offset)
			*name = walk->type->members.items[i].name;
	if (!*name && walk->type->dict_offset > 0 &&
	    (uint64_t)walk->type->dict_offset == offset)
		*name = "__dict__";
	for (size_t i = 0; !*name && i < sizeof(object_reference_fields) /
					     sizeof(*object_reference_fields);
	     i++) {
		if (object_reference_fields[i].offset != plain ||
		    !object_type_is(
			walk->type, object_reference_fields[i].type))
			continue;
		*name = object_reference_fields[i].name;
		return *name;
	}
	return true;
}

/* Reports the words of the object in [start, end), some of which have names. */
static void object_reference_report_words(
    struct walk *walk, uint64_t start, uint64_t end)
{
	bool tagged = walk->type->kind == OBJECT_GENERATOR ||
		      walk->type->kind == OBJECT_FRAME;

	if (end <= start || !object_reference_spend(walk, (end - start) / 8))
		return;
	for (uint64_t at = start; at + 8 <= end && !walk->ended; at += 8) {
		uint64_t to =
		    snapshot_u64(walk->snapshot, walk->reference.from + at);
		const char *name;

		if (tagged)
			to = python_untagged(walk->o, to);
		/* The name is looked up only for a reference, as most words are
		 * none. */
		if (to < 4096 || to % 8 || !object_types_of(walk->types, to))
			continue;
		if (at == (uint64_t)walk->type->weak_offset)
			object_reference_report(walk, REFERENCE_WEAK, to);
		else if (object_reference_name_field(walk, at, &name))
			object_reference_report_name(walk, name, to);
	}
}

static void object_reference_report_dict(struct walk *walk)
{
	uint64_t apart = dict_values(walk->types->target,
	    object_reference_word(walk, walk->o->dict_values));
	struct dict_keys keys;

	if (!dict_keys_read(&keys, walk->snapshot, walk->types->target,
		object_reference_word(walk, walk->o->dict_keys)) ||
	    !object_reference_spend(walk, 2 * keys.used))
		return;
	for (uint64_t i = 0; i < keys.used && !walk->ended; i++) {
		uint64_t key, value;

		dict_keys_entry(&keys, walk->snapshot, i, &key, &value);
		if (apart)
			value = snapshot_u64(walk->snapshot, apart + 8 * i);
		if (!value && !apart)
			continue;
		object_reference_report(walk, REFERENCE_KEY, key);
		object_reference_report_key(walk, REFERENCE_VALUE, key, value);
	}
}

static void object_reference_report_set(struct walk *walk)
{
	uint64_t table = object_reference_word(walk, walk->o->set_table);
	uint64_t slots = object_reference_word(walk, walk->o->set_mask) + 1;
	const char *at;

	if (slots > walk->snapshot->copied / 16 + 8 ||
	    !object_reference_spend(walk, slots))
		return;
	at = snapshot_at(walk->snapshot, table, 16 * slots);
	for (uint64_t i = 0; at && i < slots && !walk->ended; i++)
		object_reference_report(
		    walk, REFERENCE_MEMBER, field_u64(at + 16 * i, 0));
}

/* Blocks of 64 items between a pointer to the left and one to the right
 * block. */
static void object_reference_report_deque(struct walk *walk)
{
	uint64_t left = object_reference_word(walk, walk->o->object_size);
	uint64_t block = object_reference_field(walk, 24),
		 i = object_reference_field(walk, 40), index = 0;

	while (left && i < DEQUE_BLOCK_LEN && object_reference_spend(walk, 1)) {
		uint64_t items = block + 8;

		if (!snapshot_at(
			walk->snapshot, block, 8 * (DEQUE_BLOCK_LEN + 2)))
			break;
		for (; i < DEQUE_BLOCK_LEN && left &&
		       object_reference_spend(walk, 1);
		     i++, left--) {
			walk->reference.index = index++;
			object_reference_report(walk, REFERENCE_ITEM,
			    snapshot_u64(walk->snapshot, items + 8 * i));
		}
		i = 0;
		block =
		    snapshot_u64(walk->snapshot, items + 8 * DEQUE_BLOCK_LEN);
	}
	walk->reference.index = 0;
}

/* Reports the frame's words that are certainly in use. */
static void object_reference_report_frame_words(
    struct walk *walk, uint64_t frame)
{
	struct frame_words words =
	    frame_words(walk->types->target, walk->snapshot, frame);

	object_reference_report_row(
	    walk, REFERENCE_LOCAL, words.start, words.used);
}

static void object_reference_report_frame(struct walk *walk)
{
	const struct object_type *type = walk->type;
	uint64_t frame;

	if (type->kind == OBJECT_FRAME && python_frames_are_objects(walk->o)) {
		/* Behind these words a frame has blocks, which may be stale
		 * too. */
		object_reference_report_words(walk,
		    object_reference_header_of(walk),
		    (uint64_t)walk->o->frame_stack);
		object_reference_report_frame_words(walk, walk->reference.from);
		return;
	}
	object_reference_report_words(
	    walk, object_reference_header_of(walk), type->basic);
	if (python_frames_are_objects(walk->o))
		return;
	frame = object_frame(walk->types, walk->reference.from, type);
	if (type->kind == OBJECT_GENERATOR ||
	    (frame > walk->reference.from &&
		frame < walk->reference.from + type->basic))
		object_reference_report_frame_words(walk, frame);
}

/* An array's items are references only if its type says so. */
static void object_reference_report_numpy(struct walk *walk)
{
	struct numpy_array array =
	    numpy_array_read(walk->snapshot, walk->o, walk->reference.from);

	object_reference_report_name(
	    walk, "base", object_reference_field(walk, NUMPY_BASE));
	object_reference_report_name(
	    walk, "dtype", object_reference_field(walk, NUMPY_DESCRIPTION));
	object_reference_report(
	    walk, REFERENCE_PLAIN, object_reference_field(walk, NUMPY_HANDLER));
	if (array.objects)
		object_reference_report_row(
		    walk, REFERENCE_ITEM, array.data, array.bytes / 8);
}

/* Reads an object word by word, with its items if these can be references. */
static void object_reference_report_other(struct walk *walk)
{
	uint64_t end = walk->type->basic;

	if (walk->type->item == 8) {
		uint64_t count =
		    object_reference_word(walk, walk->o->object_size);

		if (count <= walk->snapshot->copied / 8)
			end += 8 * count;
	}
	object_reference_report_words(
	    walk, object_reference_header_of(walk), end);
}

/* The basic size is that of a class; a static type ends before. */
static void object_reference_report_type(struct walk *walk)
{
	const struct object_type *self =
	    object_types_get(walk->types, walk->reference.from);

	object_reference_report_words(walk, object_reference_header_of(walk),
	    self && self->on_heap ? walk->type->basic
				  : (uint64_t)walk->o->type_size);
}

static void object_reference_report_list(struct walk *walk)
{
	object_reference_report_row(walk, REFERENCE_ITEM,
	    object_reference_word(walk, walk->o->list_items),
	    object_reference_word(walk, walk->o->object_size));
}

static void object_reference_report_tuple(struct walk *walk)
{
	object_reference_report_row(walk, REFERENCE_ITEM,
	    walk->reference.from + (uint64_t)walk->o->tuple_items,
	    object_reference_word(walk, walk->o->object_size));
}

static void object_reference_report_basic(struct walk *walk)
{
	object_reference_report_words(
	    walk, object_reference_header_of(walk), walk->type->basic);
}

/* Reports the object, the callback, and the neighbours in the object's list of
 * weak references. A hostile heap may say that the base type is larger than the
 * type. */
static void object_reference_report_weak(struct walk *walk)
{
	uint64_t at = object_reference_header_of(walk),
		 end = walk->type->root_basic;

	if (end > walk->type->basic)
		end = walk->type->basic;
	if (!object_reference_spend(walk, end / 8))
		return;
	object_reference_report(
	    walk, REFERENCE_WEAK, object_reference_word(walk, (int)at));
	object_reference_report_name(
	    walk, "__callback__", object_reference_word(walk, (int)at + 8));
	for (at += 16; at + 8 <= end; at += 8)
		object_reference_report(
		    walk, REFERENCE_WEAK, object_reference_word(walk, (int)at));
}

static void object_reference_report_numpy_void(struct walk *walk)
{
	object_reference_report_name(walk, "dtype",
	    object_reference_field(walk, NUMPY_SCALAR_DESCRIPTION));
	object_reference_report_name(
	    walk, "base", object_reference_field(walk, NUMPY_BASE));
}

/* A kind without a row holds no references. */
static void object_reference_report_contents(struct walk *walk)
{
	static void (*const report[])(struct walk *) = {
	    [OBJECT_OTHER] = object_reference_report_other,
	    [OBJECT_LIST] = object_reference_report_list,
	    [OBJECT_TUPLE] = object_reference_report_tuple,
	    [OBJECT_DICT] = object_reference_report_dict,
	    [OBJECT_ORDERED_DICT] = object_reference_report_dict,
	    [OBJECT_SET] = object_reference_report_set,
	    [OBJECT_BUFFERED] = object_reference_report_other,
	    [OBJECT_TYPE] = object_reference_report_type,
	    [OBJECT_DEQUE] = object_reference_report_deque,
	    [OBJECT_NUMPY_ARRAY] = object_reference_report_numpy,
	    [OBJECT_NUMPY_VOID] = object_reference_report_numpy_void,
	    [OBJECT_STRUCT] = object_reference_report_basic,
	    [OBJECT_WEAK] = object_reference_report_weak,
	    [OBJECT_CODE] = object_reference_report_basic,
	    [OBJECT_GENERATOR] = object_reference_report_frame,
	    [OBJECT_FRAME] = object_reference_report_frame,
	};

	if (report[walk->type->kind])
		report[walk->type->kind](walk);
}

/* Reports values that are kept in the instance, under the names in its
 * class. */
static void object_reference_report_inline(struct walk *walk, uint64_t values)
{
	struct dict_keys keys;

	if (!walk->type->keys ||
	    !dict_keys_read(
		&keys, walk->snapshot, walk->types->target, walk->type->keys) ||
	    !object_reference_spend(walk, keys.used))
		return;
	for (uint64_t i = 0; i < keys.used && !walk->ended; i++) {
		uint64_t key, none;

		dict_keys_entry(&keys, walk->snapshot, i, &key, &none);
		object_reference_report_key(walk, REFERENCE_ATTRIBUTE, key,
		    snapshot_u64(walk->snapshot, values + 8 * i));
	}
}

/* These words lie before the object and its collector's header: see enum
 * instance_form. */
static void object_reference_report_managed(struct walk *walk)
{
	int before = -8 - (int)python_gc_header(walk->o);
	uint64_t dict = object_reference_word(walk, before), values = 0;
	const unsigned char *at;

	switch ((enum instance_form)walk->o->instance_form) {
	case INSTANCE_PLAIN:
		return;
	case INSTANCE_PAIR:
		values = object_reference_word(walk, before - 8);
		break;
	case INSTANCE_TAGGED:
		values = dict & 1 ? dict + 1 : 0;
		dict = dict & 1 ? 0 : dict;
		break;
	case INSTANCE_INLINE:
		at = walk->type->inline_values
			 ? snapshot_at(walk->snapshot,
			       walk->reference.from + walk->type->basic, 8)
			 : NULL;
		/* If there is a dict, the values belong to it. */
		if (at && at[3] && !dict)
			values = walk->reference.from + walk->type->basic + 8;
		break;
	}
	if (values)
		object_reference_report_inline(walk, values);
	object_reference_report_name(walk, "__dict__", dict);
}

/* Reports fields that a class has added to its C base type: slots, or a
 * __dict__ at the end of objects of variable size. */
static void object_reference_report_added(struct walk *walk)
{
	const struct object_type *type = walk->type;
	int64_t count =
	    (int64_t)object_reference_word(walk, walk->o->object_size);
	uint64_t items;

	if (type->kind != OBJECT_OTHER && !type->item) {
		object_reference_report_words(
		    walk, type->root_basic, type->basic);
		return;
	}
	if (!type->item || type->dict_offset >= 0 || type->dict_offset < -64 ||
	    type->managed_dict)
		return;
	if (type->kind == OBJECT_INT)
		count >>= walk->o->int_tag_bits;
	items = (uint64_t)(count < 0 ? 0 - (uint64_t)count : (uint64_t)count);
	if (items > walk->snapshot->copied / type->item)
		return;
	items = (type->basic + items * type->item + 7) / 8 * 8;
	object_reference_report_name(walk, "__dict__",
	    snapshot_u64(walk->snapshot,
		walk->reference.from + items + (uint64_t)type->dict_offset));
}

void object_references(struct object_types *types, uint64_t address,
    const struct object_type *type, struct object_budget *budget,
    object_visit *visit, void *context)
{
	struct walk walk = {.types = types,
	    .snapshot = types->snapshot,
	    .o = &types->target->offsets,
	    .type = type,
	    .budget = budget,
	    .visit = visit,
	    .context = context,
	    .reference = {.from = address}};

	if (!object_reference_spend(&walk, 2))
		return;
	object_reference_report(&walk, REFERENCE_TYPE, type->address);
	if (type->managed_dict)
		object_reference_report_managed(&walk);
	object_reference_report_contents(&walk);
	if (type->on_heap)
		object_reference_report_added(&walk);
}

void object_references_of_words(struct object_types *types, uint64_t start,
    uint64_t end, struct object_budget *budget, object_visit *visit,
    void *context)
{
	struct walk walk = {.types = types,
	    .snapshot = types->snapshot,
	    .o = &types->target->offsets,
	    .budget = budget,
	    .visit = visit,
	    .context = context};

	if (end > start)
		object_reference_report_row(
		    &walk, REFERENCE_PLAIN, start, (end - start) / 8);
}
