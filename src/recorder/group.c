// SPDX-License-Identifier: MIT
#include "recorder/group.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "proc/cgroup.h"

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
		else if (kill(pid, 0) == 0 || errno == EPERM)
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
