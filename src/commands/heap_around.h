/* SPDX-License-Identifier: MIT
 *
 * mprof heap --around MARK: the difference between two snapshots that marks of
 * a recording asked for.
 */
#ifndef MPROF_COMMANDS_HEAP_AROUND_H
#define MPROF_COMMANDS_HEAP_AROUND_H

#include <stdbool.h>

struct heap_around_wish {
	const char *label; /* label of the mark */
	long top;          /* number of rows */
	bool json;
};

/* The operands name a recording, or a process that is being recorded; without
 * any, the newest recording. Returns the exit status. */
int heap_around_show(const struct heap_around_wish *wish, char **argv,
    int count) __attribute__((nonnull));

#endif
