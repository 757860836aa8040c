/* SPDX-License-Identifier: MIT
 *
 * When the runs of a recording began, from its beginning and its end: however
 * long it is, little of it is read.
 */
#ifndef MPROF_DAT_BEGIN_H
#define MPROF_DAT_BEGIN_H

#include <stdbool.h>

enum { DAT_BEGIN_TEXT = 32 };

struct dat_begin {
	double last_s; /* when the last run began, since 1970; an earlier run
			* where the last one is longer than a few MiB */
	char start[DAT_BEGIN_TEXT]; /* of the first run, as its INFO tells,
				     * 2026-11-22T14:33:21+0100; may be empty */
};

/* Reads a regular file. False where it is no recording, or tells no time. */
bool dat_begin_read(struct dat_begin *begin, int fd) __attribute__((nonnull));

/* Reads the first run alone, which is then taken for the last one too. */
bool dat_begin_first(struct dat_begin *begin, int fd) __attribute__((nonnull));

#endif
