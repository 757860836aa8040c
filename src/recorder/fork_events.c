// SPDX-License-Identifier: MIT
#include "recorder/fork_events.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "proc/cgroup.h"

void fork_events_init(
    struct fork_events *events, const struct procfs *fs, bool exits)
{
	*events = (struct fork_events){.connector.fd = -1};
	if (!fs->other_namespace)
		connector_init(&events->connector, exits);
}

void fork_events_finish(struct fork_events *events)
{
	connector_finish(&events->connector);
	array_free(&events->ended);
	index_finish(&events->ended_by_pid);
	members_finish(&events->hidden);
}

bool fork_events_are_all(const struct fork_events *events)
{
	return events->connector.fd >= 0 && !events->missed;
}

static bool fork_events_is_pid(const void *pids, size_t at, const void *pid)
{
	return ((const pid_t *)pids)[at] == *(const pid_t *)pid;
}

static bool fork_events_has_ended(const struct fork_events *events, pid_t pid)
{
	return index_find(&events->ended_by_pid,
		   index_hash_number((uint64_t)pid), fork_events_is_pid,
		   events->ended.items, &pid) != INDEX_NONE;
}

static void fork_events_note_ended(struct fork_events *events, pid_t pid)
{
	if (events->connector.fd < 0 || fork_events_has_ended(events, pid))
		return;
	index_add(&events->ended_by_pid, index_hash_number((uint64_t)pid),
	    events->ended.len);
	*array_push(&events->ended) = pid;
}

void fork_events_note_hidden(struct fork_events *events, pid_t pid)
{
	const struct proc_stat stat = {.pid = pid, .started = procfs_ticks()};

	if (members_find(&events->hidden, pid) == MEMBERS_NONE)
		members_add(&events->hidden, &stat);
}

static bool fork_events_is_ours(
    const struct fork_events *events, const struct tree *tree, pid_t pid)
{
	return members_find(&tree->members, pid) != MEMBERS_NONE ||
	       fork_events_has_ended(events, pid) ||
	       members_find(&events->hidden, pid) != MEMBERS_NONE;
}

/* Whether a process lives that is not in /proc: hidepid hides other users'
 * processes, such as a setuid program's. */
static bool fork_events_lives(pid_t pid)
{
	return kill(pid, 0) == 0 || errno == EPERM;
}

/* A hidden process may become visible when it executes another program, or
 * gives up privilege. */
static void fork_events_scan_hidden(
    struct fork_events *events, struct tree *tree)
{
	struct members *hidden = &events->hidden;

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

/* Drops exit events of processes that don't belong. A member that is a zombie
 * is judged later. */
static void fork_events_forget_ends(
    struct fork_events *events, const struct tree *tree)
{
	struct connector *connector = &events->connector;
	size_t kept = 0;

	for (size_t i = 0; i < connector->ends.len; i++) {
		struct connector_event end = connector->ends.items[i];

		if (members_find(&tree->members, end.pid) != MEMBERS_NONE)
			connector->ends.items[kept++] = end;
	}
	connector->ends.len = kept;
}

/* Whether the parent is a member, or was one until just now. By CLONE_PARENT
 * the program makes children of this process; its own child, the process aside,
 * doesn't count. */
static bool fork_events_has_our_parent(const struct fork_events *events,
    const struct tree *tree, const struct connector_event *fork)
{
	if (fork->parent == tree->fs->self)
		return tree->adopts &&
		       !(tree->aside && tree->aside->pid == fork->pid);
	return fork_events_is_ours(events, tree, fork->parent);
}

/* Adds the child. Returns true where it has ended already. The pid of a member
 * that has ended may be in use again. */
static bool fork_events_is_unseen(struct fork_events *events, struct tree *tree,
    const struct connector_event *fork)
{
	if (!fork_events_has_our_parent(events, tree, fork) ||
	    members_find(&tree->members, fork->pid) != MEMBERS_NONE ||
	    tree_adopt(tree, fork->pid, UINT64_MAX) ||
	    fork_events_is_ours(events, tree, fork->pid))
		return false;
	if (fork_events_lives(fork->pid)) {
		fork_events_note_hidden(events, fork->pid);
		return false;
	}
	fork_events_note_ended(events, fork->pid);
	return true;
}

/* Drops the first count entries of ended. */
static void fork_events_forget_ended(struct fork_events *events, size_t count)
{
	size_t kept = events->ended.len - count;

	index_clear(&events->ended_by_pid);
	for (size_t i = 0; i < kept; i++) {
		pid_t pid = events->ended.items[count + i];

		events->ended.items[i] = pid;
		index_add(
		    &events->ended_by_pid, index_hash_number((uint64_t)pid), i);
	}
	events->ended.len = kept;
}

/* Reads events where forks are due or exits are wanted. All forks of a process
 * that was known to have ended before are among these events. One found to have
 * ended afterwards may have forked in between, so it is kept until the next
 * events. */
static size_t fork_events_read(
    struct fork_events *events, struct tree *tree, bool due)
{
	struct connector *connector = &events->connector;
	size_t known = events->ended.len, unseen = 0;

	if (due || connector->exits)
		connector_read(connector);
	if (due) {
		for (size_t i = 0; i < connector->forks.len; i++)
			unseen += fork_events_is_unseen(
			    events, tree, &connector->forks.items[i]);
		connector->forks.len = 0;
		fork_events_forget_ended(events, known);
	}
	return unseen;
}

/* Notes the members that are gone, each once. */
static void fork_events_note_gone(struct fork_events *events, struct tree *tree)
{
	struct members *members = &tree->members;

	for (size_t i = 0; members->any_gone && i < members->list.len; i++) {
		struct member *member = &members->list.items[i];

		if (!member->gone || member->noted)
			continue;
		member->noted = true;
		tree_note_gone(tree, member->pid);
		fork_events_note_ended(events, member->pid);
	}
}

/* The kernel sends an event a moment after it gave out the pid, so the event of
 * a fork that one scan has noticed is still read at the next scan. */
size_t fork_events_scan(struct fork_events *events, struct tree *tree,
    int64_t now_ns, int64_t until_ns)
{
	const struct members *members = &tree->members;
	bool forked = true;
	size_t unseen;

	fork_events_note_gone(events, tree);
	if (members->list.len > 0 && members->list.items[0].hidden)
		fork_events_note_hidden(events, members->list.items[0].pid);
	fork_events_scan_hidden(events, tree);
	if (events->complete)
		tree_skip(tree, now_ns);
	else
		forked = tree_scan(tree, now_ns, until_ns);
	unseen = fork_events_read(events, tree, forked || events->forked);
	events->forked = forked;
	if (events->connector.fd >= 0 && !events->complete)
		events->complete = tree_is_through(tree);
	if (events->connector.lost) { /* the next scan is of all of /proc */
		events->missed = true;
		events->complete = events->connector.lost = false;
		tree_restart(tree);
	}
	return unseen;
}

void fork_events_sweep(struct fork_events *events, struct tree *tree)
{
	fork_events_note_gone(events, tree);
	members_sweep(&tree->members);
	fork_events_forget_ends(events, tree);
}

/* Subgroups are listed where the directory's link count has changed, and once
 * in this time: one may have gone as another came. */
#define WALK_NS NS_PER_S

void group_init(struct group_scanner *group, const char *directory)
{
	*group = (struct group_scanner){.directory = directory};
}

static void group_forget_directories(struct group_scanner *group)
{
	for (size_t i = 0; i < group->directories.len; i++)
		free(group->directories.items[i]);
	group->directories.len = 0;
}

void group_finish(struct group_scanner *group)
{
	group_forget_directories(group);
	array_free(&group->directories);
	strbuf_finish(&group->pids);
}

static unsigned group_count_links(const struct group_scanner *group)
{
	unsigned links = 0;

	for (size_t i = 0; i < group->directories.len; i++) {
		struct stat about;

		if (stat(group->directories.items[i], &about) == 0)
			links += (unsigned)about.st_nlink;
	}
	return links;
}

static bool group_add_directory(void *context, const char *directory)
{
	struct group_scanner *group = context;

	*array_push(&group->directories) = mem_copy(directory);
	return true;
}

static void group_find_directories(struct group_scanner *group, int64_t now_ns)
{
	if (group->directories.len > 0 && now_ns - group->walked_ns < WALK_NS &&
	    group_count_links(group) == group->links)
		return;
	group_forget_directories(group);
	cgroup_each_directory(group->directory, group_add_directory, group);
	group->links = group_count_links(group);
	group->walked_ns = now_ns;
}

/* cgroup.procs lists a pid of another pid namespace as 0. */
static void group_add_pid(struct group_scanner *group, struct tree *tree,
    struct fork_events *events, pid_t pid)
{
	size_t at = members_find(&tree->members, pid);

	if (pid <= 0 || pid == tree->fs->self || aside_is(tree->aside, pid))
		return;
	if (at == MEMBERS_NONE) {
		if (tree_adopt(tree, pid, UINT64_MAX))
			at = members_find(&tree->members, pid);
		else if (fork_events_lives(pid))
			fork_events_note_hidden(events, pid);
	}
	if (at != MEMBERS_NONE)
		tree->members.list.items[at].listed = group->scans;
}

static void group_lose_others(
    struct group_scanner *group, struct members *members)
{
	for (size_t i = 0; i < members->list.len; i++) {
		const struct member *member = &members->list.items[i];

		if (!member->gone && member->listed != group->scans)
			members_lose(members, i);
	}
}

void group_scan(struct group_scanner *group, struct tree *tree,
    struct fork_events *events, int64_t now_ns)
{
	group->scans++;
	tree->scanned_ns = now_ns;
	tree->again.len = tree->unrelated.len = 0;
	group_find_directories(group, now_ns);
	for (size_t i = 0; i < group->directories.len; i++) {
		const char *at;

		if (!cgroup_read_pids(
			group->directories.items[i], &group->pids))
			continue;
		for (at = group->pids.text; at && *at;) {
			char *end;

			group_add_pid(
			    group, tree, events, (pid_t)strtol(at, &end, 10));
			at = *end ? end + 1 : end;
		}
	}
	group_lose_others(group, &tree->members);
}
