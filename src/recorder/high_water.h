/* SPDX-License-Identifier: MIT
 *
 * High-water marks: what the kernel knows of peaks between two samples. Each
 * process's is read about once a second, a few of them at each tick.
 */
#ifndef MPROF_RECORDER_HIGH_WATER_H
#define MPROF_RECORDER_HIGH_WATER_H

#include "recorder/meter.h"

struct high_water {
	const struct procfs *fs;
	const char *key; /* of /proc/PID/status; NULL: there are none */
	int keep_below;  /* descriptors from here on are not kept */
	size_t next;     /* position of the one whose turn it is */
	int64_t credit;  /* members times nanoseconds since */
	bool alone;      /* the program's mark alone is told */
	uint64_t began;  /* of what started before, in ticks since boot, a mark
			  * counts from its first reading on */
};

/* The moment at which marks are read. */
struct high_water_look {
	int64_t now_ns; /* as a sink is told it */
	bool sampled;   /* the members' kib are of this moment */
};

void high_water_init(struct high_water *high_water, const struct meter *meter,
    const struct metric *metric) __attribute__((nonnull));

/* Reads those whose turn it is, elapsed_ns after the last call; the highest
 * mark that was read and its moment, -1 KiB where none was. Each also goes into
 * its member's peak_kib. */
struct high_water_mark high_water_step(struct high_water *high_water,
    struct members *members, int64_t elapsed_ns,
    const struct high_water_look *look) __attribute__((nonnull));

/* Reads all of them. */
struct high_water_mark high_water_all(struct high_water *high_water,
    struct members *members, const struct high_water_look *look)
    __attribute__((nonnull));

#endif
