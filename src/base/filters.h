/* SPDX-License-Identifier: MIT
 *
 * Filters of system calls (seccomp). Also for the library in the program, which
 * may make no call that such a filter could forbid.
 */
#ifndef MPROF_BASE_FILTERS_H
#define MPROF_BASE_FILTERS_H

/* The number of filters that a process has, by its /proc/PID/status, which fd
 * refers to; 0 where that can't be read. Kernels before 5.9 tell only whether
 * there is one: 1. */
int filters_read(int fd);

#endif
