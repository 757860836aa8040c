/* SPDX-License-Identifier: MIT
 *
 * An axis in data space and its round ticks. A time axis counts seconds from
 * the scene's origin, a memory axis MiB; ticks are round in the unit that a
 * reader sees (KiB to TiB; ms to days; local time of day).
 */
#ifndef MPROF_SCENE_AXIS_H
#define MPROF_SCENE_AXIS_H

#include <stddef.h>

enum axis_kind {
	AXIS_MEMORY, /* values are MiB */
	AXIS_TIME,   /* values are seconds from the origin */
	AXIS_CLOCK,  /* the same values, shown as local time of day */
	AXIS_NUMBER  /* values are plain numbers */
};

struct axis {
	enum axis_kind kind;
	double low, high; /* low < high, both finite */
	double origin_s;  /* seconds since the epoch at value 0; AXIS_CLOCK */
	double unit_of;   /* MiB whose unit the axis uses; 0: by its ends */
};

struct tick {
	double value; /* low <= value <= high */
	/* ASCII; where the ticks have no common unit, a time includes its
	 * units. */
	char label[32];
};

struct axis_ticks {
	struct tick *items;
	size_t len;
	double step;
	char unit[40]; /* "MiB", "s", ""; for AXIS_CLOCK the date and zone */
};

/* Fills ticks with at least two, if they can be round, and at most that many
 * (at least 2); the caller finishes them. */
void axis_ticks(const struct axis *axis, size_t most, struct axis_ticks *ticks);
void ticks_finish(struct axis_ticks *ticks);

/* An axis from 0 (or below a negative low) to above high; in degenerate cases
 * (nothing, one value) still low < high. */
struct axis axis_memory(double high_mib);

#endif
