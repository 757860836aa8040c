/* SPDX-License-Identifier: MIT
 *
 * The growth of each type over several readings of a program's heap, since the
 * first one. Types are ranked by the difference-sign test for a monotone trend
 * (Moore and Wallis, Journal of the American Statistical Association 38,
 * 1943): the number of steps between readings in which they grew. A leak grows
 * in every step; memory held for a moment, such as a request's, grows in about
 * half of them, however much that is. A type grows by its objects, or, as one
 * buffer does among others that come and go, by their bytes.
 */
#ifndef MPROF_ANALYSIS_HEAP_GROWTH_H
#define MPROF_ANALYSIS_HEAP_GROWTH_H

#include "profile/heap.h"

struct heap_growth_row {
	char *name;
	int64_t first_count, first_bytes; /* at the first reading */
	int64_t count, bytes;             /* at the newest reading */
	size_t more, larger; /* number of steps in which it grew by its objects,
			      * by their bytes */
};

/* In how many steps a type grew: by its objects or by its bytes. */
static inline size_t heap_growth_steps(const struct heap_growth_row *row)
{
	return row->more > row->larger ? row->more : row->larger;
}

/* Zeroed is empty. */
struct heap_growth {
	size_t steps; /* number of steps from reading to reading */
	int64_t first_ns, newest_ns;
	bool has_rss;
	struct heap_growth_row rss; /* only bytes */
	ARRAY(struct heap_growth_row) rows;
	struct index index;
	bool begun;
};

/* Adds the next reading. A type that is missing in it has no objects. */
void heap_growth_add(struct heap_growth *growth, const struct heap *heap)
    __attribute__((nonnull));
void heap_growth_finish(struct heap_growth *growth) __attribute__((nonnull));

/* NULL where no reading has that type. */
const struct heap_growth_row *heap_growth_find(const struct heap_growth *growth,
    const char *name) __attribute__((nonnull));

/* Sorts rows, whose names must all be in growth: types that grew in most steps
 * first. Among equals, a module's classes come before classes that are part of
 * others (locks, deques, weak references), and both before built-in types,
 * except classes that grew by less than a hundredth of the largest growth; then
 * by bytes grown since the first reading. */
void heap_growth_rank(const struct heap_growth *growth, struct heap *rows)
    __attribute__((nonnull));

/* The types that grew in every step, ranked, with their growth since the first
 * reading. The caller finishes. */
void heap_growth_always(const struct heap_growth *growth, struct heap *grown)
    __attribute__((nonnull));

#endif
