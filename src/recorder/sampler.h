/* SPDX-License-Identifier: MIT
 *
 * The clock and the loop: at each deadline the program and its descendants
 * are measured, and a sink is told. Deadlines are absolute; those that were
 * missed are counted, never made up for. In the steady state nothing is
 * allocated and one pread() a process is all there is.
 */
#ifndef MPROF_RECORDER_SAMPLER_H
#define MPROF_RECORDER_SAMPLER_H

#include "proc/metric.h"
#include "recorder/launch.h"
#include "recorder/sink.h"

/* Asked at each tick, behind the sink's tick and before its flush; it may tell
 * the sink more (marks, stacks). */
struct sampler_hook {
	void *context;
	void (*tick)(void *context, const struct sink_tick *tick,
	    const struct sink *sink);
	/* The recording ends; tick is the last one. May be NULL. */
	void (*end)(void *context, const struct sink_tick *tick,
	    const struct sink *sink);
};

enum { SAMPLER_HOOKS = 4 };

enum sampler_action { /* where the limit is reached */
	SAMPLER_TERM,
	SAMPLER_KILL,
	SAMPLER_STOP,
	SAMPLER_MARK
};

struct sampler_plan {
	int64_t interval_ns;
	int64_t timeout_ns; /* 0: none */
	const struct metric *metric;
	bool alone;            /* the total is the program's alone */
	bool skip_descendants; /* and nobody asks for descendants */
	bool wait_all;         /* until the last descendant ended */
	bool adopted;          /* orphans become our children */
	double max_overhead;   /* of one core; 0: no limit */
	int64_t limit_kib;     /* 0: none */
	enum sampler_action on_limit;
	struct sampler_hook hooks[SAMPLER_HOOKS]; /* tick NULL: unused */
};

enum sampler_end {
	SAMPLER_ENDED,   /* what was recorded is over */
	SAMPLER_TIMEOUT, /* plan.timeout_ns passed */
	SAMPLER_QUIT     /* this process was told to end */
};

/* What there is to say at the end. */
struct sampler_result {
	enum sampler_end end;
	int status; /* of the program, as wait() gives it; with ENDED only */
	int64_t start_ns, end_ns; /* as in struct sink_tick */
	int64_t peak_kib;         /* larger of samples and marks */
	int64_t sampled_peak_kib; /* highest sampled total */
	int64_t pss_kib;          /* of one reading near the peak; 0: none */
	int64_t pss_rss_kib;      /* RSS of the same processes then */
	size_t pss_count;         /* how many they were */
	uint64_t samples, missed;
	int64_t interval_ns; /* at the end: longer where overhead made it so */
	size_t alive;        /* descendants that live on */
	size_t unseen;       /* that ended before a sample saw them */
	bool limit_reached;
	int64_t limit_total_kib; /* when it was */
};

struct sampler;

/* Ready to measure what launch holds. -1 with e where it can't be measured at
 * all (no /proc, say): the program runs nevertheless. The caller destroys. */
struct sampler *sampler_create(const struct sampler_plan *plan,
    struct launch *launch, const struct sink *sink, struct err *e)
    __attribute__((warn_unused_result));
void sampler_destroy(struct sampler *sampler);

/* Samples until the end, the timeout or a signal. */
void sampler_run(struct sampler *sampler, struct sampler_result *result)
    __attribute__((nonnull));

#endif
