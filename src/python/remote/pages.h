/* SPDX-License-Identifier: MIT
 *
 * The pages of a process that are there, and copying them. Those that are not
 * are never touched: reading them would make them.
 */
#ifndef MPROF_PYTHON_REMOTE_PAGES_H
#define MPROF_PYTHON_REMOTE_PAGES_H

#include <stdint.h>
#include <sys/types.h>

#include "base/array.h"

/* Pages in a row. */
struct page_run {
	uint64_t start, end;
	uint8_t *to; /* where the copy goes */
};

/* Zeroed is empty. */
struct pages {
	ARRAY(struct page_run) runs; /* in the order in which they came */
	uint64_t there;              /* bytes in all of them */
};

/* Adds what is there of [start, end), by the process's pagemap, which is open;
 * the copy of start goes to to. -1 with errno where pagemap can't be read:
 * ESRCH where the memory that it told of is no more. */
int pages_add(struct pages *pages, int pagemap, uint64_t start, uint64_t end,
    uint8_t *to) __attribute__((nonnull, warn_unused_result));

/* Forgets them, but not the room for them. */
void pages_clear(struct pages *pages) __attribute__((nonnull));
void pages_finish(struct pages *pages) __attribute__((nonnull));

/* Asks the kernel for large pages where the copies would fill them. */
void pages_advise(const struct pages *pages) __attribute__((nonnull));

/* Copies them all; *copied is how many bytes that were. A page without bytes
 * (a device's) is left out; -1 with errno where the process can't be read. */
int pages_copy(const struct pages *pages, pid_t pid, uint64_t *copied)
    __attribute__((nonnull, warn_unused_result));

#endif
