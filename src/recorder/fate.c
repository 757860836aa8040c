// SPDX-License-Identifier: MIT
#include "recorder/fate.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

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

void fate_init(struct fate *fate, const struct procfs *fs, pid_t pid)
{
	*fate = (struct fate){.fs = fs};
	cgroup_init(&fate->cgroup, fs, pid, NULL);
	fate->cgroup_kib = cgroup_limit_kib(&fate->cgroup);
	fate->cgroup_kills = cgroup_oom_kills(&fate->cgroup);
	fate->machine_kib = machine_kib(fs);
	fate->machine_kills = machine_kills(fs);
	fate->address_kib = address_kib(procfs_own(fs, pid));
}

void fate_finish(struct fate *fate)
{
	cgroup_finish(&fate->cgroup);
}

static void take_limit(
    struct fate_verdict *verdict, int64_t kib, const char *of)
{
	if (kib < 0 || (verdict->limit_kib >= 0 && verdict->limit_kib <= kib))
		return;
	verdict->limit_kib = kib;
	verdict->limit_of = of;
}

void fate_judge(
    const struct fate *fate, int status, struct fate_verdict *verdict)
{
	bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	int64_t in_cgroup =
	    cgroup_oom_kills(&fate->cgroup) - fate->cgroup_kills;
	int64_t in_machine = machine_kills(fate->fs) - fate->machine_kills;

	*verdict = (struct fate_verdict){.limit_kib = -1};
	if (fate->cgroup_kills >= 0 && in_cgroup > 0)
		verdict->kills = in_cgroup;
	verdict->oom =
	    killed && (verdict->kills > 0 ||
			  (fate->machine_kills >= 0 && in_machine > 0));
	if (verdict->oom && verdict->kills > 0) {
		take_limit(verdict, fate->cgroup_kib, "its cgroup");
	} else if (!verdict->oom) {
		take_limit(verdict, fate->cgroup_kib, "its cgroup");
		take_limit(verdict, fate->address_kib, "its address space");
	}
	take_limit(verdict, fate->machine_kib, "this machine");
}
