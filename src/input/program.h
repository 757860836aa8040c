/* SPDX-License-Identifier: MIT
 *
 * What mprof run is to execute: the words as they are, or a Python in front
 * of them.
 */
#ifndef MPROF_INPUT_PROGRAM_H
#define MPROF_INPUT_PROGRAM_H

#include <stdbool.h>

struct program {
	char **words; /* ends with NULL */
	bool python;  /* a Python program, as far as the words tell */
	bool agent;   /* it is to know @profile */
};

struct program_wish {
	bool python;    /* the word is Python, or starts it */
	bool no_python; /* a script is executed as it is */
	bool lines;     /* line tables of @profile are wanted */
};

/* count is at least 1. The caller finishes. */
void program_init(struct program *program, const struct program_wish *wish,
    char **words, int count) __attribute__((nonnull));

/* Advice for where the program was not found, beginning with ", ": a Python may
 * have another name here. Empty where there is none. */
const char *program_hint(const struct program *program)
    __attribute__((nonnull));

void program_finish(struct program *program) __attribute__((nonnull));

#endif
