// SPDX-License-Identifier: MIT
#include "recorder/report.h"

#include "base/clock.h"

/* CLOCK_BOOTTIME: times don't jump with the wall clock, and a suspended machine
 * leaves a gap. */
int64_t report_now_ns(const struct report *report)
{
	return report->epoch_ns + clock_ns(CLOCK_BOOTTIME);
}

struct sink_process report_process(const struct member *member)
{
	return (struct sink_process){
	    .pid = member->pid,
	    .ppid = member->ppid,
	    .start_ticks = member->started,
	    .kib = member->kib,
	    .peak_kib = member->peak_kib,
	    .name = member->name,
	    .is_root = member->is_root,
	};
}

void report_name(
    const struct report *report, struct member *member, const char *command)
{
	const struct sink *sink = report->sink;
	struct sink_process process = report_process(member);
	struct sink_introduction introduction = {
	    .time_ns = report_now_ns(report),
	    .process = &process,
	    .command = command};

	member->introduced = true;
	if (sink->introduce)
		sink->introduce(sink->context, &introduction);
}

void report_exit(const struct report *report, const struct sink_exit *end)
{
	if (report->sink->exit)
		report->sink->exit(report->sink->context, end);
}

static void report_end(const struct report *report, const struct member *member)
{
	const struct sink_exit end = {
	    .time_ns = report_now_ns(report),
	    .pid = member->pid,
	    .has_status = member->has_status,
	    .status = member->exit_status,
	    .oom = member->oom,
	    .peak_kib = member->peak_kib,
	};

	report_exit(report, &end);
}

/* Readers of recordings take the first named process for the program. */
static void report_name_late(
    const struct report *report, struct members *members, struct member *member)
{
	struct member *first = &members->list.items[0];

	if (first->is_root && !first->introduced)
		report_name(report, first, "");
	if (!member->introduced)
		report_name(report, member, "");
}

void report_ends(const struct report *report, struct members *members)
{
	for (size_t i = 0; i < members->list.len; i++) {
		struct member *member = &members->list.items[i];

		if (!member->judged || member->ended)
			continue;
		member->ended = true;
		report_name_late(report, members, member);
		if (!member->is_root)
			report_end(report, member);
	}
}

/* A process whose pid may have been in use before is announced before its
 * samples; its command line follows. Pids ascend, until they start again at the
 * lowest. */
static void report_reused(struct report *report, struct members *members)
{
	size_t first = members->list.len;

	while (first > 0 && !members->list.items[first - 1].announced)
		first--;
	for (size_t i = first; i < members->list.len; i++) {
		struct member *member = &members->list.items[i];
		bool reused = member->pid <= report->highest;

		member->announced = true;
		if (!reused)
			report->highest = member->pid;
		if (!reused || member->introduced || member->gone)
			continue;
		if (!members->list.items[0].introduced)
			report_name(report, &members->list.items[0], "");
		if (i > 0)
			report_name(report, member, "");
	}
}

void report_tick(struct report *report, struct members *members,
    const struct sink_tick *tick)
{
	report_reused(report, members);
	if (report->sink->tick)
		report->sink->tick(report->sink->context, tick);
}

void report_peak(const struct report *report, struct peak_tracker *peaks)
{
	if (report->sink->peak)
		report->sink->peak(report->sink->context, &peaks->peak);
	peaks->unreported = false;
}

void report_share(
    const struct report *report, const struct shares_reading *reading)
{
	const struct sink_share share = {
	    .time_ns = report->epoch_ns + reading->boot_ns,
	    .kib = reading->rss_kib,
	    .pss_kib = reading->pss_kib,
	    .processes = reading->sharers,
	};

	if (report->sink->share)
		report->sink->share(report->sink->context, &share);
}

void report_usage(const struct report *report, const struct sink_usage *usage)
{
	if (report->sink->usage)
		report->sink->usage(report->sink->context, usage);
}

void report_mark(const struct report *report, const struct sink_tick *tick,
    const char *label)
{
	if (report->sink->mark)
		report->sink->mark(report->sink->context, tick->time_ns,
		    tick->total_kib, label);
}

void report_flush(const struct report *report)
{
	if (report->sink->flush)
		report->sink->flush(report->sink->context);
}
