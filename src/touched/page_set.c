// SPDX-License-Identifier: MIT
#include "touched/page_set.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

/* A page by its address, with its place in the set. */
struct page_place {
	uint64_t address;
	size_t at;
};

void page_set_add(struct page_set *set, struct page_sample page)
{
	*array_push(&set->pages) = page;
	set->kib += page.kib;
}

/* Removes those that are marked. */
static void page_set_remove(
    struct page_set *set, const bool *marked, struct page_ids *gone)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->pages.len; i++) {
		struct page_sample page = set->pages.items[i];

		if (!marked[i]) {
			set->pages.items[kept++] = page;
			continue;
		}
		*array_push(&gone->ids) = page.id;
		set->kib -= page.kib;
	}
	set->pages.len = kept;
}

void page_set_remove_absent(struct page_set *set,
    const struct resident *resident, struct page_ids *gone)
{
	bool *absent = mem_zero(set->pages.len + 1, sizeof(*absent));

	for (size_t i = 0; i < set->pages.len; i++) {
		uint64_t address = set->pages.items[i].address;

		absent[i] = !resident || (address != PAGE_SET_NOWHERE &&
					     !resident_has(resident, address));
	}
	page_set_remove(set, absent, gone);
	free(absent);
}

static int page_set_by_address(const void *left, const void *right)
{
	const struct page_place *a = left, *b = right;

	return a->address < b->address ? -1 : a->address > b->address;
}

/* Whether a later page is near to places[i]. */
static bool page_set_is_reused(
    const struct page_place *places, size_t count, size_t i, uint64_t near)
{
	const struct page_place *place = &places[i];

	for (size_t j = i + 1;
	     j < count && places[j].address - place->address <= near; j++)
		if (places[j].at > place->at)
			return true;
	for (size_t j = i;
	     j > 0 && place->address - places[j - 1].address <= near; j--)
		if (places[j - 1].at > place->at)
			return true;
	return false;
}

/* Marks the pages that have a later one near them. */
static void page_set_mark_reused(
    const struct page_set *set, uint64_t near, bool *reused)
{
	size_t len = set->pages.len, count = 0;
	struct page_place *places = mem_zero(len + 1, sizeof(*places));

	for (size_t i = 0; i < len; i++)
		if (set->pages.items[i].address != PAGE_SET_NOWHERE)
			places[count++] =
			    (struct page_place){set->pages.items[i].address, i};
	qsort(places, count, sizeof(*places), page_set_by_address);
	for (size_t i = 0; i < count; i++)
		reused[places[i].at] =
		    page_set_is_reused(places, count, i, near);
	free(places);
}

void page_set_remove_reused(struct page_set *set, int64_t most_kib,
    int64_t near_kib, struct page_ids *gone)
{
	size_t len = set->pages.len;
	bool *removed = mem_zero(len + 1, sizeof(*removed));
	int64_t kib = set->kib;

	page_set_mark_reused(set, (uint64_t)near_kib << 10, removed);
	for (size_t i = 0; i < len; i++) {
		removed[i] = removed[i] && kib > most_kib;
		if (removed[i])
			kib -= set->pages.items[i].kib;
	}
	/* Such a sample may stand for much: it goes where more than half of it
	 * is too much. */
	for (size_t i = 0; i < len; i++) {
		const struct page_sample *page = &set->pages.items[i];

		if (page->address != PAGE_SET_NOWHERE ||
		    kib - page->kib / 2 <= most_kib)
			continue;
		removed[i] = true;
		kib -= page->kib;
	}
	page_set_remove(set, removed, gone);
	free(removed);
}
