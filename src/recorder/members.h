/* SPDX-License-Identifier: MIT
 *
 * The processes that belong, in order of appearance, found by their pid. One
 * that ended is marked as gone and leaves at the next sweep; until then a new
 * process may have its pid already.
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

/* The mark has just been read; kib is a sample of this moment, -1: none was
 * taken. */
static inline void highest_restart(
    struct highest *highest, int64_t kib, int64_t now_ns)
{
	*highest = (struct highest){kib, now_ns, now_ns};
}

static inline void highest_add(
    struct highest *highest, int64_t kib, int64_t now_ns)
{
	if (kib <= highest->kib)
		return;
	highest->kib = kib;
	highest->time_ns = now_ns;
}

struct usage_account;

struct member {
	pid_t pid, ppid;     /* as /proc counts them */
	pid_t namespace_pid; /* as our system calls count; -1: not known */
	pid_t task;          /* of a thread that has the memory, for the same */
	int fd;              /* the metric's file; -1: opened at each tick */
	int status;          /* /proc/PID/status; -1: not open */
	int schedstat;       /* the same */
	bool single;         /* one thread, at the last mark */
	uint64_t ran;        /* what schedstat said then; 0: not known */
	uint64_t started;
	int64_t kib;         /* at the last tick; -1: not measured */
	int64_t shared_kib;  /* of that, what others may have too; 0 where the
			      * metric has none */
	int64_t peak_kib;    /* highest known, marks included; -1: none */
	struct highest high; /* since its mark was read */
	int64_t base_kib;    /* its mark when the recording began; -1: none */
	int64_t seen_ns;     /* when it was found, of clock_mono_ns() */
	int64_t named_ns;    /* its name was read; 0: not yet */
	int64_t tried_ns;    /* the same, was there a command line or not */
	int64_t named_kib;   /* what it held then */
	int64_t program;     /* metric.h's read_program; 0: not known */
	uint32_t argv_hash;  /* of its name and command line, as reported */
	unsigned reads;      /* of its name, as far as names.c counts */
	uint64_t listed;     /* group.h: the last scan that found it */
	bool is_root;
	bool owns;       /* its memory is its own, now and from now on */
	bool borrows;    /* at the last tick its memory was another's */
	bool on_loan;    /* and at one before that */
	pid_t lender;    /* whose it was at last; 0: nobody's */
	bool forked;     /* when it was found it had executed nothing yet */
	bool executed;   /* since its name was read */
	bool by_thread;  /* fd and task are of one: the main one exited */
	bool zombie;     /* ended, and not waited for yet */
	bool hidden;     /* the program is there, but not in /proc */
	bool gone;       /* to be swept */
	bool noted;      /* the tree knows that its pid may be used again */
	bool judged;     /* gone: how it ended is found out, as far as may be */
	bool has_status; /* it is known how it ended */
	int exit_status; /* as wait() gives it */
	bool oom;        /* the kernel's out-of-memory killer did it */
	bool ended;      /* its end is reported */
	bool denied;     /* its metric was not permitted to be read */
	bool introduced; /* the sink knows its name */
	bool announced;  /* it was asked whether its pid was another's */
	bool signalled;  /* was sent the signal of the limit */
	bool killed;     /* and can't but end */
	bool refused;    /* could not be sent it, up to now */
	struct usage_account *usage; /* usage.h's; NULL: none */
	bool watched; /* after the program's end; what it had run then, and
		       * at the last call since, in nanoseconds */
	uint64_t watched_from, watched_ran;
	char name[PROCFS_NAME];
};

struct members {
	ARRAY(struct member) list;
	struct index
	    index; /* by pid; those that are gone stay until the sweep */
	bool any_gone;
};

void members_finish(struct members *members) __attribute__((nonnull));

/* Adds a process; the pointer is good until the next is added. */
struct member *members_add(struct members *members,
    const struct proc_stat *stat) __attribute__((nonnull));

/* The position of the process that has this pid now, or MEMBERS_NONE. */
size_t members_find(const struct members *members, pid_t pid)
    __attribute__((nonnull));

/* Marks it and closes its file. */
void members_lose(struct members *members, size_t at) __attribute__((nonnull));

/* Drops those that are gone; positions change, the order does not. */
void members_sweep(struct members *members) __attribute__((nonnull));

/* A descendant that lives on. */
struct member_alive {
	pid_t pid;
	char name[PROCFS_NAME];
};

enum { MEMBERS_NAMED = 5 };

/* Descendants that have not ended, when the program has. Some end a moment
 * later, as a helper whose pipe was closed (Python's resource tracker) does,
 * and have been woken for that by then. A zombie has ended, and so has a
 * process that this one has killed. */
size_t members_alive(const struct members *members) __attribute__((nonnull));

/* The first of them, by the names that they have now. */
void members_name_alive(const struct procfs *fs, const struct members *members,
    struct member_alive alive[MEMBERS_NAMED]) __attribute__((nonnull));

/* Whether the end of one that this process has killed is still to come. A
 * zombie's end comes when its parent takes notice, which a parent that lives
 * may never do. */
bool members_any_dying(const struct members *members) __attribute__((nonnull));

/* Whether any of them runs, waits for a processor or a disk, or has run since
 * the last call, and has not run for long since the first. At the first call
 * all of them count as such. */
bool members_any_stirs(const struct procfs *fs, struct members *members)
    __attribute__((nonnull));

#endif
