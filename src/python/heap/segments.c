// SPDX-License-Identifier: MIT
#include "python/heap/segments.h"

#include <string.h>

#include "base/array.h"
#include "base/index.h"
#include "python/heap/frames.h"

#define SEGMENT ((uint64_t)32 << 20) /* size and alignment of a segment */
#define SLICE ((uint64_t)64 << 10)
#define SLICES 512
/* Heaps of a thread: raw memory, objects, and two of the collector. */
#define HEAPS 4
#define TAG_GC 2
#define TAG_GC_BEHIND 3 /* tag of objects with two words in front */
#define WORDS_BEFORE 16
#define CAPACITY_MAX 65536
#define TRACKED 1
/* Bits in a list of blocks that other threads freed. */
#define FLAGS ((uint64_t)3)

struct segments_heap {
	uint64_t address;
	uint64_t pages, found; /* pages that it claims to have; pages found */
};

/* A page of blocks of one size that hold tracked objects. */
struct segments_page {
	uint64_t start, size, capacity;
	uint64_t free[3]; /* lists of free blocks */
	uint64_t before;  /* bytes of a block before its object */
};

struct segments {
	const struct python_target *target;
	const struct python_offsets *o; /* row whose mimalloc layout is tried */
	struct snapshot *snapshot;
	ARRAY(struct segments_heap) heaps;
	struct index places; /* indices in heaps, by address */
	ARRAY(struct segments_page) pages;
	uint64_t cookie; /* XOR of each segment's address and its cookie */
	bool is_sound;
	uint8_t is_free[CAPACITY_MAX]; /* flags for one page's blocks */
};

static uint64_t segments_word(
    const struct segments *segments, uint64_t address, int offset)
{
	return snapshot_u64(segments->snapshot, address + (uint64_t)offset);
}

static bool segments_is_heap(const void *heaps, size_t at, const void *address)
{
	return ((const struct segments_heap *)heaps)[at].address ==
	       *(const uint64_t *)address;
}

static struct segments_heap *segments_heap(
    struct segments *segments, uint64_t address)
{
	size_t at = index_find(&segments->places, index_hash_number(address),
	    segments_is_heap, segments->heaps.items, &address);

	return at == INDEX_NONE ? NULL : &segments->heaps.items[at];
}

/* Adds a thread's heaps; it has none before it first runs. */
static void segments_add_heaps(void *context, uint64_t thread)
{
	struct segments *segments = context;
	const struct python_offsets *o = segments->o;

	if ((uint32_t)segments_word(segments, thread, o->thread_heaps_ready) !=
	    1)
		return;
	for (uint64_t i = 0; i < HEAPS; i++) {
		struct segments_heap heap = {
		    .address = thread + (uint64_t)o->thread_heaps +
			       i * (uint64_t)o->heap_size};

		heap.pages =
		    segments_word(segments, heap.address, o->heap_page_count);
		index_add(&segments->places, index_hash_number(heap.address),
		    segments->heaps.len);
		*array_push(&segments->heaps) = heap;
	}
}

/* Up to mimalloc 2.1 small blocks start one or three block sizes into the
 * page. */
static uint64_t segments_page_start(const struct segments *segments,
    uint64_t page, uint64_t slice, uint64_t size)
{
	uint64_t behind = 0;

	if (segments->o->page_start != OFFSET_ABSENT)
		return segments_word(segments, page, segments->o->page_start);
	if (size >= 8 && size <= 64)
		behind = 3 * size;
	else if (size <= 512)
		behind = size;
	return slice + behind;
}

/* Adds a page where it is consistent; slice is the start of its memory. */
static bool segments_add_page(
    struct segments *segments, uint64_t page, uint64_t slice, uint64_t end)
{
	const struct python_offsets *o = segments->o;
	uint64_t owner = segments_word(segments, page, o->page_heap);
	uint64_t tag = segments_word(segments, page, o->page_tag) >>
			   o->page_tag_shift &
		       15,
		 capacity =
		     segments_word(segments, page, o->page_capacity) & 0xffff;
	struct segments_heap *heap =
	    owner ? segments_heap(segments, owner) : NULL;
	struct segments_page found = {.capacity = capacity};

	if (heap)
		heap->found++;
	if (!capacity || (tag != TAG_GC && tag != TAG_GC_BEHIND))
		return true;
	found.size = segments_word(segments, page, o->page_block_size);
	if (o->page_start == OFFSET_ABSENT)
		found.size = (uint32_t)found.size;
	found.start = segments_page_start(segments, page, slice, found.size);
	found.before = tag == TAG_GC_BEHIND ? WORDS_BEFORE : 0;
	found.free[0] = segments_word(segments, page, o->page_free);
	found.free[1] = segments_word(segments, page, o->page_local_free);
	found.free[2] = segments_word(segments, page, o->page_thread_free);
	*array_push(&segments->pages) = found;
	return (!owner || heap) && found.size >= 16 && found.start >= slice &&
	       (capacity == 1 || found.start + capacity * found.size <= end);
}

/* Adds a segment: its pages follow each other without a gap, the first one is
 * the segment's own, and the cookie agrees with all others. False: it is no
 * segment, or an inconsistent one. */
static bool segments_add(struct segments *segments, uint64_t segment)
{
	const struct python_offsets *o = segments->o;
	uint64_t entries = segments_word(segments, segment, o->segment_entries),
		 info = segments_word(segments, segment, o->segment_info),
		 huge = (uint32_t)segments_word(
		     segments, segment, o->segment_kind);
	uint64_t at = 0;

	if (huge > 1 || !info || info >= entries || entries > SLICES)
		return false;
	while (at < entries) {
		uint64_t page = segment + (uint64_t)o->segment_slices +
				at * (uint64_t)o->page_size;
		uint64_t slices = (uint32_t)segments_word(segments, page, 0);
		uint64_t start = segment + at * SLICE;

		if (!slices || (at == 0 && slices != info) ||
		    (!huge && slices > entries - at))
			return false;
		if (at && !segments_add_page(
			      segments, page, start, start + slices * SLICE))
			return false;
		at += slices;
	}
	return true;
}

/* A segment's cookie is its address, mixed with a secret of the process. */
static void segments_try(struct segments *segments, uint64_t segment)
{
	const struct python_offsets *o = segments->o;
	uint64_t size =
	    (uint64_t)o->segment_slices + (SLICES + 1) * (uint64_t)o->page_size;
	uint64_t cookie;

	if (!snapshot_at(segments->snapshot, segment, size))
		return;
	cookie = segments_word(segments, segment, o->segment_cookie) ^ segment;
	if (cookie == segments->cookie)
		segments->is_sound &= segments_add(segments, segment);
}

/* Finds the secret through a page of a thread's heap: a heap consists of queues
 * of pages, and each page lies in its segment. */
static bool segments_learn_cookie(struct segments *segments)
{
	const struct python_offsets *o = segments->o;

	for (size_t i = 0; i < segments->heaps.len; i++) {
		const struct segments_heap *heap = &segments->heaps.items[i];

		for (int k = 0; heap->pages && k + 8 <= o->heap_size; k += 8) {
			uint64_t page =
				     segments_word(segments, heap->address, k),
				 segment = page & ~(SEGMENT - 1);

			if (page <= segment ||
			    segments_word(segments, page, o->page_heap) !=
				heap->address)
				continue;
			segments->cookie =
			    segment ^
			    segments_word(segments, segment, o->segment_cookie);
			return true;
		}
	}
	return false;
}

/* Whether as many pages were found as each heap claims. */
static bool segments_are_whole(const struct segments *segments)
{
	if (!segments->is_sound || !segments->pages.len)
		return false;
	for (size_t i = 0; i < segments->heaps.len; i++)
		if (segments->heaps.items[i].pages !=
		    segments->heaps.items[i].found)
			return false;
	return true;
}

static bool segments_find(struct segments *segments)
{
	const struct snapshot *snapshot = segments->snapshot;

	segments->heaps.len = segments->pages.len = 0;
	index_clear(&segments->places);
	segments->is_sound = true;
	frames_each_thread(
	    segments->target, segments->snapshot, segments_add_heaps, segments);
	if (!segments_learn_cookie(segments))
		return false;
	for (size_t i = 0; i < snapshot->regions.len; i++) {
		const struct snapshot_region *region =
		    &snapshot->regions.items[i];
		uint64_t at = (region->start + SEGMENT - 1) & ~(SEGMENT - 1);

		for (; at < region->end; at += SEGMENT)
			segments_try(segments, at);
	}
	return segments_are_whole(segments);
}

/* Marks the blocks of a list, each of which may be in one list only; false
 * where the list leaves the page, or returns to itself. */
static bool segments_mark_free(
    struct segments *segments, const struct segments_page *page, uint64_t block)
{
	while (block) {
		uint64_t at = (block - page->start) / page->size;

		if (block < page->start || at >= page->capacity ||
		    block != page->start + at * page->size ||
		    segments->is_free[at])
			return false;
		segments->is_free[at] = true;
		block = snapshot_u64(segments->snapshot, block);
	}
	return true;
}

static bool segments_mark_page(
    struct segments *segments, const struct segments_page *page)
{
	memset(segments->is_free, 0, page->capacity);
	for (int i = 0; i < 3; i++)
		if (!segments_mark_free(segments, page, page->free[i] & ~FLAGS))
			return false;
	return true;
}

static void segments_visit(struct segments *segments,
    const struct segments_page *page,
    void (*visit)(void *context, uint64_t object), void *context)
{
	int bits = segments->o->object_gc_bits;

	for (uint64_t i = 0; i < page->capacity; i++) {
		uint64_t object = page->start + i * page->size + page->before;
		const uint8_t *at = snapshot_at(segments->snapshot, object,
		    (uint64_t)segments->o->object_header);

		if (at && !segments->is_free[i] && at[bits] & TRACKED)
			visit(context, object);
	}
}

/* All pages are checked before the first object is reported. */
static bool segments_report(struct segments *segments,
    void (*visit)(void *context, uint64_t object), void *context)
{
	for (size_t i = 0; i < segments->pages.len; i++)
		if (!segments_mark_page(segments, &segments->pages.items[i]))
			return false;
	for (size_t i = 0; i < segments->pages.len; i++) {
		const struct segments_page *page = &segments->pages.items[i];

		if (segments_mark_page(segments, page))
			segments_visit(segments, page, visit, context);
	}
	return true;
}

bool segments_each(const struct python_target *target,
    struct snapshot *snapshot, void (*visit)(void *context, uint64_t object),
    void *context)
{
	struct segments *segments = mem_zero(1, sizeof(*segments));
	bool is_found = false;

	segments->target = target;
	segments->snapshot = snapshot;
	for (unsigned i = 0; !is_found && python_offsets_row(i); i++) {
		segments->o = python_offsets_row(i);
		if (segments->o->free_threaded &&
		    segments->o->minor == target->offsets.minor)
			is_found = segments_find(segments) &&
				   segments_report(segments, visit, context);
	}
	array_free(&segments->heaps);
	array_free(&segments->pages);
	index_finish(&segments->places);
	free(segments);
	return is_found;
}
