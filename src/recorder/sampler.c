// SPDX-License-Identifier: MIT
#include "recorder/sampler.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/self.h"
#include "recorder/linger.h"
#include "recorder/sample.h"

static int check_cgroup(struct sampler *s, struct err *e)
{
	if (cgroup_init(&s->cgroup, &s->fs, s->fs.self, e) != 0)
		return -1;
	if (cgroup_current_kib(&s->cgroup) >= 0)
		return 0;
	return err_set(
	    e, "control groups: the one of this process tells no memory");
}

struct sampler *sampler_create(
    const struct sampler_plan *plan, const struct sink *sink, struct err *e)
{
	struct sampler *s = mem_zero(1, sizeof(*s));

	s->plan = *plan;
	s->sink = sink;
	s->cgroup.folder = s->cgroup.current = -1;
	exit_cause_init(&s->exit_cause, &s->fs, 0, 0);
	s->peak_kib = s->root_peak_kib = -1;
	s->epoch_ns = clock_wall_ns() - clock_ns(CLOCK_BOOTTIME);
	if (procfs_init(&s->fs, plan->proc ? plan->proc : "/proc", e) != 0) {
		free(s);
		return NULL;
	}
	if (plan->metric->file == METRIC_CGROUP && check_cgroup(s, e) != 0) {
		cgroup_finish(&s->cgroup);
		procfs_finish(&s->fs);
		free(s);
		return NULL;
	}
	s->births.connector.fd = -1;
	if (!plan->no_descendants)
		births_init(&s->births, &s->fs, plan->exits);
	return s;
}

/* Right behind its exec a program holds next to nothing: the first sample that
 * is told comes this much later, or the very first one if it ended by then. */
#define FIRST_NS (NS_PER_S / 1000)

static int64_t first_ns(const struct sampler *s)
{
	if (!s->plan.launched)
		return 0;
	return s->plan.interval_ns < FIRST_NS ? s->plan.interval_ns : FIRST_NS;
}

/* A name may hold a tick up for so long, and no longer. */
#define PATIENCE_NS (NS_PER_S / 200)

static int64_t patience_ns(const struct sampler *s)
{
	int64_t half_ns = s->plan.interval_ns / 2;

	return half_ns < PATIENCE_NS ? half_ns : PATIENCE_NS;
}

/* The program runs: what it inherited from this process can change here. */
static void sampler_begin(struct sampler *s, struct launch *launch)
{
	int64_t now_ns = clock_mono_ns();
	pid_t pid = launch->pid;

	s->launch = launch;
	ticks_init(&s->ticks, now_ns + first_ns(s), s->plan.interval_ns,
	    s->plan.max_overhead);
	s->end_ns =
	    s->plan.timeout_ns > 0 ? now_ns + s->plan.timeout_ns : LAUNCH_NEVER;
	s->ticked_ns = now_ns;
	s->result.start_ns = sample_now_ns(s);
	if (s->plan.launched)
		pid = procfs_child(&s->fs, pid);
	s->root_pid = pid > 0 ? pid : launch->pid;
	tree_init(&s->tree, &s->fs, pid, s->plan.adopts, s->plan.launched);
	if (s->tree.members.list.len == 0)
		births_note_hidden(&s->births, s->root_pid);
	names_init(&s->names, &s->fs, now_ns, patience_ns(s));
	meter_init(&s->meter, &s->fs, s->plan.metric);
	borrow_init(&s->borrow, &s->fs, s->plan.proc == NULL);
	high_water_init(&s->high_water, &s->meter, s->plan.metric);
	s->high_water.alone = s->plan.alone;
	s->high_water.began = s->plan.launched ? 0 : procfs_ticks();
	shares_init(&s->shares, &s->fs, s->plan.max_overhead, now_ns);
	s->limit = (struct limit){
	    .fs = &s->fs, .kib = s->plan.limit_kib, .action = s->plan.on_limit};
	if (s->plan.metric->file == METRIC_CGROUP && !s->plan.launched) {
		cgroup_finish(&s->cgroup);
		cgroup_init(&s->cgroup, &s->fs, pid, NULL);
	}
	peaks_begin(s);
	sample_first(s);
	exit_cause_init(&s->exit_cause, &s->fs, pid, now_ns);
}

void sampler_destroy(struct sampler *s)
{
	struct shares_reading unused;

	if (!s)
		return;
	cgroup_finish(&s->cgroup);
	exit_cause_finish(&s->exit_cause);
	shares_finish(&s->shares, &unused);
	tree_finish(&s->tree);
	births_finish(&s->births);
	names_finish(&s->names);
	procfs_finish(&s->fs);
	array_free(&s->processes);
	free(s);
}

/* What an exec may take of the memory that is left behind with it. */
enum { EXEC_KIB = 128 };

/* The kernel's figure for the largest process that was waited for below this
 * one. What its process had before the exec proves nothing, unless nothing
 * else is known. Whose it is, and of what time, is known of one that was alone.
 */
static void note_waited(struct sampler *s, const struct launch_event *event,
    const struct member *member)
{
	struct high_water_mark mark = {
	    event->maxrss_kib, {-1, sample_now_ns(s), s->result.start_ns}};

	if (s->plan.alone || s->plan.metric->mark == NULL ||
	    strcmp(s->plan.metric->mark, "VmHWM") != 0)
		return;
	if (member && member->high.since_ns)
		mark.high = member->high;
	if (s->result.most > 1 || s->result.unseen > 0)
		mark.high.since_ns = s->result.start_ns;
	if (event->maxrss_kib > s->launch->floor_kib + EXEC_KIB ||
	    s->peak_kib < 0)
		peaks_note_mark(s, &mark);
}

static void child_ended(struct sampler *s, const struct launch_event *event)
{
	size_t at = tree_find_namespace_pid(&s->tree, event->pid);

	note_waited(s, event,
	    at == MEMBERS_NONE ? NULL : &s->tree.members.list.items[at]);
	if (at != MEMBERS_NONE)
		sample_end_member(s, at, &event->status);
	else if (s->births.connector.fd < 0)
		s->result.unseen++; /* of others' children nothing is known */
	members_sweep(&s->tree.members);
}

static void root_ended(struct sampler *s, const struct launch_event *event)
{
	const struct member *first = s->tree.members.list.items;
	bool there = s->tree.members.list.len > 0 && first->is_root;

	s->root_over = true;
	if (s->plan.launched) {
		note_waited(s, event, there ? first : NULL);
		s->result.has_status = true;
		s->result.status = event->status;
	}
	if (s->tree.members.list.len > 0 &&
	    s->tree.members.list.items[0].is_root) {
		struct member *root = &s->tree.members.list.items[0];

		if (s->result.most <= 1 && s->peak_kib > root->peak_kib)
			root->peak_kib = s->peak_kib; /* it was alone */
		sample_end_member(s, 0, NULL);
	}
	sample_look(s);
}

/* A descendant that has not ended; a zombie has, and so has what was killed. */
static bool sampler_lives_on(
    const struct sampler *s, const struct member *member)
{
	return !member->gone && !member->zombie && !member->is_root &&
	       !sample_has_killed(s, member);
}

static size_t count_alive(const struct sampler *s)
{
	const struct members *members = &s->tree.members;
	size_t alive = 0;

	for (size_t i = 0; i < members->list.len; i++)
		alive += sampler_lives_on(s, &members->list.items[i]);
	return alive;
}

static void name_alive(
    const struct sampler *s, struct sampler_living living[SAMPLER_NAMED])
{
	const struct members *members = &s->tree.members;
	size_t named = 0;

	for (size_t i = 0; i < members->list.len && named < SAMPLER_NAMED;
	     i++) {
		const struct member *member = &members->list.items[i];
		struct proc_stat now;

		if (!sampler_lives_on(s, member))
			continue;
		living[named].pid = member->pid;
		/* it may have another name since it was found */
		memcpy(living[named].name,
		    procfs_stat(&s->fs, member->pid, &now) ? now.name
							   : member->name,
		    PROCFS_NAME);
		named++;
	}
}

/* Whether there is nothing left to wait for. */
static bool sampler_is_over(struct sampler *s)
{
	const struct members *members = &s->tree.members;

	if (!s->plan.launched && !s->root_over)
		s->root_over = members->list.len == 0 ||
			       !members->list.items[0].is_root ||
			       members->list.items[0].zombie;
	if (!s->root_over || !s->plan.wait_all)
		return s->root_over;
	/* Twice: what a process forked last may show at the second look. */
	for (int i = 0; i < 2 && count_alive(s) == 0; i++)
		sample_look(s);
	return count_alive(s) == 0;
}

/* Whether the end of one that this process has killed is still to be told. A
 * zombie is told when its parent takes notice, which another's may never do. */
static bool is_any_dying(const struct sampler *s)
{
	const struct members *members = &s->tree.members;

	for (size_t i = 0; i < members->list.len; i++) {
		const struct member *member = &members->list.items[i];

		if (!member->gone && sample_has_killed(s, member) &&
		    (!member->zombie ||
			members_find(members, member->ppid) == MEMBERS_NONE))
			return true;
	}
	return false;
}

/* Descendants that are left when the program has ended get this much time to
 * end too, in such steps, while any of them stirs: one that sleeps lives on. */
#define FOLLOW_NS NS_PER_S
#define FOLLOW_STEP_NS (NS_PER_S / 100)

static void let_follow(struct sampler *s)
{
	int64_t now_ns = clock_mono_ns(), end_ns = now_ns + FOLLOW_NS;
	struct launch_event event = {0};

	if (s->result.end != SAMPLER_ENDED)
		return;
	while (
	    now_ns < end_ns && event.what != LAUNCH_QUIT &&
	    (is_any_dying(s) || (count_alive(s) > 0 &&
				    linger_stirs(&s->fs, &s->tree.members)))) {
		launch_wait(s->launch, now_ns + FOLLOW_STEP_NS, &event);
		if (event.what == LAUNCH_CHILD)
			child_ended(s, &event);
		sample_look(s);
		now_ns = clock_mono_ns();
	}
}

static void tell_root_exit(struct sampler *s)
{
	struct sink_exit exit = {
	    .time_ns = s->result.end_ns,
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
	if (s->sink->exit)
		s->sink->exit(s->sink->context, &exit);
}

/* The last marks, the end of the program and the highest memory of all. */
static void sampler_finish(struct sampler *s, struct sampler_result *result)
{
	if (s->result.samples == 0)
		sample_tell(s);
	sample_last_look(s);
	sample_last_share(s);
	exit_cause_judge(&s->exit_cause, s->result.status, s->root_killed,
	    &s->result.exit_cause);
	s->result.end_ns = s->tick.time_ns = sample_now_ns(s);
	let_follow(s);
	s->result.peak_kib = s->peak_kib > 0 ? s->peak_kib : 0;
	s->result.missed = s->ticks.missed;
	s->result.interval_ns = s->ticks.interval_ns;
	if (s->root_over) {
		s->result.alive = count_alive(s);
		name_alive(s, s->result.living);
	}
	s->result.denied = s->meter.denied;
	s->result.hidden = s->births.hidden.list.len;
	s->result.limit = s->limit;
	s->result.unseen_is_all = births_are_all(&s->births);
	for (size_t i = 0; i < SAMPLER_HOOKS; i++) {
		const struct sampler_hook *hook = &s->plan.hooks[i];

		if (hook->tick && hook->end)
			hook->end(hook->context, &s->tick, s->sink);
	}
	tell_root_exit(s);
	peaks_tell_last(s);
	sample_flush(s);
	*result = s->result;
}

/* Samples after which this process gives back what only its start needed: a
 * program that ends before has it end the sooner. */
enum { SETTLED = 2 };

/* Hooks are listened to again: no tick is due. */
static bool is_early(const struct sampler *s)
{
	int64_t now_ns = clock_mono_ns();

	return now_ns < s->ticks.due_ns && now_ns < s->end_ns;
}

/* The one hook that wakes; 0 while it is not listened to. */
static int wake_of(const struct sampler *s, int64_t now_ns)
{
	for (size_t i = 0; i < SAMPLER_HOOKS; i++) {
		if (s->plan.hooks[i].wake > 0)
			return now_ns < s->listen_ns ? 0
						     : s->plan.hooks[i].wake;
	}
	return 0;
}

static void sampler_await(struct sampler *s, struct launch_event *event)
{
	int64_t until_ns =
	    s->ticks.due_ns < s->end_ns ? s->ticks.due_ns : s->end_ns;
	int64_t now_ns = clock_mono_ns();

	s->launch->wake = wake_of(s, now_ns);
	if (now_ns < s->listen_ns && s->listen_ns < until_ns)
		until_ns = s->listen_ns;
	launch_wait(s->launch, until_ns, event);
}

static bool sampler_handle(struct sampler *s, const struct launch_event *event)
{
	switch (event->what) {
	case LAUNCH_TICK:
		if (is_early(s))
			break;
		if (clock_mono_ns() >= s->end_ns) {
			s->result.end = SAMPLER_TIMEOUT;
			return false;
		}
		sample_take(s);
		if (s->result.samples == SETTLED)
			self_trim();
		if (s->plan.quit && *s->plan.quit) {
			s->result.end = SAMPLER_QUIT;
			return false;
		}
		break;
	case LAUNCH_EXITED:
		root_ended(s, event);
		break;
	case LAUNCH_CHILD:
		child_ended(s, event);
		break;
	case LAUNCH_NEWS:
		sample_news(s);
		break;
	case LAUNCH_RESUMED:
		ticks_resume(&s->ticks, clock_mono_ns());
		break;
	case LAUNCH_QUIT:
		s->result.end = SAMPLER_QUIT;
		return false;
	}
	return !sampler_is_over(s);
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
	sampler_finish(s, result);
}
