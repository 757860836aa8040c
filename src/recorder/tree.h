/* SPDX-License-Identifier: MIT
 *
 * The first pass of a tick: who belongs. These are the program, its descendants
 * from fork to exit, and orphans that it left to this process. The cost of
 * finding them is proportional to the forks since the last scan: any fork
 * raises the newest pid in /proc/loadavg, and only pids in between can be new.
 * Where that is not certain, all of /proc is scanned. A process that may choose
 * the next pid can restore the previous newest pid: a higher number of threads
 * or forks on the machine shows that, and recently lost pids are read again.
 */
#ifndef MPROF_RECORDER_TREE_H
#define MPROF_RECORDER_TREE_H

#include "base/index.h"
#include "base/strbuf.h"
#include "proc/connector.h"
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

/* New processes are taken from the fork events of the kernel's process
 * connector, if available, and otherwise found in /proc. The connector also
 * reports processes that were forked and ended between two ticks, and the
 * parent of an orphan that could not be adopted. Nothing depends on it. */
struct fork_events {
	struct connector connector;
	ARRAY(pid_t) ended; /* pids whose fork events may still be unread */
	struct index ended_by_pid;
	struct members hidden; /* they live, but /proc doesn't show them */
	bool forked;           /* the last scan found a fork */
	bool missed;           /* events were lost */
	bool complete; /* all forks since a scan that found every process were
			  sent */
};

/* Starts to listen; with exits, to exit events too. */
void fork_events_init(struct fork_events *events, const struct procfs *fs,
    bool exits) __attribute__((nonnull));
void fork_events_finish(struct fork_events *events) __attribute__((nonnull));

/* Whether every fork is noticed. */
bool fork_events_are_all(const struct fork_events *events)
    __attribute__((nonnull));

/* Notes a member that lives, but is not in /proc: its children belong, too, and
 * may be in /proc. */
void fork_events_note_hidden(struct fork_events *events, pid_t pid)
    __attribute__((nonnull));

/* Adds new processes to the tree's members. A scan of /proc may last until
 * until_ns (of clock_mono_ns(), as now_ns). Returns how many processes began
 * and ended unseen. */
size_t fork_events_scan(struct fork_events *events, struct tree *tree,
    int64_t now_ns, int64_t until_ns) __attribute__((nonnull));

/* Drops the members that are gone. Until then, and in the next scan, their
 * children still belong; their pids may be in use again. */
void fork_events_sweep(struct fork_events *events, struct tree *tree)
    __attribute__((nonnull));

/* The processes of a control group and the groups below it, in place of a tree
 * of descendants: cgroup.procs lists those that belong, at each tick. A process
 * that was moved elsewhere is gone. */
struct group_scanner {
	const char *directory; /* NULL: no group is followed */
	ARRAY(char *) directories;
	unsigned links; /* sum of the link counts of all directories; a new one
			   changes it */
	int64_t walked_ns;  /* time of the last listing, of clock_mono_ns() */
	struct strbuf pids; /* cgroup.procs of one directory */
	uint64_t scans;
};

/* directory is borrowed. */
void group_init(struct group_scanner *group, const char *directory)
    __attribute__((nonnull(1)));
void group_finish(struct group_scanner *group) __attribute__((nonnull));

/* Adds new processes of the group to the tree's members, and drops those that
 * have left it. */
void group_scan(struct group_scanner *group, struct tree *tree,
    struct fork_events *events, int64_t now_ns) __attribute__((nonnull));

#endif
