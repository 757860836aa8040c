/* SPDX-License-Identifier: MIT
 *
 * The third pass of a tick: reports the results to the sink, as plain data.
 * Nothing is read here.
 */
#ifndef MPROF_RECORDER_REPORT_H
#define MPROF_RECORDER_REPORT_H

#include "recorder/members.h"
#include "recorder/meter.h"
#include "recorder/shares.h"
#include "recorder/sink.h"

struct report {
	const struct sink *sink;
	int64_t epoch_ns; /* wall clock at CLOCK_BOOTTIME 0 */
	pid_t highest;    /* highest pid that report_tick() has met */
};

/* Present time, as the sink gets it. */
int64_t report_now_ns(const struct report *report) __attribute__((nonnull));

/* A member as a sink sees it; borrows its name. */
struct sink_process report_process(const struct member *member)
    __attribute__((nonnull));

void report_name(const struct report *report, struct member *member,
    const char *command) __attribute__((nonnull));

/* Reports the ends of members that are gone and judged, each once, after the
 * names of those that have none yet. The program's end comes last. */
void report_ends(const struct report *report, struct members *members)
    __attribute__((nonnull));

/* Reports a sample, after the names of new processes whose pid may have been in
 * use before. */
void report_tick(struct report *report, struct members *members,
    const struct sink_tick *tick) __attribute__((nonnull));

void report_peak(const struct report *report, struct peak_tracker *peaks)
    __attribute__((nonnull));
void report_share(const struct report *report,
    const struct shares_reading *reading) __attribute__((nonnull));
void report_usage(const struct report *report, const struct sink_usage *usage)
    __attribute__((nonnull));
void report_exit(const struct report *report, const struct sink_exit *end)
    __attribute__((nonnull));
void report_mark(const struct report *report, const struct sink_tick *tick,
    const char *label) __attribute__((nonnull));
void report_flush(const struct report *report) __attribute__((nonnull));

#endif
