/* SPDX-License-Identifier: MIT
 *
 * The places in a Python program that hold more objects with each reading: two
 * snapshots saved by mprof heap --save, and one now.
 */
#ifndef MPROF_COMMANDS_REFS_GROWN_H
#define MPROF_COMMANDS_REFS_GROWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "profile/heap.h"
#include "python/heap/scan.h"

/* Fills paths, which is zeroed, with each place of two or more objects, or of a
 * large one, by type and path. -1 with e. */
int refs_paths(struct heap *paths, struct scan *scan, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* A place that grew, including the growth below it. The texts belong to the
 * later heap. */
struct refs_grown_row {
	const char *type, *path; /* type is not NUL-terminated: type_len */
	int type_len;
	/* Growth from reading to reading, growth until now, total. */
	int64_t objects, since, bytes;
	bool passing; /* held by a running function, or by no object */
	bool below;   /* below another row's place */
};

/* Fills rows, an array of len, with the places that grew most between two
 * readings with paths and are not passing. Returns their number. */
size_t refs_grown_most(const struct heap *before, const struct heap *after,
    struct refs_grown_row *rows, size_t len) __attribute__((nonnull));

struct refs_grown {
	struct heap before, after; /* as saved */
};

/* Reads both files, whose order in time is found from their content. grown is
 * zeroed; the caller finishes it in any case. -1 with e where a file can't be
 * read, has no places, or they are of two processes. */
int refs_grown_read(struct refs_grown *grown, char **paths, struct err *e)
    __attribute__((nonnull, warn_unused_result));
void refs_grown_finish(struct refs_grown *grown) __attribute__((nonnull));

/* Looks at the process of both files, and prints the places that grew and have
 * not shrunk since, of the type that word names (NULL: all types): at most
 * count of them, 0 for all. -1 with e. */
struct refs_grown_show {
	const char *word;
	size_t count;
	bool json;
};
int refs_grown_print(const struct refs_grown *grown,
    const struct refs_grown_show *show, struct err *e)
    __attribute__((nonnull, warn_unused_result));

#endif
