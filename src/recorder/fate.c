// SPDX-License-Identifier: MIT
#include "recorder/fate.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/* The next look comes when the program is older by an AGE_PART, and within a
 * second: one that limits itself does so at its start. */
enum { AGE_PART = 4 };

static const struct fate_limit of_cgroup = {"cgroup", "its cgroup", true};
static const struct fate_limit of_address_space = {
    "address-space", "its address space", true};
static const struct fate_limit of_machine = {"machine", "this machine", false};

static int64_t machine_kib(const struct procfs *fs)
{
	char text[512];
	int64_t kib = procfs_machine(fs, "meminfo", text, sizeof(text)) > 0
			  ? procfs_kib(text, "MemTotal")
			  : -1;

	return kib;
}

/* Processes killed on this machine for want of memory, Linux 4.13. */
static int64_t machine_kills(const struct procfs *fs)
{
	char text[16384];
	const char *at;

	if (procfs_machine(fs, "vmstat", text, sizeof(text)) <= 0)
		return -1;
	at = strstr(text, "\noom_kill ");
	return at ? atoll(at + strlen("\noom_kill ")) : -1;
}

static int64_t address_kib(pid_t pid)
{
	struct rlimit limit;

	if (prlimit(pid, RLIMIT_AS, NULL, &limit) != 0 ||
	    limit.rlim_cur == RLIM_INFINITY)
		return -1;
	return (int64_t)(limit.rlim_cur / 1024);
}

void fate_init(
    struct fate *fate, const struct procfs *fs, pid_t pid, int64_t now_ns)
{
	*fate = (struct fate){.fs = fs,
	    .pid = pid,
	    .own_pid = procfs_own(fs, pid),
	    .began_ns = now_ns,
	    .membership = -1,
	    .cgroup = {.folder = -1, .current = -1},
	    .cgroup_kib = -1,
	    .address_kib = -1,
	    .cgroup_kills = -1,
	    .machine_kills = -1};
}

void fate_finish(struct fate *fate)
{
	if (fate->membership >= 0)
		close(fate->membership);
	cgroup_finish(&fate->cgroup);
}

/* Version 1 moves a process that ends to the root group first. */
static bool is_ending(const struct fate *fate)
{
	struct proc_stat stat;

	return !procfs_stat(fate->fs, fate->pid, &stat) || stat.is_ending;
}

static void take_cgroup(struct fate *fate, pid_t pid)
{
	struct cgroup found;

	if (cgroup_init(&found, fate->fs, pid, NULL) != 0)
		return;
	cgroup_finish(&fate->cgroup);
	fate->cgroup = found;
	fate->cgroup_kib = cgroup_limit_kib(&fate->cgroup);
	fate->cgroup_kills = cgroup_oom_kills(&fate->cgroup);
}

static void look_at_membership(struct fate *fate)
{
	char groups[sizeof(fate->groups)] = "";

	if (fate->membership < 0)
		fate->membership = procfs_open(fate->fs, fate->pid, "cgroup");
	if (procfs_pread(fate->membership, groups, sizeof(groups)) <= 0 ||
	    strcmp(groups, fate->groups) == 0 || is_ending(fate))
		return;
	take_cgroup(fate, fate->pid);
	memcpy(fate->groups, groups, sizeof(groups));
}

void fate_look(struct fate *fate, int64_t now_ns)
{
	int64_t pause_ns = (now_ns - fate->began_ns) / AGE_PART;
	int64_t limit_kib;

	if (now_ns < fate->due_ns)
		return;
	fate->due_ns = now_ns + (pause_ns < NS_PER_S ? pause_ns : NS_PER_S);
	if (!fate->looked)
		fate->machine_kills = machine_kills(fate->fs);
	look_at_membership(fate);
	limit_kib = address_kib(fate->own_pid);
	if (limit_kib >= 0)
		fate->address_kib = limit_kib;
	fate->looked = true;
}

/* Since the first look; -1 where the counter can't be read, or could not be:
 * of a group that is gone. */
static int64_t kills_since(int64_t before, int64_t now)
{
	if (before < 0 || now < 0)
		return -1;
	return now > before ? now - before : 0;
}

static int64_t kills_in_cgroup(const struct fate *fate)
{
	return kills_since(fate->cgroup_kills, cgroup_oom_kills(&fate->cgroup));
}

/* Another program may have been the one that was killed. */
static bool may_be_killed(const struct fate *fate)
{
	return kills_in_cgroup(fate) < 0 &&
	       kills_since(fate->machine_kills, machine_kills(fate->fs)) > 0;
}

static bool is_kill(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

bool fate_killed(struct fate *fate, int status)
{
	if (!is_kill(status) || !fate->looked ||
	    kills_in_cgroup(fate) <= fate->blamed)
		return false;
	fate->blamed++;
	return true;
}

static void take_limit(struct fate_verdict *verdict, int64_t kib,
    const struct fate_limit *limit_of)
{
	if (kib < 0 || (verdict->limit_kib >= 0 && verdict->limit_kib <= kib))
		return;
	verdict->limit_kib = kib;
	verdict->limit_of = limit_of;
}

/* It may have been changed since. */
static int64_t cgroup_kib(const struct fate *fate)
{
	int64_t now = cgroup_limit_kib(&fate->cgroup);

	return now >= 0 ? now : fate->cgroup_kib;
}

/* A program that ended before the first look had what this process has. */
void fate_judge(
    struct fate *fate, int status, bool ours, struct fate_verdict *verdict)
{
	*verdict = (struct fate_verdict){.limit_kib = -1};
	if (!fate->looked && status != 0) {
		take_cgroup(fate, fate->fs->self);
		fate->address_kib = address_kib(getpid());
	}
	if (fate->looked && kills_in_cgroup(fate) > 0)
		verdict->kills = kills_in_cgroup(fate);
	if (!ours)
		verdict->oom = fate_killed(fate, status);
	verdict->may_be_oom =
	    !ours && is_kill(status) && fate->looked && may_be_killed(fate);
	take_limit(verdict, cgroup_kib(fate), &of_cgroup);
	/* It makes malloc() fail, and kills nobody. */
	if (!verdict->oom && !verdict->may_be_oom)
		take_limit(verdict, fate->address_kib, &of_address_space);
	if (status != 0)
		take_limit(verdict, machine_kib(fate->fs), &of_machine);
}
