/* SPDX-License-Identifier: MIT
 *
 * Tells whether a process is still the same, with the same memory, as when a
 * reading began. If it ends or executes another program meanwhile, reads fail
 * in many ways, or return unrelated bytes: only a second reading shows why.
 */
#ifndef MPROF_PYTHON_REMOTE_IDENTITY_H
#define MPROF_PYTHON_REMOTE_IDENTITY_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "python/remote/interpreter.h"

struct identity {
	pid_t pid;
	uint64_t started; /* ticks since boot; 0: there was no process */
	int memory; /* descriptor that refers to its memory at the time; -1:
		       none */
};

/* A thread of pid that has the process's memory: pid itself, unless its main
 * thread has ended and others go on. */
pid_t identity_living(pid_t pid);

/* thread is identity_living(pid). Holds a descriptor until
 * identity_finish(). */
void identity_read(struct identity *identity, pid_t pid, pid_t thread)
    __attribute__((nonnull));
void identity_finish(struct identity *identity) __attribute__((nonnull));

/* Explains the result of a reading. Returns PYTHON_GONE where the process has
 * ended; PYTHON_EARLY where it has executed another program, or where result
 * says that it has ended and it has not; both with e. Otherwise returns result,
 * and leaves e alone. */
enum python_result identity_explain(const struct identity *identity,
    enum python_result result, struct err *e) __attribute__((nonnull));

#endif
