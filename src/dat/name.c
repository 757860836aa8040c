// SPDX-License-Identifier: MIT
#include "dat/name.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"

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

struct dat_name {
	struct strbuf text;
	const char *pattern; /* whole pattern, for messages */
	const char *at;      /* rest of it */
	pid_t pid;
	int64_t start_s;
};

static int dat_name_add_host(struct dat_name *name, struct err *e)
{
	char host[256] = "";

	(void)e;
	if (gethostname(host, sizeof(host) - 1) != 0 || !host[0])
		strcpy(host, "localhost");
	for (char *c = host; *c; c++) {
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_' &&
		    (*c != '.' || c == host))
			*c = '_';
	}
	strbuf_add(&name->text, host);
	return 0;
}

static int dat_name_add_pid(struct dat_name *name, struct err *e)
{
	(void)e;
	strbuf_add_format(&name->text, "%d", (int)name->pid);
	return 0;
}

static int dat_name_add_start(struct dat_name *name, struct err *e)
{
	time_t second = (time_t)name->start_s;
	struct tm local;
	char text[32];

	(void)e;
	localtime_r(&second, &local);
	strftime(text, sizeof(text), "%Y%m%d%H%M%S", &local);
	strbuf_add(&name->text, text);
	return 0;
}

static int dat_name_add_percent(struct dat_name *name, struct err *e)
{
	(void)e;
	strbuf_add(&name->text, "%");
	return 0;
}

static int dat_name_add_rank(struct dat_name *name, struct err *e)
{
	size_t found = launcher_find(true);
	const char *rank =
	    found < LAUNCHERS ? launcher_number(launchers[found].rank) : NULL;

	if (!rank)
		return err_set(e,
		    "-o %s: %%r is the rank, and no variable of Open MPI, "
		    "MPICH, Slurm or PALS gives one; use %%q{VARIABLE} for "
		    "another",
		    name->pattern);
	strbuf_add(&name->text, rank);
	return 0;
}

/* Why a variable's value can't be part of a name; NULL where it can. */
static const char *dat_name_refusal(const char *value)
{
	if (!value)
		return "is not set";
	if (!*value)
		return "is empty";
	if (strchr(value, '/'))
		return "has a slash in its value";
	for (const char *c = value; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 127)
			return "has a control character in its value";
	}
	return NULL;
}

/* Reads "{VARIABLE}", as Open MPI and Valgrind write it. */
static int dat_name_add_variable(struct dat_name *name, struct err *e)
{
	const char *end = *name->at == '{' ? strchr(name->at, '}') : NULL;
	const char *value, *refusal;
	char *variable;

	if (!end || end == name->at + 1)
		return err_set(e,
		    "-o %s: %%q takes a variable in braces: %%q{VARIABLE}",
		    name->pattern);
	variable = mem_copy_n(name->at + 1, (size_t)(end - name->at) - 1);
	value = getenv(variable);
	refusal = dat_name_refusal(value);
	if (refusal)
		err_set(e, "-o %s: the variable %s %s", name->pattern, variable,
		    refusal);
	else
		strbuf_add(&name->text, value);
	name->at = end + 1;
	free(variable);
	return refusal ? -1 : 0;
}

static const struct {
	char letter;
	int (*add)(struct dat_name *name, struct err *e);
} dat_name_letters[] = {
    {'h', dat_name_add_host},
    {'p', dat_name_add_pid},
    {'t', dat_name_add_start},
    {'r', dat_name_add_rank},
    {'q', dat_name_add_variable},
    {'%', dat_name_add_percent},
};

/* Expands the letter after a percent sign. */
static int dat_name_add_letter(struct dat_name *name, struct err *e)
{
	for (size_t i = 0;
	     i < sizeof(dat_name_letters) / sizeof(dat_name_letters[0]); i++) {
		if (name->at[1] != dat_name_letters[i].letter)
			continue;
		name->at += 2;
		return dat_name_letters[i].add(name, e);
	}
	strbuf_add(&name->text, "%");
	name->at++;
	return 0;
}

char *dat_name_expand(
    const char *pattern, pid_t pid, int64_t start_s, struct err *e)
{
	struct dat_name name = {
	    .pattern = pattern, .at = pattern, .pid = pid, .start_s = start_s};

	while (*name.at) {
		size_t len = strcspn(name.at, "%");

		strbuf_add_bytes(&name.text, name.at, len);
		name.at += len;
		if (*name.at && dat_name_add_letter(&name, e) != 0) {
			strbuf_finish(&name.text);
			return NULL;
		}
	}
	return strbuf_take(&name.text);
}
