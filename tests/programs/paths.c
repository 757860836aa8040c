// SPDX-License-Identifier: MIT
// Allocations whose call paths are known: the size of each says by which of
// four functions it was come to, six times. The sizes of the frames change all
// the time, so that the stack is full of addresses of calls that are over. In
// four threads; half of it is freed.
#include <alloca.h>
#include <pthread.h>
#include <stdlib.h>

#if __has_attribute(noclone)
#define ONCE __attribute__((noinline, noclone))
#else
#define ONCE __attribute__((noinline))
#endif

enum { DEPTH = 6, TIMES = 5000, THREADS = 4, SMALLEST = 1024 };

struct walk {
	unsigned seed, path, rooms;
	void *kept;
};

static void step(struct walk *walk, int depth);

ONCE static void keep(struct walk *walk)
{
	walk->kept = malloc(SMALLEST + walk->path * 16);
	__asm__ volatile("" ::: "memory");
}

#define STEP(name)                                                   \
	ONCE static void name(struct walk *walk, int depth)          \
	{                                                            \
		char *volatile room =                                \
		    alloca(1 + (walk->rooms >> 2 * depth & 3) * 16); \
                                                                     \
		room[0] = 1;                                         \
		step(walk, depth);                                   \
		__asm__ volatile("" ::"r"(room) : "memory");         \
	}

STEP(step_0)
STEP(step_1)
STEP(step_2)
STEP(step_3)

/* The digit of the path for that depth says which comes next. */
__attribute__((always_inline)) static inline void step(
    struct walk *walk, int depth)
{
	static void (*const steps[4])(struct walk *, int) = {
	    step_0, step_1, step_2, step_3};

	if (depth == 0)
		keep(walk);
	else
		steps[walk->path >> 2 * (depth - 1) & 3](walk, depth - 1);
}

static void *walk_all(void *number)
{
	struct walk walk = {.seed = (unsigned)(size_t)number};

	for (int i = 0; i < TIMES; i++) {
		if (i % 8 == 0)
			walk.rooms = (unsigned)rand_r(&walk.seed);
		if (i % 3 == 0)
			walk.path =
			    (unsigned)rand_r(&walk.seed) % (1 << 2 * DEPTH);
		if (i % 5)
			walk.path &= 3;
		step(&walk, DEPTH);
		if (rand_r(&walk.seed) & 1024)
			free(walk.kept);
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(
			&threads[i], NULL, walk_all, (void *)(i + 1)) != 0)
			return 1;
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
