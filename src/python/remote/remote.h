/* SPDX-License-Identifier: MIT
 *
 * Reads the memory of a live process, and stops threads for the time of a
 * read. Stopped threads run on in any case: if this process ends first, the
 * kernel releases them.
 */
#ifndef MPROF_PYTHON_REMOTE_REMOTE_H
#define MPROF_PYTHON_REMOTE_REMOTE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "python/remote/memory.h"

/* A struct python_memory that reads the process pid. */
struct python_memory remote_memory(pid_t pid);

/* Fills to[count] from the addresses in from[count] at once (count up to 1,024,
 * equal lengths): 0, or -1 with errno where a byte was missing. */
int remote_read_many(
    pid_t pid, const struct iovec *to, const struct iovec *from, size_t count)
    __attribute__((nonnull, warn_unused_result));

enum remote_state {
	REMOTE_RUNS,
	REMOTE_STOPPING, /* asked to stop, and has not stopped yet */
	REMOTE_STANDS
};

/* A thread that is stopped for a read. Zeroed: none. */
struct remote_thread {
	pid_t tid;
	enum remote_state state;
	bool ours;  /* a child of this process, whose end others wait for */
	int signal; /* it was stopped before this signal, which is passed on */
};

/* Stops the thread; 0 when it has stopped. -1 with errno otherwise: EPERM where
 * it is traced by another process or may not be traced, ESRCH where it has
 * ended, ETIMEDOUT where it did not stop within limit_ns, as it waits in the
 * kernel. It is then to be released later: see remote_settle(). */
int remote_stop(struct remote_thread *thread, pid_t tid, int64_t limit_ns)
    __attribute__((nonnull, warn_unused_result));

/* Lets it run again. */
void remote_resume(struct remote_thread *thread) __attribute__((nonnull));

/* Releases a thread that did not stop in time, where it has stopped by now.
 * Returns whether nothing is left to do. */
bool remote_settle(struct remote_thread *thread) __attribute__((nonnull));

struct remote_threads {
	struct remote_thread *items;
	size_t len, cap;
};

/* Stops every thread of the process, including new ones; either all are
 * stopped, or none is and -1 with errno. */
int remote_stop_all(struct remote_threads *threads, pid_t pid, int64_t limit_ns)
    __attribute__((nonnull, warn_unused_result));
void remote_resume_all(struct remote_threads *threads) __attribute__((nonnull));

#endif
