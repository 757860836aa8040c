// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "python/remote/interpreter.h"

#define SCOPE_FILE "/proc/sys/kernel/yama/ptrace_scope"

/* The value of kernel.yama.ptrace_scope; 0 where the kernel has no Yama. */
static int refusal_yama_scope(void)
{
	FILE *file = fopen(SCOPE_FILE, "re");
	int scope = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%d", &scope) != 1)
		scope = 0;
	fclose(file);
	return scope;
}

static const char *const remedies[] = {
    "it belongs to another user, or was started with privileges; root or "
    "CAP_SYS_PTRACE may read it",
    "kernel.yama.ptrace_scope is 1, so only its ancestors may read it: start "
    "it with mprof run, or use root, CAP_SYS_PTRACE or sysctl "
    "kernel.yama.ptrace_scope=0",
    "kernel.yama.ptrace_scope is 2, so only CAP_SYS_PTRACE may read it: use "
    "root, or sysctl kernel.yama.ptrace_scope=1 and mprof run",
    "kernel.yama.ptrace_scope is 3, so nobody may read it until the next boot "
    "with another setting",
};

enum python_result python_refusal(pid_t pid, int error, struct err *e)
{
	int scope;

	if (error == EPERM || error == EACCES) {
		scope = refusal_yama_scope();
		if (scope < 0 || scope > 3)
			scope = 0;
		err_set(e,
		    "process %d: not permitted to read its memory: %s (its "
		    "memory over time can still be recorded)",
		    (int)pid, remedies[scope]);
		return PYTHON_DENIED;
	}
	if (error == ESRCH || error == ENOENT) {
		err_set(e, "process %d: ended while it was read", (int)pid);
		return PYTHON_GONE;
	}
	/* The memory was unmapped a moment ago. */
	if (error == EFAULT) {
		err_set(e,
		    "process %d: its memory map changed while it was read; "
		    "try again",
		    (int)pid);
		return PYTHON_EARLY;
	}
	err_set(e, "process %d: can't be read: %s", (int)pid, strerror(error));
	return PYTHON_UNSUPPORTED;
}
