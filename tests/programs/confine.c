// SPDX-License-Identifier: MIT
/* confine WAY: holds 10 MiB, waits for a file "held", and confines itself by a
 * filter that ends it at each system call which is not allowed; WAY says by
 * which function: "prctl" or "syscall". A further filter fails. "executed":
 * executes itself below a filter that allows all, and "now": confines itself at
 * once. "vforked": a vforked child confines itself instead; "refused": a thread
 * does, so that a filter for all threads is refused. "unseen": sets a filter
 * that allows all, without libc. "forked": confines itself, and its forked
 * child holds the rest. Then holds 38 MiB, says so, and waits for a file
 * "told". "small": confines itself at once, and holds nothing. 77: there are no
 * such filters. */
#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The system calls that glibc makes here, and those that set a filter. The last
 * ones are those of a fork. */
static const unsigned allowed[] = {
    SYS_brk,
    SYS_mmap,
    SYS_munmap,
    SYS_write,
    SYS_exit_group,
    SYS_clock_nanosleep,
    SYS_newfstatat,
    SYS_prctl,
    SYS_seccomp,
#ifdef SYS_stat
    SYS_stat,
#endif
#ifdef SYS_nanosleep
    SYS_nanosleep,
#endif
#ifdef SYS_fork
    SYS_fork,
#endif
    SYS_clone,
    SYS_gettid,
    SYS_rt_sigprocmask,
    SYS_set_robust_list,
    SYS_wait4,
};

typedef long syscall_function(long number, ...);

/* Allows all system calls, or those above. */
static struct sock_fprog *make_filter(int all)
{
	static struct sock_filter steps[64] = {BPF_STMT(
	    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
	static struct sock_fprog program;
	size_t count = all ? 0 : sizeof(allowed) / sizeof(allowed[0]);

	program = (struct sock_fprog){1, steps};
	for (size_t i = 0; i < count; i++) {
		steps[program.len++] = (struct sock_filter)BPF_JUMP(
		    BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1);
		steps[program.len++] = (struct sock_filter)BPF_STMT(
		    BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	steps[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
	    all ? SECCOMP_RET_ALLOW : SECCOMP_RET_KILL_PROCESS);
	return &program;
}

static long set_filter(int by_syscall, const struct sock_fprog *program)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return by_syscall
		   ? syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program)
		   : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program);
}

/* As a program without libc does. */
static int confine_unseen(void)
{
#ifdef __x86_64__
	long result = SYS_seccomp;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return 0;
	/* Its releases differ about this. */
	/* clang-format off */
	__asm__ volatile(
	    "syscall"
	    : "+a"(result)
	    : "D"((long)SECCOMP_SET_MODE_FILTER), "S"(0L), "d"(make_filter(1))
	    : "rcx", "r11", "memory");
	/* clang-format on */
	return result == 0;
#else
	return 0;
#endif
}

static int confine(int by_syscall)
{
	/* The kernel reads no filter at address 8. */
	return set_filter(by_syscall, make_filter(0)) == 0 &&
	       set_filter(by_syscall, (const struct sock_fprog *)8) != 0;
}

static int confine_child(void)
{
	pid_t child = vfork();
	int status = 0;

	if (child == 0) {
		if (set_filter(0, make_filter(1)) != 0)
			_exit(77);
		execlp("true", "true", NULL);
		_exit(77);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static int thread_state; /* 1: it is confined; -1: it can't be */

/* By libc's own function: a library in front of it doesn't know of it. */
static void *confine_thread(void *libc)
{
	syscall_function *next = NULL;

	if (libc)
		*(void **)&next = dlsym(libc, "syscall");
	__atomic_store_n(&thread_state,
	    next && next(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0,
			make_filter(1)) == 0
		? 1
		: -1,
	    __ATOMIC_RELEASE);
	for (;;)
		pause();
	return NULL;
}

static int confine_all(void)
{
	pthread_t thread;
	int state = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    pthread_create(&thread, NULL, confine_thread,
		dlopen("libc.so.6", RTLD_LAZY)) != 0)
		return 0;
	while (state == 0) {
		usleep(1000);
		state = __atomic_load_n(&thread_state, __ATOMIC_ACQUIRE);
	}
	return state > 0 && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				SECCOMP_FILTER_FLAG_TSYNC, make_filter(1)) > 0;
}

__attribute__((noinline)) static void *keep(size_t size)
{
	void *volatile kept = malloc(size);

	return memset(kept, 1, size);
}

static void hold_more(void)
{
	for (int i = 0; i < 4000; i++)
		keep(10000);
}

/* Whether a forked child can hold as much. */
static int hold_in_child(void)
{
	pid_t child = fork();
	int status = 1;

	if (child == 0) {
		hold_more();
		_exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static void wait_for(const char *file)
{
	struct stat about;

	for (int i = 0; i < 9000 && stat(file, &about) != 0; i++)
		usleep(20000);
}

static int begin(const char *way)
{
	if (strcmp(way, "small") == 0)
		exit(confine(0) ? 0 : 77);
	keep(10 << 20);
	if (strcmp(way, "now") != 0)
		wait_for("held");
	if (strcmp(way, "vforked") == 0)
		return confine_child();
	if (strcmp(way, "refused") == 0)
		return confine_all();
	if (strcmp(way, "unseen") == 0)
		return confine_unseen();
	return confine(strcmp(way, "syscall") == 0);
}

int main(int argc, char **argv)
{
	const char *way = argc == 2 ? argv[1] : "";

	if (strcmp(way, "executed") == 0) {
		if (set_filter(0, make_filter(1)) != 0)
			return 77;
		execl(argv[0], argv[0], "below", NULL);
		return 1;
	}
	if (strcmp(way, "below") != 0 && !begin(way))
		return 77;
	if (strcmp(way, "forked") == 0 && !hold_in_child())
		return 1;
	hold_more();
	if (write(STDOUT_FILENO, "whole\n", 6) != 6)
		return 1;
	if (strcmp(way, "now") != 0)
		wait_for("told");
	return 0;
}
