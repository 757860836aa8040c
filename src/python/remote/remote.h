/* SPDX-License-Identifier: MIT
 *
 * The memory and the threads of a live process: reading it, and stopping
 * threads for the moment of a read. Whatever happens, what was stopped runs
 * on: the kernel lets it go where we end without having done so.
 */
#ifndef MPROF_PYTHON_REMOTE_REMOTE_H
#define MPROF_PYTHON_REMOTE_REMOTE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "python/remote/memory.h"

/* Reads of the process pid, for struct python_memory. */
struct python_memory remote_memory(pid_t pid);

/* Fills all of to[count] from the places in from[count] at once (count up to
 * 1,024, equal lengths): 0, or -1 with errno where a byte was missing. */
int remote_read_many(
    pid_t pid, const struct iovec *to, const struct iovec *from, size_t count)
    __attribute__((nonnull, warn_unused_result));

enum remote_state {
	REMOTE_RUNS,
	REMOTE_STOPPING, /* asked to stop, and has not done so yet */
	REMOTE_STANDS
};

/* A thread that is stopped for a read. Zeroes: none. */
struct remote_thread {
	pid_t tid;
	enum remote_state state;
	bool ours;  /* a child of this process, whose end others wait for */
	int signal; /* stopped on its way to it: to be passed on */
};

/* Stops the thread; 0 when it stands. -1 with errno otherwise: EPERM where it
 * is traced by another or forbidden, ESRCH where it has ended, ETIMEDOUT
 * where it did not stop within limit_ns (it sits in the kernel). It is then
 * to be let go later: see remote_settle(). */
int remote_stop(struct remote_thread *thread, pid_t tid, int64_t limit_ns)
    __attribute__((nonnull, warn_unused_result));

/* Lets it run on. */
void remote_resume(struct remote_thread *thread) __attribute__((nonnull));

/* Lets a thread go that did not stop in time, where it has by now; whether
 * there is nothing left to do. */
bool remote_settle(struct remote_thread *thread) __attribute__((nonnull));

struct remote_threads {
	struct remote_thread *items;
	size_t len, cap;
};

/* Stops every thread of the process, those that come up meanwhile as well;
 * all of them stand then, or none is stopped and -1 with errno. */
int remote_stop_all(struct remote_threads *threads, pid_t pid, int64_t limit_ns)
    __attribute__((nonnull, warn_unused_result));
void remote_resume_all(struct remote_threads *threads) __attribute__((nonnull));

#endif
