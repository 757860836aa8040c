// SPDX-License-Identifier: MIT
/* Runs a command in a state that is unlike the usual one in every respect that
 * a program inherits. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void block(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void make_odd(void)
{
	const struct rlimit descriptors = {123, 456}, core = {0, 4096};
	FILE *score = fopen("/proc/self/oom_score_adj", "we");

	if (score) {
		fputs("345", score);
		fclose(score);
	}
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
	block(SIGUSR1);
	block(SIGTERM);
	block(SIGRTMIN + 3);
	umask(0137);
	prctl(PR_SET_TIMERSLACK, 123456);
	prctl(PR_SET_KEEPCAPS, 0);
	setrlimit(RLIMIT_NOFILE, &descriptors);
	setrlimit(RLIMIT_CORE, &core);
	setpriority(PRIO_PROCESS, 0, 7);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	make_odd();
	/* Two that are inherited: one plain, one half read. */
	if (dup2(open("/dev/null", O_RDWR), 17) < 0 ||
	    dup2(open("/etc/passwd", O_RDONLY), 9) < 0 ||
	    lseek(9, 5, SEEK_SET) != 5)
		return 1;
	execvp(argv[1], argv + 1);
	return 127;
}
