/* SPDX-License-Identifier: MIT
 *
 * The number of events that the kernel keeps for a reader of inotify(7), which
 * loses further ones.
 */
#ifndef MPROF_TESTS_QUEUED_EVENTS_H
#define MPROF_TESTS_QUEUED_EVENTS_H

#include <stdio.h>

/* 0 where it is unknown. */
static inline int queued_events_most(void)
{
	FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
	int most = 0;

	if (!file || fscanf(file, "%d", &most) != 1)
		most = 0;
	if (file)
		fclose(file);
	return most;
}

#endif
