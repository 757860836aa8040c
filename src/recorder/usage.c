// SPDX-License-Identifier: MIT
#include "recorder/usage.h"

#include <math.h>

#include "base/clock.h"
#include "base/mem.h"

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
