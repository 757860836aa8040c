/* SPDX-License-Identifier: MIT
 *
 * CPython's own allocators: the domains of objects and of its memory. (The
 * third, RAW, is malloc().)
 */
#ifndef MPROF_ALLOCATION_PYTHON_H
#define MPROF_ALLOCATION_PYTHON_H

#include <stdbool.h>

/* A CPython without the GIL is in the process: its objects are in heaps that
 * are hidden, and its stacks are not read here. */
bool python_keeps_its_own(void);

/* Hooks the interpreter that calls, which runs already, and starts to sample
 * its own allocations, as a table in that folder, which the recorder keeps a
 * lock on. NULL; or why not. The caller holds the interpreter's lock. */
const char *python_attach(const char *folder);

/* The opposite, where it samples into that folder. */
void python_detach(const char *folder);

/* In a process that holds a CPython, before its main() runs: the interpreter's
 * allocators are hooked as it starts. Otherwise: nothing. */
void python_start(void);

#endif
