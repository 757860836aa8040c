/* SPDX-License-Identifier: MIT
 *
 * The types in a snapshot of an interpreter, each read once. An address is a
 * type's where its own type, and that one's, say that they are types, and the
 * sizes are such as a type can have.
 */
#ifndef MPROF_PYTHON_HEAP_OBJECT_TYPE_H
#define MPROF_PYTHON_HEAP_OBJECT_TYPE_H

#include "base/array.h"
#include "base/index.h"
#include "python/remote/snapshot.h"

enum object_kind {
	OBJECT_OTHER, /* read word by word */
	OBJECT_ATOM,  /* float, complex, NumPy's numbers: hold nothing */
	OBJECT_LIST,
	OBJECT_TUPLE,
	OBJECT_DICT,
	OBJECT_ORDERED_DICT,
	OBJECT_SET,
	OBJECT_STR,
	OBJECT_BYTES,
	OBJECT_BYTEARRAY,
	OBJECT_BUFFERED, /* a file of io with a buffer of its own */
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

/* A word of an object that has a name: a slot. */
struct object_member {
	uint64_t offset;
	char *name;
};

struct object_type {
	uint64_t address;
	size_t place; /* in the items of object_types */
	char *name;   /* "list", "shop.models.Lesson": valid UTF-8, but the
		       * target's choice: see base/utf8.h */
	enum object_kind kind;
	bool on_heap, has_gc, managed_dict, inline_values, pre_header;
	bool built_in;        /* a static type of the interpreter's own file */
	uint64_t basic, item; /* bytes of an object, and of each item */
	uint64_t number;      /* bytes of a number of NumPy's, behind those */
	uint64_t root_basic;  /* basic of the static type it is built on */
	int64_t dict_offset;  /* where __dict__ is; below 0: from the end */
	int64_t weak_offset;  /* of the list of its weak references, or 0 */
	uint64_t keys;        /* what inline values are called, or 0 */
	ARRAY(struct object_member) members;
	size_t count;  /* of its objects that were found */
	uint64_t size; /* of them all, as sys.getsizeof() has it */
};

/* An address that was looked at. */
struct object_type_known {
	uint64_t address;
	uint32_t place; /* of the type in items; UINT32_MAX: it is none */
};

struct object_chunk {
	uint64_t start, end;
};

struct object_types {
	const struct python_target *target;
	struct snapshot *snapshot;
	struct python_target view;         /* the target, as in the snapshot */
	ARRAY(struct object_type *) items; /* each stays where it is */
	ARRAY(struct object_type_known) known;
	struct index known_index;
	/* The chunks for threads' frames, in order: they hold no object. */
	ARRAY(struct object_chunk) chunks;
};

/* target and snapshot must live as long. */
void object_types_init(struct object_types *types,
    const struct python_target *target, struct snapshot *snapshot)
    __attribute__((nonnull));
void object_types_finish(struct object_types *types) __attribute__((nonnull));

/* The type at address; NULL where there is none. */
struct object_type *object_types_get(
    struct object_types *types, uint64_t address) __attribute__((nonnull));

/* Whether it is the type that CPython has under that name, without a dot where
 * it is built in: modules in C have types of their own that are called
 * "generator" and the like, and are laid out otherwise. */
bool object_type_is(const struct object_type *type, const char *name)
    __attribute__((nonnull));

/* The type of the object at address; NULL where there can't be one. */
struct object_type *object_types_of(
    struct object_types *types, uint64_t address) __attribute__((nonnull));

#endif
