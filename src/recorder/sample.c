// SPDX-License-Identifier: MIT
//
// One tick of the sampler.
#include "recorder/sample.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* A stepped wall clock doesn't bend the times, a suspended machine leaves a
 * gap: CLOCK_BOOTTIME goes on through both. */
int64_t sample_now_ns(const struct sampler *s)
{
	return s->epoch_ns + clock_ns(CLOCK_BOOTTIME);
}

static void sample_describe(
    const struct member *member, struct sink_process *process)
{
	*process = (struct sink_process){
	    .pid = member->pid,
	    .ppid = member->ppid,
	    .start_ticks = member->started,
	    .kib = member->kib,
	    .peak_kib = member->peak_kib,
	    .name = member->name,
	    .is_root = member->is_root,
	};
}

static void sample_tell_name(
    struct sampler *s, struct member *member, const char *command)
{
	struct sink_process process;
	struct sink_birth birth = {.time_ns = sample_now_ns(s),
	    .process = &process,
	    .command = command};

	sample_describe(member, &process);
	member->introduced = true;
	if (s->sink->birth)
		s->sink->birth(s->sink->context, &birth);
}

bool sample_has_killed(const struct sampler *s, const struct member *member)
{
	return member->signalled && s->plan.on_limit == LIMIT_KILL;
}

/* How it ended, the kernel may tell where wait() didn't. */
static void tell_end(
    struct sampler *s, const struct member *member, const int *status)
{
	struct sink_exit exit = {
	    .time_ns = sample_now_ns(s),
	    .pid = member->pid,
	    .peak_kib = member->peak_kib,
	};

	if (status)
		exit.status = *status;
	exit.has_status =
	    status || births_status(&s->births, member->pid, &exit.status);
	exit.oom = exit.has_status && !sample_has_killed(s, member) &&
		   exit_cause_killed(&s->exit_cause, exit.status);
	if (s->sink->exit)
		s->sink->exit(s->sink->context, &exit);
}

/* A member's end, with the status that wait() gave where it was ours. */
void sample_end_member(struct sampler *s, size_t at, const int *status)
{
	struct member *member = &s->tree.members.list.items[at];

	if (member->is_root) {
		s->root_peak_kib = member->peak_kib;
		s->root_killed = sample_has_killed(s, member);
	} else {
		s->result.unseen +=
		    member->peak_kib < 0 && !member->denied && !member->on_loan;
		if (!member->introduced)
			sample_tell_name(s, member, "");
		tell_end(s, member, status);
	}
	births_note_end(&s->births, member->pid);
	tree_lose(&s->tree, at);
}

/* Its end is told by launch: until then it is there, or hidden since it
 * executed a setuid program. */
static void miss_root(struct sampler *s, struct member *root)
{
	struct proc_stat stat;

	root->kib = -1;
	if (!procfs_stat(&s->fs, root->pid, &stat))
		births_note_hidden(&s->births, root->pid);
}

/* False where the process is no longer there. */
static bool measure_own(struct sampler *s, size_t at)
{
	struct members *members = &s->tree.members;
	size_t parted = MEMBERS_NONE;

	if (borrow_check(&s->borrow, members, at, &parted))
		return true;
	/* The lender's reading may be of memory that this process has now. */
	if (parted != MEMBERS_NONE &&
	    !meter_measure(&s->meter, &members->list.items[parted]))
		members->list.items[parted].kib = -1;
	return meter_measure(&s->meter, &members->list.items[at]);
}

static void measure_from(struct sampler *s, size_t first)
{
	struct members *members = &s->tree.members;

	for (size_t i = first; i < members->list.len; i++) {
		struct member *member = &members->list.items[i];

		if (member->gone || measure_own(s, i))
			continue;
		if (member->is_root && s->plan.launched)
			miss_root(s, member);
		else
			sample_end_member(s, i, NULL);
	}
}

static void measure_all(struct sampler *s, int64_t now_ns, int64_t until_ns)
{
	size_t known = s->tree.members.list.len;

	measure_from(s, 0);
	if (s->plan.no_descendants)
		return;
	s->result.unseen += births_take(&s->births, &s->tree, now_ns, until_ns);
	measure_from(s, known);
}

void sample_look(struct sampler *s)
{
	members_sweep(&s->tree.members);
	measure_all(s, clock_mono_ns(), INT64_MAX);
	members_sweep(&s->tree.members);
}

/* Sums up, and makes the list that the sink gets. */
static void sample_sum_up(struct sampler *s)
{
	struct members *members = &s->tree.members;

	s->processes.len = 0;
	s->tick.total_kib = 0;
	s->tick.sampled = false;
	for (size_t i = 0; i < members->list.len; i++) {
		struct member *member = &members->list.items[i];

		if (member->gone)
			continue;
		peaks_take_member(s, member);
		sample_describe(member, array_push(&s->processes));
		if (member->kib < 0 || (s->plan.alone && !member->is_root))
			continue;
		s->tick.total_kib += member->kib;
		s->tick.sampled = true;
	}
	if (s->plan.metric->file == METRIC_CGROUP) {
		int64_t kib = cgroup_current_kib(&s->cgroup);

		s->tick.sampled = kib >= 0;
		s->tick.total_kib = kib < 0 ? 0 : kib;
	}
	s->tick.processes = s->processes.items;
	s->tick.count = s->processes.len;
	if (s->tick.count > s->result.most)
		s->result.most = s->tick.count;
}

/* A process with a pid that may have been another's is announced before its
 * samples; its command line follows. */
static void tell_reused(struct sampler *s)
{
	struct members *members = &s->tree.members;
	size_t first = members->list.len;

	while (first > 0 && !members->list.items[first - 1].announced)
		first--;
	for (size_t i = first; i < members->list.len; i++) {
		struct member *member = &members->list.items[i];

		member->announced = true;
		if (!names_is_reused(&s->names, member) || member->introduced ||
		    member->gone)
			continue;
		if (!members->list.items[0].introduced)
			sample_tell_name(s, &members->list.items[0], "");
		if (i > 0)
			sample_tell_name(s, member, "");
	}
}

void sample_tell(struct sampler *s)
{
	if (!s->tick.sampled)
		return;
	s->result.samples++;
	s->result.last_kib = s->tick.total_kib;
	peaks_take_sum(s);
	s->told_ns = s->tick.time_ns;
	tell_reused(s);
	if (s->sink->tick)
		s->sink->tick(s->sink->context, &s->tick);
}

/* Names are read after the tick is told, as that may take a while. */
static void tell_names(struct sampler *s, int64_t now_ns)
{
	struct member *member;
	bool news, any = false;

	if (!s->sink->birth && !s->plan.names)
		return;
	while (
	    (member = names_step(&s->names, &s->tree.members, now_ns, &news))) {
		if (news)
			sample_tell_name(s, member, s->names.command);
		any |= news;
	}
	if (any)
		sample_flush(s);
}

static void look_at_limit(struct sampler *s)
{
	char label[96];

	if (!limit_check(&s->limit, &s->tree.members, s->tick.total_kib))
		return;
	snprintf(label, sizeof(label), "limit of %.6g MiB reached: %s",
	    (double)s->limit.kib / 1024, limit_action_name(s->limit.action));
	if (s->sink->mark)
		s->sink->mark(s->sink->context, s->tick.time_ns,
		    s->tick.total_kib, label);
}

static void tell_share(struct sampler *s, const struct shares_reading *reading)
{
	struct sink_share share = {
	    .time_ns = s->epoch_ns + reading->boot_ns,
	    .kib = reading->rss_kib,
	    .pss_kib = reading->pss_kib,
	    .processes = reading->sharers,
	};

	if (s->sink->share)
		s->sink->share(s->sink->context, &share);
}

/* Acts only on a sum of RSS whose metric tells the shared part. */
static void look_at_shares(struct sampler *s, int64_t now_ns)
{
	struct shares_reading reading;

	if (!s->plan.alone && s->plan.metric->read_shared &&
	    shares_step(&s->shares, &s->tree.members, now_ns, &reading))
		tell_share(s, &reading);
}

void sample_last_share(struct sampler *s)
{
	struct shares_reading reading;

	if (shares_finish(&s->shares, &reading))
		tell_share(s, &reading);
}

void sample_flush(struct sampler *s)
{
	if (s->sink->flush)
		s->sink->flush(s->sink->context);
}

static void sample_pace(struct sampler *s)
{
	int64_t cpu_ns;

	if (s->plan.max_overhead <= 0)
		return;
	cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	if (s->cpu_ns > 0)
		ticks_pace(&s->ticks, cpu_ns - s->cpu_ns);
	s->cpu_ns = cpu_ns;
}

void sample_first(struct sampler *s)
{
	s->tick.time_ns = sample_now_ns(s);
	measure_from(s, 0);
	sample_sum_up(s);
}

/* The hook's news may begin a phase: the high-water marks that stand now belong
 * to the phase before. */
static void ask_hook(struct sampler *s, const struct sampler_hook *hook)
{
	struct sink_tick tick = s->tick;

	if (!hook->tick)
		return;
	if (hook->is_due) {
		if (!hook->is_due(hook->context, &s->tick))
			return;
		peaks_look_at_all(s);
		tick.time_ns = sample_now_ns(s);
	}
	hook->tick(hook->context, &tick, s->sink);
}

/* A program that marks without end is listened to for about one part in
 * NEWS_PART of the time; the ticks need the rest. */
enum { NEWS_PART = 20 };

void sample_news(struct sampler *s)
{
	int64_t began_ns = clock_mono_ns(), now_ns;

	for (size_t i = 0; i < SAMPLER_HOOKS; i++) {
		if (s->plan.hooks[i].wake > 0)
			ask_hook(s, &s->plan.hooks[i]);
	}
	sample_flush(s);
	now_ns = clock_mono_ns();
	s->listen_ns = now_ns + NEWS_PART * (now_ns - began_ns);
}

/* A tick may wait so long for the look for new processes: 1/LOOK_PART of the
 * interval, and LOOK_NS. The first finds all that there are. */
enum { LOOK_PART = 4 };
#define LOOK_NS (NS_PER_S / 50)

static int64_t look_until_ns(const struct sampler *s, int64_t now_ns)
{
	int64_t part_ns = s->ticks.interval_ns / LOOK_PART;

	if (s->result.samples == 0)
		return INT64_MAX;
	return now_ns + (part_ns < LOOK_NS ? part_ns : LOOK_NS);
}

void sample_take(struct sampler *s)
{
	int64_t now_ns = clock_mono_ns();

	s->tick.time_ns = sample_now_ns(s);
	measure_all(s, now_ns, look_until_ns(s, now_ns));
	sample_sum_up(s);
	sample_tell(s);
	sample_flush(s); /* what follows may take its time */
	peaks_look(s, now_ns - s->ticked_ns);
	look_at_limit(s);
	look_at_shares(s, now_ns);
	for (size_t i = 0; i < SAMPLER_HOOKS; i++)
		ask_hook(s, &s->plan.hooks[i]);
	sample_flush(s);
	members_sweep(&s->tree.members);
	tell_names(s, now_ns);
	exit_cause_look(&s->exit_cause, now_ns);
	s->ticked_ns = now_ns;
	sample_pace(s);
	ticks_advance(&s->ticks, now_ns, clock_mono_ns());
}

void sample_last_look(struct sampler *s)
{
	struct members *members = &s->tree.members;

	sample_look(s);
	peaks_last(s);
	if (members->list.len > 0 && members->list.items[0].is_root)
		s->root_peak_kib = members->list.items[0].peak_kib;
}
