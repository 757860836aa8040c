/* SPDX-License-Identifier: MIT
 *
 * The module memory_profiler, as any CPython 3 imports it: from a folder on
 * its path, or from its table of built-in modules where preload.c put it.
 */
#ifndef MPROF_PYTHON_AGENT_MODULE_H
#define MPROF_PYTHON_AGENT_MODULE_H

#include "python/agent/api.h"

__attribute__((visibility("default"))) struct pyobj *PyInit_memory_profiler(
    void);

/* The module _mprof_profile below `mprof run`: memory_profiler, or an inert one
 * in a CPython that may not have its GIL. */
struct pyobj *module_init_profile(void);

/* The names memory_profiler and mprof below `mprof run`: a module of the
 * program's own that has it, or ours. */
struct pyobj *module_init_name(void);

/* The module _mprof_agent: the agent in a program that runs already. */
__attribute__((visibility("default"))) struct pyobj *PyInit__mprof_agent(void);

/* Whether this is the interpreter that the agent works in: the first that
 * asks. Its tables hold objects, and those of another would die with it. */
bool module_claim(void);

/* Runs Python source in dict; false with a Python exception set. */
bool module_execute(const char *source, struct pyobj *dict);

#endif
