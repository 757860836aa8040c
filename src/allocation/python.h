/* SPDX-License-Identifier: MIT
 *
 * CPython's own allocators: the domains of objects and of its memory. (The
 * third, RAW, is malloc().)
 */
#ifndef MPROF_ALLOCATION_PYTHON_H
#define MPROF_ALLOCATION_PYTHON_H

/* In a process that holds a CPython, before its main() runs: the interpreter's
 * allocators are hooked as it starts. Otherwise: nothing. */
void python_start(void);

#endif
