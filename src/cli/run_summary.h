/* SPDX-License-Identifier: MIT
 *
 * The messages of mprof run at its end.
 */
#ifndef MPROF_CLI_RUN_SUMMARY_H
#define MPROF_CLI_RUN_SUMMARY_H

#include "profile/share.h"
#include "recorder/sampler.h"

/* Prints messages on stderr: peak, duration, number of samples, file, and
 * details. share is from share_at_peak(); its processes are 0 where there is
 * nothing to report. */
void run_summary_print(const struct sampler_plan *plan,
    const struct sampler_result *result, const struct share *share,
    const char *path) __attribute__((nonnull));

/* Warns that a signal to mprof could not be forwarded to the program of that
 * name; not silenced by -q. */
void run_summary_warn_launch(const struct launch *launch, const char *program)
    __attribute__((nonnull));

/* Warns why no GPU was read; nothing for NULL or "". */
void run_summary_warn_gpu(const char *why);

/* Prints warnings, not silenced by -q: the signal that ended the program, a
 * limit that was reached. */
void run_summary_warn(const struct sampler_plan *plan,
    const struct sampler_result *result) __attribute__((nonnull));

#endif
