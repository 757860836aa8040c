/* SPDX-License-Identifier: MIT
 *
 * Whether a process's program is static: no dynamic loader, so that nothing can
 * be preloaded into it.
 */
#ifndef MPROF_PROC_STATIC_H
#define MPROF_PROC_STATIC_H

#include <sys/types.h>

/* 1: static; 0: it names a dynamic loader; -1: its file can't be read, or is
 * none that the kernel's headers describe. */
int static_program(pid_t pid);

#endif
