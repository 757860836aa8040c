/* SPDX-License-Identifier: MIT
 *
 * A line on stderr for what takes over a second: what is done and how far it
 * is. Only on a terminal; it goes when the work is done.
 */
#ifndef MPROF_CLI_WAITING_H
#define MPROF_CLI_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/progress.h"

struct waiting {
	const char *what; /* "reading a.dat"; text of others is cleaned */
	bool wanted, shown;
	int64_t next_ns; /* when the line is drawn (again) */
};

/* Begins; what is used to the end. Returns what the work is to be given. */
struct progress waiting_begin(struct waiting *waiting, const char *what)
    __attribute__((nonnull));

/* Takes the line away. To be called before anything else is said. */
void waiting_end(struct waiting *waiting) __attribute__((nonnull));

#endif
