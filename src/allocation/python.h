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

/* In a process that holds a CPython, before its main() runs: the interpreter's
 * allocators are hooked as it starts. Otherwise: nothing. */
void python_start(void);

#endif
