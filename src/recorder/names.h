/* SPDX-License-Identifier: MIT
 *
 * The names and command lines of processes. They are read when a process
 * executed a program, when it holds much more than at the last reading, and
 * now and then, as programs also rewrite their command lines (nginx,
 * PostgreSQL, Chromium). A reading may wait for a lock of the process, so it
 * is done after a tick was reported.
 */
#ifndef MPROF_RECORDER_NAMES_H
#define MPROF_RECORDER_NAMES_H

#include "proc/argv.h"
#include "recorder/members.h"

struct names {
	const struct procfs *fs;
	int64_t stepped_ns;       /* the last step, of clock_mono_ns() */
	int64_t credit_ns;        /* time that readings may take, see names.c */
	size_t next;              /* first member of the next step */
	int64_t patience_ns;      /* wait for command lines in one step */
	struct argv_reader *argv; /* NULL before the first reading */
	bool late;                /* this step has used up its patience */
	/* First member whose command line was not there yet. */
	size_t first_late;
	char command[1024]; /* command line of the member that was read */
};

/* patience_ns: how long one step waits for command lines that can't be read at
 * once; the next step asks for them again. */
void names_init(struct names *names, const struct procfs *fs, int64_t now_ns,
    int64_t patience_ns) __attribute__((nonnull));
void names_finish(struct names *names) __attribute__((nonnull));

/* Reads the next member that is due; NULL where none is left in this step.
 * Where its name or command line is new, *news is true, the name is in the
 * member and names->command holds the command line. */
struct member *names_step(struct names *names, struct members *members,
    int64_t now_ns, bool *news) __attribute__((nonnull));

#endif
