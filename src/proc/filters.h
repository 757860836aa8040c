/* SPDX-License-Identifier: MIT
 *
 * Whether a process is confined by a filter of system calls (seccomp).
 */
#ifndef MPROF_PROC_FILTERS_H
#define MPROF_PROC_FILTERS_H

#include <stdbool.h>
#include <sys/types.h>

/* The number of this process's filters. */
int filters_own(void);

/* Whether the process has more filters than this one. False where /proc
 * doesn't tell. */
bool filters_are_more(pid_t pid);

#endif
