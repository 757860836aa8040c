// SPDX-License-Identifier: MIT
#include "recorder/linger.h"

#include <stdlib.h>

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
