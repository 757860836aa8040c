/* SPDX-License-Identifier: MIT
 *
 * The resident memory of a process, and whether its pages are resident.
 */
#ifndef MPROF_PROC_RESIDENT_H
#define MPROF_PROC_RESIDENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Refers to the memory of a process when it was opened: an exec ends it. */
struct resident {
	pid_t pid;
	int statm, pagemap; /* -1: may not be read */
	int thread_statm;   /* of a thread that outlived the main one; -1 */
};

void resident_open(struct resident *resident, pid_t pid)
    __attribute__((nonnull));
void resident_close(struct resident *resident) __attribute__((nonnull));

/* All resident memory at present; -1 where the process is gone. */
int64_t resident_kib(struct resident *resident) __attribute__((nonnull));

/* Whether the page is resident; true where that can't be found out. */
bool resident_has(const struct resident *resident, uint64_t address)
    __attribute__((nonnull));

/* The most that one fault at that address can have made resident: a huge page,
 * the pages around it that were in the page cache, or a page. */
int64_t resident_block_kib(const struct resident *resident, uint64_t address)
    __attribute__((nonnull));

#endif
