/* SPDX-License-Identifier: MIT
 *
 * Numbers for things that were seen before, each known by 128 bits of hash.
 * Bounded: where there would be too many, all are forgotten at once, and get
 * new numbers as they come again.
 */
#ifndef MPROF_PYTHON_SEEN_H
#define MPROF_PYTHON_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen_key {
	uint64_t a, b;
};

struct seen {
	struct seen_item *items;
	size_t len, cap;
};

void seen_finish(struct seen *seen);

/* Its number; -1 where it is new. */
int seen_find(const struct seen *seen, struct seen_key key);

/* To be called only where it is new. */
void seen_add(struct seen *seen, struct seen_key key, int number);

/* Begins a key, and mixes a value or a text into it. */
struct seen_key seen_key_start(void);
void seen_key_number(struct seen_key *key, uint64_t value);
void seen_key_text(struct seen_key *key, const char *text);

#endif
