/* SPDX-License-Identifier: MIT
 *
 * A chart on the terminal that follows a run: redrawn when something changed,
 * at most ten times a second, and so rarely that drawing takes less than a
 * hundredth of a processor.
 */
#ifndef MPROF_RENDER_LIVE_H
#define MPROF_RENDER_LIVE_H

#include "cli/screen.h"
#include "profile/profile.h"
#include "recorder/sink.h"
#include "recorder/sampler.h"

/* The chart, or a sorted list of the last tick's processes. */
enum live_list {
	LIVE_CHART,
	LIVE_BY_MEMORY,
	LIVE_BY_NAME,
	LIVE_BY_PID,
	LIVE_LISTS /* number of these */
};

struct live_view {
	double last_s; /* length of time to show; 0: all */
	bool grouped;  /* processes of one name are added up */
	enum live_list list;
	double paused_s; /* time at which it was paused; 0: not */
};

struct live {
	struct live_view view; /* set after live_init() */
	struct screen screen;
	bool keys, on_screen;
	struct profile own;          /* collected by the hook */
	const struct profile *shown; /* own, or another profile */
	const char *hint;            /* how to quit */
	int64_t usage_ns, gpu_ns;    /* times of the last readings */
	double now_s;    /* time of the last tick; 0: use the clock */
	int64_t next_ns; /* no drawing before then */
	bool stale;      /* what is displayed is outdated */
	bool quit;       /* q was pressed */
};

/* With keys, q quits and others change the view; otherwise the keyboard is not
 * read. The terminal is taken when there is something to draw; live_leave() and
 * live_finish() restore it. command names the hook's run; NULL without a
 * hook. */
void live_init(struct live *live, bool keys, const char *command);

/* Tells what the hook's samples measure; call it after live_init(). */
void live_measures(struct live *live, const struct sampler_plan *plan)
    __attribute__((nonnull));

void live_leave(struct live *live);
void live_finish(struct live *live);

/* Draws if something changed and it is time to. */
void live_draw(struct live *live, bool changed);

/* Handles a pressed key: space pauses, + and - zoom, l shows the next list, n
 * adds up by name. */
void live_on_key(struct live *live) __attribute__((nonnull));

/* A hook that collects a sampler's reports and draws them; at the end of the
 * recording the terminal is restored. With keys, q sets live->quit. */
struct sampler_hook live_hook(struct live *live);

#endif
