/* SPDX-License-Identifier: MIT
 *
 * The threads of an interpreter: which one is running, and its kernel id.
 */
#ifndef MPROF_PYTHON_STACK_THREADS_H
#define MPROF_PYTHON_STACK_THREADS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct stack_source;

#define THREADS_LOCK_BYTES 32

/* The bytes at the source's lock and current. */
struct threads_lock {
	char gil[THREADS_LOCK_BYTES];
	uint64_t current;
};

/* Finds the lock, and how to tell a thread's kernel id. */
void threads_prepare(struct stack_source *source);

/* The state of the thread that holds the GIL by that reading; 0: none. */
uint64_t threads_holder(
    const struct stack_source *source, const struct threads_lock *lock);

/* The thread behind `after` in the interpreter's list, in a circle, that is not
 * the running one and (attached) runs without a GIL; 0 where there is none. Of
 * very many threads only the newest are considered. */
uint64_t threads_other(const struct stack_source *source, uint64_t running,
    uint64_t after, bool attached);

/* The state of the thread that holds the GIL (*held), of the one that held it
 * last and still lives, or of the oldest thread. Without a GIL: of the next
 * running one, behind the previous; sets the number of other running threads in
 * the source. 0 where nothing can be read. */
uint64_t threads_running(struct stack_source *source, bool *held);

/* The kernel's id of a thread; 0 where it is unknown. */
pid_t threads_kernel_id(const struct stack_source *source, uint64_t thread);

#endif
