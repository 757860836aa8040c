// SPDX-License-Identifier: MIT
#include "profile/heap.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void heap_finish(struct heap *heap)
{
	for (size_t i = 0; i < heap->rows.len; i++)
		free(heap->rows.items[i].name);
	array_free(&heap->rows);
	index_finish(&heap->index);
	if (heap->paths)
		heap_finish(heap->paths);
	free(heap->paths);
	heap->paths = NULL;
}

static bool heap_row_is(const void *items, size_t at, const void *key)
{
	const struct heap_row *rows = items;

	return strcmp(rows[at].name, key) == 0;
}

static size_t heap_row_of(const struct heap *heap, const char *name)
{
	return index_find(&heap->index, index_hash(name, strlen(name)),
	    heap_row_is, heap->rows.items, name);
}

static int64_t heap_row_sum(int64_t a, int64_t b)
{
	int64_t both;

	if (__builtin_add_overflow(a, b, &both))
		return a < 0 ? INT64_MIN : INT64_MAX;
	return both;
}

static int64_t heap_row_less(int64_t a, int64_t b)
{
	int64_t rest;

	if (__builtin_sub_overflow(a, b, &rest))
		return a < 0 ? INT64_MIN : INT64_MAX;
	return rest;
}

struct heap_row *heap_add(
    struct heap *heap, const char *name, int64_t count, int64_t bytes)
{
	size_t place = heap_row_of(heap, name);
	struct heap_row *row;

	if (place == INDEX_NONE) {
		index_add(&heap->index, index_hash(name, strlen(name)),
		    heap->rows.len);
		row = array_push(&heap->rows);
		*row = (struct heap_row){
		    .name = mem_copy(name), .count = count, .bytes = bytes};
		return row;
	}
	row = &heap->rows.items[place];
	row->count = heap_row_sum(row->count, count);
	row->bytes = heap_row_sum(row->bytes, bytes);
	return row;
}

void heap_merge(struct heap *heap, const struct heap *one)
{
	bool first = heap->rows.len == 0;

	heap->has_rss = one->has_rss && (first || heap->has_rss);
	heap->rss_kib = heap_row_sum(heap->rss_kib, one->rss_kib);
	heap->has_parts = one->has_parts && (first || heap->has_parts);
	heap->files_kib = heap_row_sum(heap->files_kib, one->files_kib);
	heap->free_kib = heap_row_sum(heap->free_kib, one->free_kib);
	heap->wall_ns = one->wall_ns;
	if (heap->pause_ns < one->pause_ns)
		heap->pause_ns = one->pause_ns;
	memcpy(heap->python, one->python, sizeof(heap->python));
	for (size_t i = 0; i < one->rows.len; i++) {
		const struct heap_row *row = &one->rows.items[i];

		heap_add(heap, row->name, row->count, row->bytes);
	}
}

const struct heap_row *heap_find(const struct heap *heap, const char *name)
{
	size_t place = heap_row_of(heap, name);

	return place == INDEX_NONE ? NULL : &heap->rows.items[place];
}

static int heap_row_descending(int64_t a, int64_t b)
{
	return (a < b) - (a > b);
}

static int heap_row_order(const void *left, const void *right)
{
	const struct heap_row *a = left, *b = right;
	int result = heap_row_descending(a->bytes, b->bytes);

	if (result == 0)
		result = heap_row_descending(a->count, b->count);
	return result ? result : strcmp(a->name, b->name);
}

void heap_sort(struct heap *heap)
{
	if (heap->rows.len == 0)
		return;
	qsort(heap->rows.items, heap->rows.len, sizeof(*heap->rows.items),
	    heap_row_order);
	/* Sorting moved the rows, so the index is built anew. */
	index_finish(&heap->index);
	for (size_t i = 0; i < heap->rows.len; i++) {
		const char *name = heap->rows.items[i].name;

		index_add(&heap->index, index_hash(name, strlen(name)), i);
	}
}

struct heap_row heap_total(const struct heap *heap)
{
	struct heap_row total = {0};

	for (size_t i = 0; i < heap->rows.len; i++) {
		total.count =
		    heap_row_sum(total.count, heap->rows.items[i].count);
		total.bytes =
		    heap_row_sum(total.bytes, heap->rows.items[i].bytes);
	}
	return total;
}

int64_t heap_unexplained_kib(const struct heap *heap)
{
	int64_t rest =
	    heap_row_less(heap->rss_kib, heap_total(heap).bytes / 1024);

	rest = heap_row_less(rest, heap->files_kib);
	return heap_row_less(rest, heap->free_kib);
}

static void heap_add_difference(struct heap *out, const char *name,
    const struct heap_row *then, const struct heap_row *now)
{
	static const struct heap_row none;

	then = then ? then : &none;
	now = now ? now : &none;
	if (now->count != then->count || now->bytes != then->bytes)
		heap_add(out, name, heap_row_less(now->count, then->count),
		    heap_row_less(now->bytes, then->bytes));
}

void heap_difference(
    const struct heap *before, const struct heap *after, struct heap *out)
{
	const struct heap_row *row = after->rows.items;

	out->pid = after->pid;
	out->wall_ns = after->wall_ns;
	out->pause_ns = after->pause_ns;
	memcpy(out->python, after->python, sizeof(out->python));
	out->has_rss = before->has_rss && after->has_rss;
	if (out->has_rss)
		out->rss_kib = heap_row_less(after->rss_kib, before->rss_kib);
	out->has_parts = out->has_rss && before->has_parts && after->has_parts;
	if (out->has_parts) {
		out->files_kib =
		    heap_row_less(after->files_kib, before->files_kib);
		out->free_kib =
		    heap_row_less(after->free_kib, before->free_kib);
	}
	for (size_t i = 0; row && i < after->rows.len; i++)
		heap_add_difference(
		    out, row[i].name, heap_find(before, row[i].name), &row[i]);
	row = before->rows.items;
	for (size_t i = 0; row && i < before->rows.len; i++)
		if (!heap_find(after, row[i].name))
			heap_add_difference(out, row[i].name, &row[i], NULL);
	heap_sort(out);
}
