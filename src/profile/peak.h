/* SPDX-License-Identifier: MIT
 *
 * The highest known memory of a run, or of one of its processes: the peak in
 * every list, chart and verdict.
 */
#ifndef MPROF_PROFILE_PEAK_H
#define MPROF_PROFILE_PEAK_H

#include "profile/profile.h"

/* The highest sample, or a higher PEAK record, at the time of the highest
 * sample since its mark was last read. False where nothing was measured. */
bool run_peak(const struct run *run, struct sample *peak)
    __attribute__((nonnull));

/* The same where the highest sample is known; NULL: there is none. */
bool run_peak_above(const struct run *run, const struct sample *sampled,
    struct sample *peak) __attribute__((nonnull(1, 3)));

/* Whether a sample of the total reaches the peak, up to the margin by which the
 * kernel's counters differ. */
bool run_peak_is_sampled(const struct run *run) __attribute__((nonnull));

/* The highest sample, even if thinning left it out, or a higher mark in its
 * EXIT, in MiB. False where it never had a sample. */
bool process_peak(const struct process *process, double *mib)
    __attribute__((nonnull));

/* The PEAK records of a run that were higher than all samples and records
 * before them, in order of time, so ascending. The caller finishes the
 * series. */
void run_unsampled_peaks(const struct run *run, struct series *news)
    __attribute__((nonnull));

#endif
