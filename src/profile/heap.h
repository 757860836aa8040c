/* SPDX-License-Identifier: MIT
 *
 * The composition of a program's memory by type at one moment, and its growth
 * between two moments.
 */
#ifndef MPROF_PROFILE_HEAP_H
#define MPROF_PROFILE_HEAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/index.h"

/* A row; in a difference, figures may be negative. */
struct heap_row {
	char *name;
	int64_t count, bytes;
	/* The place is held by a running function or by no object. Known for a
	 * program that was read, not for a saved file. */
	bool passing;
};

/* Zeroed is empty. */
struct heap {
	int64_t pid;
	int64_t wall_ns;   /* when it was taken, since the epoch */
	int64_t pause_ns;  /* how long the program was stopped */
	bool has_rss;      /* rss_kib is known */
	int64_t rss_kib;   /* its resident memory at that time */
	bool has_parts;    /* the next two are known */
	int64_t files_kib; /* mapped files, a part of rss_kib */
	int64_t free_kib;  /* memory that allocators keep unused, a part of
			      rss_kib */
	char python[16];   /* "3.11.2"; "" where it is not known */
	/* Start of the process, in ticks since boot; 0: unknown. */
	int64_t started;
	/* NULL: unknown. Otherwise its rows are the places where objects are
	 * held: the type, a tab, the path from a root. */
	struct heap *paths;
	ARRAY(struct heap_row) rows; /* each name once */
	struct index index;
};

/* A snapshot that a mark of a recording asked for. */
struct heap_snapshot {
	uint64_t id;
	char *label;    /* label of the mark */
	double asked_s; /* when the mark was written, since the epoch */
	size_t process; /* see run_assign() */
	struct heap heap;
	uint64_t types, read; /* types it has; types that were read */
};

void heap_finish(struct heap *heap) __attribute__((nonnull));

/* Adds to the row of that name, which must be safe to print. Sums stay within
 * int64_t. The returned pointer is valid until the next row is added. */
struct heap_row *heap_add(struct heap *heap, const char *name, int64_t count,
    int64_t bytes) __attribute__((nonnull));

/* Adds one process's rows and resident memory to a sum over several. The pause
 * becomes the longest; time and version become the last one's. */
void heap_merge(struct heap *heap, const struct heap *one)
    __attribute__((nonnull));

/* The row of that name; NULL where there is none. */
const struct heap_row *heap_find(const struct heap *heap, const char *name)
    __attribute__((nonnull));

/* Sorts by most bytes, then most objects, then name. */
void heap_sort(struct heap *heap) __attribute__((nonnull));

/* The sum of all rows, without a name. */
struct heap_row heap_total(const struct heap *heap) __attribute__((nonnull));

/* Resident memory that objects, files and unused memory of allocators don't
 * explain. Objects that were never written make it too low. */
int64_t heap_unexplained_kib(const struct heap *heap) __attribute__((nonnull));

/* Fills out, which is zeroed, with the growth of each type: the largest first,
 * types that shrank last; unchanged ones are left out. */
void heap_difference(const struct heap *before, const struct heap *after,
    struct heap *out) __attribute__((nonnull));

#endif
