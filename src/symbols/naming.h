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
#include "proc/roots.h"
#include "profile/profile.h"

/* Appends NAME records, whole lines, for addresses without names; none for an
 * object file that was changed after its first sample. Code that a process
 * made itself gets those of its perf map, as far as that was written while it
 * ran. root: the pid of the launched program; 0: unknown. roots: those of
 * processes with other mounts. */
void naming_find(const struct run *run, pid_t root, const struct roots *roots,
    struct strbuf *records) __attribute__((nonnull));

#endif
