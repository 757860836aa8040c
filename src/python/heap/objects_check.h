/* SPDX-License-Identifier: MIT
 *
 * Checks that an interpreter has the layout of its row of offsets: compares
 * compiled-in sizes with what the process itself tells.
 */
#ifndef MPROF_PYTHON_HEAP_OBJECTS_CHECK_H
#define MPROF_PYTHON_HEAP_OBJECTS_CHECK_H

#include "python/heap/objects.h"

/* Checks the objects that were found; -1 with e where something does not
 * fit. */
int objects_check(struct objects *objects, struct err *e)
    __attribute__((nonnull, warn_unused_result));

#endif
