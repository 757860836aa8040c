/* SPDX-License-Identifier: MIT
 *
 * The names and command lines of processes. A process is
 * read when it executed a program, when it holds much more than at the last
 * reading, and now and then, since programs also rewrite their own command
 * lines (nginx, PostgreSQL, Chromium). Reading one may wait for a lock of the
 * process: it is to be done when a tick was reported.
 */
#ifndef MPROF_RECORDER_NAMES_H
#define MPROF_RECORDER_NAMES_H

#include "proc/argv.h"
#include "recorder/members.h"

struct names {
	const struct procfs *fs;
	int64_t stepped_ns;  /* the last step, of clock_mono_ns() */
	int64_t credit_ns;   /* readings that may be done, see names.c */
	size_t next;         /* the member that is first in the next step */
	pid_t highest;       /* of all that names_is_reused() was asked for */
	int64_t patience_ns; /* for command lines, in a step */
	struct argv_reader *argv; /* NULL before the first reading */
	bool late;                /* in this step patience was used up */
	size_t first_late;        /* whose command line was not there yet */
	char command[1024];       /* of the member that was read */
};

/* patience_ns: for command lines that can't be read at once, in one step; they
 * are asked for again in the next. */
void names_init(struct names *names, const struct procfs *fs, int64_t now_ns,
    int64_t patience_ns) __attribute__((nonnull));
void names_finish(struct names *names) __attribute__((nonnull));

/* Whether another process may have had this new one's pid. */
bool names_is_reused(struct names *names, const struct member *member)
    __attribute__((nonnull));

/* Looks at the next member that is due; NULL where none is any more in this
 * step. Where its name or its command line is news, names->command holds it,
 * its name is in the member, and *news is true. */
struct member *names_step(struct names *names, struct members *members,
    int64_t now_ns, bool *news) __attribute__((nonnull));

#endif
