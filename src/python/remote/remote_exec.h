/* SPDX-License-Identifier: MIT
 *
 * Makes a live CPython, 3.14 or later, run a file of Python source by its
 * remote debugging interface (PEP 768), written from outside: the file's path
 * and a flag are written into the main thread's state, and a bit that makes it
 * check these when it next executes Python code, or when one of its system
 * calls is interrupted.
 */
#ifndef MPROF_PYTHON_REMOTE_REMOTE_EXEC_H
#define MPROF_PYTHON_REMOTE_REMOTE_EXEC_H

#include <stdbool.h>

#include "python/remote/interpreter.h"

struct remote_exec {
	pid_t pid;
	uint64_t flag, path, breaker; /* addresses in the process */
	uint64_t path_size;           /* bytes, with the NUL */
};

/* Whether pid holds a CPython of a version with the interface. */
bool remote_exec_is_offered(pid_t pid);

/* Finds where to write the request. -1 with e where that is not possible: no
 * such interpreter, the interface is switched off, or something else is using
 * it. */
int remote_exec_init(struct remote_exec *exec, pid_t pid, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Asks it to run the file, whose path is as the process sees it. All of its
 * threads are stopped meanwhile, so that none of the bits that they set is
 * lost. -1 with e. */
int remote_exec_ask(struct remote_exec *exec, const char *path, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Whether it has taken the request, and runs the file; also true where the
 * process has ended. */
bool remote_exec_is_taken(const struct remote_exec *exec)
    __attribute__((nonnull));

/* Withdraws the request; false where the process has already taken it. */
bool remote_exec_withdraw(const struct remote_exec *exec)
    __attribute__((nonnull));

#endif
