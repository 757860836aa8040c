/* SPDX-License-Identifier: MIT
 *
 * The numbers that a process and its threads have inside its own pid namespace
 * (a container), where their numbers are others than ours.
 */
#ifndef MPROF_PROC_NAMESPACE_H
#define MPROF_PROC_NAMESPACE_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether /proc counts processes as the system calls of this process do. */
bool namespace_has_proc(void);

/* The number by which the process knows itself; pid where that is unknown. */
pid_t namespace_inner_pid(pid_t pid);

/* The thread of pid that knows itself as inner, by our number; 0 where there
 * is none. */
pid_t namespace_outer_tid(pid_t pid, pid_t inner);

#endif
