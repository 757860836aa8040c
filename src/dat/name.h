/* SPDX-License-Identifier: MIT
 *
 * The name of a recording, from the pattern that -o gives, and the place of
 * this process in a parallel job, as the environment variables of its launcher
 * tell it.
 */
#ifndef MPROF_DAT_NAME_H
#define MPROF_DAT_NAME_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* Values of variables, borrowed from the environment; NULL: not set. */
struct launcher {
	const char *rank;  /* rank of this process: digits */
	const char *ranks; /* number of ranks: digits */
	const char *job;
};

/* Slurm gives rank 0 to a job's script as well, which is no rank: it counts
 * only where the number of ranks is known. */
void launcher_read(struct launcher *launcher) __attribute__((nonnull));

/* Expands %h (the host), %p (pid), %t (the start, as in default names), %r (the
 * rank), %q{VARIABLE} (a variable of the environment) and %% in the pattern;
 * any other % stays. Characters of a host's name that a file name must not
 * contain become underscores. NULL with e where a rank or variable is not set,
 * or can't be part of a name: two ranks with one name would share a file. The
 * caller frees. */
char *dat_name_expand(const char *pattern, pid_t pid, int64_t start_s,
    struct err *e) __attribute__((nonnull, malloc, warn_unused_result));

#endif
