/* SPDX-License-Identifier: MIT
 *
 * Whether an interpreter is laid out as the row of offsets has it: what is
 * compiled in is held against what the process says itself.
 */
#ifndef MPROF_PYTHON_HEAP_OBJECTS_CHECK_H
#define MPROF_PYTHON_HEAP_OBJECTS_CHECK_H

#include "python/heap/objects.h"

/* Checks the objects that were found; -1 with e where something does not
 * fit. */
int objects_check(struct objects *objects, struct err *e)
    __attribute__((nonnull, warn_unused_result));

#endif
