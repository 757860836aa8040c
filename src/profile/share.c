// SPDX-License-Identifier: MIT
#include "profile/share.h"

#include <math.h>

#include "base/mem.h"
#include "base/units.h"

/* A reading is used for the peak where its RSS was nearly as high, as is the
 * last one of a growing tree (see shares.c), and reported where at least a
 * tenth of the peak was counted more than once. */
#define NEAR_PEAK 0.75
#define MISLEADS 0.9

/* A reading near the peak counts only within 3 % of the highest RSS: a tree
 * that is still growing may share in another way. */
#define AS_HIGH 0.97

bool share_misleads(double rss_mib, double pss_mib)
{
	return pss_mib <= MISLEADS * rss_mib;
}

/* Whether a is preferred to b for every peak. */
static bool share_is_above(const struct share *a, const struct share *b)
{
	return a->mib >= b->mib && a->pss_mib >= b->pss_mib;
}

/* The memory in use at the peak if nothing was shared of what was added after
 * the reading. */
static double share_most_mib(const struct share *share, double peak_mib)
{
	return share->pss_mib + fmax(0, peak_mib - share->mib);
}

const struct share *share_at_peak(
    const struct share *shares, size_t count, double peak_mib)
{
	const struct share *chosen = NULL;
	double highest_mib = 0;

	for (size_t i = 0; i < count; i++) {
		if (shares[i].mib > highest_mib)
			highest_mib = shares[i].mib;
	}
	if (highest_mib < NEAR_PEAK * peak_mib)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const struct share *share = &shares[i];

		if (share->mib < AS_HIGH * highest_mib)
			continue;
		if (!chosen || share->pss_mib > chosen->pss_mib ||
		    (share->pss_mib == chosen->pss_mib &&
			share->mib > chosen->mib))
			chosen = share;
	}
	if (!chosen || chosen->processes < 2 ||
	    !share_misleads(chosen->mib, chosen->pss_mib) ||
	    !share_misleads(peak_mib, share_most_mib(chosen, peak_mib)))
		return NULL;
	return chosen;
}

void share_write(struct json *json, const struct share *share)
{
	if (!share) {
		json_text(json, NULL);
		return;
	}
	json_open(json, '{');
	json_member_number(json, "time_s", share->time_s);
	json_member_number(json, "rss_mib", share->mib);
	json_member_number(json, "pss_mib", share->pss_mib);
	json_key(json, "processes");
	if (share->processes > 0)
		json_whole(json, share->processes);
	else
		json_text(json, NULL);
	json_close(json, '}');
}

size_t share_keep(struct share *shares, size_t count, struct share added)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (share_is_above(&shares[i], &added))
			return count;
	}
	for (size_t i = 0; i < count; i++) {
		if (!share_is_above(&added, &shares[i]))
			shares[kept++] = shares[i];
	}
	shares[kept++] = added;
	return kept;
}

char *share_text(const struct share *share, double peak_mib)
{
	char pss[UNITS_TEXT], rss[UNITS_TEXT];
	bool lower = share->mib < AS_HIGH * peak_mib;

	units_size(rss, share->mib);
	return mem_format("%s PSS%s%s%s, %d processes share memory",
	    units_size(pss, share->pss_mib), lower ? " at " : "",
	    lower ? rss : "", lower ? " RSS" : "", share->processes);
}

void share_series(
    const struct share *shares, size_t count, struct series *series)
{
	*series = (struct series){0};
	for (size_t i = 0; i < count; i++)
		series_add(series, shares[i].time_s, shares[i].pss_mib);
	series_sort(series);
}
