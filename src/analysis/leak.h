/* SPDX-License-Identifier: MIT
 *
 * Is it leaking? Judged from the lower envelope (analysis/envelope.h), so
 * that a collector's sawtooth is no leak, after the warm-up, by a robust
 * slope and a test for monotone trend (analysis/robust.h), against the
 * shapes that growth without a leak has (analysis/fit.h).
 */
#ifndef MPROF_ANALYSIS_LEAK_H
#define MPROF_ANALYSIS_LEAK_H

#include "profile/profile.h"

enum leak_verdict {
	LEAK_UNDECIDED, /* too short or too noisy to say: see need_s */
	LEAK_STEADY,    /* no growth beyond what noise explains */
	LEAK_GROWING,   /* growing, but slowing: a cache or a warm-up */
	LEAK_LEAKING    /* growing to the end, steadily or ever faster */
};

struct leak {
	enum leak_verdict verdict;
	bool judged;      /* enough samples: the slope below means something */
	double mib_per_s; /* slope after the warm-up */
	double low, high; /* its 95 % interval */
	double since_s;   /* end of the warm-up, seconds since the epoch */
	double first_s;   /* of the recording */
	double last_s;
	double level_mib;  /* the envelope's line at last_s */
	double need_s;     /* undecided: this much more may decide it */
	double spread_mib; /* robust deviation about the line */
};

/* Judges one sorted series of any length. */
void leak_judge(const struct series *series, struct leak *out)
    __attribute__((nonnull));

struct leak_process {
	const struct process *process; /* of the run */
	struct leak leak;
};

/* Judges a run: its total, each process that lived through nearly half of it
 * and is there at its end, and whether processes gather that never end. The
 * level of the worst is the total's: it is the whole that reaches a limit. */
struct leak_run {
	struct leak total;
	struct leak worst;             /* the one that decides */
	const struct process *process; /* whose it is; NULL: the total */
	bool more_processes;           /* it is their number that grows */
	ARRAY(struct leak_process) processes;
};

/* The caller finishes it, and keeps the run until then. */
void leak_judge_run(const struct run *run, struct leak_run *out)
    __attribute__((nonnull));
void leak_run_finish(struct leak_run *leak) __attribute__((nonnull));

const char *leak_word(enum leak_verdict verdict);

#endif
