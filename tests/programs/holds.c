// SPDX-License-Identifier: MIT
/* Holds memory in ways that are known: holds WAY. Where it has come to its
 * end, and holds what it does, it prints "ready" and waits for a line. */
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (1 << 20)

static void *volatile kept;

static void wait_for_line(void)
{
	char byte;

	(void)!write(STDOUT_FILENO, "ready\n", 6);
	(void)!read(STDIN_FILENO, &byte, 1);
}

__attribute__((noinline)) static void leaker(void)
{
	for (int i = 0; i < 120; i++) {
		char **p = malloc(57);

		*p = kept;
		kept = p;
	}
}

__attribute__((noinline)) static void innocent(void)
{
	static void *x[3000];

	for (int i = 0; i < 3000; i++)
		x[i] = malloc(40 + i % 40);
	for (int i = 0; i < 3000; i++)
		free(x[i]);
}

/* A leak of 26.1 MiB below the churn of a neighbour. */
static void hold_churn(void)
{
	for (int i = 0; i < 4000; i++) {
		leaker();
		innocent();
	}
}

/* 32 MiB that were 1,000 bytes at first. */
__attribute__((noinline)) static void hold_grown(void)
{
	size_t size = 1000;
	char *p = malloc(size);

	for (; size < 32 * MIB;
	     size = size * 5 / 4 < 32 * MIB ? size * 5 / 4 : 32 * MIB)
		p = realloc(p, size);
	kept = realloc(p, size);
}

/* Each function holds 2 MiB; nothing that is freed is held. What is held comes
 * first: samples may be fewer later. */
__attribute__((noinline)) static void hold_family(void)
{
	void *p = NULL;

	kept = calloc(2, MIB);
	kept = aligned_alloc(64, 2 * MIB);
	if (posix_memalign(&p, 64, 2 * MIB) != 0)
		abort();
	kept = memalign(64, 2 * MIB);
	kept = valloc(2 * MIB);
	kept = pvalloc(2 * MIB);
	kept = reallocarray(NULL, 2, MIB);
	p = malloc(2 * MIB);
	if (realloc(p, SIZE_MAX / 4))
		abort();
	for (int i = 0; i < 100; i++) {
		free(calloc(2, MIB));
		free(realloc(malloc(MIB), 2 * MIB));
		free(aligned_alloc(64, 2 * MIB));
		p = malloc(2 * MIB);
		if (realloc(p, SIZE_MAX / 4))
			abort();
		free(p);
	}
}

static char *map(void *address, size_t size, int prot, int flags)
{
	char *p = mmap(
	    address, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

/* 36 MiB of mappings, and 8 MiB for which malloc() makes one of its own. */
__attribute__((noinline)) static void hold_mapped(void)
{
	const int prot = PROT_READ | PROT_WRITE;
	char *p = map(NULL, 64 * MIB, prot, 0),
	     *q = map(NULL, 4 * MIB, prot, 0);

	munmap(p + 16 * MIB, 32 * MIB);
	munmap(p + 56 * MIB, 8 * MIB);
	map(p, 4 * MIB, prot, MAP_FIXED);
	q = mremap(q, 4 * MIB, 12 * MIB, MREMAP_MAYMOVE);
	if (mremap(q, 12 * MIB, (size_t)1 << 60, MREMAP_MAYMOVE) != MAP_FAILED)
		abort();
	kept = map(NULL, 1024 * MIB, PROT_NONE, 0);
	for (int i = 0; i < 100; i++)
		munmap(map(NULL, MIB, prot, 0), MIB);
	kept = malloc(8 * MIB);
}

__attribute__((noinline)) static void *thread_holds(void *unused)
{
	for (int i = 0; i < 80000; i++) {
		kept = malloc(100);
		free(malloc(2000));
	}
	return unused;
}

/* 8 threads with 7.63 MiB each. */
static void hold_threads(void)
{
	pthread_t threads[8];

	for (int i = 0; i < 8; i++)
		if (pthread_create(&threads[i], NULL, thread_holds, NULL) != 0)
			abort();
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
}

__attribute__((noinline)) static void *child_holds(size_t size)
{
	return malloc(size);
}

/* The parent holds 16 MiB of its own, its child 8 MiB, and frees what it has
 * of the parent's. */
static void hold_fork(void)
{
	void *volatile parents = malloc(16 * MIB);
	pid_t child;

	kept = malloc(4 * MIB);
	child = fork();
	if (child == 0) {
		free(parents);
		kept = child_holds(8 * MIB);
		wait_for_line();
		_exit(0);
	}
	free(kept);
	kept = parents;
	waitpid(child, NULL, 0);
}

/* By the system call, of which no handler learns. */
static void hold_raw_fork(void)
{
	pid_t child;

	kept = malloc(16 * MIB);
	child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (child == 0) {
		free(kept);
		kept = child_holds(8 * MIB);
		wait_for_line();
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void hold_vfork(void)
{
	static void *volatile children;
	pid_t child = vfork();

	if (child == 0) {
		children = child_holds(8 * MIB);
		_exit(0);
	}
	kept = children;
	waitpid(child, NULL, 0);
}

static void on_timer(int number)
{
	(void)number;
	free(malloc(3000));
}

/* malloc() while malloc() runs: not allowed, and done. The signal comes between
 * two calls here, as malloc itself is not safe. */
static void hold_signals(void)
{
	signal(SIGUSR1, on_timer);
	for (int i = 0; i < 8000; i++) {
		kept = child_holds(4096);
		raise(SIGUSR1);
	}
}

static void hold_at_exit(void)
{
	kept = child_holds(8 * MIB);
	wait_for_line();
}

/* 60 MiB in 80 MB of small pieces that come and go. */
static void hold_many(void)
{
	static void *x[800000];

	for (int i = 0; i < 800000; i++)
		x[i] = child_holds(100);
	for (int i = 0; i < 800000; i += 4)
		free(x[i]);
}

static void hold_nothing(void)
{
	static void *x[20000];

	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 20000; i++)
			x[i] = malloc(500);
		for (int i = 0; i < 20000; i++)
			free(x[i]);
	}
}

static void hold_after_exec(void)
{
	kept = child_holds(8 * MIB);
	execl("/proc/self/exe", "holds", "vfork", (char *)NULL);
}

static const struct way {
	const char *name;
	void (*run)(void);
} ways[] = {{"churn", hold_churn}, {"grown", hold_grown},
    {"family", hold_family}, {"threads", hold_threads}, {"fork", hold_fork},
    {"raw-fork", hold_raw_fork}, {"vfork", hold_vfork},
    {"signals", hold_signals}, {"exit", NULL}, {"many", hold_many},
    {"nothing", hold_nothing}, {"mapped", hold_mapped},
    {"exec", hold_after_exec}};

int main(int count, char **words)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (count < 2 || strcmp(words[1], ways[i].name) != 0)
			continue;
		if (ways[i].run)
			ways[i].run();
		else if (atexit(hold_at_exit) == 0)
			return 0;
		wait_for_line();
		return 0;
	}
	return 2;
}
