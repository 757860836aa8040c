/* SPDX-License-Identifier: MIT
 *
 * From sampled faults to touched pages: the growth of each process's resident
 * memory is given to the faults that were sampled meanwhile, one in about a
 * period's bytes of it becomes a sample with its stack, and a sample goes when
 * its page is no longer resident.
 */
#ifndef MPROF_TOUCHED_GROWTH_H
#define MPROF_TOUCHED_GROWTH_H

#include <stdint.h>

#include "base/strbuf.h"
#include "proc/resident.h"
#include "touched/rings.h"
#include "touched/unwind.h"

/* The page of a sample that is resident. */
struct growth_page {
	uint64_t address;
	uint32_t id;
};

struct growth_process {
	pid_t pid;
	struct resident resident;
	struct unwind *unwind; /* NULL: not made yet, or any more */
	int64_t kib;           /* its memory at the last reading; -1: none */
	int64_t pool_kib;      /* growth that no fault was given yet */
	double rest_kib;       /* given growth that no sample stands for yet */
	int64_t exec_ns;       /* it executed its program then, or 0 */
	int64_t fault_ns;      /* its last sampled fault */
	int64_t grown_ns;      /* its memory was found larger than before */
	uint64_t period;       /* that the kernel's last sample had */
	uint64_t since;        /* faults since then that were sampled each */
	int64_t unwound_ns;
	bool python; /* the interpreter itself is asked, and nothing is told */
	bool fell;   /* it gave memory back since its pages were checked */
	int64_t round_kib;   /* of this round: what its faults can explain */
	double round_factor; /* what they are given of that */
	ARRAY(struct growth_page) pages;
};

struct growth {
	struct rings rings;
	int feed;
	ARRAY(struct growth_process *) processes;
	struct strbuf message;
	/* Messages that the feed had no room for yet, each behind its length;
	 * the first of them stands at queue_at. */
	struct strbuf queue;
	size_t queue_at;
	uint32_t samples; /* the last one's id */
	size_t pages;     /* of all processes */
	double period_kib;
	double budget; /* bytes of records */
	uint64_t failed, told_failed, told_lost;
	double told_kib;
	int64_t begun_ns, budget_ns, swept_ns, sweep_ns;
	uint64_t random;
	size_t ready; /* events of the rings; the rest wait for their pages */
	/* The conditions under which each fault is sampled (see growth_pace).
	 */
	bool lags; /* the kernel's period may be longer than the rate asks */
	bool huge; /* pages were seen since each fault is sampled */
	unsigned small; /* ones, since the last of these */
	int64_t event_ns, pause_ns;
};

/* The rings are the caller's to open. */
void growth_init(struct growth *growth, int feed) __attribute__((nonnull));
void growth_finish(struct growth *growth) __attribute__((nonnull));

/* Takes what the rings have. Whether there was anything. */
bool growth_round(struct growth *growth) __attribute__((nonnull));

/* Switches the sampling of each fault on and off. The milliseconds after which
 * it is to be called again at the latest, most where there is no need. */
int growth_pace(struct growth *growth, int most) __attribute__((nonnull));

/* Sends what the feed has room for; all of it where wait is set. Whether
 * something is left. */
bool growth_flush(struct growth *growth, bool wait) __attribute__((nonnull));

/* Looks for what ended and for pages that were given back, where that is due;
 * at the end in any case. */
void growth_sweep(struct growth *growth, bool end) __attribute__((nonnull));

#endif
