/* SPDX-License-Identifier: MIT
 *
 * Keeps a recording below a size by thinning its older part: time is divided
 * into stretches of 2^n seconds, and in each the samples with the lowest and
 * the highest total are kept, with the highest sample of every process. The
 * newest part is unchanged. Where the records of processes, marks and earlier
 * runs alone are too large, small processes that have ended and the oldest
 * marks and runs are left out and counted; mprof-dat(5), THIN. A thread writes
 * the thinned recording beside the old one, and gives it the name when
 * complete, so that a kill in between leaves the old one.
 *
 * Stretches of a power of two contain each other: thinning twice gives the
 * same as thinning once.
 */
#ifndef MPROF_DAT_THIN_H
#define MPROF_DAT_THIN_H

#include <pthread.h>

#include "dat/beside.h"
#include "dat/thin_copy.h"

/* The recording to rewrite. */
struct thin_wish {
	const char *path;
	int fd; /* refers to it */
	size_t most;
	const uint32_t *living; /* pids of living processes, in any order */
	size_t living_count;
};

/* Rewriting of one file. */
struct thin {
	struct beside beside;
	struct thin_copy copy;
	uint32_t *living;
	pthread_t thread;
	bool threaded; /* it runs, or has ended and is to be joined */
	atomic_bool done, stop;
	int result;
	struct err e;
};

/* Begins to rewrite the file in a thread. -1 with e where it has another name
 * by now or no file can be created beside it; there is nothing to finish
 * then. */
int thin_begin(struct thin *thin, const struct thin_wish *wish, struct err *e)
    __attribute__((nonnull, warn_unused_result));

bool thin_is_done(const struct thin *thin) __attribute__((nonnull));

/* Replaces the old file by the new one, with what was written meanwhile; *fd
 * then refers to the new file, locked as before. -1 with e where that fails:
 * *fd and the old file are unchanged. */
int thin_commit(struct thin *thin, int *fd, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Stops and discards it. */
void thin_abandon(struct thin *thin) __attribute__((nonnull));

#endif
