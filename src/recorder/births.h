/* SPDX-License-Identifier: MIT
 *
 * Who was forked and has ended between two looks: the kernel's process
 * connector tells of them, where it is offered. It also tells whose child an
 * orphan was that could not be adopted. Nothing depends on it.
 */
#ifndef MPROF_RECORDER_BIRTHS_H
#define MPROF_RECORDER_BIRTHS_H

#include "proc/connector.h"
#include "recorder/pids.h"
#include "recorder/tree.h"

struct births {
	struct connector connector;
	struct pids ended;     /* of ours, since forks were last taken */
	struct members hidden; /* live, and /proc doesn't show them to us */
	bool forked;           /* at the last look */
};

/* Listens from here on. */
void births_init(struct births *births, const struct procfs *fs)
    __attribute__((nonnull));
void births_finish(struct births *births) __attribute__((nonnull));

/* Whether no fork escapes. */
bool births_are_all(const struct births *births) __attribute__((nonnull));

/* One of ours is no longer in the tree: what it forked is ours all the same. */
void births_note_end(struct births *births, pid_t pid) __attribute__((nonnull));

/* One of ours lives, but is not in /proc. What it forks is ours, and may be. */
void births_note_hidden(struct births *births, pid_t pid)
    __attribute__((nonnull));

/* Behind a look, which says whether anything was forked: adds to the tree whom
 * it could not find, and returns how many came and went unseen. */
size_t births_take(struct births *births, struct tree *tree, bool forked)
    __attribute__((nonnull));

#endif
