// SPDX-License-Identifier: MIT
#include "recorder/shares.h"

#include "base/clock.h"

enum {
	GROWTH = 10, /* a total a tenth higher is worth a new round */
	SHARE = 100, /* of all time, spent here at most 1/SHARE */
	/* What one reading costs before any was taken, seen on a small VM. */
	PROCESS_NS = 75000,
	KIB_NS = 7
};

void shares_init(struct shares *shares, const struct procfs *fs, int64_t now_ns)
{
	*shares = (struct shares){.fs = fs, .began_ns = now_ns};
}

static bool is_due(const struct shares *shares, const struct members *members,
    int64_t total_kib, int64_t now_ns)
{
	int64_t cost_ns =
	    (int64_t)members->list.len * PROCESS_NS + total_kib * KIB_NS;

	if (members->list.len < 2 ||
	    total_kib < shares->total_kib + shares->total_kib / GROWTH + 1)
		return false;
	return now_ns - shares->began_ns >=
	       SHARE * (shares->spent_ns + cost_ns);
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

	if (!shares->reading && members->list.len < 2)
		return;
	now_ns = start_ns = clock_mono_ns();
	if (!shares->reading) {
		if (!is_due(shares, members, total_kib, now_ns))
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
