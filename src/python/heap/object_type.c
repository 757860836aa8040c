// SPDX-License-Identifier: MIT
#include "python/heap/object_type.h"

#include <stdlib.h>
#include <string.h>

#include "python/heap/frames.h"
#include "python/heap/object_dict.h"
#include "python/remote/text.h"

#define BASIC_MAX (1 << 20)
#define BASES_MAX 64
#define MEMBERS_MAX 256
#define NAME_MAX_BYTES 512
#define BAD UINT32_MAX
/* tp_weaklistoffset lies four fields before tp_members, from 3.8 to 3.15. */
#define WEAK_BEFORE_MEMBERS 32
/* Bound for remembered addresses that are no type; an honest heap has few. */
#define KNOWN_MAX (1 << 21)
/* Bound for an object's references: more have never been seen. */
#define REFERENCES_MAX ((uint64_t)1 << 33)

/* Bits of tp_flags, which are the same in Include/object.h of all versions. */
#define FLAG_HEAP_TYPE (1u << 9)
#define FLAG_READY (1u << 12)
#define FLAG_HAVE_GC (1u << 14)
#define FLAG_TYPE (1u << 31)

/* Kinds that a flag shows. */
static const struct {
	uint32_t flag;
	enum object_kind kind;
} flag_kinds[] = {
    {1u << 24, OBJECT_INT},
    {1u << 25, OBJECT_LIST},
    {1u << 26, OBJECT_TUPLE},
    {1u << 27, OBJECT_BYTES},
    {1u << 28, OBJECT_STR},
    {1u << 29, OBJECT_DICT},
    {FLAG_TYPE, OBJECT_TYPE},
};

/* Kinds that a C type's name shows. */
static const struct {
	const char *name;
	enum object_kind kind;
} name_kinds[] = {
    {"set", OBJECT_SET},
    {"frozenset", OBJECT_SET},
    {"frozendict", OBJECT_DICT},
    {"bytearray", OBJECT_BYTEARRAY},
    {"float", OBJECT_ATOM},
    {"complex", OBJECT_ATOM},
    {"code", OBJECT_CODE},
    {"frame", OBJECT_FRAME},
    {"generator", OBJECT_GENERATOR},
    {"coroutine", OBJECT_GENERATOR},
    {"async_generator", OBJECT_GENERATOR},
    {"array.array", OBJECT_ARRAY},
    {"_struct.Struct", OBJECT_STRUCT},
    {"Struct", OBJECT_STRUCT}, /* up to 3.8 also in a module */
    {"numpy.ndarray", OBJECT_NUMPY_ARRAY},
    {"numpy.void", OBJECT_NUMPY_VOID},
    {"_io.BufferedReader", OBJECT_BUFFERED},
    {"_io.BufferedWriter", OBJECT_BUFFERED},
    {"_io.BufferedRandom", OBJECT_BUFFERED},
    {"collections.deque", OBJECT_DEQUE},
    {"collections.OrderedDict", OBJECT_ORDERED_DICT},
    {"weakref", OBJECT_WEAK}, /* names up to 3.8, and since 3.9 */
    {"weakproxy", OBJECT_WEAK},
    {"weakcallableproxy", OBJECT_WEAK},
    {"weakref.ReferenceType", OBJECT_WEAK},
    {"weakref.ProxyType", OBJECT_WEAK},
    {"weakref.CallableProxyType", OBJECT_WEAK},
};

/* NumPy's scalar types: bytes behind the header, in NumPy 1 and 2. */
static const struct {
	const char *name;
	uint64_t bytes;
} numpy_numbers[] = {
    {"numpy.bool_", 1},
    {"numpy.bool", 1},
    {"numpy.int8", 1},
    {"numpy.uint8", 1},
    {"numpy.int16", 2},
    {"numpy.uint16", 2},
    {"numpy.int32", 4},
    {"numpy.uint32", 4},
    {"numpy.int64", 8},
    {"numpy.uint64", 8},
    {"numpy.longlong", 8},
    {"numpy.ulonglong", 8},
    {"numpy.intc", 4},
    {"numpy.uintc", 4},
    {"numpy.float16", 2},
    {"numpy.float32", 4},
    {"numpy.float64", 8},
    {"numpy.float128", 16},
    {"numpy.longdouble", 16},
    {"numpy.complex64", 8},
    {"numpy.complex128", 16},
    {"numpy.complex256", 32},
    {"numpy.clongdouble", 32},
    {"numpy.datetime64", 8},
    {"numpy.timedelta64", 8},
};

static void object_type_add_chunk(void *context, uint64_t start, uint64_t end)
{
	struct object_types *types = context;

	*array_push(&types->chunks) = (struct object_chunk){start, end};
}

static int object_type_by_start(const void *a, const void *b)
{
	const struct object_chunk *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static bool object_types_is_in_chunk(
    const struct object_types *types, uint64_t address)
{
	size_t low = 0, high = types->chunks.len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct object_chunk *chunk = &types->chunks.items[middle];

		if (address >= chunk->start && address < chunk->end)
			return true;
		if (address < chunk->start)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

void object_types_init(struct object_types *types,
    const struct python_target *target, struct snapshot *snapshot)
{
	*types = (struct object_types){
	    .target = target, .snapshot = snapshot, .view = *target};
	types->view.memory = snapshot_memory(snapshot);
	frames_each_chunk(target, snapshot, object_type_add_chunk, types);
	if (types->chunks.len)
		qsort(types->chunks.items, types->chunks.len,
		    sizeof(struct object_chunk), object_type_by_start);
}

static void object_type_destroy(struct object_type *type)
{
	for (size_t i = 0; i < type->members.len; i++)
		free(type->members.items[i].name);
	array_free(&type->members);
	free(type->name);
	free(type);
}

void object_types_finish(struct object_types *types)
{
	for (size_t i = 0; i < types->items.len; i++)
		object_type_destroy(types->items.items[i]);
	array_free(&types->items);
	array_free(&types->chunks);
	array_free(&types->known);
	index_finish(&types->known_index);
}

static uint64_t object_type_field(
    const struct object_types *types, uint64_t address, int offset)
{
	return snapshot_u64(types->snapshot, address + (uint64_t)offset);
}

static bool object_type_says_type(
    const struct object_types *types, uint64_t address)
{
	const struct python_offsets *o = &types->target->offsets;

	return address && address % 8 == 0 &&
	       object_type_field(types, address, o->type_flags) & FLAG_TYPE;
}

/* Whether its type, and the type of that type, are types; the topmost is "type"
 * itself. */
static bool object_type_is_type(
    const struct object_types *types, uint64_t address)
{
	const struct python_offsets *o = &types->target->offsets;
	uint64_t meta;

	if (!snapshot_at(types->snapshot, address, (uint64_t)o->type_size))
		return false;
	meta = object_type_field(types, address, o->object_type);
	if (!object_type_says_type(types, meta) ||
	    !object_type_says_type(
		types, object_type_field(types, meta, o->object_type)))
		return false;
	return object_type_field(types, address, o->type_flags) & FLAG_READY;
}

/* The nearest C type among the type and its bases. */
static uint64_t object_type_root_of(
    const struct object_types *types, uint64_t address)
{
	const struct python_offsets *o = &types->target->offsets;

	for (int i = 0; i < BASES_MAX; i++) {
		uint64_t base = object_type_field(types, address, o->type_base);

		if (!(object_type_field(types, address, o->type_flags) &
			FLAG_HEAP_TYPE))
			break;
		if (!object_type_is_type(types, base))
			break;
		address = base;
	}
	return address;
}

/* Whether the type lies in the data of the file that holds the interpreter's
 * state. */
static bool object_type_is_built_in(
    const struct object_types *types, uint64_t address)
{
	const struct snapshot_region *region =
	    snapshot_find(types->snapshot, types->target->runtime);

	return region && address >= region->start && address < region->end &&
	       !(object_type_field(
		     types, address, types->target->offsets.type_flags) &
		   FLAG_HEAP_TYPE);
}

bool object_type_is(const struct object_type *type, const char *name)
{
	return (type->built_in || strchr(name, '.')) &&
	       !strcmp(type->name, name);
}

/* Modules create types on the heap too (deque and array, in newer versions),
 * with the module in their name. A class written in Python may have such a
 * name, but without a dot. */
static enum object_kind object_type_kind_by_name(
    const struct object_types *types, uint64_t address, uint64_t *number)
{
	const struct python_offsets *o = &types->target->offsets;
	char name[64];

	if (python_type_name(&types->view, address, name, sizeof(name)) < 0 ||
	    (object_type_field(types, address, o->type_flags) &
		    FLAG_HEAP_TYPE &&
		!strchr(name, '.')))
		return OBJECT_OTHER;
	for (size_t i = 0; i < sizeof(name_kinds) / sizeof(*name_kinds); i++)
		if (!strcmp(name, name_kinds[i].name) &&
		    (strchr(name, '.') || name_kinds[i].kind == OBJECT_STRUCT ||
			object_type_is_built_in(types, address)))
			return name_kinds[i].kind;
	for (size_t i = 0; i < sizeof(numpy_numbers) / sizeof(*numpy_numbers);
	     i++) {
		if (!strcmp(name, numpy_numbers[i].name)) {
			*number = numpy_numbers[i].bytes;
			return OBJECT_ATOM;
		}
	}
	return OBJECT_OTHER;
}

/* Finds the kind by the flags, or by the name of the C base type: sets *root
 * and *number then. */
static enum object_kind object_type_kind_of(const struct object_types *types,
    uint64_t address, uint64_t *root, uint64_t *number)
{
	const struct python_offsets *o = &types->target->offsets;
	uint32_t flags =
	    (uint32_t)object_type_field(types, address, o->type_flags);
	enum object_kind kind = OBJECT_OTHER;

	for (size_t i = 0; i < sizeof(flag_kinds) / sizeof(*flag_kinds); i++)
		if (flags & flag_kinds[i].flag)
			kind = flag_kinds[i].kind;
	if (kind != OBJECT_OTHER && kind != OBJECT_DICT)
		return kind;
	for (int i = 0; i < BASES_MAX && object_type_is_type(types, address);
	     i++) {
		enum object_kind named =
		    object_type_kind_by_name(types, address, number);

		if (named != OBJECT_OTHER) {
			*root = address;
			return named;
		}
		address = object_type_field(types, address, o->type_base);
	}
	return kind;
}

/* The str for __module__ in the type's dict. */
static uint64_t object_type_module_of(
    const struct object_types *types, uint64_t address)
{
	const struct python_offsets *o = &types->target->offsets;
	uint64_t dict = object_type_field(types, address, o->type_dict);
	struct dict_keys keys;
	char name[16];

	if (!dict_keys_read(&keys, types->snapshot, types->target,
		object_type_field(types, dict, o->dict_keys)))
		return 0;
	for (uint64_t i = 0; i < keys.used; i++) {
		uint64_t key, value;

		dict_keys_entry(&keys, types->snapshot, i, &key, &value);
		if (key && object_type_field(types, key, o->str_length) == 10 &&
		    python_text(&types->view, key, name, sizeof(name)) == 0 &&
		    !strcmp(name, "__module__"))
			return value;
	}
	return 0;
}

/* The name to display; NULL where there is none. */
static char *object_type_name_of(
    const struct object_types *types, uint64_t address, bool on_heap)
{
	const struct python_offsets *o = &types->target->offsets;
	char name[NAME_MAX_BYTES], module[NAME_MAX_BYTES];
	uint64_t text = 0;

	if (python_type_name(&types->view, address, name, sizeof(name)) < 0)
		return NULL;
	if (!on_heap)
		return mem_copy(name);
	text = object_type_field(types, address, o->heap_type_qualname);
	if (python_text(&types->view, text, module, sizeof(module)) == 0 &&
	    *module)
		strcpy(name, module);
	text = object_type_module_of(types, address);
	if (!text ||
	    python_text(&types->view, text, module, sizeof(module)) < 0 ||
	    !*module || !strcmp(module, "builtins"))
		return mem_copy(name);
	return mem_format("%s.%s", module, name);
}

/* PyMemberDef: name, type, offset, flags, documentation. */
static bool object_type_add_member(const struct object_types *types,
    struct object_type *type, uint64_t address)
{
	enum { T_OBJECT = 6, T_OBJECT_EX = 16, SIZE = 40 };
	char bytes[SIZE], name[NAME_MAX_BYTES];
	uint32_t kind;

	if (memory_read(&types->view.memory, address, bytes, SIZE) < 0 ||
	    !field_u64(bytes, 0))
		return false;
	kind = field_u32(bytes, 8);
	if ((kind == T_OBJECT || kind == T_OBJECT_EX) &&
	    field_u64(bytes, 16) < type->basic &&
	    python_c_string(
		&types->view, field_u64(bytes, 0), name, sizeof(name)) == 0)
		*array_push(&type->members) = (struct object_member){
		    field_u64(bytes, 16), mem_copy(name)};
	return true;
}

/* Reads its own slots and those of its base types. */
static void object_type_read_members(
    const struct object_types *types, struct object_type *type)
{
	const struct python_offsets *o = &types->target->offsets;
	uint64_t address = type->address;
	size_t count = 0;

	for (int i = 0; i < BASES_MAX && object_type_is_type(types, address);
	     i++) {
		uint64_t member =
		    object_type_field(types, address, o->type_members);

		while (member && count++ < MEMBERS_MAX &&
		       object_type_add_member(types, type, member))
			member += 40;
		address = object_type_field(types, address, o->type_base);
	}
}

static void object_type_read_flags(
    struct object_type *type, const struct python_offsets *o, uint32_t flags)
{
	type->on_heap = flags & FLAG_HEAP_TYPE;
	type->has_gc = flags & FLAG_HAVE_GC;
	type->managed_dict = flags & (uint32_t)o->flag_managed_dict;
	type->pre_header =
	    type->managed_dict || flags & (uint32_t)o->flag_managed_weakref;
	type->inline_values = flags & (uint32_t)o->flag_inline_values;
}

static struct object_type *object_type_create(
    const struct object_types *types, uint64_t address)
{
	const struct python_offsets *o = &types->target->offsets;
	uint64_t root = object_type_root_of(types, address);
	struct object_type one = {.address = address};
	struct object_type *type;

	one.basic = object_type_field(types, address, o->type_basic_size);
	one.item = object_type_field(types, address, o->type_item_size);
	if (one.basic < 16 || one.basic > BASIC_MAX || one.item > BASIC_MAX)
		return NULL;
	object_type_read_flags(&one, o,
	    (uint32_t)object_type_field(types, address, o->type_flags));
	one.built_in = object_type_is_built_in(types, address);
	one.name = object_type_name_of(types, address, one.on_heap);
	if (!one.name)
		return NULL;
	one.kind = object_type_kind_of(types, address, &root, &one.number);
	one.root_basic = object_type_field(types, root, o->type_basic_size);
	one.dict_offset =
	    (int64_t)object_type_field(types, address, o->type_dict_offset);
	one.weak_offset = (int64_t)object_type_field(
	    types, address, o->type_members - WEAK_BEFORE_MEMBERS);
	if (one.on_heap)
		one.keys =
		    object_type_field(types, address, o->heap_type_cached_keys);
	object_type_read_members(types, &one);
	type = mem_zero(1, sizeof(*type));
	*type = one;
	return type;
}

static bool object_type_is_known(
    const void *known, size_t at, const void *address)
{
	const struct object_type_known *items = known;

	return items[at].address == *(const uint64_t *)address;
}

static struct object_type *object_type_add(
    struct object_types *types, uint64_t address)
{
	struct object_type *type = object_type_is_type(types, address)
				       ? object_type_create(types, address)
				       : NULL;
	uint32_t place = BAD;
	size_t at;

	if (type) {
		place = (uint32_t)types->items.len;
		type->place = place;
		*array_push(&types->items) = type;
	} else if (types->known.len >= KNOWN_MAX) {
		return NULL;
	}
	at = index_place(&types->known_index, index_hash_number(address),
	    object_type_is_known, types->known.items, &address,
	    types->known.len);
	if (at == types->known.len)
		(void)array_push(&types->known);
	types->known.items[at] = (struct object_type_known){address, place};
	return type;
}

struct object_type *object_types_get(
    struct object_types *types, uint64_t address)
{
	size_t at;

	if (!address || address % 8)
		return NULL;
	at = index_find(&types->known_index, index_hash_number(address),
	    object_type_is_known, types->known.items, &address);
	if (at != INDEX_NONE)
		return types->known.items[at].place == BAD
			   ? NULL
			   : types->items.items[types->known.items[at].place];
	return object_type_add(types, address);
}

struct object_type *object_types_of(
    struct object_types *types, uint64_t address)
{
	const struct python_offsets *o = &types->target->offsets;
	const char *at;
	uint64_t refs;

	if (address % 8 || address < 4096)
		return NULL;
	at = snapshot_at(types->snapshot, address, (uint64_t)o->object_header);
	if (!at)
		return NULL;
	refs = python_references(o, at);
	if (refs == 0 || refs > REFERENCES_MAX ||
	    object_types_is_in_chunk(types, address))
		return NULL;
	return object_types_get(types, field_u64(at, o->object_type));
}
