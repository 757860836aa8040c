// SPDX-License-Identifier: MIT
#include "recorder/tree.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "proc/cgroup.h"

/* More forks than this in a second are not known of any kernel. As long as so
 * many could not have used up all pids, the newest pid shows which processes
 * are new; after that, forks are counted. */
#define FORKS_PER_S 50000

/* Time between two counts of forks, which cost as much as three samples where
 * caches are cold. A lost pid is read again in LOST_STEP_NS steps for
 * LOST_NS. */
#define PROVE_NS (10 * NS_PER_S)
#define LOST_NS NS_PER_S
#define LOST_STEP_NS (NS_PER_S / 100)

/* Scans of all of /proc for a mere doubt may take 1/DOUBT_PART of the time: in
 * a container, the machine's threads and forks are mostly other programs'. */
enum { DOUBT_PART = 30000 };

/* Pids that were given out, but are not visible yet, are among the last
 * LATE. */
enum { LATE = 64 };

/* A scan reads STEP pids, or a multiple, before it may stop. After one that had
 * to wait for a processor, the next reads a single step, and each one after
 * that a step more: where others wait too, using the processor is what makes a
 * process wait for it. */
enum { STEP = 16 };

/* The program may be found late, if it was hidden. */
static void tree_add(struct tree *tree, const struct proc_stat *stat)
{
	struct member *member = members_add(&tree->members, stat);

	member->is_root =
	    stat->pid == tree->root && tree->members.list.len == 1;
	member->namespace_pid = member->task =
	    procfs_namespace_pid(tree->fs, stat->pid);
	member->seen_ns = tree->scanned_ns;
}

void tree_init(struct tree *tree, const struct procfs *fs, pid_t root,
    bool adopts, bool fresh)
{
	struct proc_stat stat;

	*tree = (struct tree){.fs = fs,
	    .root = root,
	    .adopts = adopts,
	    .most = UINT_MAX,
	    .root_started = procfs_ticks(),
	    .scanned_ns = clock_mono_ns()};
	tree->proved_ns = tree->reached_ns = tree->scanned_ns;
	if (!procfs_stat(fs, root, &stat) || stat.is_thread)
		return;
	tree->root_started = stat.started;
	tree_add(tree, &stat);
	if (fresh)
		tree->newest = root;
}

void tree_finish(struct tree *tree)
{
	members_finish(&tree->members);
	array_free(&tree->again);
	array_free(&tree->now);
	array_free(&tree->unrelated);
}

void tree_note_gone(struct tree *tree, pid_t pid)
{
	*array_push(&tree->again) = pid;
	tree->lost[tree->lost_next++ % TREE_LOST] =
	    (struct tree_lost){pid, tree->scanned_ns};
}

size_t tree_find_namespace_pid(const struct tree *tree, pid_t namespace_pid)
{
	const struct members *members = &tree->members;

	if (!tree->fs->other_namespace)
		return members_find(members, namespace_pid);
	for (size_t i = 0; i < members->list.len; i++) {
		if (members->list.items[i].namespace_pid == namespace_pid &&
		    !members->list.items[i].gone)
			return i;
	}
	return MEMBERS_NONE;
}

/* A child of this process that is older than the program was there before, when
 * a shell became mprof by exec. */
static bool tree_belongs(const struct tree *tree, const struct proc_stat *stat)
{
	if (stat->pid == tree->fs->self)
		return false;
	if (aside_is(tree->aside, stat->pid))
		return false;
	if (stat->ppid == tree->fs->self)
		return stat->pid == tree->root ||
		       (tree->adopts && stat->started >= tree->root_started);
	return members_find(&tree->members, stat->ppid) != MEMBERS_NONE;
}

/* Reads one pid; last: it was absent at the scan before. */
static void tree_consider(struct tree *tree, pid_t pid, bool last)
{
	struct proc_stat stat;

	if (members_find(&tree->members, pid) != MEMBERS_NONE)
		return;
	if (!procfs_stat(tree->fs, pid, &stat)) {
		if (!last)
			*array_push(&tree->again) = pid;
	} else if (stat.is_thread || stat.is_kernel) {
		return;
	} else if (tree_belongs(tree, &stat)) {
		tree_add(tree, &stat);
	} else {
		*array_push(&tree->unrelated) =
		    (struct unrelated){pid, stat.ppid};
	}
}

/* Adds an unrelated process whose parent turned out to be a member; it may have
 * been read twice. */
static void tree_adopt_orphan(struct tree *tree, pid_t pid)
{
	struct proc_stat stat;

	if (members_find(&tree->members, pid) == MEMBERS_NONE &&
	    procfs_stat(tree->fs, pid, &stat) && tree_belongs(tree, &stat))
		tree_add(tree, &stat);
}

/* Children may have lower pids than their parents where pids have started
 * again. */
static void tree_adopt_unrelated(struct tree *tree)
{
	struct unrelated *all = tree->unrelated.items;
	size_t before;

	do {
		size_t left = 0;

		before = tree->unrelated.len;
		for (size_t i = 0; i < before; i++) {
			if (members_find(&tree->members, all[i].ppid) ==
			    MEMBERS_NONE)
				all[left++] = all[i];
			else
				tree_adopt_orphan(tree, all[i].pid);
		}
		tree->unrelated.len = left;
	} while (tree->unrelated.len > 0 && tree->unrelated.len < before);
}

/* Keeps the processes whose parent may be found at the next scan: they are read
 * again then. */
static void tree_keep_unrelated(struct tree *tree)
{
	size_t absent = tree->again.len;

	for (size_t i = 0; i < tree->unrelated.len; i++) {
		for (size_t j = 0; j < absent; j++) {
			if (tree->again.items[j] !=
			    tree->unrelated.items[i].ppid)
				continue;
			*array_push(&tree->again) =
			    tree->unrelated.items[i].pid;
			break;
		}
	}
	tree->unrelated.len = 0;
}

/* Whether the scan has to stop after this pid. */
static bool tree_is_late(struct tree *tree)
{
	return ++tree->done % STEP == 0 && tree->until_ns < INT64_MAX &&
	       (tree->done >= tree->most || clock_mono_ns() >= tree->until_ns);
}

static bool tree_consider_each(void *context, pid_t pid)
{
	struct tree *tree = context;

	tree_consider(tree, pid, false);
	return !tree_is_late(tree);
}

/* Counts forks, and checks that there were fewer than would use up all pids,
 * and no more than the newest pid has moved by. */
static bool tree_do_forks_fit(struct tree *tree, pid_t newest, int64_t now_ns)
{
	int64_t before = tree->forks, moved = newest - tree->proved_newest;
	int64_t forks = procfs_forks(tree->fs);

	tree->forks = forks;
	tree->proved_ns = now_ns;
	tree->proved_newest = newest;
	if (before <= 0 || forks < before ||
	    forks - before >= tree->fs->pid_max / 2)
		return false;
	tree->doubt =
	    tree->doubt ||
	    (moved >= 0 && forks - before > moved + (moved > 0 ? LATE : 0));
	return true;
}

/* Whether there were fewer forks since the last scan than would use up all
 * pids. */
static bool tree_are_few_forks(struct tree *tree, pid_t newest, int64_t now_ns)
{
	int64_t enough = tree->fs->pid_max / 2;
	bool far =
	    (now_ns - tree->reached_ns) / (NS_PER_S / FORKS_PER_S) >= enough;

	if (!far && now_ns - tree->proved_ns < PROVE_NS)
		return true;
	return tree_do_forks_fit(tree, newest, now_ns) || !far;
}

/* Whether the pids since the last scan show every fork, and are fewer than the
 * existing processes. */
static bool tree_is_range(
    struct tree *tree, pid_t newest, long threads, int64_t now_ns)
{
	bool range = tree->newest > 0 && newest >= tree->newest &&
		     newest - tree->newest <= 2 * threads + LATE &&
		     tree_are_few_forks(tree, newest, now_ns);

	if (newest == tree->newest && tree->threads > 0 &&
	    threads > tree->threads)
		tree->doubt = true;
	tree->threads = threads;
	return range && !(tree->doubt && now_ns >= tree->doubted_ns);
}

static void tree_scan_each(struct tree *tree)
{
	pid_t newest = tree->all_newest;

	procfs_each(tree->fs, &tree->position, tree_consider_each, tree);
	if (tree->position)
		return;
	for (pid_t pid = newest - LATE + 1; newest > LATE && pid <= newest;
	     pid++)
		tree_consider(tree, pid, false);
	tree->newest = newest;
}

/* Scans for a mere doubt may take only a limited part of the time. */
static void tree_scan_all(struct tree *tree, pid_t newest, int64_t now_ns)
{
	int64_t begun_ns = clock_mono_ns();

	if (!tree->position) {
		tree->all_newest = newest;
		tree->all_ns = 0;
	}
	tree_scan_each(tree);
	tree->all_ns += clock_mono_ns() - begun_ns;
	if (tree->position)
		return;
	if (tree->doubt)
		tree->doubted_ns = now_ns + DOUBT_PART * tree->all_ns;
	tree->doubt = false;
}

/* Whether lost pids are to be read again: while the newest pid stands still. */
static bool tree_is_lost_due(const struct tree *tree, int64_t now_ns)
{
	size_t last = (tree->lost_next + TREE_LOST - 1) % TREE_LOST;

	return now_ns - tree->lost[last].ns < LOST_NS &&
	       now_ns - tree->rescanned_ns >= LOST_STEP_NS;
}

static void tree_scan_lost(struct tree *tree, int64_t now_ns)
{
	tree->rescanned_ns = now_ns;
	for (size_t i = 0; i < TREE_LOST && i < tree->lost_next; i++) {
		if (now_ns - tree->lost[i].ns < LOST_NS)
			tree_consider(tree, tree->lost[i].pid, true);
	}
}

/* The pids in `again` are those to be read in this scan. */
static void tree_scan_again(struct tree *tree)
{
	pid_t *now = tree->now.items;
	size_t cap = tree->now.cap;

	tree->now.items = tree->again.items;
	tree->now.cap = tree->again.cap;
	tree->now.len = tree->again.len;
	tree->again.items = now;
	tree->again.cap = cap;
	tree->again.len = 0;
	for (size_t i = 0; i < tree->now.len; i++)
		tree_consider(tree, tree->now.items[i], true);
}

/* Reads the ascending pids after the last one that was read. */
static void tree_scan_range(struct tree *tree, pid_t newest)
{
	while (tree->newest < newest) {
		tree_consider(tree, ++tree->newest, false);
		if (tree_is_late(tree))
			break;
	}
}

bool tree_scan(struct tree *tree, int64_t now_ns, int64_t until_ns)
{
	pid_t newest = 0;
	long threads = 0;
	bool known = procfs_newest(tree->fs, &newest, &threads);
	bool range = known && tree_is_range(tree, newest, threads, now_ns) &&
		     !tree->position;
	bool still = range && newest == tree->newest;
	bool lost = still && tree_is_lost_due(tree, now_ns);

	tree->scanned_ns = now_ns;
	tree->until_ns = until_ns;
	tree->done = 0;
	if (still)
		tree->reached_ns = now_ns;
	if (still && !lost && tree->again.len == 0)
		return false;
	tree_scan_again(tree);
	if (lost)
		tree_scan_lost(tree, now_ns);
	if (range)
		tree_scan_range(tree, newest);
	else
		tree_scan_all(tree, known ? newest : 0, now_ns);
	if (!tree->position && tree->newest == newest)
		tree->reached_ns = now_ns;
	tree_adopt_unrelated(tree);
	tree_keep_unrelated(tree);
	if (clock_mono_ns() >= tree->until_ns)
		tree->most = STEP;
	else if (tree->most < UINT_MAX - STEP)
		tree->most += STEP;
	return true;
}

void tree_skip(struct tree *tree, int64_t now_ns)
{
	tree->scanned_ns = now_ns;
	tree_scan_again(tree);
	tree_adopt_unrelated(tree);
	tree->unrelated.len = 0;
}

bool tree_adopt(struct tree *tree, pid_t pid, uint64_t started_until)
{
	struct proc_stat stat;

	if (!procfs_stat(tree->fs, pid, &stat) || stat.started > started_until)
		return false;
	tree_add(tree, &stat);
	return true;
}

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
	/* A scan has found all processes that were there when it began. */
	if (events->connector.fd >= 0 && tree->newest > 0)
		events->complete = true;
	if (events->connector.lost) {
		events->missed = true;
		events->complete = events->connector.lost = false;
		tree->newest = 0; /* the next scan is of all of /proc */
		tree->position = 0;
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

void group_scan(struct group_scanner *group, struct tree *tree,
    struct fork_events *events, int64_t now_ns)
{
	struct members *members = &tree->members;

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
	for (size_t i = 0; i < members->list.len; i++) {
		const struct member *member = &members->list.items[i];

		if (!member->gone && member->listed != group->scans)
			members_lose(members, i);
	}
}
