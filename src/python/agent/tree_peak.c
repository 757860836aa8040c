// SPDX-License-Identifier: MIT
#include "python/agent/tree_peak.h"

#include <stdlib.h>

/* Growth by one page fault is one huge page at most. */
#define FAULT_BYTES (2LL << 20)

/* Margin for two readings of one mark. Linux 6.2 and later count pages per
 * processor and add them up in batches: a living process's mark and the one
 * that its parent gets differ. */
static int64_t tree_peak_slack(int64_t bytes)
{
	return (2LL << 20) + bytes / 128;
}

int tree_reading_add(
    struct tree_reading *reading, const struct tree_member *member)
{
	size_t cap = reading->cap ? 2 * reading->cap : 8;
	struct tree_member *items;

	if (reading->len == reading->cap) {
		items = realloc(reading->items, cap * sizeof(*items));
		if (!items)
			return -1;
		reading->items = items;
		reading->cap = cap;
	}
	reading->items[reading->len++] = *member;
	return 0;
}

void tree_reading_finish(struct tree_reading *reading)
{
	free(reading->items);
	*reading = (struct tree_reading){0};
}

static int tree_peak_order(const void *x, const void *y)
{
	const struct tree_member *a = x, *b = y;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

static const struct tree_member *tree_peak_before(
    const struct tree_peak *peak, const struct tree_member *member)
{
	const struct tree_member *found = NULL;

	if (peak->last.len)
		found = bsearch(member, peak->last.items, peak->last.len,
		    sizeof(*member), tree_peak_order);
	return found && found->started == member->started ? found : NULL;
}

/* The least that a process had between two readings: one that shrank and grew
 * again has had page faults. */
static int64_t tree_peak_floor(
    const struct tree_member *before, const struct tree_member *now)
{
	int64_t floor;

	if (!before)
		return 0;
	floor = before->bytes < now->bytes ? before->bytes : now->bytes;
	floor -= (now->faults - before->faults) * FAULT_BYTES;
	return floor > 0 ? floor : 0;
}

/* After an exec the mark starts anew. */
static int64_t tree_peak_new_mark(
    const struct tree_member *before, const struct tree_member *now)
{
	int64_t known = before ? before->mark : 0;

	if (known > now->mark + tree_peak_slack(now->mark))
		known = 0;
	return known >= 0 && now->mark > known ? now->mark : -1;
}

static void tree_peak_keep(int64_t *highest, int64_t bytes)
{
	if (bytes > *highest)
		*highest = bytes;
}

static void tree_peak_begin(
    struct tree_peak *peak, struct tree_reading *reading)
{
	tree_peak_keep(&peak->old, reading->waited);
	for (size_t i = 0; i < reading->len; i++) {
		peak->bytes += reading->items[i].bytes;
		tree_peak_keep(&peak->old, reading->items[i].mark);
	}
}

static void tree_peak_go_on(
    struct tree_peak *peak, struct tree_reading *reading)
{
	int64_t sum = 0, floors = 0;

	for (size_t i = 0; i < reading->len; i++) {
		struct tree_member *now = &reading->items[i];

		now->floor = tree_peak_floor(tree_peak_before(peak, now), now);
		floors += now->floor;
		sum += now->bytes;
	}
	tree_peak_keep(&peak->bytes, sum);
	for (size_t i = 0; i < reading->len; i++) {
		const struct tree_member *now = &reading->items[i];
		int64_t mark =
		    tree_peak_new_mark(tree_peak_before(peak, now), now);

		if (mark >= 0)
			tree_peak_keep(
			    &peak->bytes, mark + floors - now->floor);
	}
	if (reading->waited > peak->last.waited &&
	    reading->waited > peak->old + tree_peak_slack(peak->old))
		tree_peak_keep(&peak->bytes, reading->waited);
}

void tree_peak_add(struct tree_peak *peak, struct tree_reading *reading)
{
	struct tree_reading old = peak->last;

	if (reading->len)
		qsort(reading->items, reading->len, sizeof(*reading->items),
		    tree_peak_order);
	if (peak->bytes == 0)
		tree_peak_begin(peak, reading);
	else
		tree_peak_go_on(peak, reading);
	peak->last = *reading;
	*reading = (struct tree_reading){.items = old.items, .cap = old.cap};
}
