/* SPDX-License-Identifier: MIT
 *
 * Judges whether a program leaks. First the samples that are evidence are
 * selected: not the start-up, nor what follows the last plateau before the
 * end; each life separately if a program was restarted; nights against nights
 * if it runs for days. analysis/judge.h judges these.
 */
#ifndef MPROF_ANALYSIS_LEAK_H
#define MPROF_ANALYSIS_LEAK_H

#include "profile/profile.h"

/* In a shorter time loading data looks like a leak: a minute, less the samples
 * that may be missing. */
#define LEAK_LEAST_S 59.5

enum leak_verdict {
	LEAK_UNDECIDED, /* too short or too noisy: see need_s */
	LEAK_STEADY,    /* no growth beyond what noise explains */
	LEAK_GROWING,   /* growing, but slowing: a cache or a warm-up */
	LEAK_LEAKING    /* growing to the end, steadily or ever faster */
};

/* Why it is undecided, which implies what would decide it. */
enum leak_reason {
	LEAK_FEW,    /* too few samples, or no time between them */
	LEAK_SHORT,  /* no growth, in a stretch of less than a second */
	LEAK_LOADS,  /* it grew all the time, for less than a minute */
	LEAK_NOISE,  /* growth that may be noise */
	LEAK_COARSE, /* no growth, but only a huge leak would show */
	LEAK_CYCLES, /* too few periods of ups and downs */
	LEAK_RESTED, /* it grew, and then stopped */
	LEAK_BENDS,  /* growth after a start, or slowing: both fit */
	LEAK_FALLS   /* it grew, fell back and grew again */
};

/* The judged stretch is from since_s to until_s: after a start or a warm-up,
 * before the end. What follows is no evidence. */
struct leak {
	enum leak_verdict verdict;
	enum leak_reason reason;  /* if undecided */
	bool judged;              /* there were enough samples */
	double mib_per_s;         /* slope of the stretch; NAN: not judged */
	double low, high;         /* its 95 % interval; likewise */
	double visible_mib_per_s; /* a leak of this slope is detected in two of
				     three recordings; 0: unknown */
	double since_s, until_s;  /* seconds since the epoch */
	double first_s, last_s;   /* of the recording */
	double level_mib;         /* the line's at until_s, at most the peak */
	double need_s;     /* undecided: further time that may decide it */
	double spread_mib; /* robust deviation about the line */
	size_t lives;      /* number of lives judged separately; 0: as one */
	/* Judged by the floors of cycles of this length; 0: not. */
	double cycle_s;
};

/* The slope of a leak that would have been detected, in nine of ten recordings
 * with noise like this one's; 0: unknown. */
double leak_shows_mib_per_s(const struct leak *leak) __attribute__((nonnull));

/* Judges one sorted series of any length. ended: its last sample is known to be
 * the program's last. */
void leak_judge(const struct series *series, bool ended, struct leak *out)
    __attribute__((nonnull));

struct leak_process {
	const struct process *process; /* of the run */
	struct leak leak;
};

/* Judges a run: the total, each process that lived through nearly half of it
 * and is there at the end, and whether the number of processes keeps growing.
 * The level of the worst is the total's, as the total reaches a limit. */
struct leak_run {
	struct leak total;
	struct leak worst;             /* the decisive one */
	const struct process *process; /* its process; NULL: the total */
	bool more_processes;           /* their number is what grows */
	ARRAY(struct leak_process) processes;
};

/* The caller finishes it, and keeps run until then. */
void leak_judge_run(const struct run *run, struct leak_run *out)
    __attribute__((nonnull));
/* The same for the samples from from_s to to_s, both included, as if there were
 * no others; first_s is the start of the whole run. */
void leak_judge_part(const struct run *run, double from_s, double to_s,
    struct leak_run *out) __attribute__((nonnull));

void leak_run_finish(struct leak_run *leak) __attribute__((nonnull));

const char *leak_word(enum leak_verdict verdict);

/* For an undecided verdict, the reason and what would decide it; for a steady
 * one, the smallest leak that would have shown; otherwise empty. The caller
 * frees. */
char *leak_why(const struct leak *leak)
    __attribute__((nonnull, warn_unused_result));

/* The reason as one word, for JSON; NULL where it is decided. */
const char *leak_why_word(const struct leak *leak) __attribute__((nonnull));

#endif
