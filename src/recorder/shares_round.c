// SPDX-License-Identifier: MIT
#include "recorder/shares_round.h"

#include <stdlib.h>

#include "base/clock.h"
#include "proc/sharing.h"
#include "profile/share.h"

/* The sum of RSS may differ from the tick's by 1/CHANGED: processes are read
 * one after the other, and where one comes to share with another meanwhile, the
 * PSS of the two don't fit together. */
enum { CHANGED = 32 };

/* While the total stays, what is shared changes by page faults alone: the pages
 * that they brought may be at most 1/SAME of the total. */
enum { SAME = 50, PAGES_A_FAULT = 4 };

/* The memory of the largest process is there once in any case. */
int64_t shares_round_most_kib(const struct shares_round *round, bool forked)
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

static int64_t sum_kib(const struct shares_round *round)
{
	int64_t kib = 0;

	for (size_t i = 0; i < round->list.len; i++)
		kib += round->list.items[i].kib;
	return kib;
}

static int compare_pids(const void *left, const void *right)
{
	const struct shares_process *a = left, *b = right;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

static void shares_round_look(
    struct shares_round *round, const struct procfs *fs)
{
	int64_t before = round->faults;

	round->faults = 0;
	for (size_t i = 0; i < round->list.len; i++) {
		struct shares_process *process = &round->list.items[i];
		struct proc_stat stat;

		process->there = procfs_stat(fs, process->pid, &stat) &&
				 stat.started == process->started &&
				 !stat.is_ending;
		if (!process->there)
			continue;
		process->ppid = stat.ppid;
		process->is_forked = stat.is_forked;
		round->faults += stat.faults;
	}
	if (!round->again ||
	    llabs(round->faults - before) * PAGES_A_FAULT * fs->page_kib >
		sum_kib(round) / SAME)
		return;
	round->reading.same = true;
	round->faults = before; /* the reading's, for slow changes to add up */
}

static void shares_round_read_all(
    struct shares_round *round, const struct procfs *fs)
{
	struct shares_reading *reading = &round->reading;
	int64_t sum = sum_kib(round);

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
	reading->taken = llabs(reading->rss_kib - sum) <= sum / CHANGED;
}

static const struct shares_process *shares_round_find(
    const struct shares_round *round, pid_t pid)
{
	struct shares_process key = {.pid = pid};

	return bsearch(&key, round->list.items, round->list.len, sizeof(key),
	    compare_pids);
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

/* The process that shares the most tells the segment; the others are asked
 * whether they map it too. */
static size_t count_sharers(
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
			return 0; /* not all of them are known */
		count += maps;
	}
	return count;
}

void shares_round_take(struct shares_round *round, const struct procfs *fs)
{
	int64_t began_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	struct shares_reading *reading = &round->reading;
	int64_t sum = sum_kib(round);

	*reading = (struct shares_reading){.taken = false};
	qsort(round->list.items, round->list.len, sizeof(round->list.items[0]),
	    compare_pids);
	shares_round_look(round, fs);
	if (!reading->same &&
	    share_misleads((double)sum,
		(double)(sum - shares_round_most_kib(round, true)))) {
		reading->boot_ns = clock_ns(CLOCK_BOOTTIME);
		shares_round_read_all(round, fs);
		if (reading->taken && share_misleads((double)reading->rss_kib,
					  (double)reading->pss_kib))
			reading->sharers = count_sharers(round, fs);
	}
	round->cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - began_ns;
}
