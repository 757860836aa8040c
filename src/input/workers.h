/* SPDX-License-Identifier: MIT
 *
 * The Python processes that do the work of a named process: a reloader, a
 * server's master and a shell that started a program leave it to children.
 */
#ifndef MPROF_INPUT_WORKERS_H
#define MPROF_INPUT_WORKERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/array.h"
#include "base/err.h"

struct workers {
	pid_t asked; /* the process that was named */
	ARRAY(pid_t)
	pids; /* sorted, most resident memory first; only asked where it does
		 the work itself */
};

/* Finds them; -1 with e where /proc can't be read. The caller finishes.
 * Children do the work of a process that
 * - runs no Python itself, and has descendants that do;
 * - waits for its children in its only thread (a reloader);
 * - is the master of a server that forks (gunicorn, celery, uvicorn with
 *   workers or a reloader). */
int workers_find(struct workers *workers, pid_t pid, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Reports on stderr which process is read, if it is not the one that was
 * named. */
void workers_explain(const struct workers *workers) __attribute__((nonnull));
void workers_finish(struct workers *workers) __attribute__((nonnull));

#endif
