/* SPDX-License-Identifier: MIT
 *
 * A thread's own state, which each call of malloc() reads. It is zero when the
 * thread starts. After a fork the child's thread has the parent's numbers.
 */
#ifndef MPROF_ALLOCATION_THREAD_H
#define MPROF_ALLOCATION_THREAD_H

#include <stdbool.h>
#include <stdint.h>

struct thread {
	uint64_t left;   /* bytes until the sampling's next point */
	uint64_t period; /* period with which left was drawn */
	uint64_t seed;   /* state of its random numbers; 0: not started */
	uint32_t pid, tid;
	bool busy; /* the thread is inside the library: nothing is sampled */
	bool has_lock; /* this thread has the lock of samples.c */
};

/* More bytes than are ever allocated. */
#define THREAD_NEVER UINT64_MAX

extern _Thread_local struct thread thread_self
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

#endif
