/* SPDX-License-Identifier: MIT
 *
 * A recording in a few figures: a row of mprof list, a member of a set.
 */
#ifndef MPROF_ANALYSIS_OVERVIEW_H
#define MPROF_ANALYSIS_OVERVIEW_H

#include "profile/profile.h"

struct overview {
	char *name;    /* of the file, or of the run in it; owned */
	char *command; /* of the first run; NULL where unknown; owned */
	size_t runs;
	bool measured;     /* false: the next two are zero */
	double start_s;    /* of the first run's first sample */
	double peak_mib;   /* the highest of all runs */
	double duration_s; /* of all runs together */
	struct share
	    share; /* PSS near the peak; processes 0: nothing to report */
	size_t processes;        /* 0 where unknown */
	bool ended;              /* how the program ended is known */
	struct exit_status exit; /* of the last run, if ended */
	enum run_ending ending;  /* of the last run */
	long rank, ranks;        /* of the last run; -1 where not recorded */
	char *job, *host;        /* NULL where not recorded; owned */
	char *measure;           /* "rss"; NULL where unknown; owned */
};

/* Sums a whole profile up. The caller finishes. */
void overview_init(struct overview *overview, const struct profile *profile)
    __attribute__((nonnull));

/* The same for one run of several. */
void overview_init_run(struct overview *overview, const struct run *run,
    const char *name) __attribute__((nonnull));

/* Whether a run began and nothing of it was measured. Of a set, such a
 * recording is one that failed: it isn't missing. */
bool overview_is_unmeasured(const struct profile *profile)
    __attribute__((nonnull));
void overview_finish(struct overview *overview) __attribute__((nonnull));

enum { OVERVIEW_STATUS = 32 };

/* "0", "SIGKILL", "oom", "cut off", "going on", "-" in out. */
void overview_status(const struct overview *overview, char *out)
    __attribute__((nonnull));

/* Whether the program is known to have failed. */
bool overview_has_failed(const struct overview *overview)
    __attribute__((nonnull));

/* The orders that overviews can be sorted in; the names end with NULL. */
enum overview_order {
	OVERVIEW_BY_PEAK,
	OVERVIEW_BY_DURATION,
	OVERVIEW_BY_NAME,
	OVERVIEW_BY_STATUS
};
extern const char *const overview_orders[];

/* Below 0 where a stands before b: the highest and the longest first, names in
 * their order, what failed before what did not. Equal ones are in the order of
 * their names. */
int overview_compare(const struct overview *a, const struct overview *b,
    enum overview_order order) __attribute__((nonnull));

/* Sorts len rows of size bytes each, which begin with their overviews, in the
 * order of that name; rows may be NULL where there is none. */
void overview_sort(void *rows, size_t len, size_t size, const char *order)
    __attribute__((nonnull(4)));

#endif
