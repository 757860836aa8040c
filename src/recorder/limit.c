// SPDX-License-Identifier: MIT
#include "recorder/limit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	int signal; /* 0: none */
} actions[] = {
    [LIMIT_STOP] = {"stop", SIGSTOP},
    [LIMIT_TERM] = {"term", SIGTERM},
    [LIMIT_KILL] = {"kill", SIGKILL},
    [LIMIT_MARK] = {"mark", 0},
};

const char *limit_action_name(enum limit_action action)
{
	return actions[action].name;
}

/* Signals through a pidfd (Linux 5.3), so that a process that has got the pid
 * since is recognised by its start time. -1 with errno where a living process
 * could not be signalled; stat is that process's then. */
static int limit_send(const struct procfs *fs, const struct member *member,
    int signal, struct proc_stat *stat)
{
	int fd, failed, cause;

	fd = (int)syscall(SYS_pidfd_open, member->namespace_pid, 0);
	if (!procfs_stat_of(fs, member->pid, member->started, stat)) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	failed = fd < 0
		     ? kill(member->namespace_pid, signal)
		     : (int)syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0);
	cause = errno;
	if (fd >= 0)
		close(fd);
	errno = cause;
	return failed != 0 && cause != ESRCH ? -1 : 0;
}

/* Keeps the first of them by name. */
static void limit_note_refused(
    struct limit *limit, struct member *member, const struct proc_stat *stat)
{
	struct limit_refused *refused;
	int cause = errno;

	if (member->refused)
		return;
	member->refused = true;
	limit->refusals++;
	if (limit->named == LIMIT_NAMED)
		return;
	refused = &limit->refused[limit->named++];
	*refused = (struct limit_refused){.pid = member->pid, .cause = cause};
	memcpy(refused->name, stat->name, sizeof(refused->name));
}

static void limit_note_signalled(struct limit *limit, struct member *member)
{
	size_t kept = 0;

	member->signalled = true;
	member->killed = limit->action == LIMIT_KILL;
	if (!member->refused)
		return;
	member->refused = false;
	limit->refusals--;
	for (size_t i = 0; i < limit->named; i++) {
		if (limit->refused[i].pid != member->pid)
			limit->refused[kept++] = limit->refused[i];
	}
	limit->named = kept;
}

/* A process that could not be signalled is tried again at each call: it may
 * change its user. */
static void limit_signal(struct limit *limit, struct member *member)
{
	struct proc_stat stat;

	if (member->namespace_pid <= 0)
		return;
	if (limit_send(
		limit->fs, member, actions[limit->action].signal, &stat) == 0)
		limit_note_signalled(limit, member);
	else
		limit_note_refused(limit, member, &stat);
}

bool limit_check(
    struct limit *limit, struct members *members, int64_t total_kib)
{
	bool first = false;

	if (!limit->reached && total_kib > limit->kib) {
		first = limit->reached = true;
		limit->total_kib = total_kib;
	}
	if (!limit->reached || !actions[limit->action].signal)
		return first;
	for (size_t i = 0; i < members->list.len; i++) {
		struct member *member = &members->list.items[i];

		if (!member->gone && !member->zombie && !member->signalled)
			limit_signal(limit, member);
	}
	return first;
}
