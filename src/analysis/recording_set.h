/* SPDX-License-Identifier: MIT
 *
 * A set of recordings of the same thing, one of the two sets in a comparison:
 * each of their runs with its figures.
 */
#ifndef MPROF_ANALYSIS_RECORDING_SET_H
#define MPROF_ANALYSIS_RECORDING_SET_H

#include "analysis/compare.h"
#include "analysis/figures.h"
#include "base/err.h"
#include "base/index.h"

struct recording_set_run {
	const struct profile *profile;
	const struct run *run;
	struct figures figures;
	struct phase *phases;
	size_t phase_count;
	struct index phase_index; /* first phase of each name */
};

struct recording_set {
	ARRAY(struct profile *) profiles;
	ARRAY(struct recording_set_run)
	runs; /* runs with samples; never empty */
};

/* Takes over a profile from mem_zero(), and adds its runs. Returns how many of
 * these have samples. */
size_t recording_set_take(struct recording_set *set, struct profile *profile)
    __attribute__((nonnull));

/* Fills growth_mib_s of all figures, which takes long. */
void recording_set_judge_growth(struct recording_set *set)
    __attribute__((nonnull));

/* Removes all runs but the last, which is the newest in its file. */
void recording_set_keep_last(struct recording_set *set)
    __attribute__((nonnull));

void recording_set_finish(struct recording_set *set) __attribute__((nonnull));

/* Whether both have the same backend; -1 with e otherwise. */
int recording_set_check_measure(
    const struct recording_set *a, const struct recording_set *b, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Whether the total of one recording is of the program alone, and that of
 * another the sum of it and its descendants: then e names both. */
bool recording_set_mixes_totals(const struct recording_set *a,
    const struct recording_set *b, struct err *e) __attribute__((nonnull));

/* The first phase of that name; NULL where the run has none. */
const struct phase *recording_set_phase(const struct recording_set_run *run,
    const char *name) __attribute__((nonnull));

/* One of the figures, by its offset in struct figures. */
double recording_set_figure(const struct figures *figures, size_t offset);

/* Compares one figure of the runs of two sets; a's is multiplied by factor. */
void recording_set_compare(const struct recording_set *a,
    const struct recording_set *b, size_t offset, double factor,
    struct comparison *out) __attribute__((nonnull));

/* The run with the median peak; the lower one of two. */
const struct recording_set_run *recording_set_median(
    const struct recording_set *set) __attribute__((nonnull));

/* A part that runs of both sets have: a phase, or all processes of one name. */
struct compared_part {
	const char *name;
	size_t count[2]; /* highest number of these processes in a run of a and
			    of b; 0: a phase */
	struct comparison peak, growth;
};

struct compared_parts {
	ARRAY(struct compared_part) items;
	struct index index; /* by name */
};

/* Compares each phase and each process name of a that b has, too. Names are
 * borrowed from the runs. The caller finishes both lists. */
void compare_parts_find(const struct recording_set *const sides[2],
    struct compared_parts *phases, struct compared_parts *processes)
    __attribute__((nonnull));

void compare_parts_finish(struct compared_parts *list) __attribute__((nonnull));

#endif
