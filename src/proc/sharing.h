/* SPDX-License-Identifier: MIT
 *
 * How much of a process's memory is shared, and with which processes. For each
 * reading the kernel walks the page tables and holds the process's mmap_lock
 * meanwhile: milliseconds for a large process, so no tick does this.
 */
#ifndef MPROF_PROC_SHARING_H
#define MPROF_PROC_SHARING_H

#include "proc/procfs.h"

/* The RSS and PSS of one process, from smaps_rollup (Linux 4.14). */
struct sharing_usage {
	int64_t rss_kib, pss_kib;
};

/* Memory that several processes can share: a file or shared mapping, identified
 * by its inode, or memory common since a fork, which has none. */
struct sharing_segment {
	uint64_t device, inode; /* inode 0: common since a fork */
};

/* False where it can't be read. */
bool sharing_read(const struct procfs *fs, pid_t pid,
    struct sharing_usage *usage) __attribute__((nonnull, warn_unused_result));

/* The segment of which the process shares most with others; false where there
 * is none, or smaps can't be read completely. */
bool sharing_largest(
    const struct procfs *fs, pid_t pid, struct sharing_segment *largest)
    __attribute__((nonnull, warn_unused_result));

/* Whether the process maps a segment that has an inode: 1; 0, also where it has
 * ended; -1 where that can't be read. */
int sharing_maps(const struct procfs *fs, pid_t pid,
    const struct sharing_segment *segment) __attribute__((nonnull));

#endif
