/* SPDX-License-Identifier: MIT
 *
 * CPython's tables from instructions to lines, in the three forms of co_lnotab
 * (up to 3.9), co_linetable (3.10) and the locations since 3.11. The bytes are
 * from another process: any content is accepted, and nothing is read beyond
 * len.
 */
#ifndef MPROF_PYTHON_STACK_LINETABLE_H
#define MPROF_PYTHON_STACK_LINETABLE_H

#include <stddef.h>
#include <stdint.h>

#include "python/remote/offsets.h"

/* The line of the instruction at byte offset `at` of code whose first line is
 * first; first itself where the table doesn't say. */
int linetable_line(enum line_table_form form, const uint8_t *table, size_t len,
    int first, int at);

#endif
