/* SPDX-License-Identifier: MIT
 *
 * Starts the program, or watches a running one, and waits for the first of: a
 * deadline, the end of a process, a signal. The program gets everything that
 * this process was started with. From then on this process blocks signals: one
 * sent to it alone is forwarded to the program; one that the terminal sends to
 * the whole group is not sent twice. If the terminal stops the program
 * (Ctrl-Z), this process stops as well, in launch_wait().
 */
#ifndef MPROF_RECORDER_LAUNCH_H
#define MPROF_RECORDER_LAUNCH_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define LAUNCH_NEVER INT64_MAX /* no deadline */

struct launch_request {
	char *const *argv; /* argv[0] is searched as the shell would */
	char *const *envp; /* NULL: this process's own environment */
	int group;  /* descriptor of a control group's cgroup.procs, which the
		       program enters before it is executed; 0: none */
	bool adopt; /* orphans of the program become our children */
};

enum launch_what {
	LAUNCH_TICK,    /* the deadline was reached */
	LAUNCH_EXITED,  /* the program ended; comes after every CHILD that is
			   due */
	LAUNCH_CHILD,   /* another child of ours ended: an adopted orphan */
	LAUNCH_RESUMED, /* this process was stopped, and is back */
	LAUNCH_NEWS,    /* wake is readable, or the process aside ended */
	LAUNCH_QUIT     /* asked to end: by a second SIGTERM; where it only
			 * watches, by any signal that would have ended it */
};

struct launch_event {
	enum launch_what what;
	pid_t pid;       /* of EXITED and CHILD */
	int status;      /* status of wait(), set by both; 0 if only watched */
	long maxrss_kib; /* of both: high-water mark by wait4() */
	/* The same: its use of resources, with the children that it waited
	 * for. */
	int64_t cpu_us, minor_faults, major_faults;
	int signal; /* QUIT */
};

/* A process that this one starts for itself, one at a time. It is a child of
 * this process, like an orphan of the program, but does not belong to the
 * program: it is not measured, and its end is NEWS. */
struct aside {
	pid_t pid;  /* newest one; 0: none was started */
	bool ended; /* it was reaped */
	int status; /* its status as of wait(), once it was reaped */
};

/* Whether pid is a running process aside; aside may be NULL. */
bool aside_is(const struct aside *aside, pid_t pid);

struct launch {
	pid_t pid;      /* the program, or what is watched */
	int exec_error; /* errno of the exec; 0: another cause */
	long floor_kib; /* the program's maxrss_kib is at least this, whatever
			   it holds: the high-water mark of its process before
			   the exec */
	bool watching;  /* attached to, not started */
	int signals;    /* a signalfd */
	int pidfd;      /* of the watched process, since Linux 5.3 */
	int wake;       /* the caller's descriptor for NEWS; 0: none */
	struct aside *aside; /* the caller's child; NULL: it has none */
	sigset_t inherited;
	bool reap; /* children may be waiting to be reaped */
	bool stopped;
	int stop_signal; /* signal that would have stopped this process too; 0:
			    none */
	int64_t stop_ns, term_ns;
	int refused; /* the first signal that the program may not be sent */
	bool ended;
	struct launch_event end; /* kept until every CHILD is reported */
};

/* Returns when the program was executed. -1 with e and exec_error where it was
 * not: no process is left then, and launch_finish() is not needed. */
int launch_start(struct launch *launch, const struct launch_request *request,
    struct err *e) __attribute__((nonnull, warn_unused_result));

/* Watches a process that this one has not started; -1: waits for signals alone.
 * Before Linux 5.3 there is no EXITED: the caller's next reading shows the
 * end. */
int launch_watch(struct launch *launch, pid_t pid, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* The next event; a TICK at deadline_ns (of clock_mono_ns()) at the latest.
 * Other events that are due come first. */
void launch_wait(struct launch *launch, int64_t deadline_ns,
    struct launch_event *event) __attribute__((nonnull));

/* A program that still runs goes on. Signals stay blocked, so that a late one
 * can't keep this process from ending in order. */
void launch_finish(struct launch *launch) __attribute__((nonnull));

/* The exit status that repeats the program's: its own, or 128 + signal. */
int launch_exit_status(int wait_status);

/* After a failed launch_start(): 127 where the program was not found, 126 where
 * it could not be executed, 125 for any other failure. */
int launch_failure_status(const struct launch *launch);

#endif
