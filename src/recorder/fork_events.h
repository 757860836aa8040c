/* SPDX-License-Identifier: MIT
 *
 * The first pass of a tick: who belongs. New processes are taken from the fork
 * events of the kernel's process connector, if available, and otherwise found
 * in /proc. The connector also reports processes that were forked and ended
 * between two ticks, and the parent of an orphan that could not be adopted.
 * Nothing depends on it. Where a control group is recorded, its own list of
 * processes takes the place of all that.
 */
#ifndef MPROF_RECORDER_FORK_EVENTS_H
#define MPROF_RECORDER_FORK_EVENTS_H

#include "base/index.h"
#include "base/strbuf.h"
#include "proc/connector.h"
#include "recorder/tree.h"

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
