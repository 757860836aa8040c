/* SPDX-License-Identifier: MIT
 *
 * The growth of each type over several looks at a program's heap, since the
 * first of them. Types are ranked by the difference-sign test for a monotone
 * trend (Moore and Wallis, Journal of the American Statistical Association 38,
 * 1943): in how many of the steps between two looks they grew. A leak grows in
 * every step; what requests hold for a moment grows in about half of them,
 * however much that is.
 */
#ifndef MPROF_ANALYSIS_HEAP_GROWTH_H
#define MPROF_ANALYSIS_HEAP_GROWTH_H

#include "profile/heap.h"

struct heap_growth_row {
	char *name;
	int64_t first_count, first_bytes; /* at the first look */
	int64_t count, bytes;             /* at the newest */
	size_t grew;                      /* in so many steps */
};

/* Zeroed is empty. */
struct heap_growth {
	size_t steps; /* between two looks */
	int64_t first_ns, newest_ns;
	bool has_rss;
	struct heap_growth_row rss; /* bytes alone */
	ARRAY(struct heap_growth_row) rows;
	struct index index;
	bool begun;
};

/* The next look. A type that it lacks has no objects. */
void heap_growth_add(struct heap_growth *growth, const struct heap *heap)
    __attribute__((nonnull));
void heap_growth_finish(struct heap_growth *growth) __attribute__((nonnull));

/* NULL where no look had that type. */
const struct heap_growth_row *heap_growth_find(const struct heap_growth *growth,
    const char *name) __attribute__((nonnull));

/* Sorts rows, of which each name is in growth: those that grew in most steps
 * first; of these, classes of a module before those that others are made of
 * (locks, deques, weak references), and both before the types that are built
 * in, but for classes that grew by less than a hundredth of what grew most;
 * then by bytes grown since the first look. */
void heap_growth_rank(const struct heap_growth *growth, struct heap *rows)
    __attribute__((nonnull));

/* The types that grew in every step, ranked, with their growth since the first
 * look. The caller finishes. */
void heap_growth_always(const struct heap_growth *growth, struct heap *grown)
    __attribute__((nonnull));

#endif
