/* SPDX-License-Identifier: MIT
 *
 * Who was forked and has ended between two looks: the kernel's process
 * connector tells of them, where it is offered. It also tells whose child an
 * orphan was that could not be adopted, and how one ended that another waited
 * for. Nothing depends on it.
 */
#ifndef MPROF_RECORDER_BIRTHS_H
#define MPROF_RECORDER_BIRTHS_H

#include "base/index.h"
#include "proc/connector.h"
#include "recorder/tree.h"

struct births {
	struct connector connector;
	ARRAY(pid_t) ended; /* of ours, since forks were last taken */
	struct index ended_by_pid;
	struct members hidden; /* live, and /proc doesn't show them to us */
	bool forked;           /* at the last look */
	bool exits;            /* are wanted */
	bool missed;           /* some forks were not told */
	bool followed;         /* all since a look that found all were */
	ARRAY(struct connector_event) forks; /* not yet taken */
	ARRAY(struct connector_event) ends;  /* of those that were there */
};

/* Listens from here on, with exits to how processes end as well. */
void births_init(struct births *births, const struct procfs *fs, bool exits)
    __attribute__((nonnull));
void births_finish(struct births *births) __attribute__((nonnull));

/* Whether no fork escapes. */
bool births_are_all(const struct births *births) __attribute__((nonnull));

/* One of ours is no longer in the tree: what it forked is ours all the same. */
void births_note_end(struct births *births, pid_t pid) __attribute__((nonnull));

/* How one that is no longer there ended, as wait() gives it; false where
 * nothing was told of that. */
bool births_status(struct births *births, pid_t pid, int *status)
    __attribute__((nonnull));

/* One of ours lives, but is not in /proc. What it forks is ours, and may be. */
void births_note_hidden(struct births *births, pid_t pid)
    __attribute__((nonnull));

/* Adds who is new to the tree: by what the connector told, and else by a look
 * at /proc, which may take until until_ns, of clock_mono_ns() as now_ns is.
 * Returns how many came and went unseen. */
size_t births_take(struct births *births, struct tree *tree, int64_t now_ns,
    int64_t until_ns) __attribute__((nonnull));

#endif
