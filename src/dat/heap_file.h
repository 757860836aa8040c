/* SPDX-License-Identifier: MIT
 *
 * A heap in a file: text, a line a type. mprof-heap(1) describes it.
 */
#ifndef MPROF_DAT_HEAP_FILE_H
#define MPROF_DAT_HEAP_FILE_H

#include "profile/heap.h"
#include "base/err.h"

/* Writes it under path, all or nothing. */
int heap_file_write(const struct heap *heap, const char *path, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* heap is zeroed; the caller finishes it in any case. Skips lines that begin
 * with a word of a later version; -1 with e for an incomplete or other file. */
int heap_file_read(struct heap *heap, const char *path, struct err *e)
    __attribute__((nonnull, warn_unused_result));

#endif
