/* SPDX-License-Identifier: MIT
 *
 * Keeps a recording below a size by thinning its older part: time is divided
 * into stretches of 2^n seconds, and in each the samples with the lowest and
 * the highest total are kept, with the highest sample of every process. The
 * newest part is unchanged. A thread writes the thinned recording beside the
 * old one, and gives it the name when complete, so that a kill in between
 * leaves the old one; mprof-dat(5), THIN.
 *
 * Stretches of a power of two contain each other: thinning twice gives the
 * same as thinning once.
 */
#ifndef MPROF_DAT_THIN_H
#define MPROF_DAT_THIN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/io.h"

/* The part of a file to copy, and where it goes. */
struct thin_copy {
	FILE *from;
	off_t len; /* bytes of it, whole lines */
	FILE *to;
	size_t most; /* bytes that the copy may have */
	const atomic_bool *stop;
};

/* Writes the thinned copy. -1 with e where it can't be written, can't be made
 * that small, or was stopped. */
int thin_copy(const struct thin_copy *copy, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Rewriting of one file. */
struct thin {
	struct io_output output;
	struct thin_copy copy;
	pthread_t thread;
	bool threaded; /* it runs, or has ended and is to be joined */
	atomic_bool done, stop;
	int result;
	struct err e;
};

/* Begins to rewrite the file at path, which fd refers to, in a thread. -1 with
 * e where the file has another name by now or no file can be created beside it;
 * there is nothing to finish then. */
int thin_begin(struct thin *thin, int fd, const char *path, size_t most,
    struct err *e) __attribute__((nonnull, warn_unused_result));

bool thin_is_done(const struct thin *thin) __attribute__((nonnull));

/* Replaces the old file by the new one, with what was written meanwhile; *fd
 * then refers to the new file, locked as before. -1 with e where that fails:
 * *fd and the old file are unchanged. */
int thin_commit(struct thin *thin, int *fd, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Stops and discards it. */
void thin_abandon(struct thin *thin) __attribute__((nonnull));

#endif
