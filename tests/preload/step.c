// SPDX-License-Identifier: MIT
/* Preloaded: the wall clock is set back by an hour 0.3 s after its first use,
 * and forward by a day 0.3 s later. */
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
	if (clock != CLOCK_REALTIME)
		return 0;
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &mono);
	since_s = (double)mono.tv_sec + (double)mono.tv_nsec / 1e9;
	if (first_s == 0)
		first_s = since_s;
	since_s -= first_s;
	if (since_s > 0.3)
		now->tv_sec -= 3600;
	if (since_s > 0.6)
		now->tv_sec += 86400;
	return 0;
}
