/* SPDX-License-Identifier: MIT
 *
 * Starting the program, or watching one that runs, and waiting for what comes
 * first: a deadline, the end of a process, a signal. The program gets all that
 * this process was started with. From then on this process blocks signals:
 * what is sent to it alone is passed to the program, what the terminal sends
 * to the group is not sent twice. Where the terminal stops the program
 * (Ctrl-Z), this process stops as well, within launch_wait().
 */
#ifndef MPROF_RECORDER_LAUNCH_H
#define MPROF_RECORDER_LAUNCH_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "recorder/aside.h"

#define LAUNCH_NEVER INT64_MAX /* a deadline that doesn't come */

struct launch_request {
	char *const *argv; /* argv[0] is searched as the shell would */
	char *const *envp; /* NULL: this process's own environment */
	int group;         /* a group's cgroup.procs, which the program enters
			    * before it is executed; 0: none */
	bool adopt;        /* orphans of the program become our children */
};

enum launch_what {
	LAUNCH_TICK,    /* the deadline is there */
	LAUNCH_EXITED,  /* the program ended; reported behind every CHILD due */
	LAUNCH_CHILD,   /* another child of ours ended: an adopted orphan */
	LAUNCH_RESUMED, /* this process was stopped, and is back */
	LAUNCH_NEWS,    /* wake is readable, or what is aside ended */
	LAUNCH_QUIT     /* asked to end: by a second SIGTERM; where it only
			 * watches, by any signal that would have ended it */
};

struct launch_event {
	enum launch_what what;
	pid_t pid;       /* EXITED, CHILD */
	int status;      /* the same, as wait() gives it; 0 if watched */
	long maxrss_kib; /* the same: the kernel's high-water mark */
	/* The same: what it used, with all that it waited for itself. */
	int64_t cpu_us, minor_faults, major_faults;
	int signal; /* QUIT */
};

struct launch {
	pid_t pid;           /* the program, or what is watched */
	int exec_error;      /* why it was not executed; 0: another cause */
	long floor_kib;      /* where the program's maxrss_kib begins, whatever
			      * it holds: its process's before the exec */
	bool watching;       /* not started by us */
	int signals;         /* a signalfd */
	int pidfd;           /* of what is watched, where the kernel has them */
	int wake;            /* the caller's: readable means NEWS; 0: none */
	struct aside *aside; /* the caller's child; NULL: it has none */
	sigset_t inherited;
	bool reap; /* children may be waiting to be reaped */
	bool stopped;
	int stop_signal; /* one that was meant for us too; 0: none */
	int64_t stop_ns, term_ns;
	int refused; /* the first signal that the program may not be sent */
	bool ended;
	struct launch_event end; /* kept until every CHILD is reported */
};

/* Returns when the program was executed. -1 with e and exec_error where it
 * was not: nothing runs then, and nothing needs to be finished. */
int launch_start(struct launch *launch, const struct launch_request *request,
    struct err *e) __attribute__((nonnull, warn_unused_result));

/* Watches a process that we have not started; -1: only signals are waited for.
 * Before Linux 5.3 its EXITED does not come: the caller's next reading shows
 * the end. */
int launch_watch(struct launch *launch, pid_t pid, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* The next event, at the latest TICK at deadline_ns (of clock_mono_ns()).
 * What is due comes before a tick that is due. */
void launch_wait(struct launch *launch, int64_t deadline_ns,
    struct launch_event *event) __attribute__((nonnull));

/* The program runs on if it does. Signals stay blocked: one that came late
 * must not keep this process from ending in order. */
void launch_finish(struct launch *launch) __attribute__((nonnull));

/* The exit status that passes wait()'s on: the program's, or 128 + signal. */
int launch_exit_status(int wait_status);

/* After a failed launch_start(): 127 where the program was not found, 126
 * where it could not be executed, 125 for trouble of our own. */
int launch_failure_status(const struct launch *launch);

#endif
