// SPDX-License-Identifier: MIT
#include "recorder/members.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static bool members_has_pid(const void *items, size_t at, const void *key)
{
	const struct member *member = (const struct member *)items + at;

	return member->pid == *(const pid_t *)key && !member->gone;
}

static void members_index(struct members *members, size_t at)
{
	pid_t pid = members->list.items[at].pid;

	index_add(&members->index, index_hash_number((uint64_t)pid), at);
}

static void members_close_files(struct member *member)
{
	if (member->fd >= 0)
		close(member->fd);
	if (member->status_fd >= 0)
		close(member->status_fd);
	if (member->schedstat_fd >= 0)
		close(member->schedstat_fd);
	member->fd = member->status_fd = member->schedstat_fd = -1;
}

void members_finish(struct members *members)
{
	for (size_t i = 0; i < members->list.len; i++) {
		members_close_files(&members->list.items[i]);
		free(members->list.items[i].usage);
	}
	array_free(&members->list);
	index_finish(&members->index);
	*members = (struct members){0};
}

struct member *members_add(
    struct members *members, const struct proc_stat *stat)
{
	struct member *member = array_push(&members->list);

	*member = (struct member){
	    .pid = stat->pid,
	    .ppid = stat->ppid,
	    .namespace_pid = stat->pid,
	    .task = stat->pid,
	    .owns = !stat->is_forked,
	    .fd = -1,
	    .status_fd = -1,
	    .schedstat_fd = -1,
	    .started = stat->started,
	    .forked = stat->is_forked,
	    .kib = -1,
	    .peak_kib = -1,
	    .base_kib = -1,
	};
	memcpy(member->name, stat->name, sizeof(member->name));
	members_index(members, members->list.len - 1);
	return member;
}

size_t members_find(const struct members *members, pid_t pid)
{
	return index_find(&members->index, index_hash_number((uint64_t)pid),
	    members_has_pid, members->list.items, &pid);
}

void members_lose(struct members *members, size_t at)
{
	members_close_files(&members->list.items[at]);
	members->list.items[at].gone = true;
	members->any_gone = true;
}

void members_sweep(struct members *members)
{
	size_t kept = 0;

	if (!members->any_gone)
		return;
	for (size_t i = 0; i < members->list.len; i++) {
		if (!members->list.items[i].gone)
			members->list.items[kept++] = members->list.items[i];
		else
			free(members->list.items[i].usage);
	}
	members->list.len = kept;
	members->any_gone = false;
	index_clear(&members->index);
	for (size_t i = 0; i < kept; i++)
		members_index(members, i);
}

/* A process that runs for longer is not about to end, but has work to do. */
#define ENDING_NS (NS_PER_S / 15)

/* The first number of "RAN_NS WAITED_NS SLICES"; 0 where the kernel keeps no
 * such account. */
static uint64_t members_read_ran(const struct procfs *fs, pid_t pid)
{
	char text[64];

	if (procfs_read(fs, pid, "schedstat", text, sizeof(text)) <= 0)
		return 0;
	return strtoull(text, NULL, 10);
}

static bool members_has_moved(const struct procfs *fs, struct member *member)
{
	struct proc_stat stat;
	uint64_t ran;
	bool first = !member->watched, moved;

	if (!procfs_stat(fs, member->pid, &stat))
		return false;
	ran = members_read_ran(fs, member->pid);
	moved = ran != member->watched_ran;
	if (first)
		member->watched_from = ran;
	member->watched = true;
	member->watched_ran = ran;
	if (ran - member->watched_from > ENDING_NS)
		return false;
	return first || moved || stat.state == 'R' || stat.state == 'D';
}

bool members_any_stirs(const struct procfs *fs, struct members *members)
{
	bool any = false;

	for (size_t i = 0; i < members->list.len; i++) {
		struct member *member = &members->list.items[i];

		if (!member->gone && !member->zombie)
			any = members_has_moved(fs, member) || any;
	}
	return any;
}

static bool members_lives_on(const struct member *member)
{
	return !member->gone && !member->zombie && !member->is_root &&
	       !member->killed;
}

size_t members_alive(const struct members *members)
{
	size_t count = 0;

	for (size_t i = 0; i < members->list.len; i++)
		count += members_lives_on(&members->list.items[i]);
	return count;
}

void members_name_alive(const struct procfs *fs, const struct members *members,
    struct member_alive alive[MEMBERS_NAMED])
{
	size_t named = 0;

	for (size_t i = 0; i < members->list.len && named < MEMBERS_NAMED;
	     i++) {
		const struct member *member = &members->list.items[i];
		struct proc_stat now;

		if (!members_lives_on(member))
			continue;
		alive[named].pid = member->pid;
		memcpy(alive[named].name,
		    procfs_stat(fs, member->pid, &now) ? now.name
						       : member->name,
		    PROCFS_NAME);
		named++;
	}
}

bool members_any_dying(const struct members *members, bool adopts)
{
	for (size_t i = 0; i < members->list.len; i++) {
		const struct member *member = &members->list.items[i];

		if (member->gone ||
		    (!member->killed && (!member->zombie || !adopts)))
			continue;
		if (!member->zombie ||
		    members_find(members, member->ppid) == MEMBERS_NONE)
			return true;
	}
	return false;
}
