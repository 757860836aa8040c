// SPDX-License-Identifier: MIT
#include "recorder/members.h"

#include <string.h>
#include <unistd.h>

static bool member_has_pid(const void *items, size_t at, const void *key)
{
	const struct member *member = (const struct member *)items + at;

	return member->pid == *(const pid_t *)key && !member->gone;
}

static void members_index(struct members *members, size_t at)
{
	pid_t pid = members->list.items[at].pid;

	index_add(&members->index, index_hash_number((uint64_t)pid), at);
}

static void close_files(struct member *member)
{
	if (member->fd >= 0)
		close(member->fd);
	if (member->status >= 0)
		close(member->status);
	if (member->schedstat >= 0)
		close(member->schedstat);
	member->fd = member->status = member->schedstat = -1;
}

void members_finish(struct members *members)
{
	for (size_t i = 0; i < members->list.len; i++)
		close_files(&members->list.items[i]);
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
	    .status = -1,
	    .schedstat = -1,
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
	    member_has_pid, members->list.items, &pid);
}

void members_lose(struct members *members, size_t at)
{
	close_files(&members->list.items[at]);
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
	}
	members->list.len = kept;
	members->any_gone = false;
	index_clear(&members->index);
	for (size_t i = 0; i < kept; i++)
		members_index(members, i);
}
