// SPDX-License-Identifier: MIT
#include "recorder/shares.h"

#include <stdlib.h>

#include "base/clock.h"
#include "profile/share.h"

/* Of a processor, besides what is spent at the start. */
#define BUDGET 0.02
#define CREDIT_NS (NS_PER_S / 10)

/* From one reading to the next where the total stays, and nothing else is
 * seen to change: at first, and in the end. */
#define WAIT_NS (NS_PER_S / 5)
#define LONGEST_WAIT_NS (30 * NS_PER_S)

enum {
	LEAST_KIB = 16 * 1024, /* smaller trees share their libraries */
	NEAR = 10,             /* within 1/NEAR of the highest total */
	STEEP = 50,            /* 1/STEEP higher than a tick before */
	/* How much more than was read is worth another reading: one part of
	 * so many, as the growth is and what is left to spend. */
	GROWTH = 20,
	STEEP_GROWTH = 2,
	SCARCE_GROWTH = 4,
	RESERVE = 3, /* readings that can be afforded: enough for small steps */
	CHANGE = 50, /* of the PSS that changes: 1/CHANGE of the total */
	/* What reading a process costs, before that is known here. */
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

static bool counts(const struct member *member)
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

/* So many readings of that cost. */
static bool can_afford(
    const struct shares *shares, int count, int64_t cost_ns, int64_t now_ns)
{
	double earned_ns = shares->budget * (double)(now_ns - shares->began_ns);

	return (double)(shares->spent_ns + count * cost_ns) <=
	       (double)CREDIT_NS + earned_ns;
}

/* Whether a reading could say something new. A peak at the end of a growth
 * shall find something left to spend: while the total grows steeply, or there
 * is not enough for several readings, the steps are longer. */
static bool is_due(const struct shares *shares, size_t count, int64_t total_kib,
    int64_t now_ns)
{
	int64_t cost_ns = estimate_ns(shares, count, total_kib);
	int64_t read_kib = shares->read_kib;

	if (count < 2 || total_kib < LEAST_KIB || shares->unable ||
	    total_kib < shares->highest_kib - shares->highest_kib / NEAR ||
	    !can_afford(shares, 1, cost_ns, now_ns))
		return false;
	if (total_kib > shares->before_kib + shares->before_kib / STEEP)
		return total_kib > read_kib + read_kib / STEEP_GROWTH;
	if (now_ns - shares->read_ns >= shares->wait_ns)
		return true;
	if (can_afford(shares, RESERVE, cost_ns, now_ns))
		return total_kib > read_kib + read_kib / GROWTH;
	return total_kib > read_kib + read_kib / SCARCE_GROWTH;
}

static void fill(struct shares_round *round, const struct members *members)
{
	round->list.len = 0;
	for (size_t i = 0; i < members->list.len; i++) {
		const struct member *member = &members->list.items[i];

		if (counts(member))
			*array_push(&round->list) = (struct shares_process){
			    .pid = member->pid,
			    .ppid = member->ppid,
			    .started = member->started,
			    .kib = member->kib,
			    .shared_kib = member->shared_kib,
			};
	}
}

static void begin(struct shares *shares, const struct members *members,
    int64_t total_kib, int64_t now_ns)
{
	struct shares_round *round;

	if (!shares->thread)
		shares->thread = shares_thread_create(shares->fs);
	shares->unable = !shares->thread;
	if (shares->unable)
		return;
	round = shares_thread_round(shares->thread);
	fill(round, members);
	if (total_kib > shares->read_kib) {
		shares->read_kib = total_kib;
		shares->wait_ns = 0;
	}
	shares->read_ns = now_ns;
	/* Files and shared memory are known; of the rest anything may be what
	 * a fork left in common, as far as a tick can see. */
	if (!share_misleads((double)total_kib,
		(double)(total_kib - shares_round_most_kib(round, false)))) {
		shares->wait_ns = WAIT_NS;
		return;
	}
	shares->total_kib = total_kib;
	shares->reading = true;
	shares_thread_begin(shares->thread);
}

/* Where nothing changes the next reading is taken later. */
static void set_wait(
    struct shares *shares, const struct shares_reading *reading)
{
	int64_t pss_kib = reading->taken ? reading->pss_kib : 0;
	bool same =
	    llabs(pss_kib - shares->pss_kib) <= shares->total_kib / CHANGE;

	shares->wait_ns =
	    same && shares->wait_ns > 0 ? 2 * shares->wait_ns : WAIT_NS;
	if (shares->wait_ns > LONGEST_WAIT_NS)
		shares->wait_ns = LONGEST_WAIT_NS;
	shares->pss_kib = pss_kib;
}

/* A reading that has ended; false where none has that says anything. */
static bool collect(struct shares *shares, struct shares_reading *reading)
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
	set_wait(shares, &round->reading);
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
	got = collect(shares, reading);
	for (size_t i = 0; i < members->list.len; i++) {
		const struct member *member = &members->list.items[i];

		if (!counts(member))
			continue;
		total_kib += member->kib;
		count++;
	}
	if (total_kib > shares->highest_kib)
		shares->highest_kib = total_kib;
	if (!shares->reading && is_due(shares, count, total_kib, now_ns))
		begin(shares, members, total_kib, now_ns);
	shares->before_kib = total_kib;
	return got;
}

bool shares_finish(struct shares *shares, struct shares_reading *reading)
{
	bool got = collect(shares, reading);

	shares_thread_leave(shares->thread);
	shares->thread = NULL;
	shares->reading = false;
	return got;
}
