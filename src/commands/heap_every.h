/* SPDX-License-Identifier: MIT
 *
 * mprof heap --every: repeated readings of a program, with the growth in each
 * step and since the first reading, and a summary.
 */
#ifndef MPROF_COMMANDS_HEAP_EVERY_H
#define MPROF_COMMANDS_HEAP_EVERY_H

#include <stdbool.h>

#include "commands/heap_read.h"

struct heap_every {
	double every_s;
	long count, top; /* number of differences; number of rows */
	bool json;
};

/* Runs until the processes end, count differences were printed, or Ctrl-C.
 * Returns the exit status. */
int heap_every_show(const struct heap_every *every,
    const struct heap_processes *processes) __attribute__((nonnull));

#endif
