/* SPDX-License-Identifier: MIT
 *
 * The kernel's process connector: a message for each fork on the machine, and
 * if requested for each exit. Since Linux 6.6 everyone may use it, outside of
 * containers. An older kernel would keep sending messages, at everyone's cost,
 * if this process were killed, so it is not used there.
 *
 * It is kept for three things that nothing else reports: processes that were
 * forked and ended between two scans of /proc; how a process ended that
 * another process waited for; and new processes without a scan of /proc.
 * Beside 60 processes that fork all the time, the longest gap between two
 * samples is 0.1 to 0.2 s with it, like that of a sampler that reads only
 * statm, and 0.5 to 1.9 s without it. A message takes 0.9 us, reading a new
 * pid 6 us. A program that forks all the time was not slowed down (1.01 and
 * 0.96 of its time, 21 pairs of 200 runs of true each).
 */
#ifndef MPROF_PROC_CONNECTOR_H
#define MPROF_PROC_CONNECTOR_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/array.h"

/* Pids are those of the machine's first pid namespace. */
struct connector_event {
	bool is_exit;
	pid_t parent; /* of a fork */
	pid_t pid;    /* the child, or the process that ended */
	int status;   /* of an exit, as of wait() */
};

struct connector {
	int fd;     /* -1: not available */
	bool exits; /* exits are reported, too */
	bool lost;  /* events were lost; the reader resets it */
	/* Events that were read; the reader removes those that it has used. */
	ARRAY(struct connector_event) forks;
	ARRAY(struct connector_event) ends;
};

/* Starts to keep forks, and exits where wanted, until they are read. */
void connector_init(struct connector *connector, bool exits)
    __attribute__((nonnull));
void connector_finish(struct connector *connector) __attribute__((nonnull));

/* Reads everything sent so far, up to a bound, after what was read before. */
void connector_read(struct connector *connector) __attribute__((nonnull));

/* The status of an ended process, as of wait(); false where none was sent. */
bool connector_pop_end(struct connector *connector, pid_t pid, int *status)
    __attribute__((nonnull));

#endif
