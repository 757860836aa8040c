// SPDX-License-Identifier: MIT
/* gaps INTERVAL SECONDS PID: reads a process's statm every INTERVAL seconds,
 * and nothing else, and prints "LONGEST COUNT": the longest time between two
 * readings in ms, and how many there were. What a recorder can't do better. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void sleep_until(double when)
{
	struct timespec t = {.tv_sec = (time_t)when};

	t.tv_nsec = (long)((when - (double)t.tv_sec) * 1e9);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

int main(int argc, char **argv)
{
	double interval, end, last = 0, longest = 0, due = now();
	char path[64], text[128];
	long count = 0;
	int fd;

	if (argc != 4)
		return 2;
	interval = atof(argv[1]);
	end = due + atof(argv[2]);
	snprintf(path, sizeof(path), "/proc/%s/statm", argv[3]);
	fd = open(path, O_RDONLY);
	while (due < end && pread(fd, text, sizeof(text), 0) > 0) {
		double read = now();

		if (last > 0 && read - last > longest)
			longest = read - last;
		last = read;
		count++;
		while (due <= read)
			due += interval;
		sleep_until(due);
	}
	printf("%.1f %ld\n", longest * 1000, count);
	return 0;
}
