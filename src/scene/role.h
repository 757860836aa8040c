/* SPDX-License-Identifier: MIT
 *
 * The purpose of a thing in a chart. Scenes and drawings use roles, never
 * colours; render/palette.h gives each role its colour in a theme.
 */
#ifndef MPROF_SCENE_ROLE_H
#define MPROF_SCENE_ROLE_H

enum role {
	ROLE_BACKGROUND,
	ROLE_FRAME, /* axes and ticks */
	ROLE_GRID,
	ROLE_TEXT,
	ROLE_TEXT_SOFT, /* less important: units, notes */
	ROLE_TOTAL,     /* memory of the whole tree */
	ROLE_PEAK,
	ROLE_TREND,
	ROLE_MARK,   /* moments marked by the program or a person */
	ROLE_ALARM,  /* an end by a signal, out of memory */
	ROLE_GAP,    /* a time without samples */
	ROLE_OTHER,  /* summed up */
	ROLE_SERIES, /* first of ROLE_SERIES_COUNT distinguishable ones */
	ROLE_SERIES_2,
	ROLE_SERIES_3,
	ROLE_SERIES_4,
	ROLE_SERIES_5,
	ROLE_SERIES_6,
	ROLE_COUNT,
	ROLE_SERIES_COUNT = ROLE_COUNT - ROLE_SERIES
};

/* The role of the nth of similar things; roles repeat. */
static inline enum role role_series(unsigned long n)
{
	return (enum role)(ROLE_SERIES + n % ROLE_SERIES_COUNT);
}

/* "total", "series-3": for golden files, CSS classes and JSON; static. */
const char *role_name(enum role role);

#endif
