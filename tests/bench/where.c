// SPDX-License-Identifier: MIT
/* where pairs|touch|nothing|fresh: does a step of a few milliseconds for each
 * line on its input, and then answers with a line. Pairs: calls of malloc() and
 * free() alone. Touch: 10 MiB in blocks of 64 KiB that are filled, in the
 * processor's cache. Nothing: allocates nothing.
 *
 * Fresh: 200 MiB in such blocks, with pages that the kernel gives anew for each
 * block. Its line is the processor time that the step took, in nanoseconds. */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void *volatile blocks[256];

static void step_pairs(void)
{
	for (long i = 0; i < 200000; i++) {
		free(blocks[i & 63]);
		blocks[i & 63] = malloc(16 + (size_t)(i * 37 & 511));
	}
}

static void step_touch(void)
{
	for (long i = 0; i < 164; i++) {
		free(blocks[i & 255]);
		blocks[i & 255] = malloc(65536);
		memset(blocks[i & 255], 1, 65536);
	}
}

static void step_nothing(void)
{
	static volatile uint32_t state = 1;

	for (long i = 0; i < 2000000; i++)
		state = state * 1664525 + 1013904223;
}

static long long spent_ns(void)
{
	struct timespec spent;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
	return spent.tv_sec * 1000000000LL + spent.tv_nsec;
}

static void step_fresh(void)
{
	long long before = spent_ns();

	for (int i = 0; i < 20; i++)
		step_touch();
	printf("%lld", spent_ns() - before);
}

int main(int count, char **words)
{
	void (*step)(void) = step_nothing;
	char line[16];

	if (count != 2)
		return 2;
	if (strcmp(words[1], "fresh") == 0) {
		mallopt(M_MMAP_THRESHOLD, 65536); /* a block is a mapping */
		step = step_fresh;
	}
	if (strcmp(words[1], "pairs") == 0)
		step = step_pairs;
	if (strcmp(words[1], "touch") == 0)
		step = step_touch;
	do {
		step();
		puts("");
		fflush(stdout);
	} while (fgets(line, sizeof(line), stdin));
	return 0;
}
