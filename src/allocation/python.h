/* SPDX-License-Identifier: MIT
 *
 * CPython's own allocators: the domains of objects and of its memory. (The
 * third, RAW, is malloc().)
 */
#ifndef MPROF_ALLOCATION_PYTHON_H
#define MPROF_ALLOCATION_PYTHON_H

#include <stdbool.h>

/* Whether a CPython without the GIL is in the process: its objects are in
 * hidden heaps, and its stacks are not read here. */
bool python_keeps_its_own(void);

/* Hooks the calling interpreter, which already runs, and starts to sample its
 * allocations, with a table in that directory, on which the recorder keeps a
 * lock. NULL, or why not. The caller holds the interpreter's lock. */
const char *python_attach(const char *directory);

/* Undoes it, if it samples into that directory. */
void python_detach(const char *directory);

/* Before main(), and before samples are taken: finds the CPython that is in
 * this process. The loader allocates for it, and no program did that. */
void python_prepare(void);

/* Makes the allocators of that interpreter be hooked as it starts; without one
 * it does nothing. */
void python_start(void);

#endif
