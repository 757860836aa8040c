/* SPDX-License-Identifier: MIT
 *
 * Turns sampled faults into touched pages: the growth of each process's
 * resident memory is attributed to the faults sampled meanwhile, one in about
 * a period's bytes becomes a sample with its stack, and a sample ends when its
 * page is no longer resident, or was used anew.
 */
#ifndef MPROF_TOUCHED_GROWTH_H
#define MPROF_TOUCHED_GROWTH_H

#include <stdint.h>

#include "base/strbuf.h"
#include "proc/resident.h"
#include "touched/page_set.h"
#include "touched/rings.h"
#include "touched/unwind.h"

struct growth_process {
	pid_t pid;
	struct resident resident;
	struct unwind *unwind; /* NULL: not created, or destroyed */
	int64_t kib;           /* memory at the last reading; -1: none */
	int64_t pool_kib;      /* growth that was not given to a fault yet */
	double rest_kib;       /* growth given to faults, but not sampled yet */
	int64_t exec_ns;       /* when it executed its program; 0 */
	int64_t fault_ns;      /* time of its last sampled fault */
	int64_t grown_ns;      /* when growth was last seen */
	int64_t read_ns;       /* when it was last seen to live */
	int64_t end_ns;        /* when a thread of it last ended; 0: none did */
	uint64_t period;       /* period of the kernel's last sample */
	uint64_t since;        /* faults since then that were sampled singly */
	int64_t unwound_ns;
	bool python; /* the interpreter itself samples: nothing is reported */
	bool fell;   /* it gave memory back since its pages were checked */
	bool gone;   /* so it was at the last sweep */
	int64_t round_kib;   /* in this round: what its faults can explain */
	double round_factor; /* factor applied to that */
	struct page_set set;
	/* Its samples stand for this much more than its memory, and no reason
	 * is known. */
	int64_t spare_kib;
	int64_t settle_ns; /* earliest time of the next check of that */
};

struct growth {
	struct rings rings;
	int feed;
	ARRAY(struct growth_process *) processes;
	struct strbuf message;
	/* Messages that the feed had no room for, each preceded by its length;
	 * the first one is at queue_at. */
	struct strbuf queue;
	size_t queue_at;
	uint32_t samples; /* id of the last sample */
	size_t pages;     /* number over all processes */
	double period_kib;
	double budget; /* bytes of records */
	uint64_t failed, reported_failed, reported_lost;
	double reported_kib;
	int64_t begun_ns, budget_ns, swept_ns, sweep_ns;
	uint64_t random;
	/* Number of ready events; the others wait for their pages. */
	size_t ready;
	/* Conditions for sampling each fault (see growth_pace). */
	/* The kernel's period may be longer than the rate requires. */
	bool lags;
	bool huge;      /* huge pages were seen since each fault is sampled */
	unsigned small; /* number of small ones after these */
	int64_t event_ns, pause_ns;
};

/* The caller opens the rings. */
void growth_init(struct growth *growth, int feed) __attribute__((nonnull));
void growth_finish(struct growth *growth) __attribute__((nonnull));

/* Handles what is in the rings. Returns whether there was anything. */
bool growth_round(struct growth *growth) __attribute__((nonnull));

/* Switches single sampling on and off. Returns the milliseconds after which it
 * must be called again, at most `most`. */
int growth_pace(struct growth *growth, int most) __attribute__((nonnull));

/* Sends what the feed has room for; everything if wait is set. Returns whether
 * something is left. */
bool growth_flush(struct growth *growth, bool wait) __attribute__((nonnull));

/* Checks for processes that ended and pages that were given back, where due;
 * always at the end. */
void growth_sweep(struct growth *growth, bool end) __attribute__((nonnull));

#endif
