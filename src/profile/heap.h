/* SPDX-License-Identifier: MIT
 *
 * The composition of a program's memory, type by type, at one moment; and what
 * it grew by between two of them.
 */
#ifndef MPROF_PROFILE_HEAP_H
#define MPROF_PROFILE_HEAP_H

#include <stdint.h>

#include "base/array.h"
#include "base/index.h"

/* The figures of a difference may be negative. */
struct heap_row {
	char *name;
	int64_t count, bytes;
	/* A place that a running function or no object holds: known of a
	 * program that was read, not of a saved file. */
	bool passing;
};

/* Zeroed is empty. */
struct heap {
	int64_t pid;
	int64_t wall_ns;   /* when, since the epoch */
	int64_t pause_ns;  /* how long the program stood for it */
	bool has_rss;      /* rss_kib is known */
	int64_t rss_kib;   /* its resident memory meanwhile */
	bool has_parts;    /* the next two are known */
	int64_t files_kib; /* of it: mapped files */
	int64_t free_kib;  /* of it: what allocators keep unused */
	char python[16];   /* "3.11.2"; "" where it is not known */
	int64_t started; /* of the process, in ticks since boot; 0: not told */
	/* NULL: not known. Else its rows are the places where objects are held:
	 * the type, a tab, the path from a root. */
	struct heap *paths;
	ARRAY(struct heap_row) rows; /* each name once */
	struct index index;
};

/* A snapshot that a mark of a recording asked for. */
struct heap_snapshot {
	uint64_t id;
	char *label;    /* the mark's */
	double asked_s; /* when the mark was written, since the epoch */
	struct heap heap;
	uint64_t types, read; /* as many as it has, and were read */
};

void heap_finish(struct heap *heap) __attribute__((nonnull));

/* Adds to the row of that name, which is as it may be printed. Sums stay
 * within an int64_t. The row that is returned stays there until the next one
 * is added. */
struct heap_row *heap_add(struct heap *heap, const char *name, int64_t count,
    int64_t bytes) __attribute__((nonnull));

/* Adds all rows of one process to a sum of several, with its resident memory.
 * The pause becomes the longest, time and version the last one's. */
void heap_merge(struct heap *heap, const struct heap *one)
    __attribute__((nonnull));

/* The row of that name, NULL where there is none. */
const struct heap_row *heap_find(const struct heap *heap, const char *name)
    __attribute__((nonnull));

/* Most bytes first, then most objects, then by name. */
void heap_sort(struct heap *heap) __attribute__((nonnull));

/* All rows in one, without a name. */
struct heap_row heap_total(const struct heap *heap) __attribute__((nonnull));

/* The resident memory that neither objects, files nor what allocators keep
 * explain. Of objects that were never written it is below what it should be. */
int64_t heap_unexplained_kib(const struct heap *heap) __attribute__((nonnull));

/* Fills out, which is zeroed, with the growth of each type: the largest first,
 * types that shrank last, those that stayed the same left out. */
void heap_difference(const struct heap *before, const struct heap *after,
    struct heap *out) __attribute__((nonnull));

#endif
