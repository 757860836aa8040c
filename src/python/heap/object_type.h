/* SPDX-License-Identifier: MIT
 *
 * The types in a snapshot of an interpreter, each read once. An address is a
 * type's if its type, and the type of that, are types by their flags, and its
 * sizes are possible.
 */
#ifndef MPROF_PYTHON_HEAP_OBJECT_TYPE_H
#define MPROF_PYTHON_HEAP_OBJECT_TYPE_H

#include "base/array.h"
#include "base/index.h"
#include "python/remote/snapshot.h"

enum object_kind {
	OBJECT_OTHER, /* read word by word */
	OBJECT_ATOM,  /* float, complex, NumPy's scalars: no references */
	OBJECT_LIST,
	OBJECT_TUPLE,
	OBJECT_DICT,
	OBJECT_ORDERED_DICT,
	OBJECT_SET,
	OBJECT_STR,
	OBJECT_BYTES,
	OBJECT_BYTEARRAY,
	OBJECT_BUFFERED, /* buffered file of io */
	OBJECT_INT,
	OBJECT_TYPE,
	OBJECT_DEQUE,
	OBJECT_ARRAY,
	OBJECT_NUMPY_ARRAY,
	OBJECT_NUMPY_VOID, /* a record or a row of bytes */
	OBJECT_STRUCT,     /* struct.Struct */
	OBJECT_WEAK,       /* a weak reference or proxy */
	OBJECT_CODE,
	OBJECT_GENERATOR, /* and coroutines */
	OBJECT_FRAME
};

/* A named word of an object: a slot. */
struct object_member {
	uint64_t offset;
	char *name;
};

struct object_type {
	uint64_t address;
	size_t place; /* index in the items of object_types */
	char *name; /* "list", "shop.models.Lesson": valid UTF-8, but chosen by
		       the target: see base/utf8.h */
	enum object_kind kind;
	bool on_heap, has_gc, managed_dict, inline_values, pre_header;
	bool built_in;        /* a static type of the interpreter's own file */
	uint64_t basic, item; /* bytes of an object, and of each item */
	uint64_t number;      /* size of a NumPy scalar's value, behind those */
	uint64_t root_basic;  /* basic of the static base type */
	int64_t dict_offset;  /* offset of __dict__; negative: from the end */
	/* Offset of the list of weak references; 0: none. */
	int64_t weak_offset;
	uint64_t keys; /* keys that name inline values; 0: none */
	ARRAY(struct object_member) members;
	size_t count;  /* number of its objects that were found */
	uint64_t size; /* size of all of them, as by sys.getsizeof() */
};

/* An address that was checked for a type. */
struct object_type_known {
	uint64_t address;
	uint32_t place; /* index of the type in items; UINT32_MAX: no type */
};

struct object_chunk {
	uint64_t start, end;
};

struct object_types {
	const struct python_target *target;
	struct snapshot *snapshot;
	struct python_target view; /* the target, read from the snapshot */
	ARRAY(struct object_type *) items; /* pointers stay valid */
	ARRAY(struct object_type_known) known;
	struct index known_index;
	/* Chunks for threads' frames, sorted: they hold no objects. */
	ARRAY(struct object_chunk) chunks;
};

/* target and snapshot must live as long as types. */
void object_types_init(struct object_types *types,
    const struct python_target *target, struct snapshot *snapshot)
    __attribute__((nonnull));
void object_types_finish(struct object_types *types) __attribute__((nonnull));

/* The type at address; NULL where there is none. */
struct object_type *object_types_get(
    struct object_types *types, uint64_t address) __attribute__((nonnull));

/* Whether it is CPython's own type of that name, which has no dot where it is
 * built in: C modules have types of their own that are called "generator" and
 * the like, and have another layout. */
bool object_type_is(const struct object_type *type, const char *name)
    __attribute__((nonnull));

/* The type of the object at address; NULL where there can't be one. */
struct object_type *object_types_of(
    struct object_types *types, uint64_t address) __attribute__((nonnull));

#endif
