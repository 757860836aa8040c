/* SPDX-License-Identifier: MIT
 *
 * The callers of a thread at a fault: elfutils' libdw walks the copy of its
 * stack by the unwind tables of its mapped object files, and by frame pointers
 * where no table covers an address.
 */
#ifndef MPROF_TOUCHED_UNWIND_H
#define MPROF_TOUCHED_UNWIND_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/strbuf.h"
#include "touched/rings.h"

/* A process; invalid once it executed another program. */
struct unwind;

/* NULL where libdw can't be used. The caller destroys. */
struct unwind *unwind_create(pid_t pid);
void unwind_destroy(struct unwind *unwind);

/* Whether it runs CPython, whose machine code tells nothing about the
 * program. */
bool unwind_is_python(const struct unwind *unwind) __attribute__((nonnull));

/* Notes that code was mapped: the mappings are read again before the next
 * address that is in no known object file. */
void unwind_note_map(struct unwind *unwind) __attribute__((nonnull));

/* Appends the texts of the frames in the form of base/touched_feed.h, innermost
 * first. Returns the number of frames. */
size_t unwind_stack(struct unwind *unwind, const struct rings_thread *thread,
    pid_t tid, struct strbuf *texts) __attribute__((nonnull));

#endif
