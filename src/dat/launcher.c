// SPDX-License-Identifier: MIT
#include "dat/launcher.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Open MPI first and Slurm last: mpirun within a Slurm job leaves Slurm's
 * variables as they are. SLURM_STEP_NUM_TASKS is set only by srun. */
static const struct {
	const char *rank, *ranks;
	bool zero_is_script; /* a single 0 may be the job's script */
} launchers[] = {
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", false},
    {"PMI_RANK", "PMI_SIZE", false}, /* MPICH, Hydra */
    {"PALS_RANKID", "PALS_SIZE", false},
    {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS", true},
};

enum { LAUNCHERS = sizeof(launchers) / sizeof(launchers[0]) };

/* Open MPI's name of one mpirun comes last: within a job it is a part of it. */
static const char *const jobs[] = {
    "SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "PMIX_NAMESPACE"};

/* The variable's value; NULL where it holds no number. */
static const char *launcher_number(const char *variable)
{
	const char *value = getenv(variable);

	return value && value[0] && value[strspn(value, "0123456789")] == 0
		   ? value
		   : NULL;
}

/* Finds a launcher; one that tells rank and number of ranks is preferred to one
 * that tells only the rank. LAUNCHERS where there is none. */
static size_t launcher_find(bool script_counts)
{
	for (size_t i = 0; i < LAUNCHERS; i++) {
		if (launcher_number(launchers[i].rank) &&
		    launcher_number(launchers[i].ranks))
			return i;
	}
	for (size_t i = 0; i < LAUNCHERS; i++) {
		const char *rank = launcher_number(launchers[i].rank);

		if (rank && (script_counts || !launchers[i].zero_is_script ||
				strcmp(rank, "0") != 0))
			return i;
	}
	return LAUNCHERS;
}

void launcher_read(struct launcher *launcher)
{
	size_t found = launcher_find(false);

	*launcher = (struct launcher){0};
	if (found < LAUNCHERS) {
		launcher->rank = launcher_number(launchers[found].rank);
		launcher->ranks = launcher_number(launchers[found].ranks);
	}
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		const char *job = getenv(jobs[i]);

		if (!launcher->job && job && job[0])
			launcher->job = job;
	}
}

const char *launcher_rank(void)
{
	size_t found = launcher_find(true);

	return found < LAUNCHERS ? launcher_number(launchers[found].rank)
				 : NULL;
}
