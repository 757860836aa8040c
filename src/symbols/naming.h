/* SPDX-License-Identifier: MIT
 *
 * Finds names for the machine code in a run's sampled allocations, in a
 * separate process with bounded memory and time: object files may contain
 * anything, and whatever happens there does no harm.
 */
#ifndef MPROF_SYMBOLS_NAMING_H
#define MPROF_SYMBOLS_NAMING_H

#include <sys/types.h>

#include "base/strbuf.h"
#include "proc/kept_files.h"
#include "proc/roots.h"
#include "profile/profile.h"

/* The recorder's knowledge of the processes. */
struct naming_means {
	pid_t root;                /* the launched program; 0: unknown */
	const struct roots *roots; /* of other mount namespaces; NULL: none */
	const struct kept_files *files; /* NULL: none */
};

/* Appends NAME records, whole lines, for addresses without names; none for an
 * object file that was changed after its first sample, unless the one of before
 * is kept. Code that a process made itself gets those of its perf map, as far
 * as that was written while it ran. */
void naming_find(const struct run *run, const struct naming_means *means,
    struct strbuf *records) __attribute__((nonnull));

#endif
