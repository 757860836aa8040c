// SPDX-License-Identifier: MIT
#include "recorder/linger.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* A process that runs for longer has work of its own. */
#define ENDING_NS (NS_PER_S / 15)

/* "RAN_NS WAITED_NS SLICES"; 0 where the kernel keeps no account. */
static uint64_t read_ran(const struct procfs *fs, pid_t pid)
{
	char text[64];

	if (procfs_read(fs, pid, "schedstat", text, sizeof(text)) <= 0)
		return 0;
	return strtoull(text, NULL, 10);
}

static bool linger_has_moved(const struct procfs *fs, struct member *member)
{
	struct proc_stat stat;
	uint64_t ran;
	bool first = !member->watched, moved;

	if (!procfs_stat(fs, member->pid, &stat))
		return false;
	ran = read_ran(fs, member->pid);
	moved = ran != member->watched_ran;
	if (first)
		member->watched_from = ran;
	member->watched = true;
	member->watched_ran = ran;
	if (ran - member->watched_from > ENDING_NS)
		return false;
	return first || moved || stat.state == 'R' || stat.state == 'D';
}

bool linger_stirs(const struct procfs *fs, struct members *members)
{
	bool any = false;

	for (size_t i = 0; i < members->list.len; i++) {
		struct member *member = &members->list.items[i];

		if (!member->gone && !member->zombie)
			any = linger_has_moved(fs, member) || any;
	}
	return any;
}

static bool linger_lives_on(const struct member *member)
{
	return !member->gone && !member->zombie && !member->is_root &&
	       !member->killed;
}

size_t linger_count(const struct members *members)
{
	size_t count = 0;

	for (size_t i = 0; i < members->list.len; i++)
		count += linger_lives_on(&members->list.items[i]);
	return count;
}

void linger_name(const struct procfs *fs, const struct members *members,
    struct sampler_living living[SAMPLER_NAMED])
{
	size_t named = 0;

	for (size_t i = 0; i < members->list.len && named < SAMPLER_NAMED;
	     i++) {
		const struct member *member = &members->list.items[i];
		struct proc_stat now;

		if (!linger_lives_on(member))
			continue;
		living[named].pid = member->pid;
		memcpy(living[named].name,
		    procfs_stat(fs, member->pid, &now) ? now.name
						       : member->name,
		    PROCFS_NAME);
		named++;
	}
}

bool linger_is_dying(const struct members *members)
{
	for (size_t i = 0; i < members->list.len; i++) {
		const struct member *member = &members->list.items[i];

		if (!member->gone && member->killed &&
		    (!member->zombie ||
			members_find(members, member->ppid) == MEMBERS_NONE))
			return true;
	}
	return false;
}
