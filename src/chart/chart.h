/* SPDX-License-Identifier: MIT
 *
 * Profiles become a scene. Each kind of chart is a file here and a line in
 * kinds.def.
 */
#ifndef MPROF_CHART_CHART_H
#define MPROF_CHART_CHART_H

#include <stdbool.h>

#include "analysis/lines.h"
#include "base/err.h"
#include "profile/profile.h"
#include "scene/scene.h"

struct chart_run {
	const struct run *run;
	/* Name that tells it from the others: the file, "file #2". */
	const char *name;
};

struct chart_limits {
	bool given;
	double low, high;
};

struct chart_request {
	/* Drawn over each other from a common start. */
	const struct chart_run *runs;
	size_t len; /* at least 1 */
	/* Compared with runs, but not drawn, as they have no sample. */
	const struct chart_run *others;
	size_t others_len;
	const char *title;            /* NULL: the command line */
	bool functions;               /* as bars in lanes, or brackets */
	bool brackets;                /* on the memory, instead of bars */
	bool slope;                   /* a trend line for each run */
	bool phases;                  /* shades the phases that are found */
	bool layers;                  /* adds the stacked layers of the run */
	bool clock;                   /* time of day instead of seconds */
	struct chart_limits window_s; /* seconds from the start */
	struct chart_limits memory_mib;
	size_t most_processes; /* with their own lines; 0: the default */
	bool by_start;         /* order of a heat map's rows; else by peak */
	bool by_name;          /* processes of one name are added up */
};

/* Fills scene, which the caller finishes in any case; -1 with e where there is
 * nothing to draw. */
typedef int chart_build(
    struct scene *scene, const struct chart_request *request, struct err *e);

#define KIND(name, letter, summary) chart_build chart_##name;
#include "chart/kinds.def"
#undef KIND

struct chart_kind {
	const char *name;
	chart_build *build;
};

/* The lines of kinds.def; ends with a NULL name. */
extern const struct chart_kind chart_kinds[];

/* Fills scene, which the caller finishes in any case, with a flame graph: each
 * stack that grew, with its frames as lanes, as wide as the growth. -1 with e
 * where nothing grew. A note tells how much was given back. */
int chart_growth(struct scene *scene, const struct stack_growths *growths,
    const char *title, struct err *e)
    __attribute__((nonnull, warn_unused_result));

#endif
