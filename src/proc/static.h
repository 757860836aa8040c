/* SPDX-License-Identifier: MIT
 *
 * Whether nothing can be preloaded into a process's program, as it is static,
 * so without a dynamic loader, or a 32-bit one.
 */
#ifndef MPROF_PROC_STATIC_H
#define MPROF_PROC_STATIC_H

#include <stdbool.h>
#include <sys/types.h>

/* 1: static; 0: it names a dynamic loader; -1: its file can't be read, or is
 * none that the kernel's headers describe. */
int static_program(pid_t pid);

/* Whether the file is a 32-bit program, whose loader complains about a library
 * with 64 bits. */
bool static_is_narrow(const char *path) __attribute__((nonnull));

#endif
