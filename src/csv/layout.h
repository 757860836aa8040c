/* SPDX-License-Identifier: MIT
 *
 * The layout of a table, found from its first lines.
 */
#ifndef MPROF_CSV_LAYOUT_H
#define MPROF_CSV_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

struct layout {
	char delimiter;
	bool aligned;  /* columns by blanks, nothing quoted */
	bool psrecord; /* its header has blanks within the names */
	size_t start;  /* where the header's line begins */
	size_t end;    /* where it ends, at its newline or with the bytes */
};

/* The first line of text in a file's first bytes. False where no line of text
 * is there. */
bool layout_find(struct layout *layout, const char *bytes, size_t len)
    __attribute__((nonnull));

/* The next line of text behind that one. False where there is none; layout
 * stays. */
bool layout_next(struct layout *layout, const char *bytes, size_t len)
    __attribute__((nonnull));

#endif
