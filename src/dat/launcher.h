/* SPDX-License-Identifier: MIT
 *
 * The place of this process in a parallel job, as the environment variables of
 * its launcher tell it.
 */
#ifndef MPROF_DAT_LAUNCHER_H
#define MPROF_DAT_LAUNCHER_H

/* Values of variables, borrowed from the environment; NULL: not told. */
struct launcher {
	const char *rank;  /* the number of this process: digits */
	const char *ranks; /* how many there are: digits */
	const char *job;
};

/* Slurm gives the rank 0 also to the script of a job, which is no rank: it
 * counts only where the number of the ranks is known. */
void launcher_read(struct launcher *launcher) __attribute__((nonnull));

/* The rank as its variable has it, of Slurm also 0; NULL where no launcher
 * tells it. */
const char *launcher_rank(void);

#endif
