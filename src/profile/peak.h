/* SPDX-License-Identifier: MIT
 *
 * The highest memory that is known of a run, or of one of its processes: what
 * every list, chart and verdict calls its peak.
 */
#ifndef MPROF_PROFILE_PEAK_H
#define MPROF_PROFILE_PEAK_H

#include "profile/profile.h"

/* The highest sample, or the PEAK record above it, at the time of the highest
 * sample since the mark was read before. False where nothing was measured. */
bool run_peak(const struct run *run, struct sample *peak)
    __attribute__((nonnull));

/* The same where the highest sample is known already; NULL: there is none. */
bool run_peak_above(const struct run *run, const struct sample *sampled,
    struct sample *peak) __attribute__((nonnull(1, 3)));

/* Whether a sample of the total is as high as the peak, but for the little by
 * which the kernel's counters differ. */
bool run_peak_is_sampled(const struct run *run) __attribute__((nonnull));

/* The highest sample, or the mark of its EXIT above it, in MiB. False where
 * nothing was sampled of it. */
bool process_peak(const struct process *process, double *mib)
    __attribute__((nonnull));

/* The PEAK records of a run with a peak that neither a sample nor an earlier
 * record had by then, in order of time, so ever higher. The caller
 * finishes the series. */
void run_unsampled_peaks(const struct run *run, struct series *news)
    __attribute__((nonnull));

#endif
