/* SPDX-License-Identifier: MIT
 *
 * The start and the end of a run, and whether its end is in the recording.
 */
#ifndef MPROF_PROFILE_ENDING_H
#define MPROF_PROFILE_ENDING_H

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

#endif
