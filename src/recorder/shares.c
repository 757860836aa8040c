// SPDX-License-Identifier: MIT
#include "recorder/shares.h"

#include <stdlib.h>

#include "base/clock.h"
#include "profile/share.h"

/* The share of a processor for readings, besides what the start may spend. */
#define BUDGET 0.02
#define CREDIT_NS (NS_PER_S / 10)

/* The wait for the next reading while the total stays, and nothing else is seen
 * to change: at first, and at most. */
#define WAIT_NS (NS_PER_S / 5)
#define LONGEST_WAIT_NS (30 * NS_PER_S)

enum {
	LEAST_KIB = 16 * 1024, /* smaller trees share their libraries */
	NEAR = 10,             /* within 1/NEAR of the highest total */
	/* The total grows fast where it is over 1/STEEP above the tick before,
	 * and stays where it is at most 1/SETTLED above. */
	STEEP = 50,
	SETTLED = 200,
	GROWTH = 20, /* 1/GROWTH higher than what was read is another total */
	CHANGE = 50, /* a PSS has changed by 1/CHANGE of the total */
	/* The next wait is so many times the cost of the last reading, or of a
	 * look that showed no change. */
	PACE = 20,
	SAME_PACE = 500,
	/* The cost of reading a process, before it is known here. */
	PROCESS_NS = 100000,
	KIB_NS = 30
};

void shares_init(struct shares *shares, const struct procfs *fs, double budget,
    int64_t now_ns)
{
	*shares = (struct shares){
	    .fs = fs,
	    .budget = budget > 0 && budget < BUDGET ? budget : BUDGET,
	    .began_ns = now_ns,
	};
}

static bool shares_counts(const struct member *member)
{
	return !member->gone && !member->zombie && !member->borrows &&
	       member->kib >= 0;
}

static int64_t estimate_ns(
    const struct shares *shares, size_t count, int64_t total_kib)
{
	if (shares->cost_kib == 0)
		return (int64_t)count * PROCESS_NS + total_kib * KIB_NS;
	return (int64_t)((double)shares->cost_ns * (double)total_kib /
			 (double)shares->cost_kib);
}

/* The number of readings of that cost that the budget still allows. */
static double shares_affordable(
    const struct shares *shares, int64_t cost_ns, int64_t now_ns)
{
	double earned_ns = shares->budget * (double)(now_ns - shares->began_ns);
	double left_ns = (double)(CREDIT_NS - shares->spent_ns) + earned_ns;

	return cost_ns > 0 ? left_ns / (double)cost_ns : left_ns;
}

/* A peak at the end of growth needs some budget left: the less there is, the
 * longer are the steps from one reading to the next. */
static bool is_higher(
    const struct shares *shares, int64_t total_kib, double readings)
{
	static const struct {
		double readings;
		int part; /* of what was read */
	} steps[] = {{12, GROWTH}, {6, 7}, {0, 3}};
	int64_t read_kib = shares->read_kib;
	size_t i = 0;

	if (total_kib > shares->before_kib + shares->before_kib / STEEP)
		return total_kib > read_kib + read_kib / 2;
	while (readings < steps[i].readings)
		i++;
	return total_kib > read_kib + read_kib / steps[i].part;
}

/* Whether a reading could say something new. */
static bool shares_is_due(const struct shares *shares, size_t count,
    int64_t total_kib, int64_t now_ns)
{
	double readings;

	if (count < 2 || total_kib < LEAST_KIB || shares->unable ||
	    total_kib < shares->highest_kib - shares->highest_kib / NEAR)
		return false;
	readings = shares_affordable(
	    shares, estimate_ns(shares, count, total_kib), now_ns);
	if (readings < 1)
		return false;
	if (is_higher(shares, total_kib, readings))
		return true;
	return now_ns - shares->read_ns >= shares->wait_ns &&
	       total_kib <= shares->before_kib + shares->before_kib / SETTLED;
}

static void shares_fill(
    struct shares_round *round, const struct members *members)
{
	round->list.len = 0;
	for (size_t i = 0; i < members->list.len; i++) {
		const struct member *member = &members->list.items[i];

		if (shares_counts(member))
			*array_push(&round->list) = (struct shares_process){
			    .pid = member->pid,
			    .ppid = member->ppid,
			    .started = member->started,
			    .kib = member->kib,
			    .shared_kib = member->shared_kib,
			};
	}
}

static void shares_begin(struct shares *shares, const struct members *members,
    int64_t total_kib, int64_t now_ns)
{
	struct shares_round *round;

	if (!shares->thread)
		shares->thread = shares_thread_create(shares->fs);
	shares->unable = !shares->thread;
	if (shares->unable)
		return;
	round = shares_thread_round(shares->thread);
	shares_fill(round, members);
	round->again =
	    total_kib <= shares->read_kib + shares->read_kib / GROWTH;
	if (!round->again)
		shares->read_kib = total_kib;
	shares->read_ns = now_ns;
	/* A tick tells files and shared memory apart; the rest may all be what
	 * a fork left in common. */
	if (!share_misleads((double)total_kib,
		(double)(total_kib - shares_round_most_kib(round, false)))) {
		shares->wait_ns = WAIT_NS;
		return;
	}
	shares->total_kib = total_kib;
	shares->reading = true;
	shares_thread_begin(shares->thread);
}

/* While nothing changes the next reading comes later, and the later the more
 * the last one cost. */
static void set_wait(struct shares *shares, const struct shares_round *round)
{
	const struct shares_reading *reading = &round->reading;
	int64_t pss_kib = reading->taken ? reading->pss_kib : 0;
	int64_t least_ns = round->cost_ns * (reading->same ? SAME_PACE : PACE);
	bool same = reading->same || llabs(pss_kib - shares->pss_kib) <=
					 shares->total_kib / CHANGE;

	if (!reading->same)
		shares->pss_kib = pss_kib;
	shares->wait_ns = same && round->again ? 2 * shares->wait_ns : WAIT_NS;
	if (shares->wait_ns < least_ns)
		shares->wait_ns = least_ns;
	if (shares->wait_ns > LONGEST_WAIT_NS)
		shares->wait_ns = LONGEST_WAIT_NS;
}

/* Takes a reading that has ended; false where there is none of any use. */
static bool shares_collect(
    struct shares *shares, struct shares_reading *reading)
{
	struct shares_round *round;

	if (!shares->reading)
		return false;
	round = shares_thread_round(shares->thread);
	if (!round)
		return false;
	shares->reading = false;
	shares->spent_ns += round->cost_ns;
	if (round->reading.taken) {
		shares->cost_ns = round->cost_ns;
		shares->cost_kib = shares->total_kib;
	}
	set_wait(shares, round);
	*reading = round->reading;
	return reading->taken;
}

bool shares_step(struct shares *shares, const struct members *members,
    int64_t now_ns, struct shares_reading *reading)
{
	int64_t total_kib = 0;
	size_t count = 0;
	bool got;

	if (members->list.len < 2 && !shares->reading)
		return false;
	got = shares_collect(shares, reading);
	for (size_t i = 0; i < members->list.len; i++) {
		const struct member *member = &members->list.items[i];

		if (!shares_counts(member))
			continue;
		total_kib += member->kib;
		count++;
	}
	if (total_kib > shares->highest_kib)
		shares->highest_kib = total_kib;
	if (!shares->reading && shares_is_due(shares, count, total_kib, now_ns))
		shares_begin(shares, members, total_kib, now_ns);
	shares->before_kib = total_kib;
	return got;
}

bool shares_finish(struct shares *shares, struct shares_reading *reading)
{
	bool got = shares_collect(shares, reading);

	shares_thread_leave(shares->thread);
	shares->thread = NULL;
	shares->reading = false;
	return got;
}
