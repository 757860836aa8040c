/* SPDX-License-Identifier: MIT
 *
 * The first pass over a recording that is to be thinned, and the choice of the
 * processes, marks, snapshots and runs that are left out because their records
 * alone would be too large. It has steps: each leaves out more, step 0 none.
 */
#ifndef MPROF_DAT_THIN_SURVEY_H
#define MPROF_DAT_THIN_SURVEY_H

#include "dat/thin_copy.h"
#include "dat/thin_line.h"
#include "profile/profile.h"

enum { THIN_STEPS = 4 };

/* Ticks are numbered from 1; 0: none. */
struct thin_process {
	double highest_mib; /* highest sample, or peak of PROC; -1: none */
	uint32_t tick, last_tick; /* of that sample; of its last record */
	float exit_mib;           /* of its EXIT; -1: none */
	uint32_t run, bytes;      /* bytes of its PROC and EXIT records */
	uint32_t names,
	    high_name; /* PROC records; that of the highest, from 1 */
	uint32_t last_bytes, between; /* bytes of the last name; of those that
					 are neither the first nor the last */
	bool root, living, large;     /* large: few are larger */
	bool seen, high_is_seen;      /* it is in a kept tick; its highest is */
};

/* Marks, or snapshots with their types. The first old ones are before the
 * newest part, the first cut are left out. */
struct thin_item {
	uint32_t run, bytes;
};
struct thin_items {
	ARRAY(struct thin_item) list;
	size_t old, cut;
};

struct thin_run {
	struct thinned before, left; /* by an earlier THIN; now */
	size_t fixed;                /* bytes that are always kept */
	bool is_there; /* it has records: few files have some before CMDLINE */
	bool has_sample;           /* so that THIN can stand in it */
	bool is_whole, is_dropped; /* is_whole: it has calls or stacks */
};

struct thin_survey {
	const struct thin_copy *copy;
	struct thin_lives lives;
	ARRAY(struct thin_process) processes;
	ARRAY(struct thin_run) runs;
	struct thin_items marks, snapshots;
	ARRAY(uint32_t) wanted; /* ticks to keep for a process; ascending */
	size_t at, tick_bytes;  /* bytes so far; those of ticks */
	uint32_t ticks;
	double first_s, stretch_s; /* stretch_s: of an earlier thinning */
	bool is_recent; /* the newest part has begun, with this tick: */
	uint32_t recent_tick;
	double recent_s;
	size_t recent_run, recent_bytes; /* recent_bytes: of its samples */
	unsigned step;
};

/* The caller finishes in any case. */
int thin_survey_init(struct thin_survey *survey, const struct thin_copy *copy,
    struct err *e) __attribute__((nonnull, warn_unused_result));
void thin_survey_finish(struct thin_survey *survey) __attribute__((nonnull));

/* Compares two uint32_t, for qsort(). */
int thin_compare_numbers(const void *left, const void *right);

/* The first step that may make it small enough. */
unsigned thin_survey_first_step(const struct thin_survey *survey);
/* Chooses as if no process were in a kept tick yet. */
void thin_survey_choose(struct thin_survey *survey, unsigned step);
bool thin_survey_keeps(const struct thin_survey *survey, size_t process);

/* Bytes that the copy has at least, with any stretches, by the present choice:
 * what is never thinned out of that which the choice keeps. */
size_t thin_survey_least(const struct thin_survey *survey);

/* Forgets which processes are in a kept tick. */
void thin_survey_forget(struct thin_survey *survey) __attribute__((nonnull));
/* Counts the processes that are left out, when the kept ticks are known. */
void thin_survey_count(struct thin_survey *survey) __attribute__((nonnull));

#endif
