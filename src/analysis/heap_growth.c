// SPDX-License-Identifier: MIT
#include "analysis/heap_growth.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A class that grew by less than this part of the largest growth does not
 * explain it. */
enum { HEAP_GROWTH_PART = 100 };

static bool heap_growth_is(const void *items, size_t at, const void *key)
{
	const struct heap_growth_row *rows = items;

	return strcmp(rows[at].name, key) == 0;
}

const struct heap_growth_row *heap_growth_find(
    const struct heap_growth *growth, const char *name)
{
	size_t place =
	    index_find(&growth->index, index_hash(name, strlen(name)),
		heap_growth_is, growth->rows.items, name);

	return place == INDEX_NONE ? NULL : &growth->rows.items[place];
}

static void heap_growth_step(
    struct heap_growth_row *row, int64_t count, int64_t bytes)
{
	row->more +=
	    count > row->count || (count == row->count && bytes > row->bytes);
	row->larger += bytes > row->bytes;
	row->count = count;
	row->bytes = bytes;
}

static void heap_growth_add_new(
    struct heap_growth *growth, const struct heap_row *row)
{
	struct heap_growth_row made = {.name = mem_copy(row->name)};

	if (growth->begun) {
		heap_growth_step(&made, row->count, row->bytes);
	} else {
		made.count = made.first_count = row->count;
		made.bytes = made.first_bytes = row->bytes;
	}
	index_add(&growth->index, index_hash(row->name, strlen(row->name)),
	    growth->rows.len);
	*array_push(&growth->rows) = made;
}

static void heap_growth_add_rss(
    struct heap_growth *growth, const struct heap *heap)
{
	int64_t bytes;

	if (!heap->has_rss ||
	    __builtin_mul_overflow(heap->rss_kib, 1024, &bytes)) {
		growth->has_rss = false;
	} else if (growth->begun) {
		heap_growth_step(&growth->rss, 0, bytes);
	} else {
		growth->has_rss = true;
		growth->rss.first_bytes = growth->rss.bytes = bytes;
	}
}

void heap_growth_add(struct heap_growth *growth, const struct heap *heap)
{
	static const struct heap_row none;
	size_t known = growth->rows.len;

	for (size_t i = 0; i < known; i++) {
		struct heap_growth_row *row = &growth->rows.items[i];
		const struct heap_row *now = heap_find(heap, row->name);

		now = now ? now : &none;
		heap_growth_step(row, now->count, now->bytes);
	}
	for (size_t i = 0; i < heap->rows.len; i++)
		if (!heap_growth_find(growth, heap->rows.items[i].name))
			heap_growth_add_new(growth, &heap->rows.items[i]);
	heap_growth_add_rss(growth, heap);
	if (growth->begun)
		growth->steps++;
	else
		growth->first_ns = heap->wall_ns;
	growth->newest_ns = heap->wall_ns;
	growth->begun = true;
}

void heap_growth_finish(struct heap_growth *growth)
{
	for (size_t i = 0; i < growth->rows.len; i++)
		free(growth->rows.items[i].name);
	array_free(&growth->rows);
	index_finish(&growth->index);
}

struct heap_growth_order {
	const struct heap_growth *growth;
	int64_t least; /* a class that grew by fewer objects explains nothing */
};

/* Modules whose classes are parts of other objects: each thread comes with
 * locks and a deque, and most objects that are waited for with a weak
 * reference. */
static bool heap_growth_is_part(const char *name)
{
	static const char *const modules[] = {"_contextvars.", "_io.",
	    "_thread.", "collections.", "functools.", "itertools.", "weakref."};

	for (size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++)
		if (!strncmp(name, modules[i], strlen(modules[i])))
			return true;
	return false;
}

/* 0: a class that may be the cause, or the type of classes, each of which comes
 * with functions, dicts and weak references; 1: one that is part of others; 2:
 * a built-in type, or too few objects. */
static int heap_growth_class(
    const struct heap_growth_order *order, const struct heap_growth_row *row)
{
	if (row->count - row->first_count < order->least)
		return 2;
	if (!strchr(row->name, '.'))
		return strcmp(row->name, "type") ? 2 : 0;
	return heap_growth_is_part(row->name);
}

static int heap_growth_compare(const void *a, const void *b, void *context)
{
	const struct heap_growth_order *order = context;
	const struct heap_row *left = a, *right = b;
	const struct heap_growth_row *x =
	    heap_growth_find(order->growth, left->name);
	const struct heap_growth_row *y =
	    heap_growth_find(order->growth, right->name);
	size_t x_steps = heap_growth_steps(x), y_steps = heap_growth_steps(y);
	int x_class = heap_growth_class(order, x);
	int y_class = heap_growth_class(order, y);
	int64_t x_bytes = x->bytes - x->first_bytes;
	int64_t y_bytes = y->bytes - y->first_bytes;

	if (x_steps != y_steps)
		return x_steps < y_steps ? 1 : -1;
	if (x_steps && x_class != y_class)
		return x_class < y_class ? -1 : 1;
	if (x_bytes != y_bytes)
		return x_bytes < y_bytes ? 1 : -1;
	return strcmp(x->name, y->name);
}

void heap_growth_rank(const struct heap_growth *growth, struct heap *rows)
{
	struct heap_growth_order order = {growth, 1};

	for (size_t i = 0; i < growth->rows.len; i++) {
		const struct heap_growth_row *row = &growth->rows.items[i];
		int64_t part =
		    (row->count - row->first_count) / HEAP_GROWTH_PART;

		if (heap_growth_steps(row) == growth->steps &&
		    part > order.least)
			order.least = part;
	}
	if (rows->rows.len)
		qsort_r(rows->rows.items, rows->rows.len,
		    sizeof(*rows->rows.items), heap_growth_compare, &order);
}

void heap_growth_always(const struct heap_growth *growth, struct heap *grown)
{
	*grown = (struct heap){0};
	for (size_t i = 0; i < growth->rows.len; i++) {
		const struct heap_growth_row *row = &growth->rows.items[i];

		if (growth->steps && heap_growth_steps(row) == growth->steps)
			heap_add(grown, row->name,
			    row->count - row->first_count,
			    row->bytes - row->first_bytes);
	}
	heap_growth_rank(growth, grown);
}
