// SPDX-License-Identifier: MIT
#include "recorder/peak_tracker.h"

#include "base/clock.h"

/* Peaks between samples are reported at most this often. */
#define REPORT_NS NS_PER_S

/* How often the control group's mark is read; each process's has its turn. */
#define GROUP_NS NS_PER_S

void peak_tracker_init(struct peak_tracker *peaks, const struct cgroup *cgroup,
    int64_t start_ns, bool attached)
{
	*peaks = (struct peak_tracker){.marks = peaks->marks,
	    .cgroup = cgroup,
	    .attached = attached,
	    .ticked_ns = start_ns,
	    .read_ns = start_ns,
	    .reported_ns = start_ns,
	    .peak = {.kib = -1}};
	highest_restart(&peaks->group, -1, start_ns);
	peaks->cgroup_kib = cgroup ? cgroup_peak_kib(cgroup) : -1;
}

/* A new process was not there at the tick before. */
void peak_tracker_add_members(
    struct peak_tracker *peaks, struct members *members, int64_t time_ns)
{
	for (size_t i = 0; i < members->list.len; i++) {
		struct member *member = &members->list.items[i];

		if (member->gone)
			continue;
		if (member->high.since_ns == 0)
			highest_restart(&member->high, -1, peaks->ticked_ns);
		highest_take(&member->high, member->kib, time_ns);
	}
}

void peak_tracker_add_sum(
    struct peak_tracker *peaks, int64_t kib, int64_t time_ns)
{
	peaks->sums++;
	peaks->ticked_ns = time_ns;
	highest_take(&peaks->group, kib, time_ns);
	if (kib <= peaks->peak.kib)
		return;
	peaks->peak = (struct sink_peak){
	    .kib = kib, .time_ns = time_ns, .since_ns = peaks->read_ns};
	peaks->unreported = false;
}

/* A later mark of the same peak may be higher by this much. Linux 6.2 and later
 * count a process's pages on each processor and add them up in lots, by which
 * VmHWM, wait4() and a sample of one moment differ. */
static int64_t peak_tracker_slack_kib(int64_t kib)
{
	return 2048 + kib / 128;
}

/* A mark that is hardly higher, while all samples since the last mark were far
 * below, belongs to the peak that is known already. */
static bool peak_tracker_only_confirms(
    const struct peak_tracker *peaks, const struct high_water_mark *mark)
{
	int64_t kib = peaks->peak.kib, slack = peak_tracker_slack_kib(kib);

	return kib >= 0 && mark->kib - kib <= slack &&
	       mark->high.kib < kib - slack;
}

void peak_tracker_add_mark(
    struct peak_tracker *peaks, const struct high_water_mark *mark)
{
	if (mark->kib <= peaks->peak.kib)
		return;
	if (!peak_tracker_only_confirms(peaks, mark)) {
		peaks->peak.time_ns = mark->high.time_ns;
		peaks->peak.since_ns = mark->high.since_ns;
	}
	peaks->peak.kib = mark->kib;
	peaks->unreported = true;
}

/* The mark from before the recording may be of another time. kib is a sample of
 * this moment; -1: none was taken. */
static void peak_tracker_read_group(
    struct peak_tracker *peaks, int64_t kib, int64_t now_ns)
{
	struct high_water_mark mark = {
	    cgroup_peak_kib(peaks->cgroup), peaks->group};

	if (mark.kib > peaks->cgroup_kib)
		peak_tracker_add_mark(peaks, &mark);
	highest_restart(&peaks->group, kib, now_ns);
}

bool peak_tracker_read(struct peak_tracker *peaks, struct members *members,
    int64_t elapsed_ns, const struct sink_tick *tick)
{
	const struct high_water_look look = {tick->time_ns, true};
	bool all = peaks->attached && peaks->sums <= 1;
	struct high_water_mark mark =
	    all ? high_water_all(&peaks->marks, members, &look)
		: high_water_step(&peaks->marks, members, elapsed_ns, &look);

	if (mark.kib >= 0)
		peaks->read_ns = tick->time_ns;
	peak_tracker_add_mark(peaks, &mark);
	if (peaks->cgroup && tick->time_ns - peaks->group.since_ns >= GROUP_NS)
		peak_tracker_read_group(peaks, tick->total_kib, tick->time_ns);
	if (!peaks->unreported ||
	    tick->time_ns - peaks->reported_ns < REPORT_NS)
		return false;
	peaks->reported_ns = tick->time_ns;
	return true;
}

void peak_tracker_read_all(
    struct peak_tracker *peaks, struct members *members, int64_t now_ns)
{
	const struct high_water_look look = {now_ns, false};
	struct high_water_mark mark =
	    high_water_all(&peaks->marks, members, &look);

	peak_tracker_add_mark(peaks, &mark);
	if (peaks->cgroup)
		peak_tracker_read_group(peaks, -1, now_ns);
	peaks->read_ns = now_ns;
}
