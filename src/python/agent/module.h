/* SPDX-License-Identifier: MIT
 *
 * The module memory_profiler, as any CPython 3 imports it: from a directory on
 * its path, or from its table of built-in modules where preload.c put it.
 */
#ifndef MPROF_PYTHON_AGENT_MODULE_H
#define MPROF_PYTHON_AGENT_MODULE_H

#include "python/agent/api.h"

__attribute__((visibility("default"))) struct pyobj *PyInit_memory_profiler(
    void);

/* The module _mprof_profile under `mprof run`: memory_profiler, or one that
 * records nothing in a CPython that may run without its GIL. */
struct pyobj *module_init_profile(void);

/* The modules memory_profiler and mprof under `mprof run`: the program's own
 * module of that name, or else mprof's. */
struct pyobj *module_init_name(void);

/* The module _mprof_agent: the agent in a program that runs already. */
__attribute__((visibility("default"))) struct pyobj *PyInit__mprof_agent(void);

/* Whether this is the interpreter that the agent works in: the first one to
 * ask. Its tables hold objects, and another interpreter's would end with
 * that. */
bool module_claim(void);

/* Runs Python source in dict; false with a Python exception set. */
bool module_execute(const char *source, struct pyobj *dict);

#endif
