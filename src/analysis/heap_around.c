// SPDX-License-Identifier: MIT
#include "analysis/heap_around.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

/* A recording's times have four decimals. */
#define HEAP_AROUND_SAME_S 0.0002

bool heap_snapshot_is_whole(const struct heap_snapshot *snapshot)
{
	return snapshot->read == snapshot->types;
}

/* Says that no mark has that label, and what the last mark's label is. */
static int heap_around_no_mark(
    const struct run *run, const char *label, struct err *e)
{
	char clean[128], last[128];

	utf8_clean(clean, sizeof(clean), label);
	if (run->marks.len == 0)
		return err_set(e,
		    "no mark is called %s; the recording has no marks", clean);
	return err_set(e, "no mark is called %s; the last one is %s", clean,
	    utf8_clean(last, sizeof(last),
		run->marks.items[run->marks.len - 1].label));
}

/* Several marks may be read at one moment: the label decides then. Returns the
 * place behind it. */
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
	double at_s = NAN;
	size_t next;

	*around = (struct heap_around){0};
	for (size_t i = 0; i < run->marks.len; i++)
		if (strcmp(run->marks.items[i].label, label) == 0)
			at_s = fmax(at_s, run->marks.items[i].time_s);
	if (isnan(at_s))
		return heap_around_no_mark(run, label, e);
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
		    one->heap.pid == around->before->heap.pid)
			around->after = one;
	}
	return 0;
}
