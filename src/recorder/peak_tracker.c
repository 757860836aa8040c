// SPDX-License-Identifier: MIT
#include "recorder/peak_tracker.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

/* Peaks between samples are reported at most this often. */
#define REPORT_NS NS_PER_S

/* Time between two readings of the control group's high-water mark; processes'
 * marks are read in turn. */
#define GROUP_NS NS_PER_S

void highest_restart(struct highest *highest, int64_t kib, int64_t now_ns)
{
	*highest = (struct highest){kib, now_ns, now_ns};
}

void highest_add(struct highest *highest, int64_t kib, int64_t now_ns)
{
	if (kib <= highest->kib)
		return;
	highest->kib = kib;
	highest->time_ns = now_ns;
}

void high_water_init(struct high_water *high_water, const struct meter *meter,
    const struct metric *metric)
{
	*high_water = (struct high_water){.fs = meter->fs,
	    .key = metric->mark,
	    .keep_below = meter->keep_below};
}

/* Reads a file, which is kept open while descriptors last. The text is empty
 * where it can't be read. */
static void read_kept(const struct high_water *high_water, pid_t pid,
    const char *name, int *fd, char *text, size_t size)
{
	if (*fd < 0)
		*fd = procfs_open(high_water->fs, pid, name);
	if (*fd < high_water->keep_below) {
		procfs_pread(*fd, text, size);
		return;
	}
	close(*fd);
	*fd = -1;
	procfs_read(high_water->fs, pid, name, text, size);
}

/* A process that has not run can't have grown: reading schedstat costs a tenth
 * of reading status. It covers the main thread alone, and is missing where the
 * kernel keeps no account. Opening it each time would save no time. */
static bool has_run(const struct high_water *high_water, struct member *member)
{
	uint64_t before = member->ran;
	char text[64];

	if (!member->single || member->status_fd < 0)
		return true;
	read_kept(high_water, member->pid, "schedstat", &member->schedstat_fd,
	    text, sizeof(text));
	if (sscanf(text, "%" SCNu64, &member->ran) != 1)
		member->ran = 0;
	return member->ran == 0 || member->ran != before;
}

static int64_t read_mark(struct high_water *high_water, struct member *member)
{
	char text[4096];
	int64_t kib;

	if (member->zombie || member->gone || !member->owns ||
	    !has_run(high_water, member))
		return -1;
	read_kept(high_water, member->pid, "status", &member->status_fd, text,
	    sizeof(text));
	member->single = strstr(text, "\nThreads:\t1\n") != NULL;
	kib = procfs_kib(text, high_water->key);
	if (member->started < high_water->began && member->base_kib < 0)
		member->base_kib = kib;
	if (kib <= member->base_kib)
		return -1;
	if (kib > member->peak_kib)
		member->peak_kib = kib;
	return kib;
}

static void high_water_read_one(struct high_water *high_water,
    struct member *member, const struct high_water_moment *moment,
    struct high_water_mark *highest)
{
	int64_t kib = read_mark(high_water, member);

	if (kib > highest->kib && (!high_water->alone || member->is_root))
		*highest = (struct high_water_mark){kib, member->high};
	highest_restart(
	    &member->high, moment->sampled ? member->kib : -1, moment->now_ns);
}

struct high_water_mark high_water_step(struct high_water *high_water,
    struct members *members, int64_t elapsed_ns,
    const struct high_water_moment *moment)
{
	size_t count = members->list.len;
	const int64_t most = (int64_t)count * NS_PER_S;
	struct high_water_mark highest = {.kib = -1};

	if (!high_water->key || count == 0)
		return highest;
	high_water->credit += (int64_t)count * elapsed_ns;
	if (high_water->credit > most)
		high_water->credit = most;
	for (; high_water->credit >= NS_PER_S; high_water->credit -= NS_PER_S) {
		if (high_water->next >= count)
			high_water->next = 0;
		high_water_read_one(high_water,
		    &members->list.items[high_water->next++], moment, &highest);
	}
	return highest;
}

struct high_water_mark high_water_all(struct high_water *high_water,
    struct members *members, const struct high_water_moment *moment)
{
	return high_water_step(high_water, members, NS_PER_S, moment);
}

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

/* A process that is new was not there at the tick before. */
void peak_tracker_add_members(
    struct peak_tracker *peaks, struct members *members, int64_t time_ns)
{
	for (size_t i = 0; i < members->list.len; i++) {
		struct member *member = &members->list.items[i];

		if (member->gone)
			continue;
		if (member->high.since_ns == 0)
			highest_restart(&member->high, -1, peaks->ticked_ns);
		highest_add(&member->high, member->kib, time_ns);
	}
}

static void peak_tracker_raise(
    struct peak_tracker *peaks, int64_t kib, int64_t time_ns, bool unreported)
{
	if (kib <= peaks->peak.kib)
		return;
	peaks->peak = (struct sink_peak){
	    .kib = kib, .time_ns = time_ns, .since_ns = peaks->read_ns};
	peaks->unreported = unreported;
}

void peak_tracker_add_sum(
    struct peak_tracker *peaks, int64_t kib, int64_t time_ns)
{
	peaks->sums++;
	peaks->ticked_ns = time_ns;
	highest_add(&peaks->group, kib, time_ns);
	peak_tracker_raise(peaks, kib, time_ns, false);
}

void peak_tracker_add_unsampled(
    struct peak_tracker *peaks, int64_t kib, int64_t time_ns)
{
	peak_tracker_raise(peaks, kib, time_ns, true);
}

/* Margin by which a later mark of the same peak may be higher. Linux 6.2 and
 * later count a process's pages per processor and add them up in batches, so
 * VmHWM, wait4() and a sample of one moment differ. */
static int64_t peak_tracker_slack_kib(int64_t kib)
{
	return 2048 + kib / 128;
}

/* A mark that is hardly higher, while all samples since the last mark were far
 * lower, belongs to the known peak. */
static bool peak_tracker_only_confirms(
    const struct peak_tracker *peaks, const struct high_water_mark *mark)
{
	int64_t kib = peaks->peak.kib, slack = peak_tracker_slack_kib(kib);

	return mark->kib - kib <= slack && mark->high.kib < kib - slack;
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

/* A mark that stood before the recording tells of an earlier time. kib is a
 * sample of this moment; -1: none was taken. */
static void peak_tracker_read_group(
    struct peak_tracker *peaks, int64_t kib, int64_t now_ns)
{
	struct high_water_mark mark = {
	    cgroup_peak_kib(peaks->cgroup), peaks->group};

	if (mark.kib > peaks->cgroup_kib)
		peak_tracker_add_mark(peaks, &mark);
	if (mark.kib >= 0)
		peaks->read_ns = now_ns;
	highest_restart(&peaks->group, kib, now_ns);
}

bool peak_tracker_read(struct peak_tracker *peaks, struct members *members,
    int64_t elapsed_ns, const struct sink_tick *tick)
{
	const struct high_water_moment moment = {tick->time_ns, true};
	bool all = peaks->attached && peaks->sums <= 1;
	struct high_water_mark mark =
	    all ? high_water_all(&peaks->marks, members, &moment)
		: high_water_step(&peaks->marks, members, elapsed_ns, &moment);

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
	const struct high_water_moment moment = {now_ns, false};
	struct high_water_mark mark =
	    high_water_all(&peaks->marks, members, &moment);

	peak_tracker_add_mark(peaks, &mark);
	if (peaks->cgroup)
		peak_tracker_read_group(peaks, -1, now_ns);
	peaks->read_ns = now_ns;
}
