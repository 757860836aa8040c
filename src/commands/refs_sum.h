/* SPDX-License-Identifier: MIT
 *
 * The reference chains of a type in several processes that do the work of one,
 * added up: chains that differ only in indices, keys and values are one. Each
 * process is read, added and forgotten before the next.
 */
#ifndef MPROF_COMMANDS_REFS_SUM_H
#define MPROF_COMMANDS_REFS_SUM_H

#include "commands/refs.h"

struct refs_sum_request {
	const pid_t *pids;
	size_t len;
	pid_t asked; /* process whose work the others do */
	const char *word;
	size_t count;   /* number of chains; 0: all */
	uint32_t depth; /* number of links of each */
	bool json;
};

/* Prints the sum. A process that has ended meanwhile, or has no object of the
 * type, adds nothing; -1 with e where that is true for all, or one can't be
 * read. */
int refs_sum_show(const struct refs_sum_request *request, struct err *e)
    __attribute__((nonnull, warn_unused_result));

#endif
