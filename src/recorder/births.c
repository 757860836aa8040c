// SPDX-License-Identifier: MIT
#include "recorder/births.h"

#include <errno.h>
#include <signal.h>

/* Some 10 ms: where more is forked than can be taken, a tick must end. */
enum { TAKE_AT_MOST = 10000 };

void births_init(struct births *births, const struct procfs *fs, bool exits)
{
	*births = (struct births){.connector.fd = -1, .exits = exits};
	if (!fs->other_namespace)
		connector_init(&births->connector, exits);
}

void births_finish(struct births *births)
{
	connector_finish(&births->connector);
	array_free(&births->ended);
	index_finish(&births->ended_by_pid);
	members_finish(&births->hidden);
	array_free(&births->forks);
	array_free(&births->ends);
}

bool births_are_all(const struct births *births)
{
	return births->connector.fd >= 0 && !births->missed;
}

static bool births_is_pid(const void *pids, size_t at, const void *pid)
{
	return ((const pid_t *)pids)[at] == *(const pid_t *)pid;
}

static bool births_has_ended(const struct births *births, pid_t pid)
{
	return index_find(&births->ended_by_pid,
		   index_hash_number((uint64_t)pid), births_is_pid,
		   births->ended.items, &pid) != INDEX_NONE;
}

void births_note_end(struct births *births, pid_t pid)
{
	if (births->connector.fd < 0 || births_has_ended(births, pid))
		return;
	index_add(&births->ended_by_pid, index_hash_number((uint64_t)pid),
	    births->ended.len);
	*array_push(&births->ended) = pid;
}

void births_note_hidden(struct births *births, pid_t pid)
{
	const struct proc_stat stat = {.pid = pid, .started = procfs_ticks()};

	if (members_find(&births->hidden, pid) == MEMBERS_NONE)
		members_add(&births->hidden, &stat);
}

static bool births_is_ours(
    const struct births *births, const struct tree *tree, pid_t pid)
{
	return members_find(&tree->members, pid) != MEMBERS_NONE ||
	       births_has_ended(births, pid) ||
	       members_find(&births->hidden, pid) != MEMBERS_NONE;
}

/* That is not in /proc: hidepid hides other users', a setuid program's. */
static bool births_lives(pid_t pid)
{
	return kill(pid, 0) == 0 || errno == EPERM;
}

/* Having executed another program, or given up privilege, it may be shown. */
static void look_for_hidden(struct births *births, struct tree *tree)
{
	struct members *hidden = &births->hidden;

	for (size_t i = 0; i < hidden->list.len; i++) {
		const struct member *member = &hidden->list.items[i];
		struct proc_stat stat;

		if (procfs_stat(tree->fs, member->pid, &stat) &&
		    (members_find(&tree->members, stat.pid) != MEMBERS_NONE ||
			tree_adopt(tree, stat.pid, member->started)))
			members_lose(hidden, i);
	}
	members_sweep(hidden);
}

/* All that was told by now. */
static void births_drain(struct births *births)
{
	struct connector_event event;

	for (int i = 0; connector_next(&births->connector, &event); i++) {
		if (i == TAKE_AT_MOST) {
			births->connector.lost = true;
			return;
		}
		if (event.is_exit)
			*array_push(&births->ends) = event;
		else
			*array_push(&births->forks) = event;
	}
}

bool births_status(struct births *births, pid_t pid, int *status)
{
	if (!births->exits)
		return false;
	births_drain(births);
	for (size_t i = 0; i < births->ends.len; i++) {
		struct connector_event *end = &births->ends.items[i];

		if (end->pid != pid)
			continue;
		*status = end->status;
		*end = births->ends.items[--births->ends.len];
		return true;
	}
	return false;
}

/* Those that are zombies as yet are asked about later. */
static void births_forget_unrelated_ends(
    struct births *births, const struct tree *tree)
{
	size_t kept = 0;

	for (size_t i = 0; i < births->ends.len; i++) {
		struct connector_event end = births->ends.items[i];

		if (members_find(&tree->members, end.pid) != MEMBERS_NONE)
			births->ends.items[kept++] = end;
	}
	births->ends.len = kept;
}

/* By CLONE_PARENT the program makes children of this process. */
static bool is_ours_by_parent(const struct births *births,
    const struct tree *tree, const struct connector_event *fork)
{
	return births_is_ours(births, tree, fork->parent) ||
	       (fork->parent == tree->fs->self && tree->adopts);
}

/* The pid of one that ended may be another's by now. */
static bool births_is_unseen(struct births *births, struct tree *tree,
    const struct connector_event *fork)
{
	if (!is_ours_by_parent(births, tree, fork) ||
	    members_find(&tree->members, fork->pid) != MEMBERS_NONE ||
	    tree_adopt(tree, fork->pid, UINT64_MAX) ||
	    births_is_ours(births, tree, fork->pid))
		return false;
	if (births_lives(fork->pid)) {
		births_note_hidden(births, fork->pid);
		return false;
	}
	births_note_end(births, fork->pid);
	return true;
}

/* A fork is told a moment after its pid was given out: the look behind that
 * in which it was missed takes it. */
static size_t births_take_forks(
    struct births *births, struct tree *tree, bool due)
{
	size_t unseen = 0;

	if (due || births->exits)
		births_drain(births);
	if (due) {
		for (size_t i = 0; i < births->forks.len; i++)
			unseen += births_is_unseen(
			    births, tree, &births->forks.items[i]);
		births->forks.len = 0;
		births->ended.len = 0;
		index_clear(&births->ended_by_pid);
	}
	births_forget_unrelated_ends(births, tree);
	return unseen;
}

/* Forks that were not told are looked for in all of /proc. */
static void births_note_loss(struct births *births, struct tree *tree)
{
	if (!births->connector.lost)
		return;
	births->missed = true;
	births->followed = births->connector.lost = false;
	tree_restart(tree);
}

size_t births_take(
    struct births *births, struct tree *tree, int64_t now_ns, int64_t until_ns)
{
	bool forked = true;
	size_t unseen;

	look_for_hidden(births, tree);
	if (births->followed)
		tree_skip(tree, now_ns);
	else
		forked = tree_look(tree, now_ns, until_ns);
	unseen = births_take_forks(births, tree, forked || births->forked);
	births->forked = forked;
	if (births->connector.fd >= 0 && !births->followed)
		births->followed = tree_is_through(tree);
	births_note_loss(births, tree);
	return unseen;
}
