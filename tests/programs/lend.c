// SPDX-License-Identifier: MIT
/* lend WAY MIB SECONDS: takes MIB of memory and has a child use it as its own
 * for SECONDS:
 * vfork: between vfork() and exec; thread: a second thread calls vfork();
 * clone: by clone(CLONE_VM) without an exec; nested: so, and its child too;
 * left: so, but the program that took the memory ends at half of the time;
 * fork: a plain fork, whose memory is its own. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STACK = 64 << 10 };

static struct timespec time_span;

static void pause_for(int part)
{
	struct timespec left = time_span;

	if (part == 2) {
		left.tv_nsec /= 2;
		left.tv_nsec += left.tv_sec % 2 * 500000000;
		left.tv_sec /= 2;
	}
	syscall(SYS_nanosleep, &left, NULL);
}

static void by_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		pause_for(1);
		execl("/bin/true", "true", NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

static void *vfork_in_thread(void *unused)
{
	by_vfork();
	return unused;
}

static int sleep_in_clone(void *depth);

static pid_t by_clone(int *depth)
{
	static char stacks[2][STACK] __attribute__((aligned(16)));

	return clone(
	    sleep_in_clone, stacks[*depth] + STACK, CLONE_VM | SIGCHLD, depth);
}

static int sleep_in_clone(void *depth)
{
	static int deeper;

	if (*(int *)depth == 1) {
		pid_t pid = by_clone(&deeper);

		waitpid(pid, NULL, 0);
	} else {
		pause_for(1);
	}
	return 0;
}

static void lend(const char *way)
{
	static int depths[] = {0, 1};
	pthread_t thread;

	if (strcmp(way, "vfork") == 0) {
		by_vfork();
	} else if (strcmp(way, "thread") == 0 &&
		   pthread_create(&thread, NULL, vfork_in_thread, NULL) == 0) {
		pthread_join(thread, NULL);
	} else if (strcmp(way, "fork") == 0) {
		if (fork() == 0) {
			pause_for(1);
			_exit(0);
		}
		wait(NULL);
	} else {
		by_clone(&depths[strcmp(way, "nested") == 0]);
		if (strcmp(way, "left") == 0)
			pause_for(2);
		else
			wait(NULL);
	}
}

int main(int argc, char **argv)
{
	size_t bytes;
	double seconds;
	char *memory;

	if (argc != 4)
		return 2;
	bytes = (size_t)atol(argv[2]) << 20;
	seconds = atof(argv[3]);
	time_span.tv_sec = (time_t)seconds;
	time_span.tv_nsec = (long)((seconds - (double)time_span.tv_sec) * 1e9);
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) {
		perror("lend");
		return 3;
	}
	memset(memory, 1, bytes);
	pause_for(2);
	lend(argv[1]);
	return 0;
}
