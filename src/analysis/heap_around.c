// SPDX-License-Identifier: MIT
#include "analysis/heap_around.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "profile/mark.h"

/* Times in a recording have four decimals. */
#define HEAP_AROUND_SAME_S 0.0002

bool heap_snapshot_is_of(
    const struct heap_snapshot *snapshot, const struct heap_snapshot *other)
{
	return snapshot->heap.pid == other->heap.pid &&
	       snapshot->process == other->process;
}

bool heap_snapshot_is_whole(const struct heap_snapshot *snapshot)
{
	return snapshot->read == snapshot->types;
}

/* Several marks may be read at one moment: the label decides then. Returns the
 * index after the snapshot. */
static size_t heap_around_find_before(struct heap_around *around,
    const struct run *run, const char *label, double at_s)
{
	size_t next = 0;

	for (size_t i = 0; i < run->snapshots.len; i++) {
		const struct heap_snapshot *one = &run->snapshots.items[i];

		if (one->asked_s > at_s + HEAP_AROUND_SAME_S)
			break;
		if (!heap_snapshot_is_whole(one))
			continue;
		around->before = one;
		next = i + 1;
		if (one->asked_s >= at_s - HEAP_AROUND_SAME_S &&
		    strcmp(one->label, label) == 0)
			break;
	}
	return next;
}

int heap_around_find(struct heap_around *around, const struct run *run,
    const char *label, struct err *e)
{
	double at_s = mark_last_s(run, label, e);
	size_t next;

	*around = (struct heap_around){0};
	if (isnan(at_s))
		return -1;
	next = heap_around_find_before(around, run, label, at_s);
	if (!around->before)
		return err_set(e,
		    "no snapshot was taken at the mark %s or before it; echo "
		    "\"@heap %s\" >>\"$MPROF_MARK\" and mprof mark --heap ask "
		    "for one",
		    label, label);
	for (size_t i = next; i < run->snapshots.len && !around->after; i++) {
		const struct heap_snapshot *one = &run->snapshots.items[i];

		if (heap_snapshot_is_whole(one) &&
		    heap_snapshot_is_of(one, around->before))
			around->after = one;
	}
	return 0;
}
