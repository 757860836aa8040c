/* SPDX-License-Identifier: MIT
 *
 * The clock and the loop: at each deadline the program and its descendants
 * are measured, and reported to a sink. Deadlines are absolute; those that were
 * missed are counted, never made up for. In the steady state nothing is
 * allocated and one pread() a process is all there is.
 */
#ifndef MPROF_RECORDER_SAMPLER_H
#define MPROF_RECORDER_SAMPLER_H

#include "proc/metric.h"
#include "recorder/exit_cause.h"
#include "recorder/launch.h"
#include "recorder/limit.h"
#include "recorder/shares.h"
#include "recorder/sink.h"

enum { SAMPLER_HOOKS = 9 };

struct sampler_plan {
	const char *proc; /* NULL: /proc */
	int64_t interval_ns;
	int64_t timeout_ns; /* 0: none */
	const struct metric *metric;
	bool alone;          /* the total is the program's alone */
	bool no_descendants; /* nor is anything reported of others */
	bool names;          /* are asked of hooks, if not of the sink */
	bool exits;          /* each descendant's end matters */
	bool wait_all;       /* until the last descendant ended */
	bool launched;       /* by us, just now: not only watched */
	bool adopts;         /* orphans become our children */
	/* NULL, or a control group whose processes are recorded in place of a
	 * program and its descendants: the folder that lists them. */
	const char *group;
	const char *group_path; /* the group's, or that of the one that the
				 * program is launched in; NULL: ours */
	unsigned with;          /* what else is read: proc/usage.h's set */
	double max_overhead;    /* of one processor; 0: no bound */
	int64_t limit_kib;      /* 0: none */
	enum limit_action on_limit;
	struct sampler_hook hooks[SAMPLER_HOOKS]; /* tick NULL: unused */
	const bool *quit;    /* a hook sets it to end the recording; or NULL */
	struct aside *aside; /* a hook's own process; or NULL */
};

enum sampler_end {
	SAMPLER_ENDED,   /* what was recorded is over */
	SAMPLER_TIMEOUT, /* plan.timeout_ns passed */
	SAMPLER_QUIT     /* this process was asked to end */
};

/* The outcome of a recording. */
struct sampler_result {
	enum sampler_end end;
	bool has_status; /* the program ended and we know how */
	int status;      /* as wait() gives it */
	struct exit_cause_verdict exit_cause;
	int64_t start_ns, end_ns; /* as in struct sink_tick */
	int64_t peak_kib; /* the larger of samples and high-water marks */
	int64_t last_kib; /* the last sample */
	uint64_t samples, missed;
	int64_t interval_ns; /* at the end: longer where overhead made it so */
	size_t most;         /* processes at once */
	size_t alive; /* descendants that live on when the program ended */
	struct member_alive living[MEMBERS_NAMED]; /* the first of them */
	size_t unseen;      /* that ended before a sample saw them */
	bool unseen_is_all; /* false: there may be more of them */
	size_t hidden;      /* that live, but not in /proc */
	size_t denied;      /* readings that were not permitted */
	struct limit limit;
	struct err gpu; /* why GPUs were not read; no text: they were, or were
			 * not to be */
};

struct sampler;

/* Ready to measure; plan and sink are borrowed. To be called before the
 * program is launched. NULL with e where its metric can't be measured here.
 * The caller destroys. */
struct sampler *sampler_create(
    const struct sampler_plan *plan, const struct sink *sink, struct err *e)
    __attribute__((nonnull(1, 2), warn_unused_result));
void sampler_destroy(struct sampler *sampler);

/* The reason why no GPU will be read though plan.with asks for it; NULL: one
 * will, or was not asked for. */
const char *sampler_missing_gpu(const struct sampler *sampler)
    __attribute__((nonnull));

/* Samples what launch holds until it ends, the timeout or a signal. The first
 * sample is taken at once. */
void sampler_run(struct sampler *sampler, struct launch *launch,
    struct sampler_result *result) __attribute__((nonnull));

#endif
