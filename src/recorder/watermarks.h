/* SPDX-License-Identifier: MIT
 *
 * High-water marks: what the kernel knows of peaks between two samples. Each
 * process's is read about once a second, a few of them at each tick.
 */
#ifndef MPROF_RECORDER_WATERMARKS_H
#define MPROF_RECORDER_WATERMARKS_H

#include "recorder/meter.h"

struct watermarks {
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
struct watermarks_look {
	int64_t now_ns; /* as a sink is told it */
	bool sampled;   /* the members' kib are of this moment */
};

void watermarks_init(struct watermarks *watermarks, const struct meter *meter,
    const struct metric *metric) __attribute__((nonnull));

/* Reads those whose turn it is, elapsed_ns after the last call; the highest
 * mark that was read and its moment, -1 KiB where none was. Each also goes into
 * its member's peak_kib. */
struct watermark watermarks_step(struct watermarks *watermarks,
    struct members *members, int64_t elapsed_ns,
    const struct watermarks_look *look) __attribute__((nonnull));

/* Reads all of them. */
struct watermark watermarks_all(struct watermarks *watermarks,
    struct members *members, const struct watermarks_look *look)
    __attribute__((nonnull));

#endif
