// SPDX-License-Identifier: MIT
#include "python/heap/remainder.h"

#include <string.h>

#include "base/index.h"
#include "proc/maps.h"
#include "proc/procfs.h"

enum { REMAINDER_PAGE = 4096 };

/* An object of up to 512 bytes is in a pool of Python's allocator; of a larger
 * list or dict only the header is. */
enum { REMAINDER_SMALL = 512, REMAINDER_HEADER = 64 };

/* Arenas have 256 KiB (up to CPython 3.9) or 1 MiB, and begin at any page: a
 * piece of memory of that size that holds a small object is taken for an
 * arena's. */
enum { REMAINDER_PIECE = 18 };

/* glibc's malloc, since 2.26, on 64 bits: the heap of a thread begins at a
 * multiple of this with a header, and the first heap of an arena with the
 * arena's state. */
#define REMAINDER_HEAP (UINT64_C(64) << 20)
enum { REMAINDER_STATE = 2200, REMAINDER_LEAST = 32 };

struct remainder_range {
	uint64_t start, end;
};

struct remainder_piece {
	uint64_t number; /* address >> REMAINDER_PIECE */
	uint64_t used;
};

struct remainder_search {
	struct objects *objects;
	struct snapshot *snapshot;
	/* Sorted ranges of files and of malloc's heaps, in which there is no
	 * pool. */
	ARRAY(struct remainder_range) others;
	ARRAY(struct remainder_piece) pieces;
	struct index index;
	uint64_t free;
};

static bool remainder_is_blank(const uint8_t *page)
{
	return page[0] == 0 && memcmp(page, page + 1, REMAINDER_PAGE - 1) == 0;
}

/* Resident bytes of a range, as far as the copy shows: a page of zeroes was
 * never written, or was given back. */
static uint64_t remainder_resident(
    struct snapshot *snapshot, uint64_t start, uint64_t end)
{
	uint64_t resident = 0, next;

	for (uint64_t at = start; at < end; at = next) {
		uint64_t page = at & ~(uint64_t)(REMAINDER_PAGE - 1);
		const uint8_t *bytes =
		    snapshot_at(snapshot, page, REMAINDER_PAGE);

		next = page + REMAINDER_PAGE;
		if (bytes && !remainder_is_blank(bytes))
			resident += (next < end ? next : end) - at;
	}
	return resident;
}

/* Adds up malloc's free chunks from the first one to the end; false where it is
 * no such row of chunks. A chunk tells whether the one before it is in use. */
static bool remainder_walk(
    struct snapshot *snapshot, uint64_t first, uint64_t end, uint64_t *free)
{
	uint64_t at = (first + 15) & ~UINT64_C(15), size;

	*free = 0;
	for (; at + REMAINDER_LEAST <= end; at += size) {
		uint64_t next;

		size = snapshot_u64(snapshot, at + 8) & ~UINT64_C(7);
		if (size < REMAINDER_LEAST || size % 16 || size > end - at)
			return false;
		next = at + size + 8;
		if (at + size == end ||
		    (next < end && !(snapshot_u64(snapshot, next) & 1)))
			*free +=
			    remainder_resident(snapshot, at + 16, at + size);
	}
	return at == end;
}

/* Walks a heap of a thread's arena; false where it is none. */
static bool remainder_walk_heap(struct remainder_search *search, uint64_t start)
{
	uint64_t state = snapshot_u64(search->snapshot, start);
	uint64_t size = snapshot_u64(search->snapshot, start + 16);
	const uint64_t firsts[] = {
	    state + REMAINDER_STATE, start + 32, start + 48};
	uint64_t free;

	if (size < REMAINDER_PAGE || size > REMAINDER_HEAP ||
	    size % REMAINDER_PAGE)
		return false;
	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
		if (firsts[i] < start || firsts[i] >= start + size ||
		    !remainder_walk(
			search->snapshot, firsts[i], start + size, &free))
			continue;
		search->free += free;
		return true;
	}
	return false;
}

static void remainder_visit(
    struct remainder_search *search, const struct maps_entry *entry)
{
	bool is_other = entry->inode != 0;
	uint64_t free;

	if (strcmp(entry->path, "[heap]") == 0) {
		is_other = true;
		if (remainder_walk(
			search->snapshot, entry->start, entry->end, &free))
			search->free += free;
	} else if (!entry->inode && !entry->path[0] &&
		   entry->start % REMAINDER_HEAP == 0 &&
		   entry->access[1] == 'w') {
		is_other = remainder_walk_heap(search, entry->start);
	}
	if (is_other)
		*array_push(&search->others) =
		    (struct remainder_range){entry->start, entry->end};
}

static bool remainder_is_other(
    const struct remainder_search *search, uint64_t address)
{
	size_t low = 0, high = search->others.len;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct remainder_range *range =
		    &search->others.items[mid];

		if (address >= range->end)
			low = mid + 1;
		else if (address < range->start)
			high = mid;
		else
			return true;
	}
	return false;
}

static bool remainder_piece_is(const void *items, size_t at, const void *key)
{
	const struct remainder_piece *pieces = items;

	return pieces[at].number == *(const uint64_t *)key;
}

static void remainder_add_object(
    struct remainder_search *search, uint64_t address, uint64_t size)
{
	uint64_t number = address >> REMAINDER_PIECE;
	uint64_t in_pool = size <= REMAINDER_SMALL ? (size + 15) & ~UINT64_C(15)
						   : REMAINDER_HEADER;
	uint32_t hash = index_hash_number(number);
	size_t place = index_find(&search->index, hash, remainder_piece_is,
	    search->pieces.items, &number);

	if (place == INDEX_NONE && size > REMAINDER_SMALL)
		return;
	if (place == INDEX_NONE) {
		place = search->pieces.len;
		index_add(&search->index, hash, place);
		*array_push(&search->pieces) =
		    (struct remainder_piece){.number = number};
	}
	search->pieces.items[place].used += in_pool;
}

static void remainder_add_pools(struct remainder_search *search)
{
	struct objects *objects = search->objects;

	for (size_t i = 0; i < objects->found.len; i++) {
		uint64_t address = objects->found.items[i];
		const struct object_type *type =
		    object_types_of(&objects->types, address);

		if (type && !remainder_is_other(search, address))
			remainder_add_object(search, address,
			    object_size(&objects->types, address, type));
	}
	for (size_t i = 0; i < search->pieces.len; i++) {
		const struct remainder_piece *piece = &search->pieces.items[i];
		uint64_t start = piece->number << REMAINDER_PIECE;
		uint64_t resident = remainder_resident(search->snapshot, start,
		    start + (UINT64_C(1) << REMAINDER_PIECE));

		if (resident > piece->used)
			search->free += resident - piece->used;
	}
}

static bool remainder_add_maps(struct remainder_search *search, pid_t pid)
{
	struct maps_entry entry;
	struct maps maps;
	bool whole;

	if (maps_open(&maps, pid) < 0)
		return false;
	while (maps_next(&maps, &entry))
		remainder_visit(search, &entry);
	whole = maps.error == 0;
	maps_close(&maps);
	return whole;
}

static int64_t remainder_files_kib(pid_t pid)
{
	char text[8192];
	struct procfs fs;
	struct err e;
	int64_t files = -1, shared;

	if (procfs_init(&fs, "/proc", &e) != 0)
		return -1;
	if (procfs_read(&fs, pid, "status", text, sizeof(text)) > 0) {
		files = procfs_kib(text, "RssFile");
		shared = procfs_kib(text, "RssShmem");
		files += files >= 0 && shared > 0 ? shared : 0;
	}
	procfs_finish(&fs);
	return files;
}

struct remainder remainder_find(struct objects *objects, pid_t pid)
{
	struct remainder_search search = {
	    .objects = objects, .snapshot = objects->types.snapshot};
	struct remainder remainder = {0};

	remainder.files_kib = remainder_files_kib(pid);
	if (remainder.files_kib >= 0 && remainder_add_maps(&search, pid)) {
		remainder_add_pools(&search);
		remainder.free_kib = (int64_t)(search.free / 1024);
		remainder.is_known = true;
	}
	array_free(&search.others);
	array_free(&search.pieces);
	index_finish(&search.index);
	return remainder;
}
