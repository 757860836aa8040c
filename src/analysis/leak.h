/* SPDX-License-Identifier: MIT
 *
 * Is it leaking? The samples that are evidence are picked first: neither the
 * start-up nor what comes behind the last plateau before the end, each life on
 * its own where a program was started again and again, night beside night
 * where it has days. analysis/judge.h judges those.
 */
#ifndef MPROF_ANALYSIS_LEAK_H
#define MPROF_ANALYSIS_LEAK_H

#include "profile/profile.h"

/* In less time a load of data and a leak look the same: a minute, less the
 * samples that it may lack. */
#define LEAK_LEAST_S 59.5

enum leak_verdict {
	LEAK_UNDECIDED, /* too short or too noisy to say: see need_s */
	LEAK_STEADY,    /* no growth beyond what noise explains */
	LEAK_GROWING,   /* growing, but slowing: a cache or a warm-up */
	LEAK_LEAKING    /* growing to the end, steadily or ever faster */
};

/* Why it is undecided, and with that what would decide. */
enum leak_reason {
	LEAK_FEW,    /* too few samples, or no time between them */
	LEAK_LOADS,  /* it only ever grew, for less than a minute */
	LEAK_NOISE,  /* growth that the noise could explain as well */
	LEAK_COARSE, /* no growth seen, but only a huge leak would show */
	LEAK_CYCLES, /* ups and downs that came round too seldom */
	LEAK_RESTED, /* it grew, and then stood still */
	LEAK_BENDS,  /* it grows on behind a start, or slows: both fit */
	LEAK_FALLS   /* it grew, fell back and grew again */
};

/* The stretch that was judged is that from since_s to until_s: behind a start
 * or a warm-up, before the end. What follows it is no evidence. */
struct leak {
	enum leak_verdict verdict;
	enum leak_reason reason; /* of undecided */
	bool judged;      /* enough samples: the slope below means something */
	double mib_per_s; /* slope of the stretch */
	double low, high; /* its 95 % interval */
	double visible_mib_per_s; /* a leak of this slope would have been seen;
				     0 where not known */
	double since_s, until_s;  /* seconds since the epoch */
	double first_s, last_s;   /* of the recording */
	double level_mib;  /* the line at until_s, no more than the peak */
	double need_s;     /* undecided: this much more may decide it */
	double spread_mib; /* robust deviation about the line */
	size_t lives;      /* judged inside so many lives; 0: as one */
	double cycle_s;    /* judged by the floors of cycles; 0: not so */
};

/* Judges one sorted series of any length. ended: its last sample is known to
 * be the last of the program. */
void leak_judge(const struct series *series, bool ended, struct leak *out)
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
/* The same of the samples from from_s to to_s, both included, as if there were
 * no others; first_s is when the whole run begins. */
void leak_judge_part(const struct run *run, double from_s, double to_s,
    struct leak_run *out) __attribute__((nonnull));

void leak_run_finish(struct leak_run *leak) __attribute__((nonnull));

const char *leak_word(enum leak_verdict verdict);

/* For an undecided verdict: the reason, and what would decide it. For a steady
 * one: the smallest leak that would have shown. Otherwise empty. The caller
 * frees it. */
char *leak_why(const struct leak *leak)
    __attribute__((nonnull, warn_unused_result));

/* The reason as one word, for JSON; NULL where it is decided. */
const char *leak_why_word(const struct leak *leak) __attribute__((nonnull));

#endif
