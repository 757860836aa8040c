/* SPDX-License-Identifier: MIT
 *
 * What mprof run says at its end.
 */
#ifndef MPROF_CLI_RUN_SUMMARY_H
#define MPROF_CLI_RUN_SUMMARY_H

#include "profile/share.h"
#include "recorder/sampler.h"

/* Notices on stderr: peak, duration, samples, file; and what else is worth
 * knowing: share is of share_at_peak(), without processes where there is
 * nothing to say. */
void run_summary_print(const struct sampler_plan *plan,
    const struct sampler_result *result, const struct share *share,
    const char *path) __attribute__((nonnull));

/* Warns that a signal to mprof could not be passed on to the program of that
 * name; -q does not silence it. */
void run_summary_warn_launch(const struct launch *launch, const char *program)
    __attribute__((nonnull));

/* What is said even where notices are not wanted: why the program died, that
 * its limit was reached. */
void run_summary_warn(const struct sampler_plan *plan,
    const struct sampler_result *result) __attribute__((nonnull));

#endif
