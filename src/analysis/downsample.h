/* SPDX-License-Identifier: MIT
 *
 * M4: of all samples in a pixel column the first, the lowest, the highest and
 * the last, which is what a line chart of that width can show (Jugel, Jerzak,
 * Hackenbroich, Markl: "M4: A Visualization-Oriented Time Series Data
 * Aggregation", VLDB 2014). Points are true samples in their order; none is
 * given twice.
 */
#ifndef MPROF_ANALYSIS_DOWNSAMPLE_H
#define MPROF_ANALYSIS_DOWNSAMPLE_H

#include <stdbool.h>

#include "base/array.h"
#include "profile/series.h"

struct downsample_view {
	double from_s, to_s; /* in times of the series; from_s < to_s */
	size_t columns;      /* at least 1 */
	double gap_s; /* a longer step breaks the line; 0: no step does */
	bool every;   /* all samples, for tests of M4 */
};

struct downsample_point {
	double time_s, mib;
	long column; /* -1 before the view, columns behind it */
	bool starts; /* no line is drawn from the point before */
};

/* The mean of the samples of one column within the view. */
struct downsample_mean {
	double mib;
	size_t samples;
	long column;
	bool starts; /* a gap precedes it */
};

struct downsample {
	ARRAY(struct downsample_point) points;
	ARRAY(struct downsample_mean) means;
};

/* The points of a sorted series in the view, and one on each side, so that
 * lines reach its edges. The caller frees with downsample_finish(). */
void downsample_m4(struct downsample *out, const struct series *series,
    const struct downsample_view *view);
void downsample_finish(struct downsample *out);

/* The step across which no line is drawn: five times the usual step, and at
 * least half a second; 0 where there are too few samples. */
double downsample_gap(const struct series *series);

/* The usual step: the median of up to a thousand steps; 0 where there is
 * none. */
double downsample_interval(const struct series *series);

#endif
