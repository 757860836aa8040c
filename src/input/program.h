/* SPDX-License-Identifier: MIT
 *
 * The command line that mprof run executes: the given words, preceded by a
 * Python interpreter if needed.
 */
#ifndef MPROF_INPUT_PROGRAM_H
#define MPROF_INPUT_PROGRAM_H

#include <stdbool.h>

struct program {
	char **argv; /* ends with NULL */
	bool agent;  /* load the agent, for @profile */
};

struct program_wish {
	bool python;    /* --python */
	bool no_python; /* --nopython */
	bool lines;     /* --lines */
};

/* count is at least 1. The caller finishes. */
void program_init(struct program *program, const struct program_wish *wish,
    char **argv, int count) __attribute__((nonnull));

/* Advice for a program that was not found, beginning with ", ": python may be
 * called python3. Empty where there is none. */
const char *program_hint(const struct program *program)
    __attribute__((nonnull));

void program_finish(struct program *program) __attribute__((nonnull));

#endif
