/* SPDX-License-Identifier: MIT
 *
 * The environment that loads the agent into a Python program, and the library
 * that samples allocations into any program, and both into their children.
 * Only MPROF_ names and LD_PRELOAD are set. (A directory on PYTHONPATH would
 * not affect `python -I`, and could not define the builtin `profile` without
 * replacing a sitecustomize.)
 */
#ifndef MPROF_PYTHON_AGENT_ENV_H
#define MPROF_PYTHON_AGENT_ENV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/allocation_table.h"
#include "base/err.h"

/* File name of the agent, which is installed with this program. */
#define AGENT_ENV_FILE "memory_profiler.so"
/* File name of the library that samples allocations. */
#define AGENT_ENV_ALLOCATION_FILE ALLOCATION_LIBRARY

struct agent_wish {
	const char *recording; /* to append calls to; NULL: nowhere */
	bool lines;            /* a line table of each function at the end */
	const char *tables;    /* the directory of agent_tables.h; NULL: none */
	/* Path of the agent; NULL: installed with this program. */
	const char *agent;
	bool no_agent;           /* the program is not a Python */
	const char *allocations; /* directory for tables of sampled allocations;
				    NULL: none */
	/* Path of the allocation library; NULL: as agent. */
	const char *allocation;
	bool native; /* it records C frames below Python's */
};

struct agent_env {
	char **envp;  /* this process's variables and those that were set; ends
			 with NULL */
	char *own[9]; /* strings in envp to be freed */
	size_t owned;
};

/* -1 with e where a library is missing or can't be preloaded from its path: the
 * program can still be started with envp, which is NULL or preloads the other
 * library. */
int agent_env_init(struct agent_env *env, const struct agent_wish *wish,
    struct err *e) __attribute__((nonnull, warn_unused_result));

/* Also harmless on zeroes. */
void agent_env_finish(struct agent_env *env) __attribute__((nonnull));

#endif
