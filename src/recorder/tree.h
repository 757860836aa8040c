/* SPDX-License-Identifier: MIT
 *
 * The processes that belong: the program, its descendants from fork to exit,
 * and orphans that it left to this process. The cost of finding them is
 * proportional to the forks since the last scan: any fork raises the newest
 * pid in /proc/loadavg, and only pids in between can be new. Where that is not
 * certain, all of /proc is scanned. A process that may choose the next pid can
 * restore the previous newest pid: a higher number of threads or forks on the
 * machine shows that, and recently lost pids are read again.
 */
#ifndef MPROF_RECORDER_TREE_H
#define MPROF_RECORDER_TREE_H

#include "recorder/launch.h"
#include "recorder/members.h"

struct unrelated {
	pid_t pid, ppid;
};

/* A member's pid that is free again: a child may get it at once, where the next
 * pid can be chosen (ns_last_pid, clone3() with set_tid). */
struct tree_lost {
	pid_t pid;
	int64_t ns; /* when, of clock_mono_ns() */
};

enum { TREE_LOST = 16 };

struct tree {
	const struct procfs *fs;
	struct members members; /* the first is the program, until it ends */
	bool adopts;            /* orphans become children of this process */
	/* Child of this process that doesn't belong; NULL: none. */
	const struct aside *aside;
	pid_t root;
	uint64_t root_started;
	pid_t newest;       /* pids up to here were read; 0: read all */
	int64_t scanned_ns; /* the last scan */
	int64_t reached_ns; /* last scan that found all processes */
	int64_t until_ns;   /* end of this scan */
	unsigned done;      /* pids read in this scan */
	unsigned most;      /* and its limit */
	pid_t all_newest;   /* newest pid when the present scan of all began */
	/* Position in /proc where the scan of all goes on; 0: none. */
	int64_t position;
	int64_t all_ns;    /* time it has taken so far */
	long threads;      /* of the machine, at the last scan */
	int64_t forks;     /* count of forks at the last count; 0: unknown */
	int64_t proved_ns; /* time of that count */
	pid_t proved_newest;
	bool doubt;         /* a fork may have left newest unchanged */
	int64_t doubted_ns; /* no scan for that doubt before then */
	struct tree_lost lost[TREE_LOST]; /* ring of the last ones */
	size_t lost_next;
	int64_t rescanned_ns; /* last time that lost pids were read */
	ARRAY(pid_t) again;   /* to be read in the next scan */
	ARRAY(pid_t) now;     /* and in this one */
	ARRAY(struct unrelated) unrelated; /* seen in this scan, not members */
};

/* Starts with the program alone; the next scan finds its descendants. With
 * fresh, it has just been started, and no older process can be its descendant.
 * Empty where the process is not there. */
void tree_init(struct tree *tree, const struct procfs *fs, pid_t root,
    bool adopts, bool fresh) __attribute__((nonnull));
void tree_finish(struct tree *tree) __attribute__((nonnull));

/* Appends new processes to the members. Times are of clock_mono_ns(). False
 * where nothing can have been forked on this machine since the last scan. A
 * scan that is not complete at until_ns goes on in the next one: during a storm
 * of forks it would have to wait for a processor again and again. */
bool tree_scan(struct tree *tree, int64_t now_ns, int64_t until_ns)
    __attribute__((nonnull));

/* In place of a scan, where every fork is known by events: reads only the pids
 * that members have left. */
void tree_skip(struct tree *tree, int64_t now_ns) __attribute__((nonnull));

/* Makes the next scan one of all of /proc, from its start. */
void tree_restart(struct tree *tree) __attribute__((nonnull));

/* Whether such a scan has found all processes that were there when it began. */
bool tree_is_through(const struct tree *tree) __attribute__((nonnull));

/* The position of the member that has this pid in this process's namespace, or
 * MEMBERS_NONE. */
size_t tree_find_namespace_pid(const struct tree *tree, pid_t namespace_pid)
    __attribute__((nonnull));

/* Adds a process that is known to belong; false where it is gone, or the pid's
 * present owner started later. */
bool tree_adopt(struct tree *tree, pid_t pid, uint64_t started_until)
    __attribute__((nonnull));

/* A member is gone. Its pid may be in use again. */
void tree_note_gone(struct tree *tree, pid_t pid) __attribute__((nonnull));

#endif
