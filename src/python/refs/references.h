/* SPDX-License-Identifier: MIT
 *
 * The references between objects, as a graph of numbers: objects are 0 to
 * count, a reference has a kind and a detail (of an item its index, of a value
 * its key, of an attribute or a local the number of its name).
 * It is kept in arrays, 13 bytes for each reference and 8 for each object, so
 * that a million objects take less memory than in their program.
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
#include "python/heap/object_reference.h"

#define REFERENCES_NONE UINT32_MAX

struct references {
	size_t count;           /* number of objects */
	size_t filled;          /* objects whose references were added */
	ARRAY(uint32_t) to;     /* target of each reference */
	ARRAY(uint32_t) detail; /* its index, or number of a name */
	ARRAY(uint8_t) kind;    /* its enum reference_kind */
	uint32_t *first;     /* first reference of each object, and the end */
	uint32_t *referrers; /* numbers of references, sorted by target */
	/* First referrer of each object, and the end. */
	uint32_t *first_referrer;
};

/* count is below REFERENCES_NONE. */
void references_init(struct references *references, size_t count)
    __attribute__((nonnull));
void references_finish(struct references *references) __attribute__((nonnull));

/* Adds a reference of the current object; false where no more fit. */
bool references_add(struct references *references, uint32_t to,
    enum reference_kind kind, uint32_t detail) __attribute__((nonnull));

/* Ends the references of the current object and goes on to the next one. */
void references_next(struct references *references) __attribute__((nonnull));

/* Fills referrers; objects beyond the last references_next() have no
 * references. */
void references_index(struct references *references) __attribute__((nonnull));

/* The object that a reference belongs to. */
uint32_t references_from(const struct references *references,
    uint32_t reference) __attribute__((nonnull));

#endif
