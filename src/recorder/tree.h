/* SPDX-License-Identifier: MIT
 *
 * The processes that belong: the program, its descendants from fork to exit,
 * and what it left as orphans to this process. Finding them costs in proportion
 * to what was forked since the last scan: the newest pid of /proc/loadavg moves
 * when anything forks, and only the pids between can be new. Where that can't
 * be known, all of /proc is scanned. A process that may choose the next pid can
 * bring the newest back to where it was: a machine with more threads, or more
 * forks, than it had shows that, and pids that were lost of late are read
 * again.
 */
#ifndef MPROF_RECORDER_TREE_H
#define MPROF_RECORDER_TREE_H

#include "recorder/aside.h"
#include "recorder/members.h"

struct unrelated {
	pid_t pid, ppid;
};

/* A pid of ours that is free: a child may be given it at once, where the next
 * pid can be chosen (ns_last_pid, clone3() with set_tid). */
struct tree_lost {
	pid_t pid;
	int64_t ns; /* when, of clock_mono_ns() */
};

enum { TREE_LOST = 16 };

struct tree {
	const struct procfs *fs;
	struct members members;    /* the first is the program, until it ends */
	bool adopts;               /* orphans become children of this process */
	const struct aside *aside; /* a child that doesn't belong, or NULL */
	pid_t root;
	uint64_t root_started;
	pid_t newest;       /* up to here pids were read; 0: read all */
	int64_t scanned_ns; /* the last scan */
	int64_t reached_ns; /* the last that found all who were there */
	int64_t until_ns;   /* of this scan */
	unsigned done;      /* pids that it has read */
	unsigned most;      /* and may read */
	pid_t all_newest;   /* when the present scan of all began */
	int64_t position;   /* where it goes on; 0: none is going on */
	int64_t all_ns;     /* and what it has taken so far */
	long threads;       /* of the machine, at the last scan */
	int64_t forks;      /* until then, or before; 0: unknown */
	int64_t proved_ns;  /* when they were read last */
	pid_t proved_newest;
	bool doubt;         /* forks may have left no trace in newest */
	int64_t doubted_ns; /* and before then that is no cause for a scan */
	struct tree_lost lost[TREE_LOST]; /* a ring of the last ones */
	size_t lost_next;
	int64_t rescanned_ns;              /* when they were read */
	ARRAY(pid_t) again;                /* to be read in the next scan */
	ARRAY(pid_t) now;                  /* and in this one */
	ARRAY(struct unrelated) unrelated; /* seen in this scan, not ours */
};

/* With the program alone; its descendants are found by the next scan. With
 * fresh it has only just been started, and nothing older than it can be its
 * descendant. Empty where it is not there. */
void tree_init(struct tree *tree, const struct procfs *fs, pid_t root,
    bool adopts, bool fresh) __attribute__((nonnull));
void tree_finish(struct tree *tree) __attribute__((nonnull));

/* Adds who is new behind the members that are there. Times are of
 * clock_mono_ns(). False where nothing can have been forked on this machine
 * since. A scan that is not through at until_ns goes on in the next one: beside
 * a storm of forks it would wait for a processor again and again. */
bool tree_scan(struct tree *tree, int64_t now_ns, int64_t until_ns)
    __attribute__((nonnull));

/* In place of a scan, where every fork is known from elsewhere: reads only
 * the pids that members have left. */
void tree_skip(struct tree *tree, int64_t now_ns) __attribute__((nonnull));

/* The next scan is one of all of /proc, and begins at its start. */
void tree_restart(struct tree *tree) __attribute__((nonnull));

/* Whether such a scan has found all who were there when it began. */
bool tree_is_through(const struct tree *tree) __attribute__((nonnull));

/* The position of the member that our system calls know as own, or
 * MEMBERS_NONE. */
size_t tree_find_namespace_pid(const struct tree *tree, pid_t namespace_pid)
    __attribute__((nonnull));

/* Adds one that is known to belong; false where it is not there, or this pid's
 * present owner started later. */
bool tree_adopt(struct tree *tree, pid_t pid, uint64_t started_until)
    __attribute__((nonnull));

/* A member is gone. Its pid may be another process's by now. */
void tree_note_gone(struct tree *tree, pid_t pid) __attribute__((nonnull));

#endif
