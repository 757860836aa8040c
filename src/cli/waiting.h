/* SPDX-License-Identifier: MIT
 *
 * A progress line on stderr for work that takes longer than a second. It is
 * shown on a terminal only, and removed when the work is done.
 */
#ifndef MPROF_CLI_WAITING_H
#define MPROF_CLI_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/progress.h"

struct waiting {
	const char *what; /* "reading a.dat"; cleaned before it is printed */
	bool wanted, shown;
	int64_t next_ns; /* when the line is drawn (again) */
};

/* Begins. The text must live until waiting_end(). Returns the callback for the
 * work to report to. */
struct progress waiting_begin(struct waiting *waiting, const char *what)
    __attribute__((nonnull));

/* Removes the line. Call it before anything else is printed. */
void waiting_end(struct waiting *waiting) __attribute__((nonnull));

#endif
