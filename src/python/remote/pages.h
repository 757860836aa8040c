/* SPDX-License-Identifier: MIT
 *
 * Finds and copies the existing pages of a process. Other pages are never
 * touched: reading would create them.
 */
#ifndef MPROF_PYTHON_REMOTE_PAGES_H
#define MPROF_PYTHON_REMOTE_PAGES_H

#include <stdint.h>
#include <sys/types.h>

#include "base/array.h"

/* Consecutive pages. */
struct page_run {
	uint64_t start, end;
	uint8_t *to; /* destination of the copy */
};

/* Zeroed is empty. */
struct pages {
	ARRAY(struct page_run) runs; /* in the order in which they were added */
	uint64_t there;              /* their size in all */
};

/* Adds the existing pages in [start, end), by the process's open pagemap; the
 * copy of start goes to `to`. -1 with errno where pagemap can't be read: ESRCH
 * where that memory is gone. */
int pages_add(struct pages *pages, int pagemap, uint64_t start, uint64_t end,
    uint8_t *to) __attribute__((nonnull, warn_unused_result));

/* Removes all pages, but keeps the room. */
void pages_clear(struct pages *pages) __attribute__((nonnull));
void pages_finish(struct pages *pages) __attribute__((nonnull));

/* Asks the kernel for huge pages where the copies would fill them. */
void pages_advise(const struct pages *pages) __attribute__((nonnull));

/* Copies them all; *copied is the number of bytes. Skips a page that can't be
 * read (a device's); -1 with errno where the process can't be read. */
int pages_copy(const struct pages *pages, pid_t pid, uint64_t *copied)
    __attribute__((nonnull, warn_unused_result));

#endif
