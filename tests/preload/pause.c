// SPDX-License-Identifier: MIT
/* Preloaded: the first nanosleep() runs the shell's command in AT_PAUSE instead
 * of waiting. */
#include <stdlib.h>
#include <time.h>

int nanosleep(const struct timespec *wanted, struct timespec *left)
{
	static int paused;

	(void)wanted;
	(void)left;
	return paused++ ? 0 : -(system(getenv("AT_PAUSE")) != 0);
}
