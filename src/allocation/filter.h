/* SPDX-License-Identifier: MIT
 *
 * A program that confines itself by a filter of system calls (seccomp) may be
 * killed at a call that this library makes. Nothing is sampled in it from then
 * on, nor in programs that it executes.
 */
#ifndef MPROF_ALLOCATION_FILTER_H
#define MPROF_ALLOCATION_FILTER_H

#include <stdbool.h>

/* Called first at the start: finds the next library's functions. */
void filter_prepare(void);

/* Whether this process has a filter that the recorder doesn't have; false
 * without a recorder. Makes no system call but those that the loader has made
 * to start the program. */
bool filter_is_there(void);

#endif
