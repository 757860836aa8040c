// SPDX-License-Identifier: MIT
//
// The loop, and a tick in three passes: who belongs (fork events and the tree),
// what they hold (the meter), what is reported (the sink). The second pass
// begins with the members that are known, so that their figures are of the
// tick's moment, and goes on with those that the first has found.
#include "recorder/sampler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/self.h"
#include "base/units.h"
#include "recorder/meter.h"
#include "recorder/names.h"
#include "recorder/report.h"
#include "recorder/tree.h"
#include "recorder/usage.h"

struct sampler {
	struct sampler_plan plan;
	struct launch *launch;
	struct procfs fs;
	struct fork_events events; /* who belongs */
	struct tree tree;
	struct group_scanner group; /* used in place of events */
	struct meter meter;         /* what they hold */
	struct peak_tracker peaks;
	struct shares shares; /* begun once there are two processes */
	struct consumption
	    *consumption;     /* NULL: nothing beside memory is read */
	struct cgroup cgroup; /* set if sampler_reads_group() */
	struct names names;   /* begun if sampler_reads_names() */
	struct report report; /* what is reported */
	struct ticks ticks;
	struct limit limit;
	struct exit_cause exit_cause;
	int64_t began_ns;
	int64_t end_ns;            /* end of the recording, by its timeout */
	int64_t ticked_ns, cpu_ns; /* at the last tick */
	int64_t listen_ns;         /* hooks' news are heard from then on */
	int64_t root_peak_kib;     /* the program's; 0 or -1: none */
	pid_t root_pid;            /* as /proc counts it */
	bool root_over;
	int64_t root_end_ns; /* 0: it has not ended */
	bool root_killed;    /* by this process, for the limit */
	struct sink_tick tick;
	ARRAY(struct sink_process) processes;
	struct sampler_result result;
};

/* 1/SMOOTHING: weight of the newest sample in the smoothed cost. */
enum { SMOOTHING = 8 };

void ticks_init(struct ticks *ticks, int64_t now_ns, int64_t interval_ns,
    double max_overhead)
{
	*ticks = (struct ticks){.asked_ns = interval_ns,
	    .interval_ns = interval_ns,
	    .due_ns = now_ns,
	    .max_overhead = max_overhead};
}

void ticks_advance(struct ticks *ticks, int64_t begun_ns, int64_t now_ns)
{
	int64_t passed;

	ticks->due_ns += ticks->interval_ns;
	if (now_ns < ticks->due_ns + ticks->interval_ns)
		return;
	passed = (now_ns - ticks->due_ns) / ticks->interval_ns;
	if (begun_ns >= ticks->due_ns + passed * ticks->interval_ns)
		passed++;
	ticks->missed += (uint64_t)passed;
	ticks->due_ns += passed * ticks->interval_ns;
}

void ticks_resume(struct ticks *ticks, int64_t now_ns)
{
	ticks->due_ns = now_ns;
}

void ticks_pace(struct ticks *ticks, int64_t cost_ns)
{
	int64_t least_ns;

	if (ticks->max_overhead <= 0)
		return;
	if (ticks->cost_ns == 0)
		ticks->cost_ns = cost_ns;
	ticks->cost_ns += (cost_ns - ticks->cost_ns) / SMOOTHING;
	least_ns = (int64_t)((double)ticks->cost_ns / ticks->max_overhead);
	ticks->interval_ns =
	    least_ns > ticks->asked_ns ? least_ns : ticks->asked_ns;
}

static bool sampler_reads_group(const struct sampler_plan *plan)
{
	return plan->metric->file == METRIC_CGROUP ||
	       plan->with & USAGE_OF_GROUP;
}

/* Opens the control group, where it is read. cgroup.procs has pids of this
 * process's pid namespace. */
static int sampler_open_group(struct sampler *s, struct err *e)
{
	const char *path = s->plan.group_path;

	if (s->plan.group && s->fs.other_namespace)
		return err_set(e,
		    "control groups: /proc is another pid namespace's; mount "
		    "this one's: mount -t proc proc /proc");
	if (!sampler_reads_group(&s->plan))
		return 0;
	if ((path ? cgroup_init_path(&s->cgroup, &s->fs, path, e)
		  : cgroup_init(&s->cgroup, &s->fs, s->fs.self, e)) != 0)
		return -1;
	if (cgroup_current_kib(&s->cgroup) >= 0)
		return 0;
	return path ? err_set(e, "control groups: %s reports no memory", path)
		    : err_set(e, "control groups: the one of this process "
				 "reports no memory");
}

struct sampler *sampler_create(
    const struct sampler_plan *plan, const struct sink *sink, struct err *e)
{
	struct sampler *s = mem_zero(1, sizeof(*s));

	s->plan = *plan;
	s->report.sink = sink;
	s->cgroup.directory = s->cgroup.current = -1;
	exit_cause_init(&s->exit_cause, &s->fs, 0, 0);
	s->report.epoch_ns = clock_wall_ns() - clock_ns(CLOCK_BOOTTIME);
	if (procfs_init(&s->fs, plan->proc ? plan->proc : "/proc", e) != 0) {
		free(s);
		return NULL;
	}
	if (sampler_open_group(s, e) != 0) {
		cgroup_finish(&s->cgroup);
		procfs_finish(&s->fs);
		free(s);
		return NULL;
	}
	if (plan->with)
		s->consumption =
		    consumption_create(&(struct consumption_plan){.fs = &s->fs,
			.report = &s->report,
			.members = &s->tree.members,
			.tick = &s->tick,
			.group = &s->cgroup,
			.set = plan->with,
			.alone = plan->alone,
			.each = plan->exits,
			.launched = plan->launched});
	s->events.connector.fd = -1;
	if (plan->group)
		group_init(&s->group, plan->group);
	if (!plan->no_descendants && !plan->group)
		fork_events_init(&s->events, &s->fs, plan->exits);
	return s;
}

void sampler_destroy(struct sampler *s)
{
	struct shares_reading unused;

	if (!s)
		return;
	cgroup_finish(&s->cgroup);
	exit_cause_finish(&s->exit_cause);
	if (s->shares.fs)
		shares_finish(&s->shares, &unused);
	if (s->consumption)
		consumption_destroy(s->consumption);
	tree_finish(&s->tree);
	if (s->group.directory)
		group_finish(&s->group);
	fork_events_finish(&s->events);
	if (s->names.fs)
		names_finish(&s->names);
	procfs_finish(&s->fs);
	array_free(&s->processes);
	free(s);
}

/* Finds out how a member that is gone has ended: the kernel may tell where
 * wait() didn't. */
static void sampler_judge_end(struct sampler *s, struct member *member)
{
	member->judged = true;
	if (member->is_root) {
		s->root_peak_kib = member->peak_kib;
		s->root_killed = member->killed;
		return;
	}
	s->result.unseen +=
	    member->peak_kib < 0 && !member->denied && !member->on_loan;
	if (!member->has_status)
		member->has_status = connector_pop_end(
		    &s->events.connector, member->pid, &member->exit_status);
	member->oom = member->has_status && !member->killed &&
		      exit_cause_killed(&s->exit_cause, member->exit_status);
}

static void sampler_end_members(struct sampler *s)
{
	struct members *members = &s->tree.members;

	if (!members->any_gone)
		return;
	for (size_t i = 0; i < members->list.len; i++) {
		struct member *member = &members->list.items[i];

		if (member->gone && !member->judged)
			sampler_judge_end(s, member);
	}
	if (s->consumption)
		consumption_close(s->consumption, members);
	report_ends(&s->report, members);
}

/* The first two passes. A scan of /proc may last until until_ns. */
static void sampler_read(struct sampler *s, int64_t now_ns, int64_t until_ns)
{
	size_t known = s->tree.members.list.len;

	meter_read(&s->meter, &s->tree.members, 0);
	if (s->group.directory)
		group_scan(&s->group, &s->tree, &s->events, now_ns);
	else if (s->plan.no_descendants)
		return;
	else
		s->result.unseen +=
		    fork_events_scan(&s->events, &s->tree, now_ns, until_ns);
	meter_read(&s->meter, &s->tree.members, known);
}

/* Between ticks: finds the processes that began and ended. */
static void sampler_rescan(struct sampler *s)
{
	sampler_read(s, clock_mono_ns(), INT64_MAX);
	sampler_end_members(s);
	fork_events_sweep(&s->events, &s->tree);
}

/* The sum over the members as last measured; -1 where none has a figure. */
static int64_t sampler_total_kib(const struct sampler *s)
{
	const struct members *members = &s->tree.members;
	int64_t total_kib = -1;

	if (s->plan.metric->file == METRIC_CGROUP)
		return cgroup_current_kib(&s->cgroup);
	for (size_t i = 0; i < members->list.len; i++) {
		const struct member *member = &members->list.items[i];

		if (member->gone || member->kib < 0 ||
		    (s->plan.alone && !member->is_root))
			continue;
		total_kib = (total_kib < 0 ? 0 : total_kib) + member->kib;
	}
	return total_kib;
}

/* Sums up, and lists the processes for the sink. Where the program ends just
 * as its first sample is due, the one of its start is reported. */
static void sampler_sum_up(struct sampler *s)
{
	const struct members *members = &s->tree.members;
	int64_t total_kib = sampler_total_kib(s);

	if (total_kib < 0 && s->result.samples == 0 && s->tick.sampled)
		total_kib = s->tick.total_kib;
	peak_tracker_add_members(&s->peaks, &s->tree.members, s->tick.time_ns);
	s->processes.len = 0;
	for (size_t i = 0; i < members->list.len; i++) {
		const struct member *member = &members->list.items[i];

		if (!member->gone)
			*array_push(&s->processes) = report_process(member);
	}
	s->tick.sampled = total_kib >= 0;
	s->tick.total_kib = total_kib < 0 ? 0 : total_kib;
	s->tick.processes = s->processes.items;
	s->tick.count = s->processes.len;
	if (s->tick.count > s->result.most)
		s->result.most = s->tick.count;
}

static void sampler_report_tick(struct sampler *s)
{
	if (!s->tick.sampled)
		return;
	s->result.samples++;
	s->result.last_kib = s->tick.total_kib;
	peak_tracker_add_sum(&s->peaks, s->tick.total_kib, s->tick.time_ns);
	report_tick(&s->report, &s->tree.members, &s->tick);
}

static bool sampler_reads_names(const struct sampler *s)
{
	return s->report.sink->introduce || s->plan.names;
}

/* Names are read when the tick has been reported, as that may take a while. */
static void sampler_read_names(struct sampler *s, int64_t now_ns)
{
	struct member *member;
	bool news, any = false;

	if (!sampler_reads_names(s))
		return;
	while (
	    (member = names_step(&s->names, &s->tree.members, now_ns, &news))) {
		if (news)
			report_name(&s->report, member, s->names.command);
		any |= news;
	}
	if (any)
		report_flush(&s->report);
}

static void sampler_check_limit(struct sampler *s)
{
	char label[96], limit[UNITS_TEXT];

	if (s->limit.kib == 0 ||
	    !limit_check(&s->limit, &s->tree.members, s->tick.total_kib))
		return;
	snprintf(label, sizeof(label), "limit of %s reached: %s",
	    units_limit(limit, (double)s->limit.kib / 1024),
	    limit_action_name(s->limit.action));
	report_mark(&s->report, &s->tick, label);
}

/* Acts only on a sum of RSS whose metric has the shared part. */
static void sampler_read_shares(struct sampler *s, int64_t now_ns)
{
	struct shares_reading reading;

	if (s->plan.alone || !s->plan.metric->read_shared)
		return;
	if (!s->shares.fs && s->tree.members.list.len < 2)
		return;
	if (!s->shares.fs)
		shares_init(
		    &s->shares, &s->fs, s->plan.max_overhead, s->began_ns);
	if (shares_step(&s->shares, &s->tree.members, now_ns, &reading))
		report_share(&s->report, &reading);
}

static void sampler_pace(struct sampler *s)
{
	int64_t cpu_ns;

	if (s->plan.max_overhead <= 0)
		return;
	cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	if (s->cpu_ns > 0)
		ticks_pace(&s->ticks, cpu_ns - s->cpu_ns);
	s->cpu_ns = cpu_ns;
}

/* Measures the sum now, as the newest tick may be long ago: the figure of a
 * mark. During a tick the processes were just found, and stay known until its
 * end. */
static void sampler_measure_now(
    struct sampler *s, struct sink_tick *tick, bool is_at_tick)
{
	int64_t total_kib;

	if (is_at_tick)
		meter_read_again(&s->meter, &s->tree.members);
	total_kib = sampler_total_kib(s);
	tick->time_ns = report_now_ns(&s->report);
	if (total_kib < 0)
		return;
	tick->total_kib = total_kib;
	peak_tracker_add_unsampled(&s->peaks, total_kib, tick->time_ns);
}

/* The hook's news may begin a phase: the high-water marks as they stand belong
 * to the phase before, and a peak that only they show is reported at once. */
static void sampler_ask_hook(
    struct sampler *s, const struct sampler_hook *hook, bool is_at_tick)
{
	struct sink_tick tick = s->tick;

	if (!hook->tick)
		return;
	if (hook->is_due) {
		if (!hook->is_due(hook->context, &s->tick))
			return;
		if (!is_at_tick)
			sampler_rescan(s);
		peak_tracker_read_all(
		    &s->peaks, &s->tree.members, report_now_ns(&s->report));
		if (s->peaks.unreported)
			report_peak(&s->report, &s->peaks);
		sampler_measure_now(s, &tick, is_at_tick);
	}
	hook->tick(hook->context, &tick, s->report.sink);
}

/* News are handled for about 1/NEWS_PART of the time, even where a program
 * marks without end; ticks need the rest. */
enum { NEWS_PART = 20 };

static void sampler_read_news(struct sampler *s)
{
	int64_t began_ns = clock_mono_ns(), now_ns;

	for (size_t i = 0; i < SAMPLER_HOOKS; i++) {
		if (s->plan.hooks[i].wake > 0)
			sampler_ask_hook(s, &s->plan.hooks[i], false);
	}
	report_flush(&s->report);
	now_ns = clock_mono_ns();
	s->listen_ns = now_ns + NEWS_PART * (now_ns - began_ns);
}

/* A tick waits for the scan for new processes for 1/SCAN_PART of the interval,
 * and at most SCAN_NS. The first scan finds all. */
enum { SCAN_PART = 4 };
#define SCAN_NS (NS_PER_S / 50)

static int64_t sampler_scan_until_ns(const struct sampler *s, int64_t now_ns)
{
	int64_t part_ns = s->ticks.interval_ns / SCAN_PART;

	if (s->result.samples == 0)
		return INT64_MAX;
	return now_ns + (part_ns < SCAN_NS ? part_ns : SCAN_NS);
}

/* A sample is reported and flushed before any work that may take time. */
static void sampler_tick(struct sampler *s)
{
	int64_t now_ns = clock_mono_ns();

	s->tick.time_ns = report_now_ns(&s->report);
	sampler_read(s, now_ns, sampler_scan_until_ns(s, now_ns));
	sampler_end_members(s);
	sampler_sum_up(s);
	sampler_report_tick(s);
	report_flush(&s->report);
	if (peak_tracker_read(
		&s->peaks, &s->tree.members, now_ns - s->ticked_ns, &s->tick))
		report_peak(&s->report, &s->peaks);
	sampler_check_limit(s);
	sampler_read_shares(s, now_ns);
	if (s->consumption)
		consumption_step(s->consumption, now_ns);
	for (size_t i = 0; i < SAMPLER_HOOKS; i++)
		sampler_ask_hook(s, &s->plan.hooks[i], true);
	report_flush(&s->report);
	fork_events_sweep(&s->events, &s->tree);
	sampler_read_names(s, now_ns);
	exit_cause_read(&s->exit_cause, now_ns);
	s->ticked_ns = now_ns;
	sampler_pace(s);
	ticks_advance(&s->ticks, now_ns, clock_mono_ns());
}

/* Right after its exec a program holds next to nothing: the first sample to be
 * reported is taken this much later, or is the very first one if the program
 * has ended by then. */
#define FIRST_NS (NS_PER_S / 1000)

/* Longest wait for a name in a tick, and half an interval at most. */
#define PATIENCE_NS (NS_PER_S / 200)

/* Prepares the passes over the program and its descendants. */
static void sampler_begin_passes(struct sampler *s, pid_t pid, int64_t now_ns)
{
	const struct sampler_plan *plan = &s->plan;
	bool of_group = plan->metric->file == METRIC_CGROUP;
	int64_t half_ns = plan->interval_ns / 2;

	tree_init(&s->tree, &s->fs, pid, plan->adopts, plan->launched);
	s->tree.aside = plan->aside;
	if (plan->group)
		group_scan(&s->group, &s->tree, &s->events, now_ns);
	else if (s->tree.members.list.len == 0)
		fork_events_note_hidden(&s->events, s->root_pid);
	meter_init(&s->meter, &s->fs, plan->metric);
	s->meter.keeps_root = plan->launched;
	borrow_init(&s->meter.borrow, &s->fs, plan->proc == NULL);
	if (s->consumption)
		consumption_begin(s->consumption, now_ns);
	if (sampler_reads_names(s))
		names_init(&s->names, &s->fs, now_ns,
		    half_ns < PATIENCE_NS ? half_ns : PATIENCE_NS);
	if (sampler_reads_group(plan) && !plan->launched && !plan->group) {
		cgroup_finish(&s->cgroup);
		cgroup_init(&s->cgroup, &s->fs, pid, NULL);
	}
	high_water_init(&s->peaks.marks, &s->meter, plan->metric);
	s->peaks.marks.alone = plan->alone;
	s->peaks.marks.began = plan->launched ? 0 : procfs_ticks();
	peak_tracker_init(&s->peaks, of_group ? &s->cgroup : NULL,
	    s->result.start_ns, !plan->launched);
}

/* The program runs: settings that it has inherited can be changed in this
 * process. The first sample is of the program alone, and is reported later. */
static void sampler_begin(struct sampler *s, struct launch *launch)
{
	int64_t now_ns = clock_mono_ns();
	int64_t interval_ns = s->plan.interval_ns;
	int64_t first_ns = interval_ns < FIRST_NS ? interval_ns : FIRST_NS;
	pid_t pid = launch->pid;

	s->launch = launch;
	launch->aside = s->plan.aside;
	ticks_init(&s->ticks, now_ns + (s->plan.launched ? first_ns : 0),
	    interval_ns, s->plan.max_overhead);
	s->end_ns =
	    s->plan.timeout_ns > 0 ? now_ns + s->plan.timeout_ns : LAUNCH_NEVER;
	s->began_ns = s->ticked_ns = now_ns;
	s->result.start_ns = s->tick.time_ns = report_now_ns(&s->report);
	if (s->plan.launched)
		pid = procfs_child(&s->fs, pid);
	s->root_pid = pid > 0 ? pid : launch->pid;
	if (s->plan.group)
		s->root_pid = pid = 0;
	s->limit = (struct limit){
	    .fs = &s->fs, .kib = s->plan.limit_kib, .action = s->plan.on_limit};
	sampler_begin_passes(s, pid, now_ns);
	s->tick.time_ns = report_now_ns(&s->report);
	meter_read(&s->meter, &s->tree.members, 0);
	sampler_end_members(s);
	sampler_sum_up(s);
	exit_cause_init(&s->exit_cause, &s->fs, pid, now_ns);
	if (s->plan.group)
		exit_cause_watch_group(&s->exit_cause, s->plan.group_path);
}

/* Memory that an exec itself takes, at most. */
enum { EXEC_KIB = 128 };

/* Adds wait4()'s figure: the high-water mark of the largest process among the
 * ended one and those waited for below it. Memory from before the exec proves
 * nothing, and counts only where nothing else is known. Process and time are
 * certain only where the program was alone. */
static void sampler_note_waited(struct sampler *s,
    const struct launch_event *event, const struct member *member)
{
	struct high_water_mark mark = {event->maxrss_kib,
	    {-1, report_now_ns(&s->report), s->result.start_ns}};

	if (s->plan.alone || s->plan.metric->mark == NULL ||
	    strcmp(s->plan.metric->mark, "VmHWM") != 0)
		return;
	if (member && member->high.since_ns)
		mark.high = member->high;
	if (s->result.most > 1 || s->result.unseen > 0)
		mark.high.since_ns = s->result.start_ns;
	if (event->maxrss_kib > s->launch->floor_kib + EXEC_KIB ||
	    s->peaks.peak.kib < 0)
		peak_tracker_add_mark(&s->peaks, &mark);
}

static bool sampler_has_children(const struct sampler *s, pid_t pid)
{
	const struct members *members = &s->tree.members;

	for (size_t i = 0; i < members->list.len; i++)
		if (!members->list.items[i].gone &&
		    members->list.items[i].ppid == pid)
			return true;
	return false;
}

/* The CPU time of a process includes that of the children for which it waited.
 * Children whose end was not noticed yet are found first, while it is there to
 * inherit their figures: these would be added to the whole otherwise, which has
 * them already. */
static void sampler_child_ended(
    struct sampler *s, const struct launch_event *event)
{
	size_t at = tree_find_namespace_pid(&s->tree, event->pid);
	struct member *member =
	    at == MEMBERS_NONE ? NULL : &s->tree.members.list.items[at];

	sampler_note_waited(s, event, member);
	if (s->consumption)
		consumption_add_waited(s->consumption, member, event);
	if (member) {
		member->has_status = true;
		member->exit_status = event->status;
		members_lose(&s->tree.members, at);
		if (s->consumption && sampler_has_children(s, member->pid))
			meter_read(&s->meter, &s->tree.members, 0);
		sampler_end_members(s);
	} else if (s->events.connector.fd < 0) {
		s->result.unseen++; /* children of others are not reported */
	}
	fork_events_sweep(&s->events, &s->tree);
}

static void sampler_note_root_end(struct sampler *s)
{
	if (s->root_over)
		return;
	s->root_over = true;
	s->root_end_ns = report_now_ns(&s->report);
}

/* The total's peak is the program's own if it was the only process, as far as
 * that is known. */
static void sampler_give_peak(struct sampler *s)
{
	struct member *root = &s->tree.members.list.items[0];

	if (s->result.most <= 1 && s->result.unseen == 0 && !s->events.missed &&
	    s->peaks.peak.kib > root->peak_kib)
		root->peak_kib = s->peaks.peak.kib;
}

/* The scan finds its children's ends, as above. */
static void sampler_root_ended(
    struct sampler *s, const struct launch_event *event)
{
	struct members *members = &s->tree.members;
	bool there = members->list.len > 0 && members->list.items[0].is_root;
	struct member *root = there ? &members->list.items[0] : NULL;

	sampler_note_root_end(s);
	if (s->plan.launched) {
		sampler_note_waited(s, event, root);
		if (s->consumption)
			consumption_add_waited(s->consumption, root, event);
		s->result.has_status = true;
		s->result.status = event->status;
	}
	if (root)
		members_lose(members, 0);
	sampler_read(s, clock_mono_ns(), INT64_MAX);
	if (there)
		sampler_give_peak(s);
	sampler_end_members(s);
	fork_events_sweep(&s->events, &s->tree);
}

/* Whether no process is left to wait for. */
static bool sampler_is_over(struct sampler *s)
{
	const struct members *members = &s->tree.members;

	if (s->plan.group)
		return members->list.len == 0;
	if (!s->plan.launched &&
	    (members->list.len == 0 || !members->list.items[0].is_root ||
		members->list.items[0].zombie))
		sampler_note_root_end(s);
	if (!s->root_over || !s->plan.wait_all)
		return s->root_over;
	/* Twice: what a process forked last may be visible only at the second
	 * scan. */
	for (int i = 0; i < 2 && members_alive(&s->tree.members) == 0; i++)
		sampler_rescan(s);
	return members_alive(&s->tree.members) == 0;
}

/* Time that descendants get to end after the program, in such steps, while any
 * of them runs: one that sleeps lives on. */
#define FOLLOW_NS NS_PER_S
#define FOLLOW_STEP_NS (NS_PER_S / 100)

static void sampler_let_follow(struct sampler *s)
{
	int64_t now_ns = clock_mono_ns(), end_ns = now_ns + FOLLOW_NS;
	struct launch_event event = {0};

	if (s->result.end != SAMPLER_ENDED)
		return;
	while (now_ns < end_ns && event.what != LAUNCH_QUIT &&
	       (members_any_dying(&s->tree.members, s->plan.adopts) ||
		   (members_alive(&s->tree.members) > 0 &&
		       members_any_stirs(&s->fs, &s->tree.members)))) {
		launch_wait(s->launch, now_ns + FOLLOW_STEP_NS, &event);
		if (event.what == LAUNCH_CHILD)
			sampler_child_ended(s, &event);
		sampler_rescan(s);
		now_ns = clock_mono_ns();
	}
}

/* The program's end is its own: descendants may live on. */
static void sampler_report_exit(struct sampler *s)
{
	struct sink_exit exit = {
	    .time_ns = s->root_over ? s->root_end_ns : s->result.end_ns,
	    .until_ns = s->plan.wait_all ? s->result.end_ns : 0,
	    .pid = s->root_pid,
	    .is_root = true,
	    .has_status = s->result.has_status,
	    .status = s->result.status,
	    .oom = s->result.exit_cause.oom,
	    .peak_kib = s->root_peak_kib > 0 ? s->root_peak_kib : 0,
	};

	if (s->result.exit_cause.limit_of) {
		exit.limit_kib = s->result.exit_cause.limit_kib;
		exit.limit_of = s->result.exit_cause.limit_of->key;
	}
	report_exit(&s->report, &exit);
}

static void sampler_fill_result(struct sampler *s)
{
	s->result.peak_kib = s->peaks.peak.kib > 0 ? s->peaks.peak.kib : 0;
	s->result.missed = s->ticks.missed;
	s->result.interval_ns = s->ticks.interval_ns;
	if (s->root_over && !s->plan.wait_all)
		s->result.end_ns = s->root_end_ns;
	if (s->root_over) {
		s->result.alive = members_alive(&s->tree.members);
		members_name_alive(&s->fs, &s->tree.members, s->result.living);
	}
	s->result.denied = s->meter.denied;
	s->result.hidden = s->events.hidden.list.len;
	s->result.limit = s->limit;
	s->result.unseen_is_all = fork_events_are_all(&s->events);
	if (s->consumption && consumption_gpu_problem(s->consumption))
		err_set(&s->result.gpu, "%s",
		    consumption_gpu_problem(s->consumption));
}

/* Reports the last marks, the program's end and the highest memory. */
static void sampler_finish(struct sampler *s)
{
	struct shares_reading share;

	if (s->result.samples == 0)
		sampler_report_tick(s);
	sampler_rescan(s);
	peak_tracker_read_all(
	    &s->peaks, &s->tree.members, report_now_ns(&s->report));
	if (s->tree.members.list.len > 0 &&
	    s->tree.members.list.items[0].is_root)
		s->root_peak_kib = s->tree.members.list.items[0].peak_kib;
	if (s->shares.fs && shares_finish(&s->shares, &share))
		report_share(&s->report, &share);
	exit_cause_judge(&s->exit_cause, s->result.status, s->root_killed,
	    &s->result.exit_cause);
	s->result.end_ns = s->tick.time_ns = report_now_ns(&s->report);
	sampler_let_follow(s);
	if (s->consumption)
		consumption_finish(s->consumption);
	sampler_fill_result(s);
	for (size_t i = 0; i < SAMPLER_HOOKS; i++) {
		const struct sampler_hook *hook = &s->plan.hooks[i];

		if (hook->tick && hook->end)
			hook->end(hook->context, &s->tick, s->report.sink);
	}
	sampler_report_exit(s);
	if (s->peaks.peak.kib >= 0)
		report_peak(&s->report, &s->peaks);
	report_flush(&s->report);
}

/* Samples after which this process frees memory that only its start needed. A
 * program that ends before is not delayed by it. */
enum { SETTLED = 2 };

static void sampler_await(struct sampler *s, struct launch_event *event)
{
	int64_t until_ns =
	    s->ticks.due_ns < s->end_ns ? s->ticks.due_ns : s->end_ns;
	bool listens = clock_mono_ns() >= s->listen_ns;

	s->launch->wake = 0;
	for (size_t i = 0; i < SAMPLER_HOOKS && listens; i++) {
		if (s->plan.hooks[i].wake > 0)
			s->launch->wake = s->plan.hooks[i].wake;
	}
	if (!listens && s->listen_ns < until_ns)
		until_ns = s->listen_ns;
	launch_wait(s->launch, until_ns, event);
}

static bool sampler_handle(struct sampler *s, const struct launch_event *event)
{
	int64_t now_ns = clock_mono_ns();

	switch (event->what) {
	case LAUNCH_TICK:
		if (now_ns < s->ticks.due_ns && now_ns < s->end_ns)
			break; /* the wait was for hooks */
		if (now_ns >= s->end_ns) {
			s->result.end = SAMPLER_TIMEOUT;
			return false;
		}
		sampler_tick(s);
		if (s->result.samples == SETTLED)
			self_trim();
		if (s->plan.quit && *s->plan.quit) {
			s->result.end = SAMPLER_QUIT;
			return false;
		}
		break;
	case LAUNCH_EXITED:
		sampler_root_ended(s, event);
		break;
	case LAUNCH_CHILD:
		sampler_child_ended(s, event);
		break;
	case LAUNCH_NEWS:
		sampler_read_news(s);
		break;
	case LAUNCH_RESUMED:
		ticks_resume(&s->ticks, now_ns);
		break;
	case LAUNCH_QUIT:
		s->result.end = SAMPLER_QUIT;
		return false;
	}
	return !sampler_is_over(s);
}

const char *sampler_missing_gpu(const struct sampler *s)
{
	return s->consumption ? consumption_missing_gpu(s->consumption) : NULL;
}

void sampler_run(
    struct sampler *s, struct launch *launch, struct sampler_result *result)
{
	struct launch_event event;

	sampler_begin(s, launch);
	do
		sampler_await(s, &event);
	while (sampler_handle(s, &event));
	launch->wake = 0;
	sampler_finish(s);
	*result = s->result;
}
