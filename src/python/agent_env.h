/* SPDX-License-Identifier: MIT
 *
 * The environment that loads the agent into a Python program, the library that
 * samples allocations into any program, and both into what that starts. Only
 * MPROF_ names and LD_PRELOAD are set. (A folder on PYTHONPATH would not reach
 * `python -I`, and could not make `profile` a builtin without standing in the
 * place of a sitecustomize.)
 */
#ifndef MPROF_PYTHON_AGENT_ENV_H
#define MPROF_PYTHON_AGENT_ENV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/allocation_table.h"
#include "base/err.h"

/* The agent's file, a companion of this program. */
#define AGENT_ENV_FILE "memory_profiler.so"
/* The library that samples allocations, the same. */
#define AGENT_ENV_ALLOCATION_FILE ALLOCATION_LIBRARY

struct agent_wish {
	const char *recording;   /* to append calls to; NULL: nowhere */
	bool lines;              /* a line table a function at the end */
	const char *tables;      /* a folder of agent_tables.h; NULL: none */
	const char *agent;       /* NULL: the one beside this program */
	bool no_agent;           /* the program is no Python */
	const char *allocations; /* a folder for tables of sampled allocations;
				    NULL: none */
	const char *allocation;  /* as agent: the library */
	bool native;             /* it takes C's frames below Python's */
};

struct agent_env {
	char **envp;  /* this process's, and ours; ends with NULL */
	char *own[8]; /* the strings of it that are not from elsewhere */
	size_t owned;
};

/* -1 with e where a library is missing or lies where it can't be preloaded
 * from: the program can be started all the same, with envp, which has the other
 * one or is NULL. */
int agent_env_init(struct agent_env *env, const struct agent_wish *wish,
    struct err *e) __attribute__((nonnull, warn_unused_result));

/* Also harmless on zeroes. */
void agent_env_finish(struct agent_env *env) __attribute__((nonnull));

#endif
