/* SPDX-License-Identifier: MIT
 *
 * The table of a dict's keys, which the instances of a class may share.
 */
#ifndef MPROF_PYTHON_HEAP_OBJECT_DICT_H
#define MPROF_PYTHON_HEAP_OBJECT_DICT_H

#include "python/remote/snapshot.h"

struct dict_keys {
	uint64_t refs;
	uint64_t bytes;   /* of the whole table */
	uint64_t entries; /* address of the first */
	uint64_t used;    /* how many there are */
	uint64_t usable;  /* number of further entries that fit */
	bool hashed;      /* each entry begins with the hash */
};

/* Reads the table at address; false where it is not there, or not complete. */
bool dict_keys_read(struct dict_keys *keys, struct snapshot *snapshot,
    const struct python_target *target, uint64_t address)
    __attribute__((nonnull));

/* Key and value of entry i < used, each an address or 0. */
void dict_keys_entry(const struct dict_keys *keys, struct snapshot *snapshot,
    uint64_t i, uint64_t *key, uint64_t *value) __attribute__((nonnull));

/* Address of the values of a split table; vals is the pointer in the dict or
 * the instance. */
uint64_t dict_values(const struct python_target *target, uint64_t values)
    __attribute__((nonnull));

#endif
