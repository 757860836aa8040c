/* SPDX-License-Identifier: MIT
 *
 * The numbers of a notebook's cells. ipykernel names a cell's code by a hash
 * of its text, /tmp/ipykernel_PID/HASH.py; its compiler knows the number under
 * which a file was last run.
 */
#ifndef MPROF_ALLOCATION_PYTHON_CELLS_H
#define MPROF_ALLOCATION_PYTHON_CELLS_H

#include <stdbool.h>
#include <stddef.h>

struct pyobj;

/* Forgets cells: the interpreter is starting. */
void python_cells_begin(void);

/* Call this for each file whose code runs. For a file of ipykernel's, the
 * interpreter is asked to look for the cell numbers when it next runs code. The
 * caller has the interpreter's lock. */
void python_cells_expect(const char *file);

bool python_cells_has(const char *file);

/* Replaces a cell's file by IPython's name outside of notebooks,
 * <ipython-input-3-HASH>, where its number is known; name is the same file as a
 * Python object. The caller has the interpreter's lock. */
void python_cells_rename(char *file, size_t size, struct pyobj *name);

#endif
