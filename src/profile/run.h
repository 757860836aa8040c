/* SPDX-License-Identifier: MIT
 *
 * The start, the end and the peak of a run, the same in every list, chart and
 * verdict: when it began and ended, whether its end is in the recording, and
 * the highest known memory of it or of one of its processes.
 */
#ifndef MPROF_PROFILE_RUN_H
#define MPROF_PROFILE_RUN_H

#include "profile/profile.h"

/* The run's span: from the first to the last of its samples, marks and its
 * program's EXIT, or the end of the recording where that went on. A mark or an
 * EXIT that is far off is not believed. Calls and high-water marks don't extend
 * a run; they are its span where it has nothing else. 0 where it has nothing at
 * all. */
double run_first_s(const struct run *run) __attribute__((nonnull));
double run_last_s(const struct run *run) __attribute__((nonnull));

/* Judges by its records how each run ended, when all are read, and sets
 * run->ending; the last run of a locked recording is still being written. Other
 * tools, and versions up to 0.1.0, wrote no record at a program's end:
 * RUN_ENDING_UNKNOWN. */
void profile_judge_endings(struct profile *profile) __attribute__((nonnull));

enum { RUN_ENDING_TEXT = 80 };

/* "breaks off after 12.0 s, no end recorded" or "still being recorded", in out;
 * NULL where the run's end is known, or not recorded. */
const char *run_ending_text(const struct run *run, char *out)
    __attribute__((nonnull));

/* "ended", "cut off", "going on"; NULL where it is unknown. */
const char *run_ending_word(enum run_ending ending);

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

/* When the high-water mark of a PEAK record was read before, so that it was
 * reached later; the time of the record where that is not recorded. */
double run_peak_since_s(const struct run *run, const struct sample *peak)
    __attribute__((nonnull));

/* The PEAK records of a run that were higher than all samples and records
 * before them, in order of time, so ascending. The caller finishes the
 * series. */
void run_unsampled_peaks(const struct run *run, struct series *news)
    __attribute__((nonnull));

#endif
