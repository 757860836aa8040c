/* SPDX-License-Identifier: MIT
 *
 * The members' resources beside memory (profile/resource.h), read less often
 * than memory, as a reading takes several times as long: at first ten times a
 * second, later once.
 *
 * A count of the whole covers all processes that ever belonged. What a process
 * used is in its parent's account if that has waited for it, even if it ended
 * unseen between two readings; and in wait4()'s if this process was the
 * parent. Of a process that nobody waited for, the last reading is known.
 */
#ifndef MPROF_RECORDER_USAGE_H
#define MPROF_RECORDER_USAGE_H

#include "proc/cgroup.h"
#include "proc/usage.h"
#include "recorder/launch.h"
#include "recorder/report.h"

/* A process's use of resources; base is what it had used when the recording
 * began. */
struct usage_account {
	struct proc_usage base, last;
	int64_t ended[FIGURES_OF_PROCESS];  /* by children that have ended */
	int64_t waited[FIGURES_OF_PROCESS]; /* by wait4(), with the children's
					       own */
	bool read;                          /* base and last are known */
	bool closed; /* it has ended, and was added elsewhere */
};

struct usage_tracker {
	const struct procfs *fs;
	unsigned set;   /* 0: nothing is read */
	bool alone;     /* the whole is the program alone */
	uint64_t began; /* processes that started earlier have a base; as
			   proc_stat.started */
	int64_t began_ns, next_ns;
	/* Sums of processes that have ended and have no recorded parent. */
	int64_t ended[FIGURES_OF_PROCESS];
	/* Amounts by which counts would have stepped back. */
	int64_t missing[FIGURES_OF_PROCESS];
	/* Counts of the whole as last reported. */
	int64_t before[FIGURES_OF_PROCESS];
	const struct cgroup *group; /* NULL: no group is read */
	double group_base[FIGURES]; /* its counts when the recording began */
	double whole[FIGURES];      /* GPUs' figures are NAN: see gpu.h */
	double one[FIGURES];
};

/* began is 0 where the program was only just started. Times are of
 * clock_mono_ns(). */
void usage_tracker_init(struct usage_tracker *tracker, const struct procfs *fs,
    unsigned set, uint64_t began, int64_t now_ns) __attribute__((nonnull));

bool usage_tracker_is_due(const struct usage_tracker *tracker, int64_t now_ns)
    __attribute__((nonnull));

/* Reads all members. Returns the figures of the whole, in the units of
 * resource.h, NAN where unknown; valid until the next call. */
const double *usage_tracker_read(struct usage_tracker *tracker,
    struct members *members, int64_t now_ns) __attribute__((nonnull));

/* The figures of a member as last read; NULL where it was not read. Valid until
 * the next call. */
const double *usage_tracker_figures(struct usage_tracker *tracker,
    const struct member *member) __attribute__((nonnull));

/* wait4() has reported an end: of a member, or NULL of a process that was never
 * seen. */
void usage_tracker_add_waited(struct usage_tracker *tracker,
    struct member *member, const struct launch_event *event)
    __attribute__((nonnull(1, 3)));

/* Closes the accounts of the members that are gone. */
void usage_tracker_close(struct usage_tracker *tracker, struct members *members)
    __attribute__((nonnull));

/* Readings of all resources, those of GPUs included (gpu.h): taken after a
 * tick, where they are due, and reported at their own time. */
struct consumption;

/* Pointers are borrowed until the end. */
struct consumption_plan {
	const struct procfs *fs;
	const struct report *report;
	struct members *members;
	struct sink_tick *tick;     /* gets the latest figures */
	const struct cgroup *group; /* whose figures USAGE_OF_GROUP adds */
	unsigned set;               /* of proc/usage.h */
	bool alone;                 /* the whole is the program alone */
	bool each;     /* the figures of each process are reported */
	bool launched; /* the program is started by this process */
};

/* The caller destroys. */
struct consumption *consumption_create(const struct consumption_plan *plan)
    __attribute__((nonnull, returns_nonnull));
void consumption_destroy(struct consumption *consumption);

/* The recording begins. Times are of clock_mono_ns(). */
void consumption_begin(struct consumption *consumption, int64_t now_ns)
    __attribute__((nonnull));

/* After a tick: reports a reading of GPUs that has ended, and takes one of the
 * members where it is due. */
void consumption_step(struct consumption *consumption, int64_t now_ns)
    __attribute__((nonnull));

/* Reports the last readings, as of the tick's time: they hold until the end, as
 * nothing is used after it. */
void consumption_finish(struct consumption *consumption)
    __attribute__((nonnull));

/* As usage_tracker_add_waited() and usage_tracker_close(). */
void consumption_add_waited(struct consumption *consumption,
    struct member *member, const struct launch_event *event)
    __attribute__((nonnull(1, 3)));
void consumption_close(struct consumption *consumption, struct members *members)
    __attribute__((nonnull));

/* Why no GPU will be read though the plan asks for it; NULL: one will be, or
 * none was asked for. */
const char *consumption_missing_gpu(const struct consumption *consumption)
    __attribute__((nonnull));

/* As gpu_problem(); NULL also where no GPU is read. */
const char *consumption_gpu_problem(const struct consumption *consumption)
    __attribute__((nonnull));

#endif
