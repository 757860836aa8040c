/* SPDX-License-Identifier: MIT
 *
 * An intern table: numbers for things that come again and again, each of them
 * known by 128 bits of hash. It is bounded: where there would be too many, all
 * are forgotten at once, and get new numbers as they come again.
 */
#ifndef MPROF_PYTHON_STACK_INTERN_H
#define MPROF_PYTHON_STACK_INTERN_H

#include <stdint.h>

#include "base/array.h"
#include "base/index.h"

struct intern_key {
	uint64_t a, b;
};

struct intern_item {
	struct intern_key key;
	int number;
};

/* Zeroed it is empty. */
struct intern_table {
	ARRAY(struct intern_item) items;
	struct index index;
};

void intern_finish(struct intern_table *table);

/* The number of the key; -1 where it is new. */
int intern_find(const struct intern_table *table, struct intern_key key);

/* Adds a key, which must be new. */
void intern_add(struct intern_table *table, struct intern_key key, int number);

/* Starts a key; mixes a value or a text into it. */
struct intern_key intern_key_start(void);
void intern_key_number(struct intern_key *key, uint64_t value);
void intern_key_text(struct intern_key *key, const char *text);

#endif
