/* SPDX-License-Identifier: MIT
 *
 * The snapshots of a recording before and after a mark.
 */
#ifndef MPROF_ANALYSIS_HEAP_AROUND_H
#define MPROF_ANALYSIS_HEAP_AROUND_H

#include "base/err.h"
#include "profile/profile.h"

struct heap_around {
	const struct heap_snapshot *before, *after; /* after NULL: none yet */
};

/* Finds, for the last mark with that label, the snapshot that it asked for (or
 * the last one before it) and the next snapshot of the same process. -1 with e
 * where there is no such mark, or no snapshot before it. */
int heap_around_find(struct heap_around *around, const struct run *run,
    const char *label, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Whether both are of one process: a later process may have its pid. */
bool heap_snapshot_is_of(const struct heap_snapshot *snapshot,
    const struct heap_snapshot *other) __attribute__((nonnull));

/* Whether all of its types were read: a recorder that was killed may have
 * written only some. */
bool heap_snapshot_is_whole(const struct heap_snapshot *snapshot)
    __attribute__((nonnull));

#endif
