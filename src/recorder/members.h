/* SPDX-License-Identifier: MIT
 *
 * The processes that belong, in order of appearance, found by pid. One that
 * ended is marked as gone and removed at the next sweep; until then a new
 * process may have the same pid.
 */
#ifndef MPROF_RECORDER_MEMBERS_H
#define MPROF_RECORDER_MEMBERS_H

#include "base/array.h"
#include "base/index.h"
#include "proc/procfs.h"

#define MEMBERS_NONE INDEX_NONE

/* The highest sample since a high-water mark was last read, of a process or of
 * a control group: where the mark is found to have risen, the peak lies between
 * then and now, and this is the best guess at its moment. Times are a sink's;
 * zeroed before the first sample. */
struct highest {
	int64_t kib; /* -1: none since */
	int64_t time_ns, since_ns;
};

struct usage_account;

struct member {
	pid_t pid, ppid;     /* as /proc counts them */
	pid_t namespace_pid; /* as system calls count them; -1: not known */
	pid_t task;       /* a thread that has the memory, for system calls */
	int fd;           /* the metric's file; -1: opened at each tick */
	int status_fd;    /* /proc/PID/status; -1: not open */
	int schedstat_fd; /* /proc/PID/schedstat; -1: not open */
	bool single;      /* it had one thread when its mark was last read */
	uint64_t ran;     /* run time by schedstat then; 0: not known */
	uint64_t started;
	int64_t kib;         /* at the last tick; -1: not measured */
	int64_t shared_kib;  /* the part of kib that others may share; 0 where
				the metric has none */
	int64_t peak_kib;    /* highest known, marks included; -1: none */
	struct highest high; /* since its mark was read */
	int64_t base_kib;    /* its mark when the recording began; -1: none */
	int64_t seen_ns;     /* when it was found, of clock_mono_ns() */
	int64_t named_ns;    /* when its name was read; 0: not yet */
	int64_t tried_ns;    /* when a command line was last asked for */
	int64_t named_kib;   /* kib when its name was read */
	int64_t program;     /* metric.h's read_program; 0: not known */
	uint32_t argv_hash;  /* hash of name and command line, as reported */
	unsigned reads;      /* times that its name was read, see names.c: it
			       stays at the number of pauses */
	uint64_t listed;     /* last group_scan() that found it */
	bool is_root;
	bool owns;       /* its memory is and stays its own */
	bool borrows;    /* it had another's memory at the last tick */
	bool on_loan;    /* and at a tick before that */
	pid_t lender;    /* pid whose memory it had last; 0: none */
	bool forked;     /* it had executed no program when it was found */
	bool executed;   /* it executed a program since its name was read */
	bool by_thread;  /* fd and task belong to a thread: the main one has
			    exited */
	bool zombie;     /* ended, and not reaped yet */
	bool hidden;     /* the program is there, but not in /proc */
	bool gone;       /* to be dropped by the sweep */
	bool noted;      /* the tree knows that its pid may be in use again */
	bool judged;     /* it is gone, and how it ended was looked up */
	bool has_status; /* exit_status is known */
	int exit_status; /* as wait() gives it */
	bool oom;        /* ended by the kernel's out-of-memory killer */
	bool ended;      /* its end was reported */
	bool denied;     /* its metric may not be read */
	bool introduced; /* its name was reported */
	bool announced;  /* it was checked whether its pid was in use before */
	bool signalled;  /* the limit's signal was sent */
	bool killed;     /* by a signal that no process survives */
	bool refused;    /* the limit's signal could not be sent so far */
	struct usage_account *usage; /* usage.h's; NULL: none */
	bool watched; /* after the program's end; what it had run then, and
		       * at the last call since, in nanoseconds */
	uint64_t watched_from, watched_ran;
	char name[PROCFS_NAME];
};

struct members {
	ARRAY(struct member) list;
	struct index
	    index; /* by pid; members that are gone stay in until the sweep */
	bool any_gone;
};

void members_finish(struct members *members) __attribute__((nonnull));

/* Adds a process; the pointer is good until the next is added. */
struct member *members_add(struct members *members,
    const struct proc_stat *stat) __attribute__((nonnull));

/* The position of the member that has this pid now, or MEMBERS_NONE. */
size_t members_find(const struct members *members, pid_t pid)
    __attribute__((nonnull));

/* Marks the member as gone and closes its files. */
void members_lose(struct members *members, size_t at) __attribute__((nonnull));

/* Drops the members that are gone; positions change, the order does not. */
void members_sweep(struct members *members) __attribute__((nonnull));

/* A descendant that outlives the program. */
struct member_alive {
	pid_t pid;
	char name[PROCFS_NAME];
};

enum { MEMBERS_NAMED = 5 };

/* Counts the descendants that have not ended when the program has. Some end a
 * moment later, like a helper whose pipe was closed (Python's resource
 * tracker). A zombie has ended, and so has a process that this one has
 * killed. */
size_t members_alive(const struct members *members) __attribute__((nonnull));

/* Names the first of them, with their present names. */
void members_name_alive(const struct procfs *fs, const struct members *members,
    struct member_alive alive[MEMBERS_NAMED]) __attribute__((nonnull));

/* Whether a process that this one has killed, or where it adopts orphans one
 * that it will reap, has not ended yet. A zombie ends when its parent reaps it,
 * which a living parent may never do. */
bool members_any_dying(const struct members *members, bool adopts)
    __attribute__((nonnull));

/* Whether any descendant runs, waits for a processor or a disk, or has run
 * since the last call, and has not run for long since the first call. At the
 * first call all of them count. */
bool members_any_stirs(const struct procfs *fs, struct members *members)
    __attribute__((nonnull));

#endif
