// SPDX-License-Identifier: MIT
/* confine WAY: holds 10 MiB, waits for a file "held", and confines itself by a
 * filter that ends it at each system call which is not allowed; WAY says by
 * which function: "prctl" or "syscall". "executed": executes itself below a
 * filter that allows all, and "now": confines itself at once. Then holds 38
 * MiB, says so, and waits for a file "told". 77: there are no such filters. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What glibc needs here. */
static const unsigned allowed[] = {SYS_brk, SYS_mmap, SYS_munmap, SYS_write,
    SYS_exit_group, SYS_clock_nanosleep, SYS_newfstatat};

static long confine(int by_syscall, int all)
{
	static struct sock_filter steps[32] = {BPF_STMT(
	    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
	struct sock_fprog program = {1, steps};
	size_t count = all ? 0 : sizeof(allowed) / sizeof(allowed[0]);

	for (size_t i = 0; i < count; i++) {
		steps[program.len++] = (struct sock_filter)BPF_JUMP(
		    BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1);
		steps[program.len++] = (struct sock_filter)BPF_STMT(
		    BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	steps[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
	    all ? SECCOMP_RET_ALLOW : SECCOMP_RET_KILL_PROCESS);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return by_syscall
		   ? syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)
		   : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

__attribute__((noinline)) static void *keep(size_t size)
{
	void *volatile kept = malloc(size);

	return memset(kept, 1, size);
}

static void wait_for(const char *file)
{
	struct stat about;

	for (int i = 0; i < 9000 && stat(file, &about) != 0; i++)
		usleep(20000);
}

int main(int argc, char **argv)
{
	const char *way = argc == 2 ? argv[1] : "";

	if (strcmp(way, "executed") == 0) {
		if (confine(0, 1) != 0)
			return 77;
		execl(argv[0], argv[0], "below", NULL);
		return 1;
	}
	if (strcmp(way, "below") != 0) {
		keep(10 << 20);
		if (strcmp(way, "now") != 0)
			wait_for("held");
		if (confine(strcmp(way, "syscall") == 0, 0) != 0)
			return 77;
	}
	for (int i = 0; i < 4000; i++)
		keep(10000);
	if (write(STDOUT_FILENO, "whole\n", 6) != 6)
		return 1;
	if (strcmp(way, "now") != 0)
		wait_for("told");
	return 0;
}
