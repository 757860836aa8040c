// SPDX-License-Identifier: MIT
/* Prints everything that a program can see about how it was started. Run with
 * and without the recorder the two texts must be equal. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

static void print_descriptors(void)
{
	for (int fd = 0; fd < 1024; fd++) {
		struct stat st;

		if (fstat(fd, &st) != 0)
			continue;
		printf("fd %d: %o %lx:%lx flags %x %x at %ld\n", fd, st.st_mode,
		    (unsigned long)st.st_dev, (unsigned long)st.st_ino,
		    fcntl(fd, F_GETFL), fcntl(fd, F_GETFD),
		    (long)lseek(fd, 0, SEEK_CUR));
	}
}

static void print_terminal(void)
{
	struct termios modes;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);

	printf("process group %d session %d\n", getpgrp(), getsid(0));
	if (fd < 0 || tcgetattr(fd, &modes) != 0) {
		puts("no terminal");
		return;
	}
	printf("terminal: foreground %d, modes %x %x %x %x\n", tcgetpgrp(fd),
	    modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag);
	close(fd);
}

static void print_signals(void)
{
	sigset_t blocked, pending;

	sigprocmask(SIG_SETMASK, NULL, &blocked);
	sigpending(&pending);
	for (int signal = 1; signal <= SIGRTMAX; signal++) {
		struct sigaction action;

		if (sigaction(signal, NULL, &action) != 0)
			continue;
		printf("signal %d:%s%s%s\n", signal,
		    action.sa_handler == SIG_IGN ? " ignored" : "",
		    sigismember(&blocked, signal) == 1 ? " blocked" : "",
		    sigismember(&pending, signal) == 1 ? " pending" : "");
	}
}

static void print_limits(void)
{
	for (int which = 0; which < RLIM_NLIMITS; which++) {
		struct rlimit limit;

		if (getrlimit((__rlimit_resource_t)which, &limit) == 0)
			printf("limit %d: %lx %lx\n", which,
			    (unsigned long)limit.rlim_cur,
			    (unsigned long)limit.rlim_max);
	}
}

/* A file of /proc/self, without the lines that are never twice the same. */
static void print_file(const char *path, const char *const *keys)
{
	char line[4096];
	FILE *file = fopen(path, "re");

	while (file && fgets(line, sizeof(line), file)) {
		bool wanted = keys[0] == NULL;

		for (size_t i = 0; keys[i]; i++)
			wanted |= strncmp(line, keys[i], strlen(keys[i])) == 0;
		if (wanted)
			printf("%s: %s", path, line);
	}
	if (file)
		fclose(file);
}

static void print_scheduling(void)
{
	cpu_set_t cpus;
	struct itimerval timer;
	int reaper = 0;

	sched_getaffinity(0, sizeof(cpus), &cpus);
	getitimer(ITIMER_REAL, &timer);
	printf("nice %d, policy %d, cpus %d, io %ld, alarm %d\n",
	    getpriority(PRIO_PROCESS, 0), sched_getscheduler(0),
	    CPU_COUNT(&cpus), syscall(SYS_ioprio_get, 1, 0),
	    timer.it_value.tv_sec != 0);
	prctl(PR_GET_CHILD_SUBREAPER, &reaper);
	printf("slack %d, dumpable %d, keepcaps %d, reaper %d, huge %d\n",
	    prctl(PR_GET_TIMERSLACK), prctl(PR_GET_DUMPABLE),
	    prctl(PR_GET_KEEPCAPS), reaper,
	    prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
}

static void print_place(void)
{
	char cwd[4096] = "gone";
	mode_t mask = umask(0);

	umask(mask);
	printf("umask %o, in %s\n", mask, getcwd(cwd, sizeof(cwd)));
	printf("ids %d %d %d %d\n", getuid(), geteuid(), getgid(), getegid());
}

int main(int argc, char **argv)
{
	static const char *const all[] = {NULL};
	static char text[1 << 20];
	static const char *const some[] = {"Groups", "NoNewPrivs",
	    "Seccomp:", "Cap", "SigPnd", "SigBlk", "SigIgn", "SigCgt", "ShdPnd",
	    "THP", "Name", NULL};

	setvbuf(stdout, text, _IOFBF, sizeof(text));
	for (int i = 0; i < argc; i++)
		printf("word %d: %s\n", i, argv[i]);
	for (char **name = environ; *name; name++) {
		if (strncmp(*name, "MPROF_", 6) != 0)
			printf("environment: %s\n", *name);
	}
	print_descriptors();
	print_terminal();
	print_signals();
	print_limits();
	print_scheduling();
	print_place();
	print_file("/proc/self/status", some);
	print_file("/proc/self/oom_score_adj", all);
	print_file("/proc/self/cgroup", all);
	print_file("/proc/self/personality", all);
	print_file("/proc/self/coredump_filter", all);
	/* All was held back until here: stdout may be closed, or a terminal. */
	if (dup2(open(getenv("TEXT"), O_WRONLY | O_CREAT | O_TRUNC, 0666), 1) <
	    0)
		return 1;
	usleep(30000); /* long enough for a sample */
	return fflush(stdout) == 0 ? 0 : 1;
}
