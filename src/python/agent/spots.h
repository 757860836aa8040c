/* SPDX-License-Identifier: MIT
 *
 * What is profiled: a decorated function, or a block with a name. A function
 * whose lines are wanted has code objects: its own, and those of functions
 * and comprehensions inside it, whose lines count in the same table. A spot,
 * once added, stays where it is for as long as the process lives.
 */
#ifndef MPROF_PYTHON_AGENT_SPOTS_H
#define MPROF_PYTHON_AGENT_SPOTS_H

#include "python/agent/table.h"

struct spot {
	char *name;
	bool has_lines;          /* code was added */
	bool keeps;              /* one table for the run, not one a call */
	struct line_table table; /* used where it keeps */
	struct reader *reader;   /* what its lines show; NULL: RSS */
};

struct spot_code {
	const void *code; /* kept alive by the caller */
	long first_line;
	struct spot *spot;
	bool observed; /* its calls are told by events, see observed.h */
	bool suspends; /* it is a generator's or a coroutine's */
};

/* The new spot's number; -1 where there is no memory. */
long spot_add(const char *name, bool keeps, long first_line);

/* Lines of code count for that spot from now on. */
int spot_add_code(struct spot *spot, const void *code, long first_line);

/* Calls of code count for that spot from now on, and its lines where it has
 * lines. */
int spot_observe(struct spot *spot, const void *code, bool suspends);

/* NULL where there is none of that number. */
struct spot *spot_get(long number);

/* The spot that code counts for; NULL where it is not profiled. */
const struct spot_code *spot_of_code(const void *code);

/* From now on nothing is profiled. Tables stay on their shelves; the spots
 * themselves stay too, since calls on other threads may know them. */
void spots_end(void (*release)(const void *code));

/* In a child after fork: what the parent's tables hold is the parent's. */
void spots_forked(void);

#endif
