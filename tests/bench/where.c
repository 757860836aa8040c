// SPDX-License-Identifier: MIT
/* where pairs|touch|nothing: does a step of a few milliseconds for each line on
 * its input, and then answers with a line. Pairs: calls of malloc() and free()
 * alone. Touch: 10 MiB in blocks of 64 KiB that are filled, in the processor's
 * cache. Nothing: allocates nothing.
 *
 * where fresh STEPS: does as many steps of the second kind at once, in pages
 * that the kernel gives anew for each block, and prints the processor time that
 * it took, in nanoseconds. */
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

static int touch_fresh(long steps)
{
	struct timespec spent;

	mallopt(M_MMAP_THRESHOLD, 65536); /* each block is a mapping */
	while (steps-- > 0)
		step_touch();
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
	printf("%lld\n", spent.tv_sec * 1000000000LL + spent.tv_nsec);
	return 0;
}

int main(int count, char **words)
{
	void (*step)(void) = step_nothing;
	char line[16];

	if (count == 3 && strcmp(words[1], "fresh") == 0)
		return touch_fresh(atol(words[2]));
	if (count != 2)
		return 2;
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
