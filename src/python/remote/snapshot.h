/* SPDX-License-Identifier: MIT
 *
 * A copy of a process's private, writable memory at one moment, with all of
 * its threads stopped. It is copied twice: while the process runs, which
 * allocates room and finds the pages, and again while it is stopped, only for
 * as long as that takes. Only existing pages are copied, and none is created.
 * The process runs on in any case.
 *
 * If a temporary state prevents stopping (another tracer has stopped a thread,
 * a thread waits in the kernel), it is tried again for two seconds.
 *
 * Read-only memory (names in a program's file) is not copied: memory_read()
 * reads it from the process.
 */
#ifndef MPROF_PYTHON_REMOTE_SNAPSHOT_H
#define MPROF_PYTHON_REMOTE_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/progress.h"
#include "python/remote/interpreter.h"
#include "python/remote/memory.h"

/* Mappings without a gap. Pages that did not exist are zeroes. */
struct snapshot_region {
	uint64_t start, end;
	uint8_t *bytes;
};

#define SNAPSHOT_SLOTS 256

struct snapshot {
	ARRAY(struct snapshot_region) regions; /* sorted, disjoint */
	/* Memory mapped in this process for them. */
	ARRAY(struct snapshot_region) rooms;
	uint64_t copied;  /* bytes that existed */
	int64_t pause_ns; /* how long the process was stopped */
	int64_t rss_kib;  /* its resident memory at that time; -1: unknown */
	bool collecting;  /* its collector was running all the time */
	int failed; /* errno where further reads of the process failed: ESRCH
		       where it had ended; 0 */
	struct python_memory live;
	/* Progress of the search through it; NULL: not reported. */
	const struct progress *progress;
	/* Cache: the region found last for addresses of that slot. */
	const struct snapshot_region *slots[SNAPSHOT_SLOTS];
};

/* Copies the target, between two collections where possible. snapshot_finish()
 * only after PYTHON_OK; e otherwise. */
enum python_result snapshot_take(struct snapshot *snapshot,
    const struct python_target *target, struct err *e)
    __attribute__((nonnull, warn_unused_result));
void snapshot_finish(struct snapshot *snapshot) __attribute__((nonnull));

/* Reads the copy, and beyond it the process. */
struct python_memory snapshot_memory(struct snapshot *snapshot)
    __attribute__((nonnull));

const struct snapshot_region *snapshot_find(
    struct snapshot *snapshot, uint64_t address) __attribute__((nonnull));

/* All len bytes at address, possibly unaligned; NULL where they are not in the
 * copy. */
static inline const void *snapshot_at(
    struct snapshot *snapshot, uint64_t address, uint64_t len)
{
	const struct snapshot_region *region =
	    snapshot->slots[address >> 20 & (SNAPSHOT_SLOTS - 1)];

	if (!region || address < region->start || address >= region->end)
		region = snapshot_find(snapshot, address);
	if (!region || len > region->end - address)
		return NULL;
	return region->bytes + (address - region->start);
}

/* The number at address; 0 where the copy has none. */
static inline uint64_t snapshot_u64(struct snapshot *snapshot, uint64_t address)
{
	const void *at = snapshot_at(snapshot, address, 8);

	return at ? field_u64(at, 0) : 0;
}

#endif
