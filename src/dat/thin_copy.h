/* SPDX-License-Identifier: MIT
 *
 * Copies a recording, and thins its older part; see dat/thin.h.
 */
#ifndef MPROF_DAT_THIN_COPY_H
#define MPROF_DAT_THIN_COPY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/err.h"

/* The part of a file to copy, and where it goes. */
struct thin_copy {
	FILE *from;
	off_t len; /* bytes of it, whole lines */
	FILE *to;
	size_t most; /* bytes that the copy may have */
	const atomic_bool *stop;
	const uint32_t *living; /* pids of living processes, ascending */
	size_t living_count;
};

/* Writes the thinned copy. -1 with e where it can't be written, can't be made
 * that small, or was stopped. */
int thin_copy(const struct thin_copy *copy, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Calls each for each line of the part to copy, until it returns false. -1 with
 * e where that was stopped, or the part is no longer there. */
int thin_copy_read(const struct thin_copy *copy,
    bool (*each)(void *context, const char *text, size_t len), void *context,
    struct err *e) __attribute__((nonnull, warn_unused_result));

#endif
