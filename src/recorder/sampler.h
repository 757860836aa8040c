/* SPDX-License-Identifier: MIT
 *
 * The clock and the loop: at each deadline the program and its descendants are
 * measured, and reported to a sink. Deadlines are absolute; missed ones are
 * counted, never made up for. In the steady state nothing is allocated, and a
 * process costs one pread().
 */
#ifndef MPROF_RECORDER_SAMPLER_H
#define MPROF_RECORDER_SAMPLER_H

#include "proc/metric.h"
#include "recorder/exit_cause.h"
#include "recorder/launch.h"
#include "recorder/limit.h"
#include "recorder/shares.h"
#include "recorder/sink.h"

/* Computes when the next sample is due: absolute deadlines at a fixed interval.
 * Pure arithmetic on nanoseconds of a monotonic clock. */
struct ticks {
	int64_t asked_ns;    /* the interval that was asked for */
	int64_t interval_ns; /* present interval: asked_ns, or longer */
	int64_t due_ns;
	int64_t cost_ns;     /* smoothed cost of a sample */
	double max_overhead; /* 0: none */
	uint64_t missed;
};

/* The first sample is due at once. */
void ticks_init(struct ticks *ticks, int64_t now_ns, int64_t interval_ns,
    double max_overhead);

/* A sample was taken from begun_ns to now_ns: the next is due an interval
 * later. Of deadlines that have passed by now_ns, the last one is still served,
 * late, and those before it are missed. Where several had passed before the
 * sample began, it stands for the last of them. */
void ticks_advance(struct ticks *ticks, int64_t begun_ns, int64_t now_ns);

/* Starts anew from now_ns: this process was stopped, no deadline was missed. */
void ticks_resume(struct ticks *ticks, int64_t now_ns);

/* cost_ns is the processor time of the last sample. Lengthens the interval so
 * that samples cost at most max_overhead, or shortens it again. */
void ticks_pace(struct ticks *ticks, int64_t cost_ns);

enum { SAMPLER_HOOKS = 10 };

struct sampler_plan {
	const char *proc; /* NULL: /proc */
	int64_t interval_ns;
	int64_t timeout_ns; /* 0: none */
	const struct metric *metric;
	bool alone;          /* the total is of the program alone */
	bool no_descendants; /* and nothing is reported of other processes */
	bool names;          /* hooks need names, if the sink doesn't */
	bool exits;          /* the exit of each descendant is reported */
	bool wait_all;       /* until the last descendant ended */
	bool launched; /* started by this process just now, not only watched */
	bool adopts;   /* orphans become children of this process */
	/* NULL, or a control group whose processes are recorded in place of a
	 * program and its descendants: the directory that lists them. */
	const char *group;
	/* Control group whose limits apply: the group's, or that of the
	 * launched program; NULL: this process's. */
	const char *group_path;
	unsigned with;       /* set of proc/usage.h */
	double max_overhead; /* share of one processor; 0: no bound */
	int64_t limit_kib;   /* 0: none */
	enum limit_action on_limit;
	struct sampler_hook hooks[SAMPLER_HOOKS]; /* tick NULL: unused */
	const bool *quit; /* a hook sets it to end the recording; NULL: none */
	struct aside *aside; /* a hook's child process; NULL: none */
};

enum sampler_end {
	SAMPLER_ENDED,   /* the recorded processes have ended */
	SAMPLER_TIMEOUT, /* plan.timeout_ns passed */
	SAMPLER_QUIT     /* this process was asked to end */
};

/* The outcome of a recording. */
struct sampler_result {
	enum sampler_end end;
	bool has_status; /* the program has ended, and status is known */
	int status;      /* as wait() gives it */
	struct exit_cause_verdict exit_cause;
	/* As sink_tick.time_ns. It ends with the program, or with the
	 * descendants where these are waited for. */
	int64_t start_ns, end_ns;
	int64_t peak_kib; /* the higher of samples and high-water marks */
	int64_t last_kib; /* the last sample */
	uint64_t samples, missed;
	int64_t interval_ns; /* at the end: lengthened where overhead asked for
				it */
	size_t most;         /* highest number of processes at once */
	size_t alive;        /* descendants that outlive the program */
	struct member_alive living[MEMBERS_NAMED]; /* the first of these */
	size_t unseen;      /* processes that ended before any sample */
	bool unseen_is_all; /* false: there may be more */
	size_t hidden;      /* living processes that are not in /proc */
	size_t denied;      /* readings that were not permitted */
	struct limit limit;
	struct err gpu; /* why GPUs were not read; no text: they were, or were
			   not asked for */
};

struct sampler;

/* Prepares measuring; plan and sink are borrowed. Call it before the program is
 * launched. NULL with e where its metric can't be measured here. The caller
 * destroys. */
struct sampler *sampler_create(
    const struct sampler_plan *plan, const struct sink *sink, struct err *e)
    __attribute__((nonnull(1, 2), warn_unused_result));
void sampler_destroy(struct sampler *sampler);

/* Why no GPU will be read though plan.with asks for it; NULL: one will be, or
 * none was asked for. */
const char *sampler_missing_gpu(const struct sampler *sampler)
    __attribute__((nonnull));

/* Samples the process of launch until it ends, the timeout or a signal. The
 * first sample is taken at once. */
void sampler_run(struct sampler *sampler, struct launch *launch,
    struct sampler_result *result) __attribute__((nonnull));

#endif
