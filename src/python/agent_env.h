/* SPDX-License-Identifier: MIT
 *
 * A program that is recorded as a Python program: the words that start it,
 * and the environment that loads the agent into it and into what it starts.
 * Only MPROF_ names and LD_PRELOAD are set, and only for such a program. (A
 * folder on PYTHONPATH would not reach `python -I`, and could not make
 * `profile` a builtin without standing in the place of a sitecustomize.)
 */
#ifndef MPROF_PYTHON_AGENT_ENV_H
#define MPROF_PYTHON_AGENT_ENV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct agent_wish {
	const char *recording; /* to append calls to; NULL: nowhere */
	bool lines;            /* a line table a function at the end */
	const char *agent;     /* NULL: the one beside this program */
};

struct agent_launch {
	char **argv;
	char **envp;  /* NULL: as this process's */
	char *own[8]; /* the strings that are not from elsewhere */
	size_t owned;
};

/* Whether its name makes it a script for Python: script.py. */
bool agent_is_script(const char *program) __attribute__((nonnull));

/* Puts the interpreter before what needs one: a script, a file that can't be
 * executed itself; what is no command either is taken for a module's name.
 * The interpreter is the active virtual environment's, or python3. */
void agent_launch_init(struct agent_launch *launch, char *const *words)
    __attribute__((nonnull));

/* Fills envp. -1 with e where the agent is missing or lies where it can't be
 * preloaded from: the program can be started all the same. */
int agent_launch_prepare(
    struct agent_launch *launch, const struct agent_wish *wish, struct err *e)
    __attribute__((nonnull, warn_unused_result));

void agent_launch_finish(struct agent_launch *launch) __attribute__((nonnull));

#endif
