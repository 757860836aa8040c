// SPDX-License-Identifier: MIT
#include "recorder/shares.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/background.h"
#include "base/clock.h"
#include "base/mem.h"
#include "proc/sharing.h"
#include "profile/share.h"

/* A process as the tick before saw it. */
struct shares_process {
	pid_t pid, ppid;
	uint64_t started;
	int64_t kib, shared_kib;
	/* Filled by the round: */
	bool there, is_forked;
	int64_t saved_kib; /* its RSS above its PSS */
};

/* One reading of RSS and PSS of all processes; it takes a while. */
struct shares_round {
	ARRAY(struct shares_process) list;
	bool again;     /* the total is the same as at the last reading */
	int64_t faults; /* page faults of all processes, at the last reading */
	struct shares_reading reading;
	int64_t cost_ns; /* of processor time */
};

/* Bounds for the sum of RSS against the tick's: below by 1/SHRUNK, above by
 * 1/GROWN. Processes are read one after the other. Where one has released
 * memory that it shared with one read before, the PSS of both are less than
 * they hold together. Where one has come to share memory, they are more, by
 * half of the growth at most: the reading is of a later moment. */
enum { SHRUNK = 32, GROWN = 8 };

/* While the total stays, shared memory changes by page faults alone: the pages
 * that these brought may be at most 1/SAME of the total. */
enum { SAME = 50, PAGES_A_FAULT = 4 };

/* The part of the sum that may be memory counted more than once, as far as
 * processes are known. With forked, one that has executed a program counts by
 * its files and shared memory alone. The memory of the largest process exists
 * once in any case. */
static int64_t shares_round_most_kib(
    const struct shares_round *round, bool forked)
{
	int64_t shared_kib = 0, most_shared_kib = 0;
	int64_t own_kib = 0, most_own_kib = 0;

	for (size_t i = 0; i < round->list.len; i++) {
		const struct shares_process *process = &round->list.items[i];
		int64_t kib = process->kib - process->shared_kib;

		shared_kib += process->shared_kib;
		if (process->shared_kib > most_shared_kib)
			most_shared_kib = process->shared_kib;
		own_kib += !forked || process->is_forked ? kib : 0;
		if (kib > most_own_kib)
			most_own_kib = kib;
	}
	if (!forked)
		own_kib -= most_own_kib;
	return shared_kib - most_shared_kib + own_kib;
}

static int64_t shares_sum_kib(const struct shares_round *round)
{
	int64_t kib = 0;

	for (size_t i = 0; i < round->list.len; i++)
		kib += round->list.items[i].kib;
	return kib;
}

static int shares_compare_pids(const void *left, const void *right)
{
	const struct shares_process *a = left, *b = right;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

static void shares_round_read_stats(
    struct shares_round *round, const struct procfs *fs)
{
	int64_t before = round->faults;

	round->faults = 0;
	for (size_t i = 0; i < round->list.len; i++) {
		struct shares_process *process = &round->list.items[i];
		struct proc_stat stat;

		process->there =
		    procfs_stat_of(fs, process->pid, process->started, &stat) &&
		    !stat.is_ending;
		if (!process->there)
			continue;
		process->ppid = stat.ppid;
		process->is_forked = stat.is_forked;
		round->faults += stat.faults;
	}
	if (!round->again ||
	    llabs(round->faults - before) * PAGES_A_FAULT * fs->page_kib >
		shares_sum_kib(round) / SAME)
		return;
	round->reading.same = true;
	round->faults = before; /* faults of the last full reading, so that slow
				   changes add up */
}

static void shares_round_read_all(
    struct shares_round *round, const struct procfs *fs)
{
	struct shares_reading *reading = &round->reading;
	int64_t sum = shares_sum_kib(round);

	for (size_t i = 0; i < round->list.len; i++) {
		struct shares_process *process = &round->list.items[i];
		struct sharing_usage usage;

		process->there =
		    process->there && sharing_read(fs, process->pid, &usage);
		if (!process->there)
			continue;
		process->saved_kib = usage.rss_kib - usage.pss_kib;
		reading->rss_kib += usage.rss_kib;
		reading->pss_kib += usage.pss_kib;
	}
	reading->taken = reading->rss_kib >= sum - sum / SHRUNK &&
			 reading->rss_kib <= sum + sum / GROWN;
}

static const struct shares_process *shares_round_find(
    const struct shares_round *round, pid_t pid)
{
	struct shares_process key = {.pid = pid};

	return bsearch(&key, round->list.items, round->list.len, sizeof(key),
	    shares_compare_pids);
}

/* The earliest ancestor that is joined to this process by forks alone. */
static pid_t shares_round_family(
    const struct shares_round *round, const struct shares_process *process)
{
	for (size_t i = 0; i < round->list.len && process->is_forked; i++) {
		const struct shares_process *parent =
		    shares_round_find(round, process->ppid);

		if (!parent)
			break;
		process = parent;
	}
	return process->pid;
}

/* Counts who maps the segment of the process that shares the most. */
static size_t shares_count_sharers(
    const struct shares_round *round, const struct procfs *fs)
{
	const struct shares_process *most = NULL;
	struct sharing_segment segment;
	size_t count = 0;
	pid_t ancestor;

	for (size_t i = 0; i < round->list.len; i++) {
		const struct shares_process *process = &round->list.items[i];

		if (process->there &&
		    (!most || process->saved_kib > most->saved_kib))
			most = process;
	}
	if (!most || !sharing_largest(fs, most->pid, &segment))
		return 0;
	ancestor = shares_round_family(round, most);
	for (size_t i = 0; i < round->list.len; i++) {
		const struct shares_process *process = &round->list.items[i];

		int maps;

		if (!process->there)
			continue;
		maps = segment.inode == 0
			   ? shares_round_family(round, process) == ancestor
			   : sharing_maps(fs, process->pid, &segment);
		if (maps < 0)
			return 0; /* some mappings are unknown */
		count += maps;
	}
	return count;
}

/* Reads the processes of the list, and sorts it by their pids. */
static void shares_round_read(
    struct shares_round *round, const struct procfs *fs)
{
	int64_t began_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	struct shares_reading *reading = &round->reading;
	int64_t sum = shares_sum_kib(round);

	*reading = (struct shares_reading){.taken = false};
	qsort(round->list.items, round->list.len, sizeof(round->list.items[0]),
	    shares_compare_pids);
	shares_round_read_stats(round, fs);
	if (!reading->same &&
	    share_misleads((double)sum,
		(double)(sum - shares_round_most_kib(round, true)))) {
		reading->boot_ns = clock_ns(CLOCK_BOOTTIME);
		shares_round_read_all(round, fs);
		if (reading->taken && share_misleads((double)reading->rss_kib,
					  (double)reading->pss_kib))
			reading->sharers = shares_count_sharers(round, fs);
	}
	round->cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - began_ns;
}

/* A table of segments and two pages of text are the most that is on it. */
enum { STACK_BYTES = 128 * 1024 };

struct shares_thread {
	struct procfs fs; /* with a root descriptor of its own */
	struct shares_round round;
	struct background_rounds *rounds;
};

static void shares_thread_discard(void *context)
{
	struct shares_thread *thread = context;

	array_free(&thread->round.list);
	close(thread->fs.root);
	free(thread);
}

/* Not below the recorder's priority: holding a process's mmap_lock, it must not
 * have to wait for a processor. */
static void shares_thread_work(void *context)
{
	struct shares_thread *thread = context;

	shares_round_read(&thread->round, &thread->fs);
}

/* Starts the thread that reads rounds while the sampler goes on. NULL where it
 * can't be started. */
static struct shares_thread *shares_thread_create(const struct procfs *fs)
{
	struct shares_thread *thread = mem_zero(1, sizeof(*thread));

	if (procfs_copy(&thread->fs, fs) == 0)
		thread->rounds = background_rounds_create(shares_thread_work,
		    shares_thread_discard, thread, STACK_BYTES);
	if (thread->rounds)
		return thread;
	shares_thread_discard(thread);
	return NULL;
}

/* The finished round, whose list the caller fills for the next one; NULL while
 * one is running. */
static struct shares_round *shares_thread_round(struct shares_thread *thread)
{
	return background_rounds_busy(thread->rounds) ? NULL : &thread->round;
}

/* Share of a processor that readings may take, beyond the credit at the
 * start. */
#define BUDGET 0.02
#define CREDIT_NS (NS_PER_S / 10)

/* Wait for the next reading while the total and everything else stays: the
 * first and the longest. */
#define WAIT_NS (NS_PER_S / 5)
#define LONGEST_WAIT_NS (30 * NS_PER_S)

enum {
	LEAST_KIB = 16 * 1024, /* smaller trees share their libraries */
	NEAR = 10,             /* within 1/NEAR of the highest total */
	/* The total grows fast where it is over 1/STEEP above the tick before,
	 * and is unchanged where it is at most 1/SETTLED above. */
	STEEP = 50,
	SETTLED = 200,
	/* A total 1/GROWTH above the one that was read is a new one. */
	GROWTH = 20,
	CHANGE = 50, /* a PSS has changed by 1/CHANGE of the total */
	/* The next wait in multiples of the last reading's cost; of a reading
	 * that found no change. */
	PACE = 20,
	SAME_PACE = 500,
	/* Assumed cost of reading a process, until it was measured. */
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

static int64_t shares_estimate_ns(
    const struct shares *shares, size_t count, int64_t total_kib)
{
	if (shares->cost_kib == 0)
		return (int64_t)count * PROCESS_NS + total_kib * KIB_NS;
	return (int64_t)((double)shares->cost_ns * (double)total_kib /
			 (double)shares->cost_kib);
}

/* How many readings of that cost the budget still allows. */
static double shares_affordable(
    const struct shares *shares, int64_t cost_ns, int64_t now_ns)
{
	double earned_ns = shares->budget * (double)(now_ns - shares->began_ns);
	double left_ns = (double)(CREDIT_NS - shares->spent_ns) + earned_ns;

	return cost_ns > 0 ? left_ns / (double)cost_ns : left_ns;
}

/* Whether the total is high enough above the last reading for another. Some
 * budget must be left for a peak at the end of growth: the less there is, the
 * larger are the steps. */
static bool shares_is_higher(
    const struct shares *shares, int64_t total_kib, double readings)
{
	static const struct {
		double readings;
		int part; /* 1/part of the total that was read */
	} steps[] = {{12, GROWTH}, {6, 7}, {0, 3}};
	int64_t read_kib = shares->read_kib;
	size_t i = 0;

	if (total_kib > shares->before_kib + shares->before_kib / STEEP)
		return total_kib > read_kib + read_kib / 2;
	while (readings < steps[i].readings)
		i++;
	return total_kib > read_kib + read_kib / steps[i].part;
}

/* Whether a reading could show something new. */
static bool shares_is_due(const struct shares *shares, size_t count,
    int64_t total_kib, int64_t now_ns)
{
	double readings;

	if (count < 2 || total_kib < LEAST_KIB || shares->unable ||
	    total_kib < shares->highest_kib - shares->highest_kib / NEAR)
		return false;
	readings = shares_affordable(
	    shares, shares_estimate_ns(shares, count, total_kib), now_ns);
	if (readings < 1)
		return false;
	if (shares_is_higher(shares, total_kib, readings))
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
	/* A tick knows files and shared memory; all the rest may be memory
	 * shared since a fork. */
	if (!share_misleads((double)total_kib,
		(double)(total_kib - shares_round_most_kib(round, false)))) {
		shares->wait_ns = WAIT_NS;
		return;
	}
	shares->total_kib = total_kib;
	shares->reading = true;
	background_rounds_begin(shares->thread->rounds);
}

/* While nothing changes, the wait grows, the more so the more the last reading
 * cost. */
static void shares_set_wait(
    struct shares *shares, const struct shares_round *round)
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

/* Takes a finished reading; false where it is of no use. */
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
	shares_set_wait(shares, round);
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

	/* The thread frees everything when its round is over; nothing waits for
	 * it. */
	if (shares->thread)
		background_rounds_leave(shares->thread->rounds);
	shares->thread = NULL;
	shares->reading = false;
	return got;
}
