/* SPDX-License-Identifier: MIT
 *
 * A recording in a few figures: a row of mprof list, a member of a set.
 */
#ifndef MPROF_ANALYSIS_OVERVIEW_H
#define MPROF_ANALYSIS_OVERVIEW_H

#include "profile/profile.h"

struct peaks;

struct overview {
	char *name;    /* of the file, or of the run in it; owned */
	char *command; /* of the first run; NULL where unknown; owned */
	size_t runs;
	bool measured;     /* false: the next two are zero */
	double start_s;    /* first sample of the first run */
	double peak_mib;   /* highest of all runs */
	double duration_s; /* sum over all runs */
	struct share
	    share; /* PSS near the peak; processes 0: nothing to report */
	size_t processes;        /* 0 where unknown */
	bool ended;              /* it is known how the program ended */
	struct exit_status exit; /* of the last run, if ended */
	enum run_ending ending;  /* of the last run */
	long rank, ranks;        /* of the last run; -1 where not recorded */
	char *job, *host;        /* NULL where not recorded; owned */
	char *measure;           /* "rss"; NULL where unknown; owned */
};

/* Summarises a whole profile. The caller finishes. */
void overview_init(struct overview *overview, const struct profile *profile)
    __attribute__((nonnull));

/* The same where the profile's peaks are known. */
void overview_init_peaks(struct overview *overview,
    const struct profile *profile, const struct peaks *peaks)
    __attribute__((nonnull));

/* The same for one of several runs. */
void overview_init_run(struct overview *overview, const struct run *run,
    const char *name) __attribute__((nonnull));

/* Whether a run began without any sample. In a set, such a recording failed,
 * but is not missing. */
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

/* Orders of sorting; the list of names ends with NULL. */
enum overview_order {
	OVERVIEW_BY_PEAK,
	OVERVIEW_BY_DURATION,
	OVERVIEW_BY_NAME,
	OVERVIEW_BY_STATUS
};
extern const char *const overview_orders[];

/* Negative where a comes before b: the highest and the longest first, names in
 * alphabetical order, failures before successes. Equal ones are ordered by
 * name. */
int overview_compare(const struct overview *a, const struct overview *b,
    enum overview_order order) __attribute__((nonnull));

/* Sorts len rows of size bytes, whose first member is their overview, in the
 * order of that name; rows may be NULL where there is none. */
void overview_sort(void *rows, size_t len, size_t size, const char *order)
    __attribute__((nonnull(4)));

#endif
