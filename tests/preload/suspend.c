// SPDX-License-Identifier: MIT
/* Preloaded: as if the machine had been suspended for an hour, 1 s after
 * the first use. Only CLOCK_MONOTONIC did not go on. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double first_s;

int clock_gettime(clockid_t clock, struct timespec *now)
{
	struct timespec mono;
	double since_s;

	if (syscall(SYS_clock_gettime, clock, now) != 0)
		return -1;
	if (clock != CLOCK_REALTIME && clock != CLOCK_BOOTTIME)
		return 0;
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &mono);
	since_s = (double)mono.tv_sec + (double)mono.tv_nsec / 1e9;
	if (first_s == 0)
		first_s = since_s;
	if (since_s - first_s > 1)
		now->tv_sec += 3600;
	return 0;
}
