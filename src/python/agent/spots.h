/* SPDX-License-Identifier: MIT
 *
 * The profiled code, called spots: decorated functions, and named blocks. A
 * function whose lines are counted has several code objects: its own, and
 * those of functions and comprehensions in it, whose lines count in the same
 * table. A spot is never removed while the process lives.
 */
#ifndef MPROF_PYTHON_AGENT_SPOTS_H
#define MPROF_PYTHON_AGENT_SPOTS_H

#include "python/agent/table.h"

struct spot {
	char *name;
	bool has_lines; /* code was added */
	bool keeps;     /* one table for the run, not one for each call */
	struct line_table table; /* used where it keeps */
	struct reader *reader;   /* source of its lines' memory; NULL: RSS */
};

struct spot_code {
	const void *code; /* kept alive by the caller */
	long first_line;
	struct spot *spot;
	bool observed; /* events tell its calls, see observed.h */
	bool suspends; /* code of a generator or a coroutine */
};

/* Finds code by its address: a hash table with open addressing, at most half
 * full; zeroed, it is empty. It grows under the GIL, and every event reads
 * it. */
struct spot_codes {
	struct spot_code *items;
	size_t len, cap; /* cap: a power of two */
};

/* NULL where the code is not in it. */
const struct spot_code *spot_codes_find(
    const struct spot_codes *codes, const void *code);

/* The code in the table, where a new one has zeroes; NULL where there is no
 * memory. */
struct spot_code *spot_codes_add(struct spot_codes *codes, const void *code);

/* Adds a spot. Returns its number; -1 where there is no memory. */
long spot_add(const char *name, bool keeps, long first_line);

/* Counts lines of code for that spot from now on. */
int spot_add_code(struct spot *spot, const void *code, long first_line);

/* Counts calls of code for that spot from now on, and its lines where the spot
 * has lines. */
int spot_observe(struct spot *spot, const void *code, bool suspends);

/* NULL where there is none of that number. */
struct spot *spot_get(long number);

/* The spot of a code object; NULL where it is not profiled. */
const struct spot_code *spot_of_code(const void *code);

/* Stops profiling. Tables and spots stay, as calls on other threads may use
 * them. */
void spots_end(void (*release)(const void *code));

/* In a child after a fork: the parent's figures are not the child's. */
void spots_forked(void);

#endif
