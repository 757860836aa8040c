// SPDX-License-Identifier: MIT
#include "recorder/usage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "recorder/gpu.h"

/* The next reading is due after 1/PART of the time that has passed, within
 * these bounds. */
enum { PART = 4 };
#define NEAREST_NS (NS_PER_S / 10)
#define FARTHEST_NS NS_PER_S

/* Input and output figures of a process include those of its reaped
 * children. */
static bool usage_figure_is_inclusive(size_t figure)
{
	return figure >= FIGURE_READ && figure <= FIGURE_DISK_WRITTEN;
}

void usage_tracker_init(struct usage_tracker *tracker, const struct procfs *fs,
    unsigned set, uint64_t began, int64_t now_ns)
{
	*tracker = (struct usage_tracker){.fs = fs,
	    .set = set,
	    .began = began,
	    .began_ns = now_ns,
	    .next_ns = now_ns};
	for (size_t i = FIGURES_OF_PROCESS; i < FIGURES; i++)
		tracker->group_base[i] = tracker->one[i] = NAN;
}

bool usage_tracker_is_due(const struct usage_tracker *tracker, int64_t now_ns)
{
	return tracker->set && now_ns >= tracker->next_ns;
}

static struct usage_account *usage_account_of(struct member *member)
{
	if (!member->usage)
		member->usage = mem_zero(1, sizeof(*member->usage));
	return member->usage;
}

static void usage_account_subtract(
    struct proc_usage *usage, const struct proc_usage *base)
{
	for (size_t i = 0; i < FIGURES_OF_PROCESS; i++) {
		if (!resource_figures[i].counts)
			continue;
		if (base->own[i] > 0)
			usage->own[i] -= base->own[i];
		if (base->waited[i] > 0)
			usage->waited[i] -= base->waited[i];
	}
}

/* A process that has ended keeps the figures that were read before. */
static void usage_account_read(
    const struct usage_tracker *tracker, struct member *member)
{
	struct usage_account *account = usage_account_of(member);
	struct proc_usage now;

	if (!proc_usage_read(
		tracker->fs, member->pid, member->started, tracker->set, &now))
		return;
	if (!account->read && member->started <= tracker->began)
		account->base = now;
	account->read = true;
	usage_account_subtract(&now, &account->base);
	account->last = now;
}

/* A count of a process and all that was added to its account. */
static int64_t usage_account_sum(
    const struct usage_account *account, size_t figure, bool alone)
{
	int64_t own = account->read ? account->last.own[figure] : 0;
	int64_t waited = account->read ? account->last.waited[figure] : 0;

	own = own < 0 ? 0 : own;
	if (alone)
		return own;
	if (waited < account->ended[figure])
		waited = account->ended[figure];
	if (own + waited < account->waited[figure])
		return account->waited[figure];
	return own + waited;
}

/* Adds a member to the whole; false where its figure is unknown and matters: a
 * process without memory is ending, and has no files or swap. */
static bool usage_tracker_add(const struct usage_tracker *tracker,
    const struct member *member, size_t figure, int64_t *sum)
{
	const struct usage_account *account = member->usage;

	if (!account->read)
		return true;
	if (account->last.own[figure] < 0)
		return member->kib < 0;
	*sum += resource_figures[figure].counts
		    ? usage_account_sum(account, figure, tracker->alone)
		    : account->last.own[figure];
	return true;
}

static double usage_tracker_sum(
    struct usage_tracker *tracker, const struct members *members, size_t figure)
{
	bool counts = resource_figures[figure].counts;
	int64_t sum = counts ? tracker->ended[figure] : 0;
	bool known = true, any = counts;

	for (size_t i = 0; known && i < members->list.len; i++) {
		const struct member *member = &members->list.items[i];

		if (member->gone || (tracker->alone && !member->is_root))
			continue;
		known = usage_tracker_add(tracker, member, figure, &sum);
		any = true;
	}
	if (!known || !any)
		return NAN;
	if (counts) {
		sum += tracker->missing[figure];
		if (sum < tracker->before[figure]) {
			tracker->missing[figure] +=
			    tracker->before[figure] - sum;
			sum = tracker->before[figure];
		}
		tracker->before[figure] = sum;
	}
	return proc_usage_value((enum resource_figure_id)figure, sum);
}

/* A count that was missing at first starts where it appears. */
static void usage_tracker_read_group(struct usage_tracker *tracker)
{
	if (!(tracker->set & USAGE_OF_GROUP) || !tracker->group)
		return;
	cgroup_read_usage(tracker->group, tracker->whole);
	for (size_t i = FIGURES_OF_PROCESS; i < FIGURES; i++) {
		double *value = &tracker->whole[i];
		double *base = &tracker->group_base[i];

		if (!resource_figures[i].counts || isnan(*value))
			continue;
		if (isnan(*base) || *value < *base)
			*base = *value;
		*value -= *base;
	}
}

static void usage_tracker_read_members(
    struct usage_tracker *tracker, struct members *members)
{
	for (size_t i = 0; i < members->list.len; i++) {
		struct member *member = &members->list.items[i];

		if (!member->gone && (member->is_root || !tracker->alone))
			usage_account_read(tracker, member);
	}
}

static void usage_tracker_sum_resource(struct usage_tracker *tracker,
    const struct members *members, const struct resource *resource)
{
	for (size_t i = 0; i < resource->count; i++) {
		size_t figure = resource->first + i;

		tracker->whole[figure] =
		    usage_tracker_sum(tracker, members, figure);
	}
}

const double *usage_tracker_read(
    struct usage_tracker *tracker, struct members *members, int64_t now_ns)
{
	int64_t wait_ns = (now_ns - tracker->began_ns) / PART;

	if (wait_ns < NEAREST_NS)
		wait_ns = NEAREST_NS;
	/* Half a bound early, as ticks vary. */
	tracker->next_ns = now_ns +
			   (wait_ns < FARTHEST_NS ? wait_ns : FARTHEST_NS) -
			   NEAREST_NS / 2;
	usage_tracker_read_members(tracker, members);
	for (size_t i = 0; i < FIGURES; i++)
		tracker->whole[i] = NAN;
	for (size_t i = 0; i < RESOURCE_CGROUP; i++) {
		if (tracker->set & 1U << i)
			usage_tracker_sum_resource(
			    tracker, members, &resources[i]);
	}
	usage_tracker_read_group(tracker);
	return tracker->whole;
}

const double *usage_tracker_figures(
    struct usage_tracker *tracker, const struct member *member)
{
	const struct usage_account *account = member->usage;

	if (!account || !account->read || account->closed)
		return NULL;
	for (size_t i = 0; i < FIGURES_OF_PROCESS; i++) {
		int64_t amount = account->last.own[i];

		tracker->one[i] =
		    amount < 0
			? NAN
			: proc_usage_value((enum resource_figure_id)i, amount);
	}
	return tracker->one;
}

void usage_tracker_add_waited(struct usage_tracker *tracker,
    struct member *member, const struct launch_event *event)
{
	int64_t waited[FIGURES_OF_PROCESS] = {
	    [FIGURE_CPU] = event->cpu_us,
	    [FIGURE_MINOR_FAULTS] = event->minor_faults,
	    [FIGURE_MAJOR_FAULTS] = event->major_faults,
	};

	if (!tracker->set || tracker->alone)
		return;
	for (size_t i = 0; i < FIGURES_OF_PROCESS; i++) {
		if (!member)
			tracker->ended[i] += waited[i];
		else
			usage_account_of(member)->waited[i] = waited[i];
	}
}

/* The member's parent: a living one, or one that has ended and whose account is
 * still open. NULL: none. */
static struct member *usage_tracker_parent(
    struct members *members, const struct member *member)
{
	size_t at = members_find(members, member->ppid);

	if (at != MEMBERS_NONE)
		return &members->list.items[at];
	for (size_t i = members->list.len; i-- > 0;) {
		struct member *other = &members->list.items[i];

		if (other->pid == member->ppid && other->usage &&
		    !other->usage->closed)
			return other;
	}
	return NULL;
}

/* The figures go to the parent's account, where there is one. */
static void usage_tracker_close_one(struct usage_tracker *tracker,
    struct members *members, struct member *member)
{
	struct member *parent = usage_tracker_parent(members, member);
	struct usage_account *account = member->usage;
	struct usage_account *heir = parent ? usage_account_of(parent) : NULL;

	account->closed = true;
	for (size_t i = 0; i < FIGURES_OF_PROCESS; i++) {
		int64_t sum = usage_account_sum(account, i, tracker->alone);

		if (!heir)
			tracker->ended[i] += sum;
		else if (!usage_figure_is_inclusive(i))
			heir->ended[i] += sum;
	}
}

/* Children come after their parents in the list, so their figures are in the
 * parent's account when that is closed. */
void usage_tracker_close(struct usage_tracker *tracker, struct members *members)
{
	for (size_t i = members->list.len; i-- > 0;) {
		struct member *member = &members->list.items[i];

		if (member->gone && member->usage && !member->usage->closed)
			usage_tracker_close_one(tracker, members, member);
	}
}

struct consumption {
	struct consumption_plan plan;
	struct usage_tracker usage;
	struct gpu *gpu;        /* NULL: GPUs are not read */
	struct err gpu_missing; /* why not, if they were asked for */
	double latest[FIGURES]; /* figures of the whole as last read */
	double of_gpu[FIGURES]; /* one reading of GPUs; other figures are NAN */
};

struct consumption *consumption_create(const struct consumption_plan *plan)
{
	struct consumption *consumption = mem_zero(1, sizeof(*consumption));

	consumption->plan = *plan;
	if (plan->set & 1U << RESOURCE_GPU)
		consumption->gpu =
		    gpu_create(plan->fs, &consumption->gpu_missing);
	for (size_t i = 0; i < FIGURES; i++)
		consumption->latest[i] = consumption->of_gpu[i] = NAN;
	return consumption;
}

void consumption_destroy(struct consumption *consumption)
{
	if (!consumption)
		return;
	gpu_destroy(consumption->gpu);
	free(consumption);
}

void consumption_begin(struct consumption *consumption, int64_t now_ns)
{
	const struct consumption_plan *plan = &consumption->plan;

	usage_tracker_init(&consumption->usage, plan->fs, plan->set,
	    plan->launched ? 0 : procfs_ticks(), now_ns);
	consumption->usage.alone = plan->alone;
	consumption->usage.group =
	    plan->set & USAGE_OF_GROUP ? plan->group : NULL;
}

/* Returns NULL where no figure of that process was read. */
typedef const double *consumption_figures(
    struct consumption *consumption, const struct member *member);

static const double *consumption_usage_of(
    struct consumption *consumption, const struct member *member)
{
	return usage_tracker_figures(&consumption->usage, member);
}

static const double *consumption_gpu_of(
    struct consumption *consumption, const struct member *member)
{
	gpu_figures(consumption->gpu, member->pid, consumption->of_gpu);
	return consumption->of_gpu;
}

/* Reports each process's figures, where they are wanted. */
static void consumption_report_members(struct consumption *consumption,
    int64_t time_ns, consumption_figures *figures)
{
	const struct members *members = consumption->plan.members;

	for (size_t i = 0; consumption->plan.each && i < members->list.len;
	     i++) {
		const struct member *member = &members->list.items[i];
		struct sink_usage usage = {
		    .time_ns = time_ns, .kib = member->kib, .pid = member->pid};

		if (member->gone || !member->introduced || member->kib < 0)
			continue;
		usage.figures = figures(consumption, member);
		if (usage.figures)
			report_usage(consumption->plan.report, &usage);
	}
}

/* A reading may be much later than the tick: a rate needs the reading's own
 * time. end_ns: the time of the last one; NULL: it is another. */
static void consumption_report_usage(
    struct consumption *consumption, int64_t now_ns, const int64_t *end_ns)
{
	const struct report *report = consumption->plan.report;
	struct sink_tick *tick = consumption->plan.tick;
	int64_t began_ns = report_now_ns(report);
	struct sink_usage usage = {.kib = tick->total_kib,
	    .figures = usage_tracker_read(
		&consumption->usage, consumption->plan.members, now_ns)};

	usage.time_ns = end_ns
			    ? *end_ns
			    : began_ns + (report_now_ns(report) - began_ns) / 2;
	memcpy(consumption->latest, usage.figures,
	    FIGURE_GPU * sizeof(consumption->latest[0]));
	tick->usage = consumption->latest;
	tick->usage_ns = usage.time_ns;
	report_usage(report, &usage);
	consumption_report_members(
	    consumption, usage.time_ns, consumption_usage_of);
}

static void consumption_set_latest_gpu(
    struct consumption *consumption, const double *figures)
{
	for (size_t i = FIGURE_GPU; i < FIGURES; i++)
		consumption->latest[i] = figures ? figures[i] : NAN;
}

/* Reports a reading of GPUs, once it is there, at its own time. */
static void consumption_report_gpu(struct consumption *consumption)
{
	const struct report *report = consumption->plan.report;
	struct sink_tick *tick = consumption->plan.tick;
	struct sink_usage usage = {
	    .kib = tick->total_kib, .figures = consumption->of_gpu};

	if (!consumption->gpu || !gpu_collect(consumption->gpu))
		return;
	usage.time_ns = report->epoch_ns + gpu_boot_ns(consumption->gpu);
	gpu_figures(consumption->gpu, 0, consumption->of_gpu);
	report_usage(report, &usage);
	consumption_set_latest_gpu(consumption, consumption->of_gpu);
	tick->gpu_ns = usage.time_ns;
	consumption_report_members(
	    consumption, usage.time_ns, consumption_gpu_of);
}

/* Until a driver answers, its figures are unknown. */
void consumption_step(struct consumption *consumption, int64_t now_ns)
{
	const struct consumption_plan *plan = &consumption->plan;

	consumption_report_gpu(consumption);
	if (!plan->tick->sampled ||
	    !usage_tracker_is_due(&consumption->usage, now_ns))
		return;
	consumption_report_usage(consumption, now_ns, NULL);
	if (consumption->gpu &&
	    !gpu_ask(consumption->gpu, plan->members, plan->alone))
		consumption_set_latest_gpu(consumption, NULL);
}

void consumption_finish(struct consumption *consumption)
{
	consumption_report_gpu(consumption);
	consumption_report_usage(
	    consumption, clock_mono_ns(), &consumption->plan.tick->time_ns);
}

void consumption_add_waited(struct consumption *consumption,
    struct member *member, const struct launch_event *event)
{
	usage_tracker_add_waited(&consumption->usage, member, event);
}

void consumption_close(struct consumption *consumption, struct members *members)
{
	usage_tracker_close(&consumption->usage, members);
}

const char *consumption_missing_gpu(const struct consumption *consumption)
{
	return consumption->gpu_missing.text[0] ? consumption->gpu_missing.text
						: NULL;
}

const char *consumption_gpu_problem(const struct consumption *consumption)
{
	return consumption->gpu ? gpu_problem(consumption->gpu) : NULL;
}
