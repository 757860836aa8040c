/* SPDX-License-Identifier: MIT
 *
 * Memory that several processes share is counted in each of them when RSS is
 * summed up. A reading of PSS shows by how much; whether that is worth
 * reporting is decided only here.
 */
#ifndef MPROF_PROFILE_SHARE_H
#define MPROF_PROFILE_SHARE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "profile/parts.h"
#include "profile/series.h"

/* Whether a sum of RSS is much larger than the memory in use. */
bool share_misleads(double rss_mib, double pss_mib);

/* The reading that tells the real size of a peak of peak_mib: the one with the
 * highest PSS where RSS was as high. NULL where there is none, or the peak is
 * about right. */
const struct share *share_at_peak(
    const struct share *shares, size_t count, double peak_mib);

/* PSS of the readings over time, in order; the caller finishes. */
void share_series(
    const struct share *shares, size_t count, struct series *series);

/* "272 MiB PSS, 12 processes share memory", with the RSS that it was read at
 * where that was lower than the peak. The caller frees. */
char *share_text(const struct share *share, double peak_mib)
    __attribute__((nonnull));

/* Writes the reading as an object; null where there is none. */
void share_write(struct json *json, const struct share *share)
    __attribute__((nonnull(1)));

/* Appends a reading to the count existing ones, and drops those that
 * share_at_peak() can never choose. There must be room for one more; returns
 * the new count. */
size_t share_keep(struct share *shares, size_t count, struct share added);

#endif
