/* SPDX-License-Identifier: MIT
 *
 * The place of this process in a parallel job, as the environment variables of
 * its launcher tell it.
 */
#ifndef MPROF_DAT_LAUNCHER_H
#define MPROF_DAT_LAUNCHER_H

/* Values of variables, borrowed from the environment; NULL: not set. */
struct launcher {
	const char *rank;  /* rank of this process: digits */
	const char *ranks; /* number of ranks: digits */
	const char *job;
};

/* Slurm gives rank 0 to a job's script as well, which is no rank: it counts
 * only where the number of ranks is known. */
void launcher_read(struct launcher *launcher) __attribute__((nonnull));

/* The rank in the launcher's variable, including Slurm's 0; NULL where there is
 * none. */
const char *launcher_rank(void);

#endif
