// SPDX-License-Identifier: MIT
#include "recorder/members.h"

#include <string.h>
#include <unistd.h>

static size_t first_slot(const struct members *members, pid_t pid)
{
	return ((uint32_t)pid * 2654435761U >> 7) & (members->slots_cap - 1);
}

static void members_put(struct members *members, size_t at)
{
	size_t slot = first_slot(members, members->list.items[at].pid);

	while (members->slots[slot])
		slot = (slot + 1) & (members->slots_cap - 1);
	members->slots[slot] = (uint32_t)at + 1;
}

/* At most half of the slots are taken. */
static void members_rebuild(struct members *members)
{
	size_t cap = members->slots_cap ? members->slots_cap : 16;

	while (cap < 2 * members->list.len + 2)
		cap *= 2;
	if (cap != members->slots_cap)
		members->slots =
		    mem_resize(members->slots, cap, sizeof(members->slots[0]));
	members->slots_cap = cap;
	memset(members->slots, 0, cap * sizeof(members->slots[0]));
	for (size_t i = 0; i < members->list.len; i++)
		members_put(members, i);
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
	free(members->slots);
	*members = (struct members){0};
}

struct member *members_add(
    struct members *members, const struct proc_stat *stat)
{
	struct member *member = array_push(&members->list);

	*member = (struct member){
	    .pid = stat->pid,
	    .ppid = stat->ppid,
	    .own = stat->pid,
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
	if (2 * members->list.len > members->slots_cap)
		members_rebuild(members);
	else
		members_put(members, members->list.len - 1);
	return member;
}

size_t members_find(const struct members *members, pid_t pid)
{
	size_t slot;

	if (members->slots_cap == 0)
		return MEMBERS_NONE;
	slot = first_slot(members, pid);
	while (members->slots[slot]) {
		size_t at = members->slots[slot] - 1;

		if (members->list.items[at].pid == pid &&
		    !members->list.items[at].gone)
			return at;
		slot = (slot + 1) & (members->slots_cap - 1);
	}
	return MEMBERS_NONE;
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
	members_rebuild(members);
}
