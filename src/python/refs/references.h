/* SPDX-License-Identifier: MIT
 *
 * Which object refers to which, as a graph of numbers: objects are 0 to count,
 * a reference has a kind and a detail (an index, the number of a name). It is
 * kept in rows, 13 bytes a reference and 8 an object, so that a million
 * objects take less than they do in their program.
 *
 * To fill it: references_init(), then for each object in turn its
 * references_add() and one references_next(), at the end references_index().
 */
#ifndef MPROF_PYTHON_REFS_REFERENCES_H
#define MPROF_PYTHON_REFS_REFERENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"

enum reference_kind {
	REFERENCE_PLAIN,     /* nothing is known but that it is there */
	REFERENCE_ITEM,      /* detail: the index */
	REFERENCE_MEMBER,    /* of a set */
	REFERENCE_KEY,       /* of a dict */
	REFERENCE_VALUE,     /* of a dict; detail: the key */
	REFERENCE_ATTRIBUTE, /* detail: the name */
	REFERENCE_LOCAL,     /* of a frame; detail: the name */
	REFERENCE_DICT       /* __dict__: what it has are attributes */
};

#define REFERENCES_NONE UINT32_MAX

struct references {
	size_t count;             /* objects */
	size_t filled;            /* of them have their references */
	ARRAY(uint32_t) to;       /* a reference's target, */
	ARRAY(uint32_t) detail;   /* what stands on it, */
	ARRAY(uint8_t) kind;      /* and enum reference_kind */
	uint32_t *first;          /* of each object, and behind the last */
	uint32_t *referrers;      /* references by their target: numbers */
	uint32_t *first_referrer; /* of each object, and behind the last */
};

/* count is below REFERENCES_NONE. */
void references_init(struct references *references, size_t count)
    __attribute__((nonnull));
void references_finish(struct references *references) __attribute__((nonnull));

/* The object at hand refers to another; false where no more can be held. */
bool references_add(struct references *references, uint32_t to,
    enum reference_kind kind, uint32_t detail) __attribute__((nonnull));

/* Ends the references of this object and goes on to the next one. */
void references_next(struct references *references) __attribute__((nonnull));

/* Fills referrers; objects that were not reached by references_next() have
 * none of their own. */
void references_index(struct references *references) __attribute__((nonnull));

/* The object that a reference is part of. */
uint32_t references_from(const struct references *references,
    uint32_t reference) __attribute__((nonnull));

#endif
