/* SPDX-License-Identifier: MIT
 *
 * The objects that an object in a snapshot refers to, and by what: an index, a
 * key, an attribute's name.
 */
#ifndef MPROF_PYTHON_HEAP_OBJECT_REFERENCE_H
#define MPROF_PYTHON_HEAP_OBJECT_REFERENCE_H

#include "python/heap/object_type.h"

/* A reference (an edge of the graph of objects) holds its object, which is kept
 * alive by it, unless it is weak. */
enum reference_kind {
	REFERENCE_PLAIN,  /* of unknown kind */
	REFERENCE_ITEM,   /* of a list, a tuple, a deque: at index */
	REFERENCE_MEMBER, /* of a set */
	REFERENCE_KEY,    /* of a dict */
	REFERENCE_VALUE,  /* of a dict, under key */
	/* An instance's attribute; key or name says which one. */
	REFERENCE_ATTRIBUTE,
	REFERENCE_LOCAL, /* variable of a frame or a generator, at index */
	REFERENCE_DICT,  /* a __dict__: its items are attributes; by refs/ */
	REFERENCE_TYPE,  /* the object's class */
	REFERENCE_WEAK   /* target of a weak reference, or the list of weak
			    references */
};

struct object_reference {
	uint64_t from, to;        /* to: an object */
	struct object_type *type; /* type of `to` */
	enum reference_kind kind;
	uint64_t key; /* address of the key, or of the name as a str; 0: none */
	uint64_t index; /* index of an item */
	/* Name of an attribute that has no str: "__dict__"; NULL. */
	const char *name;
};

/* Returns whether to go on. */
typedef bool object_visit(
    const struct object_reference *reference, void *context);

/* Amount that a pass over objects may still read; an honest heap needs far
 * less. When it is used up, nothing more is visited. */
struct object_budget {
	uint64_t words;
};

/* The budget of a pass over all of a snapshot's objects. */
struct object_budget object_budget(const struct snapshot *snapshot)
    __attribute__((nonnull));

/* Calls visit for each object that the one at address, of that type, refers to;
 * twice for one that it refers to twice. */
void object_references(struct object_types *types, uint64_t address,
    const struct object_type *type, struct object_budget *budget,
    object_visit *visit, void *context) __attribute__((nonnull(1, 3, 4, 5)));

/* The same for the words in [start, end), whatever they mean. */
void object_references_of_words(struct object_types *types, uint64_t start,
    uint64_t end, struct object_budget *budget, object_visit *visit,
    void *context) __attribute__((nonnull(1, 4, 5)));

#endif
