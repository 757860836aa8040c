/* SPDX-License-Identifier: MIT
 *
 * CPython's tables from an instruction to its line, in the three forms they
 * have had: co_lnotab (to 3.9), co_linetable (3.10) and the locations of 3.11
 * on. The bytes come from another process: anything is taken, and nothing is
 * read beyond len.
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
