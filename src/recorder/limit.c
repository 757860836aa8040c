// SPDX-License-Identifier: MIT
#include "recorder/limit.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	int signal; /* 0: none */
} actions[] = {
    [LIMIT_TERM] = {"term", SIGTERM},
    [LIMIT_KILL] = {"kill", SIGKILL},
    [LIMIT_STOP] = {"stop", SIGSTOP},
    [LIMIT_MARK] = {"mark", 0},
};

const char *limit_action_name(enum limit_action action)
{
	return actions[action].name;
}

/* Through a pidfd, Linux 5.3: were the pid another process's by now, its start
 * would tell. */
static void send_signal(
    const struct procfs *fs, const struct member *member, int signal)
{
	struct proc_stat stat;
	int fd;

	if (member->own <= 0)
		return;
	fd = (int)syscall(SYS_pidfd_open, member->own, 0);
	if (!procfs_stat(fs, member->pid, &stat) ||
	    stat.started != member->started) {
		if (fd >= 0)
			close(fd);
		return;
	}
	if (fd < 0) {
		kill(member->own, signal);
		return;
	}
	syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0);
	close(fd);
}

bool limit_check(
    struct limit *limit, struct members *members, int64_t total_kib)
{
	bool first = false;

	if (limit->kib > 0 && !limit->reached && total_kib > limit->kib) {
		first = limit->reached = true;
		limit->total_kib = total_kib;
	}
	if (!limit->reached || !actions[limit->action].signal)
		return first;
	for (size_t i = 0; i < members->list.len; i++) {
		struct member *member = &members->list.items[i];

		if (member->gone || member->zombie || member->signalled)
			continue;
		send_signal(limit->fs, member, actions[limit->action].signal);
		member->signalled = true;
	}
	return first;
}
