// SPDX-License-Identifier: MIT
#include "recorder/shares.h"

#include "base/clock.h"

enum {
	GROWTH = 10, /* a total a tenth higher is worth a new round */
	STEADY = 20, /* it grew by less than 1/STEADY since the last tick */
	SHARE = 100, /* of all time, spent here at most 1/SHARE */
	/* What reading a process costs, seen on a small VM. */
	PROCESS_NS = 75000,
	KIB_NS = 7
};

void shares_init(struct shares *shares, const struct procfs *fs, int64_t now_ns)
{
	*shares = (struct shares){.fs = fs, .began_ns = now_ns};
}

/* The reading that can't be divided, and so would hold a tick up. */
static int64_t longest_ns(const struct members *members)
{
	int64_t most_kib = 0;

	for (size_t i = 0; i < members->list.len; i++) {
		if (members->list.items[i].kib > most_kib)
			most_kib = members->list.items[i].kib;
	}
	return PROCESS_NS + most_kib * KIB_NS;
}

/* A round is divided among ticks: only what was spent must have been earned,
 * and the longest reading. A tree that is still growing is left alone, as
 * there would be nothing to spend when it is at its peak. */
static bool is_due(const struct shares *shares, const struct members *members,
    int64_t total_kib, int64_t now_ns)
{
	if (members->list.len < 2 ||
	    total_kib < shares->total_kib + shares->total_kib / GROWTH + 1 ||
	    total_kib > shares->before_kib + shares->before_kib / STEADY)
		return false;
	return now_ns - shares->began_ns >=
	       SHARE * (shares->spent_ns + longest_ns(members));
}

static void read_one(struct shares *shares, const struct member *member)
{
	char text[2048];
	int64_t pss_kib, rss_kib;

	if (member->gone || member->zombie || member->kib < 0 ||
	    procfs_read(shares->fs, member->pid, "smaps_rollup", text,
		sizeof(text)) <= 0)
		return;
	pss_kib = procfs_kib(text, "Pss");
	rss_kib = procfs_kib(text, "Rss");
	if (pss_kib < 0 || rss_kib < 0)
		return;
	shares->now.pss_kib += pss_kib;
	shares->now.rss_kib += rss_kib;
	shares->now.count++;
}

void shares_step(struct shares *shares, const struct members *members,
    int64_t total_kib, int64_t until_ns)
{
	int64_t start_ns, now_ns;
	bool due;

	if (!shares->reading && members->list.len < 2)
		return;
	now_ns = start_ns = clock_mono_ns();
	due = is_due(shares, members, total_kib, now_ns);
	shares->before_kib = total_kib;
	if (!shares->reading) {
		if (!due)
			return;
		shares->reading = true;
		shares->next = 0;
		shares->total_kib = total_kib;
		shares->now = (struct shares_reading){0};
	}
	do {
		if (shares->next < members->list.len)
			read_one(shares, &members->list.items[shares->next++]);
		now_ns = clock_mono_ns();
	} while (shares->next < members->list.len && now_ns < until_ns);
	shares->spent_ns += now_ns - start_ns;
	if (shares->next < members->list.len)
		return;
	shares->reading = false;
	if (shares->now.count > 1)
		shares->last = shares->now;
}
