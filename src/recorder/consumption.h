/* SPDX-License-Identifier: MIT
 *
 * Resources beside memory: readings of the processes' (usage.h) and of GPUs
 * (gpu.h) are taken after a tick, where they are due, and reported at their own
 * time.
 */
#ifndef MPROF_RECORDER_CONSUMPTION_H
#define MPROF_RECORDER_CONSUMPTION_H

#include "recorder/report.h"
#include "recorder/usage.h"

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
