/* SPDX-License-Identifier: MIT
 *
 * The peak of the whole: the highest sampled sum, or the highest high-water
 * mark of one process or of the control group, with its moment. Times are a
 * sink's.
 */
#ifndef MPROF_RECORDER_PEAK_TRACKER_H
#define MPROF_RECORDER_PEAK_TRACKER_H

#include "proc/cgroup.h"
#include "recorder/meter.h"
#include "recorder/sink.h"

/* A high-water mark that was read, -1 KiB where none was, and the highest
 * sample since it was read before. */
struct high_water_mark {
	int64_t kib;
	struct highest high;
};

/* High-water marks: the peaks between two samples that the kernel knows. Each
 * process's is read about once a second, a few of them at each tick. */
struct high_water {
	const struct procfs *fs;
	const char *key; /* of /proc/PID/status; NULL: there are none */
	int keep_below;  /* descriptors from here on are not kept */
	size_t next;     /* position of the one whose turn it is */
	int64_t credit;  /* members times nanoseconds since */
	bool alone;      /* the program's mark alone is reported */
	uint64_t began;  /* of what started before, in ticks since boot, a mark
			  * counts from its first reading on */
};

/* The moment at which marks are read. */
struct high_water_moment {
	int64_t now_ns; /* as the sink gets it */
	bool sampled;   /* the members' kib are of this moment */
};

void high_water_init(struct high_water *high_water, const struct meter *meter,
    const struct metric *metric) __attribute__((nonnull));

/* Reads those whose turn it is, elapsed_ns after the last call; the highest
 * mark that was read and its moment, -1 KiB where none was. Each also goes into
 * its member's peak_kib. */
struct high_water_mark high_water_step(struct high_water *high_water,
    struct members *members, int64_t elapsed_ns,
    const struct high_water_moment *moment) __attribute__((nonnull));

/* Reads all of them. */
struct high_water_mark high_water_all(struct high_water *high_water,
    struct members *members, const struct high_water_moment *moment)
    __attribute__((nonnull));

struct peak_tracker {
	struct high_water marks;
	const struct cgroup *cgroup; /* whose memory is measured; or NULL */
	int64_t cgroup_kib;          /* its mark at the start */
	struct highest group;        /* of the control group's samples */
	bool attached;               /* marks may stand from before the start */
	uint64_t sums;               /* that were added */
	int64_t ticked_ns;           /* the last of them, or the start */
	int64_t read_ns;             /* a mark was read last */
	struct sink_peak peak; /* 0 of since_ns: not known; -1 KiB: none */
	bool unreported;       /* it is of a mark */
	int64_t reported_ns;
};

/* marks is the caller's to fill, before or after. */
void peak_tracker_init(struct peak_tracker *peaks, const struct cgroup *cgroup,
    int64_t start_ns, bool attached) __attribute__((nonnull(1)));

/* Adds the reading of each member, and the sum of them. */
void peak_tracker_add_members(struct peak_tracker *peaks,
    struct members *members, int64_t time_ns) __attribute__((nonnull));
void peak_tracker_add_sum(struct peak_tracker *peaks, int64_t kib,
    int64_t time_ns) __attribute__((nonnull));

/* Adds a sum that no sample shows: it was read for a mark. */
void peak_tracker_add_unsampled(struct peak_tracker *peaks, int64_t kib,
    int64_t time_ns) __attribute__((nonnull));

void peak_tracker_add_mark(struct peak_tracker *peaks,
    const struct high_water_mark *mark) __attribute__((nonnull));

/* Reads the marks whose turn it is, elapsed_ns after the last call, behind that
 * tick. True where a peak that no sample saw is to be reported. */
bool peak_tracker_read(struct peak_tracker *peaks, struct members *members,
    int64_t elapsed_ns, const struct sink_tick *tick) __attribute__((nonnull));

/* Reads all marks between ticks: at the end, and of a phase. */
void peak_tracker_read_all(struct peak_tracker *peaks, struct members *members,
    int64_t now_ns) __attribute__((nonnull));

#endif
