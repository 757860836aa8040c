/* SPDX-License-Identifier: MIT
 *
 * A chart on the terminal that follows a run: drawn anew when something
 * changed, at most ten times a second, and so seldom that drawing takes less
 * than a hundredth of a processor.
 */
#ifndef MPROF_RENDER_LIVE_H
#define MPROF_RENDER_LIVE_H

#include "cli/screen.h"
#include "profile/profile.h"
#include "recorder/sink.h"
#include "recorder/sampler.h"

/* Chart, or the processes of the last tick, sorted. */
enum live_list {
	LIVE_CHART,
	LIVE_BY_MEMORY,
	LIVE_BY_NAME,
	LIVE_BY_PID,
	LIVE_LISTS /* how many there are */
};

struct live_view {
	double last_s; /* only that much of the time before now; 0: all */
	bool grouped;  /* processes of one name are one */
	enum live_list list;
	double paused_s; /* nothing later is drawn; 0: it goes on */
};

struct live {
	struct live_view view; /* to be set after live_init() */
	struct screen screen;
	bool keys, on_screen;
	struct profile own;          /* what the hook collects */
	const struct profile *shown; /* own, or another's */
	const char *hint;            /* how to leave */
	int64_t usage_ns, gpu_ns;    /* of the last readings of usage */
	double now_s;                /* of the last tick; 0: ask the clock */
	int64_t next_ns;             /* no drawing before that */
	bool stale;                  /* what is shown is not the newest */
	bool quit;                   /* q was pressed */
};

/* With keys, q quits, and others change the view; else the keyboard is left
 * alone. The terminal is taken when there is something to draw; live_leave()
 * and live_finish() give it back. command names the hook's run, NULL without a
 * hook. */
void live_init(struct live *live, bool keys, const char *command);

/* Says what the hook's samples measure; to be called after live_init(). */
void live_measures(struct live *live, const struct sampler_plan *plan)
    __attribute__((nonnull));

void live_leave(struct live *live);
void live_finish(struct live *live);

/* Draws where something changed and it is time to. */
void live_draw(struct live *live, bool changed);

/* Does what the key that was pressed asks for: space pauses, + and - zoom, l
 * changes to the next list, n adds up by name. */
void live_on_key(struct live *live) __attribute__((nonnull));

/* Collects a sampler's reports and draws them; at the end of the recording the
 * terminal is given back. With keys, q sets live->quit. */
struct sampler_hook live_hook(struct live *live);

#endif
