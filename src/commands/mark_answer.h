/* SPDX-License-Identifier: MIT
 *
 * The recorder's answer to a mark that asks for a snapshot: a file beside the
 * mark file, created by this process and written by the recorder.
 */
#ifndef MPROF_COMMANDS_MARK_ANSWER_H
#define MPROF_COMMANDS_MARK_ANSWER_H

#include "base/err.h"

struct mark_answer {
	int fd;
	char *path;       /* NULL: there is no file */
	const char *word; /* word for the request, a part of path */
};

/* Creates the answer file. mark_path is the mark file's. -1 with e; the caller
 * closes in any case. */
int mark_answer_open(struct mark_answer *answer, const char *mark_path,
    struct err *e) __attribute__((nonnull, warn_unused_result));

/* Waits for the answer, or the recorder's end; -1 with e where no snapshot was
 * taken. */
int mark_answer_await(struct mark_answer *answer, const char *mark_path,
    struct err *e) __attribute__((nonnull, warn_unused_result));

/* Removes the answer file. */
void mark_answer_close(struct mark_answer *answer) __attribute__((nonnull));

#endif
