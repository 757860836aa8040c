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
	double from_s, to_s; /* of the series' times, from_s < to_s */
	size_t columns;      /* at least 1 */
	double gap_s;        /* a longer step breaks the line; 0: none does */
	bool every;          /* all samples: what M4 is tested against */
};

struct downsample_point {
	double time_s, mib;
	long column; /* -1 before and columns behind the view */
	bool starts; /* no line comes from the point before */
};

/* The mean of the samples of one column within the view. */
struct downsample_mean {
	double mib;
	size_t samples;
	long column;
	bool starts; /* a gap is before it */
};

struct downsample {
	ARRAY(struct downsample_point) points;
	ARRAY(struct downsample_mean) means;
};

/* The points of a sorted series in the view, with one more on each side so
 * that lines reach its edges. The caller frees with downsample_finish(). */
void downsample_m4(struct downsample *out, const struct series *series,
    const struct downsample_view *view);
void downsample_finish(struct downsample *out);

/* The step over which no line is drawn: five times the series' usual step,
 * and half a second at least; 0 where there are too few samples to tell. */
double downsample_gap(const struct series *series);

/* The usual step: the median of up to a thousand steps; 0 where none is. */
double downsample_interval(const struct series *series);

#endif
