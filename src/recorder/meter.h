/* SPDX-License-Identifier: MIT
 *
 * The second pass of a tick: what they hold now, and held at most. Processes
 * are measured one after the other by one metric. Files are kept open while
 * descriptors last; a kept file also tells one use of a pid from the next.
 * Without one, the process's start does.
 */
#ifndef MPROF_RECORDER_METER_H
#define MPROF_RECORDER_METER_H

#include "proc/cgroup.h"
#include "proc/metric.h"
#include "recorder/members.h"
#include "recorder/sink.h"

/* Memory that two processes share: between vfork() and exec a child uses its
 * parent's, and what clone(CLONE_VM) made uses it for good. It counts once, for
 * the process that had it first. A process that has executed a program has its
 * own memory, so only the others are checked, each until its memory is known to
 * be its own. */
struct borrow {
	const struct procfs *fs;
	bool asks; /* kcmp() is used */
};

/* asks false: kcmp() is not used, as with a test's /proc. */
void borrow_init(struct borrow *borrow, const struct procfs *fs, bool asks)
    __attribute__((nonnull));

/* Whether the process at that position shares another's memory now; its kib
 * becomes -1 then. Call it right before measuring: on false, what is read from
 * then on is its own. parted is set to the position of a lender that has ended,
 * or has executed a program, since it was measured: its figure may be of memory
 * that this process alone has now. */
bool borrow_check(struct borrow *borrow, struct members *members, size_t at,
    size_t *parted) __attribute__((nonnull));

struct meter {
	const struct procfs *fs;
	const struct metric *metric;
	const char *file; /* name below /proc/PID */
	int keep_below;   /* only descriptors below this number are kept open */
	bool keeps_root;  /* wait() reports the program's end, not a failed
			     reading */
	struct borrow borrow;
	size_t denied; /* readings that were not permitted */
	char text[4096];
};

/* Raises this process's limit of open files: call it when the program runs
 * already, whose limits then stay. For a metric of METRIC_CGROUP, processes are
 * only checked for being alive. */
void meter_init(struct meter *meter, const struct procfs *fs,
    const struct metric *metric) __attribute__((nonnull));

/* Measures into member->kib, -1 where there is no figure. False where the
 * process is gone. */
bool meter_measure(struct meter *meter, struct member *member)
    __attribute__((nonnull));

/* Measures the members from position first on. Those whose process is gone
 * become gone; a program whose end wait() has not reported yet is hidden where
 * /proc doesn't show it. */
void meter_read(struct meter *meter, struct members *members, size_t first)
    __attribute__((nonnull));

/* Measures all members between two ticks. None becomes gone: one without a
 * process has no figure. */
void meter_read_again(struct meter *meter, struct members *members)
    __attribute__((nonnull));

/* Starts anew after the mark was read; kib is a sample of this moment, -1: none
 * was taken. */
void highest_restart(struct highest *highest, int64_t kib, int64_t now_ns)
    __attribute__((nonnull));
void highest_add(struct highest *highest, int64_t kib, int64_t now_ns)
    __attribute__((nonnull));

/* A high-water mark (-1 KiB: none was read), and the highest sample since the
 * reading before. */
struct high_water_mark {
	int64_t kib;
	struct highest high;
};

/* High-water marks: the kernel's peaks, which may lie between two samples. Each
 * process's mark is read about once a second, a few at each tick. */
struct high_water {
	const struct procfs *fs;
	const char *key; /* in /proc/PID/status; NULL: no marks */
	int keep_below;  /* only descriptors below this number are kept open */
	size_t next;     /* position of the next process in turn */
	int64_t credit;  /* members times nanoseconds since */
	bool alone;      /* only the program's mark is reported */
	uint64_t began; /* ticks since boot: of processes that started before, a
			   mark counts from its first reading on */
};

/* The moment of a reading of marks. */
struct high_water_moment {
	int64_t now_ns; /* as the sink gets it */
	bool sampled;   /* the members' kib are of this moment */
};

void high_water_init(struct high_water *high_water, const struct meter *meter,
    const struct metric *metric) __attribute__((nonnull));

/* Reads the marks that are due, elapsed_ns after the last call. Returns the
 * highest one and its moment, -1 KiB where none was read. Each also goes into
 * its member's peak_kib. */
struct high_water_mark high_water_step(struct high_water *high_water,
    struct members *members, int64_t elapsed_ns,
    const struct high_water_moment *moment) __attribute__((nonnull));

/* Reads all of them. */
struct high_water_mark high_water_all(struct high_water *high_water,
    struct members *members, const struct high_water_moment *moment)
    __attribute__((nonnull));

/* The peak of the whole: the highest sampled sum, or the highest high-water
 * mark of one process or of the control group, with its moment. Times are a
 * sink's. */
struct peak_tracker {
	struct high_water marks;
	/* Control group that is measured; NULL: none. */
	const struct cgroup *cgroup;
	int64_t cgroup_kib;   /* its mark at the start */
	struct highest group; /* of the control group's samples */
	bool attached; /* the program ran before: marks may be older than the
			  start */
	uint64_t sums; /* number of sums that were added */
	int64_t ticked_ns;     /* last sum, or the start */
	int64_t read_ns;       /* last reading of a mark */
	struct sink_peak peak; /* since_ns 0: not known; -1 KiB: none */
	bool unreported;       /* peak came from a mark */
	int64_t reported_ns;
};

/* The caller fills marks, before or after. */
void peak_tracker_init(struct peak_tracker *peaks, const struct cgroup *cgroup,
    int64_t start_ns, bool attached) __attribute__((nonnull(1)));

/* Adds the reading of each member, and the sum of them. */
void peak_tracker_add_members(struct peak_tracker *peaks,
    struct members *members, int64_t time_ns) __attribute__((nonnull));
void peak_tracker_add_sum(struct peak_tracker *peaks, int64_t kib,
    int64_t time_ns) __attribute__((nonnull));

/* Adds a sum that is no sample: it was read for a mark. */
void peak_tracker_add_unsampled(struct peak_tracker *peaks, int64_t kib,
    int64_t time_ns) __attribute__((nonnull));

void peak_tracker_add_mark(struct peak_tracker *peaks,
    const struct high_water_mark *mark) __attribute__((nonnull));

/* Reads the marks that are due, elapsed_ns after the last call, after that
 * tick. True where a peak that no sample showed is to be reported. */
bool peak_tracker_read(struct peak_tracker *peaks, struct members *members,
    int64_t elapsed_ns, const struct sink_tick *tick) __attribute__((nonnull));

/* Reads all marks between ticks: at the end, and of a phase. */
void peak_tracker_read_all(struct peak_tracker *peaks, struct members *members,
    int64_t now_ns) __attribute__((nonnull));

#endif
