/* SPDX-License-Identifier: MIT
 *
 * A set of recordings of the same thing compared with itself: ranks of one
 * job, workers, shards. Outliers are found by the modified z-score of Iglewicz
 * and Hoaglin, "How to Detect and Handle Outliers" (1993): 0.6745 times the
 * distance from the median, over the median absolute deviation. Their limit
 * for one value is 3.5; here it is 5 + 40 / members, for all members together:
 * of sets of normal noise fewer than 2 in 100 have a value beyond it
 * (simulated for 5 to 256 members). A deviation of less than 1 % of the median
 * counts as 1 %: differences of a few pages are no finding.
 */
#ifndef MPROF_ANALYSIS_SPREAD_H
#define MPROF_ANALYSIS_SPREAD_H

#include "analysis/overview.h"
#include "base/err.h"
#include "base/json.h"

/* Fewer members have no outliers. */
enum { SPREAD_LEAST = 5 };

/* Figures by which members are compared. */
enum spread_figure { SPREAD_PEAK, SPREAD_DURATION, SPREAD_FIGURES };

struct spread_score {
	double z;   /* modified z-score; 0 below SPREAD_LEAST */
	bool apart; /* an outlier */
};

struct spread_member {
	const struct overview *overview;
	struct spread_score scores[SPREAD_FIGURES];
};

struct spread {
	ARRAY(struct spread_member)
	members;           /* measured ones, the lowest peak first */
	size_t unmeasured; /* number of members without a sample */
	double medians[SPREAD_FIGURES]; /* MiB, seconds */
	/* Two different ones; NULL: all are the same. */
	const char *measures[2];
	ARRAY(long) missing; /* missing ranks below the job's size, in order */
	long ranks;          /* size of the job; 0: there is no common one */
	/* Each job once; NULL: of recordings without one. */
	ARRAY(const char *) jobs;
};

/* overviews are borrowed. The caller finishes. */
void spread_init(struct spread *spread, const struct overview *overviews,
    size_t len) __attribute__((nonnull));
void spread_finish(struct spread *spread) __attribute__((nonnull));

/* Whether the member is an outlier in any figure. */
bool spread_is_apart(const struct spread_member *member)
    __attribute__((nonnull));

/* The highest minus the lowest peak, as a share of the median; 0 without
 * members, NAN where the measures differ. */
double spread_share(const struct spread *spread) __attribute__((nonnull));

/* A line about the set: a static label, and text owned by the list. */
struct spread_line {
	const char *label;
	char *text;
};

struct spread_lines {
	ARRAY(struct spread_line) list;
};

/* Makes sentences about a set: lowest, median, highest; outliers in memory and
 * in time; failures; missing ranks; several jobs; or only that the measures
 * differ. Texts are safe to print. The caller finishes. */
void spread_lines_init(struct spread_lines *lines, const struct spread *spread)
    __attribute__((nonnull));
void spread_lines_finish(struct spread_lines *lines) __attribute__((nonnull));

/* Writes the same as a JSON object. */
void spread_write(const struct spread *spread, struct json *json)
    __attribute__((nonnull));

#endif
