// SPDX-License-Identifier: MIT
/* Programs that do nothing but allocate: where pairs MILLIONS, or where touch
 * GIB, a GiB a second in blocks of 64 KiB that are filled. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void *volatile blocks[256];

static void pairs(long count)
{
	for (long i = 0; i < count; i++) {
		free(blocks[i & 63]);
		blocks[i & 63] = malloc(16 + (size_t)(i * 37 & 511));
	}
}

static void touch(long gib)
{
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (long i = 0; i < gib << 14; i++) {
		free(blocks[i & 255]);
		blocks[i & 255] = malloc(65536);
		memset(blocks[i & 255], 1, 65536);
		if (i % 164 != 0)
			continue;
		next.tv_nsec += 10000000;
		if (next.tv_nsec >= 1000000000) {
			next.tv_sec++;
			next.tv_nsec -= 1000000000;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}

int main(int count, char **words)
{
	if (count != 3)
		return 2;
	if (strcmp(words[1], "pairs") == 0)
		pairs(atol(words[2]) * 1000000);
	else
		touch(atol(words[2]));
	return 0;
}
