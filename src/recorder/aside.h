/* SPDX-License-Identifier: MIT
 *
 * A process that the recorder starts for itself, one at a time. It is a child
 * of this process, like an orphan of the program, but does not belong to the
 * program: it is not measured, and its end is no event.
 */
#ifndef MPROF_RECORDER_ASIDE_H
#define MPROF_RECORDER_ASIDE_H

#include <stdbool.h>
#include <sys/types.h>

struct aside {
	pid_t pid;  /* newest one; 0: none was started */
	bool ended; /* it was reaped */
	int status; /* its status as of wait(), once it was reaped */
};

/* Whether pid is a running process aside; aside may be NULL. */
static inline bool aside_is(const struct aside *aside, pid_t pid)
{
	return aside && !aside->ended && aside->pid == pid;
}

#endif
