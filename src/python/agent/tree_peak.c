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

int tree_look_add(struct tree_look *look, const struct tree_member *member)
{
	size_t cap = look->cap ? 2 * look->cap : 8;
	struct tree_member *items;

	if (look->len == look->cap) {
		items = realloc(look->items, cap * sizeof(*items));
		if (!items)
			return -1;
		look->items = items;
		look->cap = cap;
	}
	look->items[look->len++] = *member;
	return 0;
}

void tree_look_finish(struct tree_look *look)
{
	free(look->items);
	*look = (struct tree_look){0};
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

/* The least that a process had between two looks: one that shrank and grew
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

static void tree_peak_begin(struct tree_peak *peak, struct tree_look *look)
{
	tree_peak_keep(&peak->old, look->waited);
	for (size_t i = 0; i < look->len; i++) {
		peak->bytes += look->items[i].bytes;
		tree_peak_keep(&peak->old, look->items[i].mark);
	}
}

static void tree_peak_go_on(struct tree_peak *peak, struct tree_look *look)
{
	int64_t sum = 0, floors = 0;

	for (size_t i = 0; i < look->len; i++) {
		struct tree_member *now = &look->items[i];

		now->floor = tree_peak_floor(tree_peak_before(peak, now), now);
		floors += now->floor;
		sum += now->bytes;
	}
	tree_peak_keep(&peak->bytes, sum);
	for (size_t i = 0; i < look->len; i++) {
		const struct tree_member *now = &look->items[i];
		int64_t mark =
		    tree_peak_new_mark(tree_peak_before(peak, now), now);

		if (mark >= 0)
			tree_peak_keep(
			    &peak->bytes, mark + floors - now->floor);
	}
	if (look->waited > peak->last.waited &&
	    look->waited > peak->old + tree_peak_slack(peak->old))
		tree_peak_keep(&peak->bytes, look->waited);
}

void tree_peak_add(struct tree_peak *peak, struct tree_look *look)
{
	struct tree_look old = peak->last;

	if (look->len)
		qsort(look->items, look->len, sizeof(*look->items),
		    tree_peak_order);
	if (peak->bytes == 0)
		tree_peak_begin(peak, look);
	else
		tree_peak_go_on(peak, look);
	peak->last = *look;
	*look = (struct tree_look){.items = old.items, .cap = old.cap};
}
