/* SPDX-License-Identifier: MIT
 *
 * The memory limits of the program, and whether the kernel's out-of-memory
 * killer acted while it ran. The program may be moved to another control
 * group, or limit itself, at any time: the last reading counts.
 */
#ifndef MPROF_RECORDER_EXIT_CAUSE_H
#define MPROF_RECORDER_EXIT_CAUSE_H

#include "proc/cgroup.h"

struct exit_cause {
	const struct procfs *fs;
	pid_t pid, own_pid; /* own_pid: for system calls */
	bool was_read;
	int64_t began_ns, due_ns; /* due_ns: next reading */
	int membership;           /* descriptor of /proc/PID/cgroup; -1: none */
	char groups[1024];        /* text of membership when cgroup was found */
	struct cgroup cgroup;     /* empty where there is none */
	int64_t cgroup_kib;       /* limits; -1: none */
	int64_t address_kib;      /* RLIMIT_AS */
	int64_t cgroup_kills; /* counters as they were at the first reading */
	int64_t machine_kills;
	int64_t blamed; /* kills that exit_cause_killed() has attributed to a
			   process */
};

/* The scope of a limit. */
struct exit_cause_limit {
	const char *key;  /* "cgroup", for a file */
	const char *text; /* "its cgroup", for a person */
	bool own;         /* false: the machine's, which applies to all */
};

/* Findings from the first reading until now. */
struct exit_cause_verdict {
	int64_t limit_kib; /* the lowest limit; -1: none */
	const struct exit_cause_limit *limit_of; /* NULL: none */
	int64_t kills;   /* by the out-of-memory killer, in the cgroup */
	bool oom;        /* it killed the program itself */
	bool may_be_oom; /* it may have: the group's counter is unknown, and the
			    machine's has risen */
};

/* pid is the program's. */
void exit_cause_init(struct exit_cause *exit_cause, const struct procfs *fs,
    pid_t pid, int64_t now_ns) __attribute__((nonnull));

/* Watches the group at this path in place of the program's own.
 * exit_cause_init() must have been given pid 0. */
void exit_cause_watch_group(struct exit_cause *exit_cause, const char *path)
    __attribute__((nonnull));
void exit_cause_finish(struct exit_cause *exit_cause) __attribute__((nonnull));

/* Takes a reading where one is due: often at first, then every second. Call it
 * at each tick while the program lives. */
void exit_cause_read(struct exit_cause *exit_cause, int64_t now_ns)
    __attribute__((nonnull));

/* Whether the out-of-memory killer ended a process that had this status, judged
 * by the control group's counter alone. Each of its kills counts once. Not for
 * processes that this one has killed. */
bool exit_cause_killed(struct exit_cause *exit_cause, int status)
    __attribute__((nonnull));

/* status: the program's, as of wait(); 0 where it isn't known. ours: this
 * process has killed it. */
void exit_cause_judge(struct exit_cause *exit_cause, int status, bool ours,
    struct exit_cause_verdict *verdict) __attribute__((nonnull));

#endif
