/* SPDX-License-Identifier: MIT
 *
 * Nanoseconds of the kernel's clocks.
 */
#ifndef MPROF_BASE_CLOCK_H
#define MPROF_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_S 1000000000LL

static inline int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Never set back; stops while the machine is suspended. */
static inline int64_t clock_mono_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* Since the epoch; can be set. */
static inline int64_t clock_wall_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

#endif
