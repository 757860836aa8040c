/* SPDX-License-Identifier: MIT
 *
 * A set of recordings of the same thing, as one side of a comparison: each of
 * their runs with its figures.
 */
#ifndef MPROF_INPUT_RECORDING_SET_H
#define MPROF_INPUT_RECORDING_SET_H

#include "analysis/compare.h"
#include "analysis/figures.h"
#include "base/index.h"
#include "input/profiles.h"

struct recording_set_run {
	const struct profile *profile;
	const struct run *run;
	struct figures figures;
	struct phase *phases;
	size_t phase_count;
	struct index phase_index; /* by name, of the first of that name */
};

struct recording_set {
	ARRAY(struct profile *) profiles;
	ARRAY(struct recording_set_run)
	runs; /* those with samples; never empty */
};

/* Adds the recordings that the pattern matches: a file's name, possibly with *
 * ? [ ], or a number of mprof list. -1 with e where it matches nothing, or a
 * recording can't be read. */
int recording_set_add(struct recording_set *set, const char *pattern,
    const struct profiles_options *options, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* The same for one file, whatever characters its name has. */
int recording_set_add_file(struct recording_set *set, const char *path,
    const struct profiles_options *options, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Removes all runs but the last, which is the newest in its file. */
void recording_set_keep_last(struct recording_set *set)
    __attribute__((nonnull));

void recording_set_finish(struct recording_set *set) __attribute__((nonnull));

/* Whether both were recorded by the same backend; -1 with e where not. */
int recording_set_check_measure(
    const struct recording_set *a, const struct recording_set *b, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* The first phase of that name; NULL where the run has none. */
const struct phase *recording_set_phase(const struct recording_set_run *run,
    const char *name) __attribute__((nonnull));

/* One of the figures by its place in struct figures. */
double recording_set_figure(const struct figures *figures, size_t offset);

/* Compares one figure of the runs of two sets; A's times factor. */
void recording_set_compare(const struct recording_set *a,
    const struct recording_set *b, size_t offset, double factor,
    struct comparison *out) __attribute__((nonnull));

#endif
