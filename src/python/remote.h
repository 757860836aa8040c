/* SPDX-License-Identifier: MIT
 *
 * The memory and the threads of a live process: reading it, and stopping
 * threads for the moment of a read. Whatever happens, what was stopped runs
 * on: the kernel lets it go where we end without having done so.
 */
#ifndef MPROF_PYTHON_REMOTE_H
#define MPROF_PYTHON_REMOTE_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "python/memory.h"

/* Reads of the process pid, for struct python_memory. */
struct python_memory remote_memory(pid_t pid);

/* Fills all of to[count] from the places in from[count] at once (count up to
 * 1,024, equal lengths): 0, or -1 with errno where a byte was missing. */
int remote_read_many(
    pid_t pid, const struct iovec *to, const struct iovec *from, size_t count)
    __attribute__((nonnull, warn_unused_result));

#endif
