/* SPDX-License-Identifier: MIT
 *
 * The threads of an interpreter: which of them runs, and what the kernel
 * calls it.
 */
#ifndef MPROF_PYTHON_THREADS_H
#define MPROF_PYTHON_THREADS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct stack_source;

/* Finds the lock, and how to tell a thread's kernel id. */
void threads_prepare(struct stack_source *source);

/* The state of the thread that has the GIL (*held), or had it last and still
 * lives, or of the oldest thread. 0 where nothing can be read. */
uint64_t threads_running(const struct stack_source *source, bool *held);

/* The kernel's id of a thread; 0 where it can't be told. */
pid_t threads_kernel_id(const struct stack_source *source, uint64_t thread);

#endif
