// SPDX-License-Identifier: MIT
#include "profile/series.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/array.h"
#include "base/mem.h"

#define LARGE_PAGE ((uintptr_t)2 << 20)

void series_finish(struct series *series)
{
	free(series->items);
	*series = (struct series){0};
}

/* With small pages, page faults would take as much time as reading the file. */
static void series_use_large_pages(void *bytes, size_t size)
{
	uintptr_t start = ((uintptr_t)bytes + LARGE_PAGE - 1) & -LARGE_PAGE;
	uintptr_t end = ((uintptr_t)bytes + size) & -LARGE_PAGE;

	if (end > start)
		madvise((void *)start, end - start, MADV_HUGEPAGE);
}

static void series_resize(struct series *series, size_t cap)
{
	series->cap = cap;
	series->items =
	    mem_resize(series->items, cap, sizeof(series->items[0]));
	series_use_large_pages(series->items, cap * sizeof(series->items[0]));
}

void series_reserve(struct series *series, size_t count)
{
	if (count > series->cap)
		series_resize(series, count);
}

bool series_is_measurement(double mib)
{
	return mib >= 0 && mib < (double)(UINT64_C(1) << 43);
}

void series_add(struct series *series, double time_s, double mib)
{
	if (series_is_measurement(mib))
		series_add_derived(series, time_s, mib);
}

void series_add_all(
    struct series *series, const struct sample *samples, size_t count)
{
	double before_s =
	    series->len > 0 ? series->items[series->len - 1].time_s : -INFINITY;
	struct sample *to;
	bool unsorted = false;

	if (series->cap - series->len < count)
		series_resize(series, 2 * series->cap + count + 63);
	to = series->items + series->len;
	for (size_t i = 0; i < count; i++) {
		const struct sample *one = &samples[i];

		if (!isfinite(one->time_s) || !series_is_measurement(one->mib))
			continue;
		unsorted = unsorted || one->time_s < before_s;
		before_s = one->time_s;
		*to++ = *one;
	}
	series->len = (size_t)(to - series->items);
	series->unsorted = series->unsorted || unsorted;
}

void series_add_derived(struct series *series, double time_s, double mib)
{
	if (!isfinite(time_s) || !isfinite(mib))
		return;
	if (series->len == series->cap)
		series_resize(series, series->cap ? 2 * series->cap : 64);
	if (series->len > 0 && time_s < series->items[series->len - 1].time_s)
		series->unsorted = true;
	series->items[series->len++] = (struct sample){time_s, mib};
}

/* Merges the sorted halves from[0, mid) and from[mid, len) into to. */
static void series_merge(
    struct sample *to, const struct sample *from, size_t mid, size_t len)
{
	size_t a = 0, b = mid;

	for (size_t i = 0; i < len; i++) {
		if (b == len || (a < mid && from[a].time_s <= from[b].time_s))
			to[i] = from[a++];
		else
			to[i] = from[b++];
	}
}

void series_sort(struct series *series)
{
	struct sample *from = series->items, *to;
	size_t len = series->len;

	if (!series->unsorted)
		return;
	to = mem_zero(len, sizeof(to[0]));
	series->cap = len;
	for (size_t width = 1; width < len; width *= 2) {
		struct sample *swap = from;

		for (size_t i = 0; i < len; i += 2 * width) {
			size_t rest = len - i;
			size_t both = rest < 2 * width ? rest : 2 * width;

			series_merge(to + i, from + i,
			    both < width ? both : width, both);
		}
		from = to;
		to = swap;
	}
	free(to);
	series->items = from;
	series->unsorted = false;
}

void series_settle(struct series *series)
{
	while (series->len > 1 && series->items[series->len - 1].mib == 0)
		series->len--;
	series_sort(series);
}

void series_thin(struct series *series, size_t most)
{
	struct sample *items = series->items, *copy;
	size_t len = series->len, kept = 1, groups = most < 3 ? 1 : most - 2;

	if (len <= most || len < 3)
		return;
	for (size_t group = 0; group < groups; group++) {
		size_t from = 1 + group * (len - 2) / groups;
		size_t to = 1 + (group + 1) * (len - 2) / groups;
		struct sample best = items[from];

		for (size_t i = from + 1; i < to; i++) {
			if (items[i].mib > best.mib)
				best = items[i];
		}
		items[kept++] = best;
	}
	items[kept++] = items[len - 1];
	/* Shortened in place, thousands of series would leave gaps too small
	 * for the next one. */
	copy = mem_zero(kept, sizeof(copy[0]));
	memcpy(copy, items, kept * sizeof(copy[0]));
	free(items);
	*series = (struct series){.items = copy,
	    .len = kept,
	    .cap = kept,
	    .stretch_s = series->stretch_s,
	    .unsorted = series->unsorted};
}

const struct sample *series_peak(const struct series *series)
{
	const struct sample *items = series->items, *best = items;
	double highest = series->len > 0 ? items[0].mib : 0;

	for (size_t i = 1; i < series->len; i++) {
		if (items[i].mib > highest) {
			best = &items[i];
			highest = best->mib;
		}
	}
	return series->len > 0 ? best : NULL;
}

size_t series_find(const struct series *series, double time_s)
{
	return array_lower_bound(series, time_s, time_s);
}

const struct sample *series_at(const struct series *series, double time_s)
{
	size_t at = series_find(series, time_s);

	if (at == series->len || (at > 0 && series->items[at].time_s > time_s))
		at--;
	return &series->items[at];
}

struct series series_part(
    const struct series *series, double from_s, double to_s)
{
	size_t first = series_find(series, from_s);
	size_t end = series_find(series, nextafter(to_s, INFINITY));

	if (end <= first)
		return (struct series){0};
	return (struct series){
	    .items = series->items + first, .len = end - first};
}
