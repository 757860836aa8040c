/* SPDX-License-Identifier: MIT
 *
 * One side of a comparison: some recordings of the same thing, each run in
 * them with its figures.
 */
#ifndef MPROF_COMMANDS_SIDE_H
#define MPROF_COMMANDS_SIDE_H

#include "analysis/compare.h"
#include "analysis/figures.h"
#include "base/index.h"
#include "commands/profiles.h"

struct side_run {
	const struct profile *profile;
	const struct run *run;
	struct figures figures;
	struct phase *phases;
	size_t phase_count;
	struct index phase_index; /* by name, of the first of that name */
};

struct side {
	ARRAY(struct profile *) profiles;
	ARRAY(struct side_run) runs; /* those with samples; never empty */
};

/* Reads what the pattern (a file's name, one with * ? [ ], or a number of
 * mprof list) matches, as more
 * of the side. -1 with e where it matches nothing, or nothing can be read. */
int side_add(struct side *side, const char *pattern,
    const struct profiles_options *options, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* The same for one file, whatever characters its name has. */
int side_add_file(struct side *side, const char *path,
    const struct profiles_options *options, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Leaves but the last run: the one just recorded in a file of several. */
void side_keep_last(struct side *side) __attribute__((nonnull));

void side_finish(struct side *side) __attribute__((nonnull));

/* Whether both were recorded by the same backend; -1 with e where not. */
int side_check_metric(const struct side *a, const struct side *b, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* The first phase of that name; NULL where the run has none. */
const struct phase *side_run_phase(const struct side_run *run, const char *name)
    __attribute__((nonnull));

/* One of the figures by its place in struct figures. */
double figure_at(const struct figures *figures, size_t offset);

/* Compares one figure of the runs of two sides; A's times factor. */
void side_compare(const struct side *a, const struct side *b, size_t offset,
    double factor, struct comparison *out) __attribute__((nonnull));

#endif
