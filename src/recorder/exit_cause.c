// SPDX-License-Identifier: MIT
#include "recorder/exit_cause.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/* The next reading is due when the program's age has grown by 1/AGE_PART, and
 * within a second: a program that sets its own limits does so at its start. */
enum { AGE_PART = 4 };

static const struct exit_cause_limit of_cgroup = {"cgroup", "its cgroup", true};
static const struct exit_cause_limit of_address_space = {
    "address-space", "its address space", true};
static const struct exit_cause_limit of_machine = {
    "machine", "this machine", false};

static int64_t exit_cause_machine_kib(const struct procfs *fs)
{
	char text[512];

	return procfs_machine(fs, "meminfo", text, sizeof(text)) > 0
		   ? procfs_kib(text, "MemTotal")
		   : -1;
}

/* Processes on this machine that the out-of-memory killer has ended: Linux
 * 4.13. */
static int64_t exit_cause_machine_kills(const struct procfs *fs)
{
	char text[16384];
	const char *at;

	if (procfs_machine(fs, "vmstat", text, sizeof(text)) <= 0)
		return -1;
	at = strstr(text, "\noom_kill ");
	return at ? atoll(at + strlen("\noom_kill ")) : -1;
}

static int64_t exit_cause_address_kib(pid_t pid)
{
	struct rlimit limit;

	if (pid <= 0 || prlimit(pid, RLIMIT_AS, NULL, &limit) != 0 ||
	    limit.rlim_cur == RLIM_INFINITY)
		return -1;
	return (int64_t)(limit.rlim_cur / 1024);
}

void exit_cause_init(struct exit_cause *exit_cause, const struct procfs *fs,
    pid_t pid, int64_t now_ns)
{
	*exit_cause = (struct exit_cause){.fs = fs,
	    .pid = pid,
	    .own_pid = procfs_namespace_pid(fs, pid),
	    .began_ns = now_ns,
	    .membership = -1,
	    .cgroup = {.directory = -1, .current = -1},
	    .cgroup_kib = -1,
	    .address_kib = -1,
	    .cgroup_kills = -1,
	    .machine_kills = -1};
}

void exit_cause_finish(struct exit_cause *exit_cause)
{
	if (exit_cause->membership >= 0)
		close(exit_cause->membership);
	cgroup_finish(&exit_cause->cgroup);
}

static void exit_cause_set_cgroup(
    struct exit_cause *exit_cause, const struct cgroup *found)
{
	cgroup_finish(&exit_cause->cgroup);
	exit_cause->cgroup = *found;
	exit_cause->cgroup_kib = cgroup_limit_kib(&exit_cause->cgroup);
	exit_cause->cgroup_kills = cgroup_oom_kills(&exit_cause->cgroup);
}

static void exit_cause_find_cgroup(struct exit_cause *exit_cause, pid_t pid)
{
	struct cgroup found;

	if (cgroup_init(&found, exit_cause->fs, pid, NULL) == 0)
		exit_cause_set_cgroup(exit_cause, &found);
}

void exit_cause_watch_group(struct exit_cause *exit_cause, const char *path)
{
	struct cgroup found;

	if (cgroup_init_path(&found, exit_cause->fs, path, NULL) == 0)
		exit_cause_set_cgroup(exit_cause, &found);
}

static void exit_cause_read_membership(struct exit_cause *exit_cause)
{
	char groups[sizeof(exit_cause->groups)] = "";
	struct proc_stat stat;

	if (exit_cause->pid <= 0)
		return;
	if (exit_cause->membership < 0)
		exit_cause->membership =
		    procfs_open(exit_cause->fs, exit_cause->pid, "cgroup");
	if (procfs_pread(exit_cause->membership, groups, sizeof(groups)) <= 0 ||
	    strcmp(groups, exit_cause->groups) == 0)
		return;
	/* Version 1 moves a process to the root group as it begins to end. */
	if (!procfs_stat(exit_cause->fs, exit_cause->pid, &stat) ||
	    stat.is_ending)
		return;
	exit_cause_find_cgroup(exit_cause, exit_cause->pid);
	memcpy(exit_cause->groups, groups, sizeof(groups));
}

void exit_cause_read(struct exit_cause *exit_cause, int64_t now_ns)
{
	int64_t pause_ns = (now_ns - exit_cause->began_ns) / AGE_PART;
	int64_t limit_kib;

	if (now_ns < exit_cause->due_ns)
		return;
	exit_cause->due_ns =
	    now_ns + (pause_ns < NS_PER_S ? pause_ns : NS_PER_S);
	if (!exit_cause->was_read)
		exit_cause->machine_kills =
		    exit_cause_machine_kills(exit_cause->fs);
	exit_cause_read_membership(exit_cause);
	limit_kib = exit_cause_address_kib(exit_cause->own_pid);
	if (limit_kib >= 0)
		exit_cause->address_kib = limit_kib;
	exit_cause->was_read = true;
}

/* Kills since the first reading; -1 where the counter can't be read now, or
 * could not be then, as in a group that is gone. */
static int64_t exit_cause_kills_since(int64_t before, int64_t now)
{
	if (before < 0 || now < 0)
		return -1;
	return now > before ? now - before : 0;
}

static int64_t exit_cause_kills_in_cgroup(const struct exit_cause *exit_cause)
{
	return exit_cause_kills_since(
	    exit_cause->cgroup_kills, cgroup_oom_kills(&exit_cause->cgroup));
}

/* The kill may have been another program's: the machine's counter doesn't
 * say. */
static bool exit_cause_may_be_killed(const struct exit_cause *exit_cause)
{
	return exit_cause_kills_in_cgroup(exit_cause) < 0 &&
	       exit_cause_kills_since(exit_cause->machine_kills,
		   exit_cause_machine_kills(exit_cause->fs)) > 0;
}

static bool exit_cause_is_kill(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

bool exit_cause_killed(struct exit_cause *exit_cause, int status)
{
	if (!exit_cause_is_kill(status) || !exit_cause->was_read ||
	    exit_cause_kills_in_cgroup(exit_cause) <= exit_cause->blamed)
		return false;
	exit_cause->blamed++;
	return true;
}

static void exit_cause_lower_limit(struct exit_cause_verdict *verdict,
    int64_t kib, const struct exit_cause_limit *limit_of)
{
	if (kib < 0 || (verdict->limit_kib >= 0 && verdict->limit_kib <= kib))
		return;
	verdict->limit_kib = kib;
	verdict->limit_of = limit_of;
}

/* If a program ended before the first reading, this process's limits stand
 * for the ones it had inherited. */
void exit_cause_judge(struct exit_cause *exit_cause, int status, bool ours,
    struct exit_cause_verdict *verdict)
{
	int64_t limit_kib;

	*verdict = (struct exit_cause_verdict){.limit_kib = -1};
	if (!exit_cause->was_read && status != 0) {
		exit_cause_find_cgroup(exit_cause, exit_cause->fs->self);
		exit_cause->address_kib = exit_cause_address_kib(getpid());
	}
	if (exit_cause->was_read && exit_cause_kills_in_cgroup(exit_cause) > 0)
		verdict->kills = exit_cause_kills_in_cgroup(exit_cause);
	if (!ours)
		verdict->oom = exit_cause_killed(exit_cause, status);
	verdict->may_be_oom = !ours && exit_cause_is_kill(status) &&
			      exit_cause->was_read &&
			      exit_cause_may_be_killed(exit_cause);
	/* The limit is read again: it may have been changed. */
	limit_kib = cgroup_limit_kib(&exit_cause->cgroup);
	if (limit_kib < 0)
		limit_kib = exit_cause->cgroup_kib;
	exit_cause_lower_limit(verdict, limit_kib, &of_cgroup);
	/* This limit makes malloc() fail, and kills no process. */
	if (!verdict->oom && !verdict->may_be_oom)
		exit_cause_lower_limit(
		    verdict, exit_cause->address_kib, &of_address_space);
	if (status != 0)
		exit_cause_lower_limit(verdict,
		    exit_cause_machine_kib(exit_cause->fs), &of_machine);
}
