// SPDX-License-Identifier: MIT
/* stuck MIB SECONDS: holds MIB of memory, and nearly all the time its
 * mmap_lock, as a program on a loaded machine may: a thread that gets little
 * of a processor changes what all of the memory permits, over and over. Who
 * reads its cmdline waits for it. At its end it prints for how many seconds it
 * held the lock at most. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static char *memory;
static size_t bytes;
static double longest;
static atomic_bool over;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* All on the processor that the first one was on. */
static void stay(void)
{
	static _Atomic int processor = -1;
	int none = -1;
	cpu_set_t set;

	atomic_compare_exchange_strong(&processor, &none, sched_getcpu());
	CPU_ZERO(&set);
	CPU_SET((size_t)processor, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *hold_lock(void *unused)
{
	const struct sched_param least = {0};

	stay();
	sched_setscheduler(0, SCHED_IDLE, &least);
	for (bool readable = false; !over; readable = !readable) {
		double from = now();

		mprotect(memory, bytes,
		    readable ? PROT_READ : PROT_READ | PROT_WRITE);
		if (now() - from > longest)
			longest = now() - from;
	}
	return unused;
}

static void *spin(void *unused)
{
	stay();
	while (!over)
		;
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t holder, spinner;

	if (argc != 3)
		return 2;
	bytes = (size_t)atol(argv[1]) << 20;
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return 3;
	madvise(memory, bytes, MADV_NOHUGEPAGE);
	memset(memory, 1, bytes);
	if (pthread_create(&holder, NULL, hold_lock, NULL) != 0 ||
	    pthread_create(&spinner, NULL, spin, NULL) != 0)
		return 3;
	usleep((useconds_t)(atof(argv[2]) * 1e6));
	over = true;
	pthread_join(spinner, NULL);
	pthread_join(holder, NULL);
	printf("%.3f\n", longest);
	return 0;
}
