/* SPDX-License-Identifier: MIT
 *
 * The objects that an object in a snapshot refers to, and by what: an index, a
 * key, an attribute's name.
 */
#ifndef MPROF_PYTHON_HEAP_OBJECT_EDGE_H
#define MPROF_PYTHON_HEAP_OBJECT_EDGE_H

#include "python/heap/object_type.h"

enum object_edge_kind {
	EDGE_PLAIN,     /* a reference of unknown kind */
	EDGE_TYPE,      /* the object's class */
	EDGE_INDEX,     /* of a list, a tuple, a deque: at index */
	EDGE_MEMBER,    /* of a set */
	EDGE_KEY,       /* of a dict */
	EDGE_VALUE,     /* of a dict, under key */
	EDGE_WEAK,      /* target of a weak reference, or the list of weak
			   references */
	EDGE_ATTRIBUTE, /* of an instance; key or name says which */
	EDGE_LOCAL      /* variable of a frame or a generator, at index */
};

struct object_edge {
	uint64_t from, to;        /* to: an object */
	struct object_type *type; /* type of `to` */
	enum object_edge_kind kind;
	uint64_t key; /* address of the key, or of the name as a str; 0: none */
	uint64_t index; /* index of an item */
	/* Name of an attribute that has no str: "__dict__"; NULL. */
	const char *name;
};

/* Returns whether to go on. */
typedef bool object_visit(const struct object_edge *edge, void *context);

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
void object_edges(struct object_types *types, uint64_t address,
    const struct object_type *type, struct object_budget *budget,
    object_visit *visit, void *context) __attribute__((nonnull(1, 3, 4, 5)));

/* The same for the words in [start, end), whatever they mean. */
void object_edges_of_words(struct object_types *types, uint64_t start,
    uint64_t end, struct object_budget *budget, object_visit *visit,
    void *context) __attribute__((nonnull(1, 4, 5)));

#endif
